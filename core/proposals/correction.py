"""Correcting one slice with strokes: a few pixels mark what to add or to remove, the rest follows.

How a page uses it: `ready_slice` once when a proposal is opened for correction (it encodes the
examples, some tenths of a second), then `correct_slice` after every stroke (one prediction) with
all strokes since the slice was opened, and the mask it had then. What comes back is shown and
stored as a correction; a brush that paints exactly and nothing else stays what it is and needs
none of this. For "carry on from here" the stored correction is an example like any other: call
`core.proposals.proposer.propose` with it among the examples, `wanted` the segment and `slices` what
`core.proposals.extent.slices_to_follow` lists; proposals elsewhere stay as they are.
"""

import weakref
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import label

from core.network.engine import Engine
from core.network.guidance import ADDED, REMOVED
from core.proposals.crop import SIDE, Crop, crop_around
from core.proposals.examples import SegmentExamples, check_examples
from core.proposals.intensity import scale
from core.proposals.network_opinion import QUICK_SUPPORT, correction_guidance
from core.proposals.network_prompt import NetworkPrompt, encode_examples, range_of
from core.proposals.recent_examples import OfSeries
from core.proposals.scores import network_score


@dataclass(frozen=True, eq=False)
class ReadySlice:
    """A slice with all that an answer to strokes needs.

    Attributes
    ----------
    slice : int
        Slice index.
    mask : np.ndarray
        bool [row, column]: the mask to correct.
    image : np.ndarray
        float32 [SIDE, SIDE]: the slice as the network sees it.
    prompt : NetworkPrompt or None
        The nearest examples; None where none has a pixel, and strokes are merely painted.
    """

    slice: int
    mask: np.ndarray
    image: np.ndarray
    prompt: NetworkPrompt | None


def ready_slice(
    volume: np.ndarray,
    spacing: tuple[float, float, float],
    modality: str,
    segment: SegmentExamples,
    index: int,
    mask: np.ndarray,
    engine: Engine,
    recent: OfSeries[NetworkPrompt] | None = None,
) -> ReadySlice:
    """Make a slice ready for strokes; it does not keep the volume, which has to live as long.

    Parameters
    ----------
    volume : np.ndarray
        [slice, row, column] in modality units.
    spacing : tuple of float
        Distance between slices, rows and columns in mm.
    modality : str
        As `core.proposals.intensity.prepare` takes it.
    segment : SegmentExamples
        The segment's examples; one on this very slice is not used.
    index : int
        The slice.
    mask : np.ndarray
        bool [row, column]: what is proposed there, perhaps nothing.
    engine : Engine
        The network.
    recent : OfSeries, optional
        Keeps what was worked out about examples of this volume for other slices.

    Returns
    -------
    ReadySlice
        For `correct_slice`.

    Raises
    ------
    ValueError
        If the examples or the mask do not fit the volume.
    """
    check_examples(volume, [segment, SegmentExamples(segment.number + 1, {index: mask})])
    limits = range_of(volume, modality, recent)
    shown_now = weakref.ref(volume)

    def images_of(slices: Sequence[int]) -> np.ndarray:
        pixels = shown_now()
        assert pixels is not None, "whoever corrects the slice holds its series"
        return scale(pixels[list(slices)], limits)

    others = {known: other for known, other in segment.masks.items() if known != index}
    nearest = sorted(others, key=lambda known: (abs(known - index), known))[:QUICK_SUPPORT]
    if not any(others[known].any() for known in nearest):
        return ReadySlice(index, mask, np.zeros((SIDE, SIDE), np.float32), None)
    crop = crop_around([mask, *others.values()], spacing)
    shown = {known: others[known] for known in nearest}
    prompt = encode_examples(engine, crop, images_of, shown, spacing[0], recent=recent)
    return ReadySlice(index, mask, prompt.pictures([index])[0], prompt)


def correct_slice(ready: ReadySlice, added: np.ndarray, removed: np.ndarray) -> np.ndarray:
    """Answer strokes on a slice.

    The network sees the mask as what is expected, and the strokes; only the parts that its answer
    changes next to a stroke are changed, so that nothing changes far from the strokes.

    Parameters
    ----------
    ready : ReadySlice
        From `ready_slice`.
    added, removed : np.ndarray
        bool [row, column]: pixels that a person marked as inside and as outside of the structure.
        Where both are set, outside counts.

    Returns
    -------
    np.ndarray
        bool [row, column]; every pixel of a stroke is as marked.

    Raises
    ------
    ValueError
        If strokes do not have the slice's shape.
    """
    for name, stroke in (("added", added), ("removed", removed)):
        if stroke.shape != ready.mask.shape or stroke.dtype != bool:
            raise ValueError(
                f"{name}: got shape {stroke.shape} and type {stroke.dtype}; expected "
                f"{ready.mask.shape} and bool"
            )
    added = added & ~removed
    mask = ready.mask
    pointed = (added & ~mask) | (removed & mask)
    if ready.prompt is not None and pointed.any():
        answer = _answer(ready, ready.prompt, added, removed)
        grown = _touching(answer & ~mask, added & ~mask)
        shrunk = _touching(mask & ~answer, removed & mask)
        mask = (mask | grown) & ~shrunk
    return (mask | added) & ~removed


def _answer(
    ready: ReadySlice, prompt: NetworkPrompt, added: np.ndarray, removed: np.ndarray
) -> np.ndarray:
    """Ask the network, which takes the mask as expected: bool [row, column]."""
    crop = prompt.crop
    guidance = correction_guidance(prompt, ready.slice, crop.masks(ready.mask[None])[0])
    guidance[ADDED], guidance[REMOVED] = _strokes(crop, added), _strokes(crop, removed)
    logits = prompt.engine.predict(ready.image[None], list(prompt.encoded.values()), guidance[None])
    return crop.whole(network_score(crop, logits[0]) > 0)


def _strokes(crop: Crop, stroke: np.ndarray) -> np.ndarray:
    """Strokes on the network's grid, where a thin one must not vanish: float32 [SIDE, SIDE]."""
    thin = min(1.0, min(crop.pixel_spacing) / crop.pixel_mm)
    return (crop.images(stroke.astype(np.float32)) >= thin / 2).astype(np.float32)


def _touching(changes: np.ndarray, stroke: np.ndarray) -> np.ndarray:
    """Keep the parts of a change that touch a stroke: bool [row, column]."""
    parts, _ = label(changes | stroke)
    return changes & np.isin(parts, np.unique(parts[stroke]))
