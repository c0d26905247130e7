"""The configuration of the proposal service: it listens here alone, and builds what there is."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "deploy" / "ray-serve.yaml").read_text(encoding="utf-8")
SERVICE = ROOT / "core" / "proposal_jobs" / "ray_service.py"


def test_it_listens_on_this_machine_alone() -> None:
    assert re.findall(r"^ *host: (\S+)$", TEXT, re.M) == ["127.0.0.1"]


def test_it_names_what_builds_the_application_and_arguments_that_it_takes() -> None:
    (named,) = re.findall(r"^ *import_path: (\S+)$", TEXT, re.M)
    module, _, function = named.partition(":")
    assert ROOT.joinpath(*module.split(".")).with_suffix(".py") == SERVICE
    (build,) = [
        node
        for node in ast.parse(SERVICE.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name == function
    ]
    taken = set(re.findall(r"arguments\.get\('(\w+)'", ast.unparse(build)))
    given = set(re.findall(r"^      (\w+): ", TEXT.partition("args:")[2], re.M))
    assert given == taken
