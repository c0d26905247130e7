"""Settings of a training run, read from TOML."""

import tomllib
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final

_COUNTS: Final = ("steps", "batches_per_step")
_SHARES: Final = (
    "volume_share",
    "guidance_share",
    "ends_share",
    "taught_share",
    "registry_share",
    "synthetic_intensities_share",
)
_WEIGHTED: Final = ("sides", "support_sizes", "slices_between")


@dataclass(frozen=True)
class TrainingSettings:
    """Everything that decides a run besides the code.

    Attributes
    ----------
    features : int
        Channels of every block of the network.
    steps : int
        Optimiser steps in all; the learning rate falls to its end over them.
    batches_per_step : int
        Batches whose gradients are added before each optimiser step.
    pixels_per_batch : int
        Compute budget of a batch: tasks × (examples + 4) × side². At least one task is made.
    sides : tuple of int
        Image sides in pixels, divisible by 8.
    side_weights : tuple of float
        How often each side is drawn.
    support_sizes : tuple of int
        Numbers of examples.
    support_weights : tuple of float
        How often each number is drawn.
    slices_between : tuple of int
        Numbers of slices between the query and either of the nearest examples, along which
        outlines are carried.
    slices_between_weights : tuple of float
        How often each number is drawn.
    volume_share, guidance_share : float
        Share of tasks that are slices of one volume, and share that is guided of those with an
        example of the query's series.
    ends_share : float
        Share of the synthetic tasks of volumes whose structure ends between the query and a
        neighbouring example, which shows nothing of it.
    taught_share : float
        Share of tasks whose examples are slices of a few other patients' series, and at most three
        of the query's own; the other shares are of the rest.
    registry : str
        Folder of a registry of one's own tasks (`python -m core prepare`); none by default.
    registry_share : float
        Share of the batches that come from the registry, if there is one.
    synthetic_intensities_share : float
        Share of the registry's tasks whose images keep their shapes and get other intensities.
    learning_rate, final_learning_rate, weight_decay : float
        Of AdamW; the rate follows a cosine from the first to the second after the warm-up.
    warmup_steps : int
        Steps over which the rate rises from zero.
    gradient_norm : float
        Gradients are clipped to this norm.
    average_decay : float
        Decay per step of the moving average of the weights, which is what is published.
    seed : int
        Of all randomness.
    validation_every, checkpoint_every : int
        Steps between validations and between checkpoints.
    """

    features: int = 32
    steps: int = 10500
    batches_per_step: int = 4
    pixels_per_batch: int = 300_000
    sides: tuple[int, ...] = (64, 96, 128)
    side_weights: tuple[float, ...] = (0.35, 0.2, 0.45)
    support_sizes: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 8, 12, 16, 32, 64)
    support_weights: tuple[float, ...] = (
        0.08, 0.12, 0.16, 0.16, 0.10, 0.10, 0.12, 0.06, 0.06, 0.03, 0.01,
    )  # fmt: skip
    slices_between: tuple[int, ...] = (0, 1, 2, 3)
    slices_between_weights: tuple[float, ...] = (0.2, 0.3, 0.3, 0.2)
    volume_share: float = 0.6
    guidance_share: float = 0.7
    ends_share: float = 0.2
    taught_share: float = 0.0
    registry: str = ""
    registry_share: float = 0.5
    synthetic_intensities_share: float = 0.0
    learning_rate: float = 1e-3
    final_learning_rate: float = 1e-5
    weight_decay: float = 1e-4
    warmup_steps: int = 100
    gradient_norm: float = 1.0
    average_decay: float = 0.999
    seed: int = 2023
    validation_every: int = 250
    checkpoint_every: int = 100

    def __post_init__(self) -> None:
        for name in _COUNTS:
            if getattr(self, name) < 1:
                raise ValueError(f"{name}: got {getattr(self, name)}; expected 1 or more")
        for name in _SHARES:
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name}: got {getattr(self, name)}; expected 0 to 1")
        for name in _WEIGHTED:
            weights = weights_of(name)
            if len(getattr(self, name)) != len(getattr(self, weights)):
                raise ValueError(f"{weights}: expected as many numbers as in {name}")
        if any(side % 8 or side < 8 for side in self.sides):
            raise ValueError(f"sides: got {self.sides}; expected multiples of 8")
        if min(self.support_sizes) < 1:
            raise ValueError(f"support_sizes: got {self.support_sizes}; expected 1 or more")
        if min(self.slices_between) < 0:
            raise ValueError(f"slices_between: got {self.slices_between}; expected 0 or more")


def weights_of(name: str) -> str:
    """Name the setting that says how often each value of another is drawn."""
    return {"sides": "side_weights", "support_sizes": "support_weights"}.get(
        name, f"{name}_weights"
    )


def read_settings(path: Path) -> TrainingSettings:
    """Read settings from a TOML file; what it leaves out keeps its default.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    TrainingSettings
        The settings.

    Raises
    ------
    ValueError
        If the file is not TOML, names an unknown setting or gives an impossible value.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is not a TOML file: {error}") from error
    return settings_from(values)


def settings_from(values: dict[str, Any]) -> TrainingSettings:
    """Build settings from plain values, as TOML and checkpoints hold them.

    Raises
    ------
    ValueError
        If a name is unknown or a value has the wrong type.
    """
    known = {field.name: field.default for field in fields(TrainingSettings)}
    if unknown := sorted(set(values) - set(known)):
        raise ValueError(f"unknown settings {unknown}; expected names among {sorted(known)}")
    return TrainingSettings(
        **{name: _like(name, value, known[name]) for name, value in values.items()}
    )


def _like(name: str, value: object, default: Any) -> Any:
    """Check a plain value by the type of the setting's default."""
    if isinstance(default, tuple):
        if not isinstance(value, list | tuple) or not value:
            raise ValueError(f"{name}: got {value!r}; expected a list of numbers")
        return tuple(_like(name, item, default[0]) for item in value)
    if isinstance(default, str):
        if not isinstance(value, str):
            raise ValueError(f"{name}: got {value!r}; expected text")
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{name}: got {value!r}; expected a number")
    if isinstance(default, int) and value != int(value):
        raise ValueError(f"{name}: got {value!r}; expected a whole number")
    return type(default)(value)


def plain(settings: TrainingSettings) -> dict[str, Any]:
    """Turn settings into plain values that `settings_from` reads back."""
    return asdict(settings)
