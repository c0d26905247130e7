"""Training runs where little more than PyTorch is installed, as on a rented machine."""

import subprocess
import sys
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

AT_HAND = ("torch", "numpy", "scipy", "scikit-image", "safetensors")

# Hides every module of other packages, then trains.
PROGRAM = """
import sys

HIDDEN = set(sys.argv[1].split(","))

class Hiding:
    def __init__(self, finder):
        self.finder = finder

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in HIDDEN:
            return None
        return self.finder.find_spec(name, path, target)

sys.meta_path[:] = [Hiding(finder) for finder in sys.meta_path if hasattr(finder, "find_spec")]
from core.__main__ import main
sys.exit(main(["train", sys.argv[2], "--config", sys.argv[3], "--device", "cpu"]))
"""

RECIPE = """
features = 4
steps = 1
batches_per_step = 1
pixels_per_batch = 10_000
sides = [32]
side_weights = [1.0]
support_sizes = [2]
support_weights = [1.0]
"""


def needed(names: tuple[str, ...]) -> set[str]:
    """Packages and all that they require themselves."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop().lower().replace("_", "-")
        if name in found:
            continue
        try:
            required = distribution(name).requires or []
        except ModuleNotFoundError:
            continue
        found.add(name)
        plain = [one for one in required if "extra ==" not in one]
        waiting.extend(name_of(one) for one in plain)
    return found


def name_of(requirement: str) -> str:
    """The name at the beginning of a requirement."""
    end = next((i for i, c in enumerate(requirement) if not (c.isalnum() or c in "-_.")), None)
    return requirement[:end]


def test_training_needs_five_packages_and_what_these_need(tmp_path: Path) -> None:
    allowed = needed(AT_HAND)
    blocked = [
        module
        for module, owners in packages_distributions().items()
        if not {owner.lower().replace("_", "-") for owner in owners} & allowed
        and module not in {"core", "pages", "app"}
    ]
    assert {"pydicom", "pydantic", "streamlit"} <= set(blocked)
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(RECIPE)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, ",".join(blocked), str(tmp_path / "run"), str(recipe)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "run" / "checkpoint.pt").is_file()
