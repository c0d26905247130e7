"""Compare the locked requirements with the known vulnerabilities; `make audit` runs this.

The data come from the package index. Where it gives none, that is said, and nothing fails.
"""

import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
LOCKED = ("locked-dev.txt", "locked-torch.txt", "locked-ray.txt", "locked-tools.txt")


def main() -> int:
    """Print what was found; 1 where a package has a known vulnerability."""
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes"]
    command += ["--progress-spinner", "off", "--format", "json"]
    for name in LOCKED:
        command += ["--requirement", str(HERE / name)]
    answer = subprocess.run(command, capture_output=True, text=True)
    try:
        packages = json.loads(answer.stdout)["dependencies"]
    except (ValueError, KeyError):
        print("Audit skipped: the data on vulnerabilities cannot be reached from here.")
        return 0
    audited = [package for package in packages if "skip_reason" not in package]
    if not audited:
        print("Audit skipped: the package index gives no data on vulnerabilities here.")
        return 0
    found = [package for package in audited if package["vulns"]]
    for package in found:
        identifiers = ", ".join(one["id"] for one in package["vulns"])
        print(f"{package['name']} {package['version']}: {identifiers}")
    print(f"Audited {len(audited)} of {len(packages)} packages; {len(found)} are vulnerable.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
