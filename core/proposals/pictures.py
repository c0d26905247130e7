"""A picture segmented from examples that are unrelated to it: other patients, no series.

Nothing tells where the structure should be, so more is asked of the examples: every picture is
shown mirrored as well, and examples that are left out tell how sure the network has to be.
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from core.network.engine import Engine
from core.network.mirrored import encode_mirrored, predict_mirrored
from core.network.overlap import dice
from core.proposals.adaptation import LabelledPictures, adapt
from core.proposals.intensity import contrast_around, scale

LEFT_OUT: Final = 4
"""Examples that are predicted from the others at most, evenly spread."""

_STEPS: Final = 150
_LEARNING_RATE: Final = 1e-3
"""Of adapting: thin vessels gain 0.054 by these steps, and 0.037 by 60 (docs/training.md)."""

_LEVELS: Final = np.arange(-12, 13) / 4
"""Log-odds from which on a pixel may be taken to belong to the structure."""


def adapt_to_examples(
    engine: Engine,
    images: np.ndarray,
    labels: np.ndarray,
    step_done: Callable[[], None] = lambda: None,
) -> Engine:
    """Adapt the network to the examples that it will be shown.

    Parameters
    ----------
    engine : Engine
        The network.
    images, labels : np.ndarray
        As `segment_picture` takes them.
    step_done : callable
        Called after each step of adapting.

    Returns
    -------
    Engine
        For `segment_picture`; the same network where there is one example only.
    """
    count = len(images)
    if count == 1:
        return engine
    scaled = scale(images, contrast_around(images, labels))
    others = [[other for other in range(count) if other != one] for one in range(count)]
    pictures = LabelledPictures(scaled, labels, others, oriented=False)
    return adapt(engine, [pictures], _STEPS, _LEARNING_RATE, step_done)


def segment_picture(
    engine: Engine, picture: np.ndarray, images: np.ndarray, labels: np.ndarray
) -> np.ndarray:
    """Segment a picture.

    Parameters
    ----------
    engine : Engine
        The network.
    picture : np.ndarray
        float32 [row, column], values in [0, 1]; sides divisible by 8.
    images : np.ndarray
        float32 [example, row, column], values in [0, 1].
    labels : np.ndarray
        bool, the same shape.

    Returns
    -------
    np.ndarray
        Log-odds, float32 [row, column], positive inside.

    Raises
    ------
    ValueError
        If a shape or a value is not as expected.
    """
    contrast = contrast_around(images, labels)
    scaled = scale(images, contrast)
    examples = encode_mirrored(engine, scaled, labels.astype(np.float32))
    answer = predict_mirrored(engine, scale(picture[None], contrast), examples)[0]
    count = len(images)
    if count == 1:
        return answer
    left_out = [int(one) for one in np.linspace(0, count - 1, min(count, LEFT_OUT))]
    others = [[other for other in range(count) if other != one] for one in left_out]
    known = engine.predict(scaled[left_out], examples.views[0], subsets=others)
    return answer - np.float32(level_of(known, labels[left_out]))


def level_of(logits: np.ndarray, truths: np.ndarray) -> float:
    """Choose the log-odds from which on pixels belong to the structure.

    Of thin vessels the network finds many with less than even odds. Another level than even odds
    is taken only where every picture gains by it.

    Parameters
    ----------
    logits : np.ndarray
        Of pictures whose masks are known, [picture, row, column].
    truths : np.ndarray
        Their masks, bool, the same shape.

    Returns
    -------
    float
        The level with the best mean Dice among those, 0 if there is none.
    """
    scores = np.array(
        [
            [dice(answer > level, truth) for level in _LEVELS]
            for answer, truth in zip(logits, truths, strict=True)
        ]
    )
    even = scores[:, _LEVELS == 0]
    gains = np.where((scores > even).all(axis=0), scores.mean(axis=0), 0.0)
    return float(_LEVELS[gains.argmax()]) if gains.any() else 0.0
