"""Write the locked requirements: every package that is installed, with the hashes of its files.

`make lock` runs this after a change of requirements.txt, requirements-dev.txt,
requirements-ray.txt or requirements-tools.txt.
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

# PyTorch, and what its usual build needs for graphics cards by NVIDIA: gigabytes.
_TORCH = re.compile(r"(torch==|nvidia-|cuda-|triton)")
_HEADER = "# Written by requirements/lock.py (make lock) from {source}.\n"


def main() -> None:
    """Write all of them beside this file."""
    app = _compiled("requirements.txt")
    _write("locked.txt", "requirements.txt", [one for one in app if not _TORCH.match(one)])
    torch = [one for one in app if _TORCH.match(one)]
    _write("locked-torch.txt", "requirements.txt", torch)
    pin = next(one.split(" ", 1)[0] for one in torch if one.startswith("torch=="))
    _write("locked-torch-cpu.txt", "requirements.txt", _build_for_processors(pin))
    development = _compiled("requirements-dev.txt", "--constraint", str(HERE / "locked.txt"))
    entries = [one for one in development if not _TORCH.match(one)]
    _write("locked-dev.txt", "requirements-dev.txt", entries)
    # In an environment of its own, beside that of the app.
    known = {one.split(" ", 1)[0] for one in app}
    service = _compiled("requirements-ray.txt", "--constraint", str(HERE / "locked.txt"))
    entries = [one for one in service if one.split(" ", 1)[0] not in known]
    _write("locked-ray.txt", "requirements-ray.txt", entries)
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


def _build_for_processors(pin: str) -> list[str]:
    """Entry of the build of PyTorch for processors, where the indexes set up here offer one."""
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
        subprocess.run([*command, pin], check=True)
        (file,) = Path(folder).iterdir()
        version = file.name.split("-")[1]
        if not version.endswith("+cpu"):
            raise SystemExit(
                "Set up an index with builds of PyTorch for processors, then try again."
            )
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
    return [f"torch=={version} \\\n    --hash=sha256:{digest}"]


def _write(name: str, source: str, entries: list[str]) -> None:
    text = _HEADER.format(source=source) + "\n".join(entries) + "\n"
    (HERE / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
