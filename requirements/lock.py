"""Write the locked requirements: every package that is installed, with the hashes of its files.

`make lock` runs this after a change of requirements.txt, requirements-dev.txt or
requirements-tools.txt.
"""

import hashlib
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
OLDEST_PYTHON = "3.11"

# What PyTorch needs for graphics cards by NVIDIA: gigabytes that builds for processors do without.
_CUDA = re.compile(r"(nvidia-|cuda-|triton)")
_HEADER = "# Written by requirements/lock.py (make lock) from {source}.\n"


def main() -> None:
    """Write all of them beside this file."""
    app = _compiled("requirements.txt")
    torch = next(entry for entry in app if entry.startswith("torch=="))
    builds = "".join(f" \\\n    --hash=sha256:{digest}" for digest in _other_builds(torch))
    app = [_with_hashes(entry, builds) if entry is torch else entry for entry in app]
    _write("locked.txt", "requirements.txt", [one for one in app if not _CUDA.match(one)])
    _write("locked-cuda.txt", "requirements.txt", [one for one in app if _CUDA.match(one)])
    known = {_name(entry): entry for entry in app}
    development = _compiled("requirements-dev.txt", "--constraint", str(HERE / "locked.txt"))
    entries = [known.get(_name(entry), entry) for entry in development]
    _write("locked-dev.txt", "requirements-dev.txt", [e for e in entries if not _CUDA.match(e)])
    _write("locked-tools.txt", "requirements-tools.txt", _compiled("requirements-tools.txt"))


def _compiled(source: str, *options: str) -> list[str]:
    """Entries of every package that a file leads to, for every Python and system."""
    command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal"]
    command += ["--python-version", OLDEST_PYTHON, "--generate-hashes", "--no-header", source]
    answer = subprocess.run(
        [*command, *options], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return [
        entry.rstrip() for entry in re.split(r"^(?=[a-z0-9])", answer.stdout, flags=re.M) if entry
    ]


def _other_builds(torch: str) -> list[str]:
    """Hashes of a build of PyTorch for processors, where the indexes set up here offer one."""
    requirement = torch.split(" ", 1)[0]
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "--dest",
            folder,
        ]
        subprocess.run([*command, requirement], check=True)
        files = [path for path in Path(folder).iterdir() if "+" in path.name]
        return [hashlib.sha256(path.read_bytes()).hexdigest() for path in files]


def _with_hashes(entry: str, hashes: str) -> str:
    """Add hashes behind those of an entry, before its comment."""
    lines, mark, comment = entry.partition("\n    #")
    return lines + hashes + mark + comment


def _name(entry: str) -> str:
    """Package and marker, which tell the entries of a package for several Pythons apart."""
    return entry.split("\\", 1)[0].strip()


def _write(name: str, source: str, entries: list[str]) -> None:
    text = _HEADER.format(source=source) + "\n".join(entries) + "\n"
    (HERE / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
