"""The editor's JavaScript without a browser, with Node's own test runner."""

import subprocess
from pathlib import Path

FOLDER = Path(__file__).parent


def test_the_javascript_behaves_as_its_tests_describe(node: str) -> None:
    tests = sorted(str(path) for path in FOLDER.glob("*.test.mjs"))
    run = subprocess.run(
        [node, "--test", "--test-reporter=tap", *tests], capture_output=True, text=True, timeout=120
    )
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
    assert f"# pass {count(run.stdout, '# tests')}" in run.stdout


def count(report: str, name: str) -> int:
    """Number in the line of a TAP report that starts with a name."""
    return next(int(line.split()[-1]) for line in report.splitlines() if line.startswith(name))
