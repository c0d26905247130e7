"""Settings of a training run, read from TOML."""

import tomllib
from dataclasses import asdict, fields
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, ConfigDict, Field, Strict, ValidationError, model_validator
from pydantic.dataclasses import dataclass


def _number(value: object) -> object:
    """Refuse text and truth values, which pydantic would turn into numbers."""
    if isinstance(value, bool | str):
        raise ValueError("expected a number")
    return value


_Int = Annotated[int, BeforeValidator(_number)]
_Float = Annotated[float, BeforeValidator(_number)]
_Count = Annotated[_Int, Field(ge=1)]
_Share = Annotated[_Float, Field(ge=0, le=1)]


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
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
    volume_share, guidance_share : float
        Share of tasks that are slices of one volume, and share of these that get a shape prior.
    registry : str
        Folder of a registry of one's own tasks (`python -m core prepare`); none by default.
    registry_share : float
        Share of the batches that come from the registry, if there is one.
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

    features: _Int = 32
    steps: _Count = 10500
    batches_per_step: _Count = 4
    pixels_per_batch: _Int = 300_000
    sides: tuple[_Int, ...] = (64, 96, 128)
    side_weights: tuple[_Float, ...] = (0.35, 0.2, 0.45)
    support_sizes: tuple[_Count, ...] = (1, 2, 3, 4, 5, 6, 8, 12, 16, 32, 64)
    support_weights: tuple[_Float, ...] = (
        0.08, 0.12, 0.16, 0.16, 0.10, 0.10, 0.12, 0.06, 0.06, 0.03, 0.01,
    )  # fmt: skip
    volume_share: _Float = 0.6
    guidance_share: _Float = 0.7
    registry: Annotated[str, Strict()] = ""
    registry_share: _Share = 0.5
    learning_rate: _Float = 1e-3
    final_learning_rate: _Float = 1e-5
    weight_decay: _Float = 1e-4
    warmup_steps: _Int = 100
    gradient_norm: _Float = 1.0
    average_decay: _Float = 0.999
    seed: _Int = 2023
    validation_every: _Int = 250
    checkpoint_every: _Int = 100

    @model_validator(mode="after")
    def _check(self) -> Self:
        for values, weights in (("sides", "side_weights"), ("support_sizes", "support_weights")):
            if len(getattr(self, values)) != len(getattr(self, weights)):
                raise ValueError(f"{weights}: expected as many numbers as in {values}")
        if any(side % 8 or side < 8 for side in self.sides):
            raise ValueError(f"sides: got {self.sides}; expected multiples of 8")
        return self


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
    try:
        return TrainingSettings(**values)
    except ValidationError as error:
        raise ValueError(_sentence(error)) from None


def _sentence(error: ValidationError) -> str:
    """Put what is wrong with the settings in one sentence."""
    problems = error.errors(include_url=False)
    unknown = sorted(
        str(one["loc"][0]) for one in problems if one["type"] == "unexpected_keyword_argument"
    )
    if unknown:
        known = sorted(field.name for field in fields(TrainingSettings))
        return f"unknown settings {unknown}; expected names among {known}"
    first = problems[0]
    reason = str(first.get("ctx", {}).get("error") or first["msg"])
    if not first["loc"]:
        return reason
    expected = reason.replace("Input should be", "expected", 1)
    return f"{first['loc'][0]}: got {first['input']!r}; {expected}"


def plain(settings: TrainingSettings) -> dict[str, Any]:
    """Turn settings into plain values that `settings_from` reads back."""
    return asdict(settings)
