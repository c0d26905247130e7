"""A picture segmented from examples that are unrelated to it: other patients, no series.

Nothing tells where the structure should be, so more is asked of the examples: every picture is
shown mirrored as well, and examples that are left out tell how sure the network has to be, and
whether thin structures are seen better with the brightness around them evened out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import ndimage

from core.network.engine import EncodedExample, Engine
from core.network.mirrored import encode_mirrored, predict_mirrored
from core.network.overlap import dice
from core.proposals.adaptation import LabelledPictures, adapt
from core.proposals.intensity import contrast_around, evened, scale

LEFT_OUT: Final = 4
"""Examples that are predicted from the others at most, evenly spread."""

_STEPS: Final = 150
_LEARNING_RATE: Final = 1e-3
"""Of adapting: thin vessels gain 0.054 by these steps, and 0.037 by 60
(docs/proposals-tried.md)."""

_CROSS: Final = ndimage.generate_binary_structure(2, 1)[None]

_LEVELS: Final = np.arange(-12, 13) / 4
"""Log-odds from which on a pixel may be taken to belong to the structure."""


@dataclass(frozen=True, eq=False)
class ShownExamples:
    """Examples as the network is shown them, from `see_examples`.

    Attributes
    ----------
    images : np.ndarray
        float32 [example, row, column], values in [0, 1].
    labels : np.ndarray
        bool, the same shape.
    contrast : tuple of float
        Between which values pictures are shown.
    is_evened : bool
        Whether their brightness is evened out before.
    """

    images: np.ndarray
    labels: np.ndarray
    contrast: tuple[float, float]
    is_evened: bool

    def seen(self, pictures: np.ndarray) -> np.ndarray:
        """Return other pictures, values in [0, 1], as they are shown with these examples."""
        return scale(evened(pictures) if self.is_evened else pictures, self.contrast)

    @property
    def others(self) -> list[list[int]]:
        """For every example the numbers of all others."""
        count = len(self.images)
        return [[other for other in range(count) if other != one] for one in range(count)]

    @property
    def left_out(self) -> list[int]:
        """Those that are predicted from the others; none where there is one example only."""
        count = len(self.images)
        most = min(count, LEFT_OUT) if count > 1 else 0
        return [int(one) for one in np.linspace(0, count - 1, most)]


def see_examples(engine: Engine, images: np.ndarray, labels: np.ndarray) -> ShownExamples:
    """Choose how pictures are shown to the network.

    The brightness of thin structures' surroundings is evened out where every example that is left
    out is then predicted better from the others.

    Parameters
    ----------
    engine : Engine
        The network as it is: one that was adapted to the examples knows them.
    images : np.ndarray
        float32 [example, row, column], values in [0, 1]; sides divisible by 8.
    labels : np.ndarray
        bool, the same shape.

    Returns
    -------
    ShownExamples
        For `adapt_to_examples` and `segment_picture`.

    Raises
    ------
    ValueError
        If a shape or a value is not as expected.
    """
    plain = _shown(images, labels, is_evened=False)
    if len(images) == 1 or not are_thin(labels):
        return plain
    even = _shown(images, labels, is_evened=True)
    gains = [
        dice(better > 0, truth) > dice(known > 0, truth)
        for known, better, truth in zip(
            _known(engine, plain), _known(engine, even), labels[plain.left_out], strict=True
        )
    ]
    return even if all(gains) else plain


def adapt_to_examples(
    engine: Engine, examples: ShownExamples, step_done: Callable[[], None] = lambda: None
) -> Engine:
    """Adapt the network to the examples that it will be shown.

    Parameters
    ----------
    engine : Engine
        The network.
    examples : ShownExamples
        From `see_examples`.
    step_done : callable
        Called after each step of adapting.

    Returns
    -------
    Engine
        For `segment_picture`; the same network where there is one example only.
    """
    if len(examples.images) == 1:
        return engine
    pictures = LabelledPictures(examples.images, examples.labels, examples.others, oriented=False)
    return adapt(engine, [pictures], _STEPS, _LEARNING_RATE, step_done)


def segment_picture(engine: Engine, picture: np.ndarray, examples: ShownExamples) -> np.ndarray:
    """Segment a picture.

    Parameters
    ----------
    engine : Engine
        The network, as it is or adapted.
    picture : np.ndarray
        float32 [row, column], values in [0, 1]; as large as the examples.
    examples : ShownExamples
        From `see_examples`.

    Returns
    -------
    np.ndarray
        Log-odds, float32 [row, column], positive inside.

    Raises
    ------
    ValueError
        If a shape or a value is not as expected.
    """
    encoded = encode_mirrored(engine, examples.images, examples.labels.astype(np.float32))
    answer = predict_mirrored(engine, examples.seen(picture[None]), encoded)[0]
    if len(examples.images) == 1:
        return answer
    known = _predicted(engine, examples, encoded.views[0])
    return answer - np.float32(level_of(known, examples.labels[examples.left_out]))


def are_thin(labels: np.ndarray) -> bool:
    """Whether at least half of the structure lies at its edge: it is one or two pixels wide.

    Parameters
    ----------
    labels : np.ndarray
        bool [example, row, column].
    """
    inner = ndimage.binary_erosion(labels, _CROSS)
    return 2 * int(np.count_nonzero(inner)) <= int(np.count_nonzero(labels))


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


def _shown(images: np.ndarray, labels: np.ndarray, *, is_evened: bool) -> ShownExamples:
    """Show examples in the contrast of their structure."""
    pictures = evened(images) if is_evened else images
    contrast = contrast_around(pictures, labels)
    return ShownExamples(scale(pictures, contrast), labels, contrast, is_evened)


def _known(engine: Engine, examples: ShownExamples) -> np.ndarray:
    """Predict the examples that are left out: log-odds [left out, row, column]."""
    encoded = engine.encode(examples.images, examples.labels.astype(np.float32))
    return _predicted(engine, examples, encoded)


def _predicted(
    engine: Engine, examples: ShownExamples, encoded: Sequence[EncodedExample]
) -> np.ndarray:
    """Predict the examples that are left out from the others, encoded before."""
    left_out = examples.left_out
    subsets = [examples.others[one] for one in left_out]
    return engine.predict(examples.images[left_out], encoded, subsets=subsets)
