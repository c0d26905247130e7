"""Every address of the server, as it tells them itself, so that a new one cannot be forgotten."""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.support.app_server import ROOT

# Streamlit makes its routes when it is first asked.
_LISTING = """
import json
from app import app
routes = app._build_starlette_app().routes
print(json.dumps([[type(route).__name__, route.path] for route in routes]))
"""
_PARAMETER = re.compile(r"\{[^}]*\}")
_SOME_VALUE = "0123456789abcdef"


@dataclass(frozen=True)
class Addresses:
    """Paths that are answered, with some value for each parameter.

    Attributes
    ----------
    requests : tuple of str
        Of HTTP, pages included.
    websockets : tuple of str
        Of websockets.
    """

    requests: tuple[str, ...]
    websockets: tuple[str, ...]


def all_addresses(home: Path) -> Addresses:
    """Ask the server's own application, in a process of its own.

    Parameters
    ----------
    home : pathlib.Path
        SLICEWISE_HOME for it; a folder that may be made.
    """
    environment = os.environ | {"SLICEWISE_HOME": str(home)}
    listed = subprocess.run(
        [sys.executable, "-c", _LISTING],
        cwd=ROOT,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    routes: list[tuple[str, str]] = json.loads(listed.splitlines()[-1])
    pages = [f"/{script.stem}" for script in (ROOT / "pages").glob("[!_]*.py")]
    found: dict[bool, list[str]] = {False: ["/", *sorted(pages), "/no-such-page"], True: []}
    for kind, path in routes:
        found["WebSocket" in kind].append(_PARAMETER.sub(_SOME_VALUE, path) or "/")
    return Addresses(*(tuple(dict.fromkeys(found[one])) for one in (False, True)))
