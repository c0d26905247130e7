"""docs/settings.md lists every variable and key there is, with its default, and no other."""

import json
import re
from dataclasses import MISSING, fields
from pathlib import Path

import pytest

from core.pacs.settings import Archive, Basic, Bearer, Cache, Node
from core.training.settings import TrainingSettings, plain

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
SECTIONS = {"basic": Basic, "bearer": Bearer, "dicom": Node, "cache": Cache}
VARIABLE = re.compile(r"""["'](SLICEWISE_[A-Z_]+)["']""")


def rows(heading: str) -> dict[str, list[str]]:
    """Rows of the table under a heading: the name, and the cells after it."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| `")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    names = [row[0].strip("`") for row in cells]
    assert len(set(names)) == len(names)
    return {name: row[1:] for name, row in zip(names, cells, strict=True)}


def test_every_environment_variable_is_listed_and_read_in_one_module() -> None:
    found: dict[str, set[str]] = {}
    for folder in ("core", "pages", "benchmarks"):
        for path in (ROOT / folder).rglob("*.py"):
            for name in VARIABLE.findall(path.read_text(encoding="utf-8")):
                found.setdefault(name, set()).add(path.relative_to(ROOT).as_posix())
    assert set(rows("Environment variables")) == set(found)
    assert set().union(*found.values()) == {"core/home/settings.py"}


def test_every_key_of_the_archive_is_listed_with_its_default() -> None:
    listed = rows("archive.toml")
    keys = {field.name: field for field in fields(Archive) if field.name not in SECTIONS}
    for section, kind in SECTIONS.items():
        keys |= {f"{section}.{field.name}": field for field in fields(kind)}
    assert set(listed) == set(keys)
    for name, field in keys.items():
        default = listed[name][1]
        if field.default is MISSING:
            assert default.startswith("needed"), name
        elif field.default == "":
            assert default == "empty", name
        else:
            assert json.loads(default.strip("`")) == field.default, name


@pytest.mark.parametrize("section", SECTIONS)
def test_the_sections_are_those_of_the_archive(section: str) -> None:
    assert section in {field.name for field in fields(Archive)}


def test_every_key_of_a_recipe_is_listed_with_its_default() -> None:
    listed = {name: json.loads(row[1].strip("`")) for name, row in rows("Recipes").items()}
    defaults = plain(TrainingSettings())
    assert listed == json.loads(json.dumps(defaults))
