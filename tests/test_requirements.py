"""Everything that is installed stands among the locked requirements, with hashes of its files."""

import re
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
LOCKED = ROOT / "requirements"
NAMED = {
    "requirements.txt": "locked.txt",
    "requirements-dev.txt": "locked-dev.txt",
    "requirements-ray.txt": "locked-ray.txt",
    "requirements-tools.txt": "locked-tools.txt",
}
TORCH = ("locked-torch.txt", "locked-torch-cpu.txt")
_ENTRY = re.compile(
    r"^(\S+==\S+?)(?: ; ([^\\\n]+?))?(?: \\)?\n((?:    --hash=sha256:[0-9a-f]{64}.*\n)*)", re.M
)


def named(path: Path) -> list[Requirement]:
    """Requirements that a file names, and those of the files it includes."""
    found = []
    for line in path.read_text().splitlines():
        if line.startswith("-r "):
            found += named(path.parent / line[3:])
        elif line and not line.startswith("#"):
            found.append(Requirement(line))
    return found


def locked(name: str) -> dict[str, str]:
    """Versions that are locked for this Python and system, by package."""
    entries = [
        Requirement(f"{pin}; {marker}" if marker else pin) for pin, marker, _ in parsed(name)
    ]
    applying = [one for one in entries if one.marker is None or one.marker.evaluate()]
    return {canonicalize_name(one.name): str(one.specifier)[2:] for one in applying}


def parsed(name: str) -> list[tuple[str, str, str]]:
    """Pin, marker and hashes of every entry of a locked file."""
    return _ENTRY.findall((LOCKED / name).read_text() + "\n")


@pytest.mark.parametrize("name", [*TORCH, *NAMED.values()])
def test_every_locked_package_has_one_version_and_hashes(name: str) -> None:
    entries = parsed(name)
    lines = [line for line in (LOCKED / name).read_text().splitlines() if line[:1].isalnum()]
    assert len(entries) == len(lines) > 0
    assert [pin for pin, _, hashes in entries if not hashes] == []
    assert "://" not in (LOCKED / name).read_text()


@pytest.mark.parametrize(("source", "name"), NAMED.items())
def test_what_is_named_is_locked_in_the_same_version(source: str, name: str) -> None:
    versions = locked(name) | locked("locked-torch.txt")
    for requirement in named(ROOT / source):
        assert f"=={versions[canonicalize_name(requirement.name)]}" == str(requirement.specifier)


def test_the_tests_run_with_the_versions_of_the_app() -> None:
    development = locked("locked-dev.txt")
    for package, number in locked("locked.txt").items():
        assert development[package] == number


def test_the_proposal_service_runs_with_the_versions_of_the_app() -> None:
    assert locked("locked-ray.txt").keys() & locked("locked.txt").keys() == set()


def test_whatever_is_installed_for_what_is_named_is_locked() -> None:
    versions = locked("locked-dev.txt") | locked("locked-torch.txt")
    waiting = named(ROOT / "requirements-dev.txt")
    seen: set[str] = set()
    while waiting:
        name = canonicalize_name(waiting.pop().name)
        if name in seen:
            continue
        seen.add(name)
        try:
            installed = version(name)
        except PackageNotFoundError:  # needed on another system, or on a graphics card
            continue
        # A build says behind "+" what it was built for.
        assert installed.split("+")[0] == versions[name], name
        needed = map(Requirement, requires(name) or ())
        waiting += [
            one for one in needed if one.marker is None or one.marker.evaluate({"extra": ""})
        ]
    assert len(seen) > 60


def test_both_builds_of_pytorch_are_of_the_same_version() -> None:
    usual, processors = (locked(name)["torch"] for name in TORCH)
    assert processors == f"{usual}+cpu"
