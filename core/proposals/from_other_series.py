"""Propose on a new series, without drawing anything there, from the examples of a reference series.

This is UniverSeg's own setting: the examples are pictures of other patients, nothing is known of
where the structure lies, and several support sets are asked and averaged, which the paper found to
help most where each is small. The first pass searches whole slices, the second the neighbourhood of
what was found, cropped at least as large as that of the examples.

References
----------
V. I. Butoi et al., "UniverSeg: Universal Medical Image Segmentation", ICCV 2023, section 4.
"""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from core.network.engine import EncodedExample, Engine
from core.proposals.crop import SIDE, Crop, crop_around
from core.proposals.examples import Proposal, SegmentExamples, check_examples
from core.proposals.intensity import prepare, scale
from core.proposals.network_opinion import slices_at_once
from core.proposals.network_prompt import encode_with_contrast
from core.proposals.overlaps import resolve_overlaps
from core.proposals.scores import LIMIT, network_score

SUPPORT_SETS = 3
"""Support sets that are averaged."""

WITH_STRUCTURE, WITHOUT_STRUCTURE = 6, 2
"""Slices of the reference series in each set: some must show what it looks like elsewhere."""


@dataclass(frozen=True, eq=False)
class ReferenceSeries:
    """An annotated series to learn from.

    Attributes
    ----------
    volume : np.ndarray
        [slice, row, column] in modality units.
    spacing : tuple of float
        Distance between slices, rows and columns in mm.
    modality : str
        DICOM Modality (0008,0060).
    segments : tuple of SegmentExamples
        What a person confirmed. Slices between or beyond the examples of a segment are unknown;
        an empty mask says that the structure is not there.
    """

    volume: np.ndarray
    spacing: tuple[float, float, float]
    modality: str
    segments: tuple[SegmentExamples, ...]


def propose_from_reference(
    reference: ReferenceSeries,
    volume: np.ndarray,
    spacing: tuple[float, float, float],
    modality: str,
    *,
    engine: Engine,
    exclusive: frozenset[int] = frozenset(),
    seed: int = 0,
    cancelled: Callable[[], bool] = lambda: False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Iterator[Proposal]:
    """Propose masks for every slice of a series from the examples of another.

    Parameters
    ----------
    reference : ReferenceSeries
        The annotated series, best of the same protocol.
    volume : np.ndarray
        [slice, row, column] in modality units: the new series.
    spacing : tuple of float
        Of the new series, in mm.
    modality : str
        Of the new series.
    engine : Engine
        The network.
    exclusive : frozenset of int
        Numbers of the segments that do not overlap one another.
    seed : int
        Of the drawing of support sets.
    cancelled : callable
        Asked between predictions; the proposals end when it returns True.
    progress : callable
        Called with steps done and steps in all.

    Yields
    ------
    Proposal
        For every slice and segment with a pixel, an empty mask where nothing was found. Nothing is
        known of their quality: the expected Dice is None.

    Raises
    ------
    ValueError
        If the examples do not fit the reference volume, or the modalities differ.
    """
    check_examples(reference.volume, reference.segments)
    if modality != reference.modality:
        raise ValueError(
            f"The teacher is a {reference.modality} series, this one is {modality}; choose a "
            "teacher of the same kind."
        )
    segments = [
        segment
        for segment in reference.segments
        if any(mask.any() for mask in segment.masks.values())
    ]
    known, images = prepare(reference.volume, modality), prepare(volume, modality)
    total = 2 * len(images) * len(segments)
    found: dict[int, tuple[Crop, np.ndarray]] = {}
    done = 0
    for segment in segments:
        random = np.random.default_rng(seed)
        support = _Support(engine, segment, known, reference.spacing, random)
        for crop, logits, answered in _two_passes(support, images, spacing):
            found[segment.number] = (crop, logits)
            done += answered
            progress(done, total)
            if cancelled():
                return
    progress(total, total)
    nothing = np.zeros(images.shape[1:], bool)
    for index in range(len(images)):
        log_odds = {
            number: crop.whole(network_score(crop, logits[index]), outside=-np.inf)
            for number, (crop, logits) in found.items()
        }
        for number, mask in resolve_overlaps(log_odds, nothing, exclusive).items():
            yield Proposal(number, index, mask)


@dataclass(frozen=True, eq=False)
class _Support:
    """A segment of the reference series, from which support sets are drawn anew for every pass.

    `images` are those of the reference series, float32 [slice, row, column] in [0, 1].
    """

    engine: Engine
    segment: SegmentExamples
    images: np.ndarray
    spacing: tuple[float, float, float]
    random: np.random.Generator

    def answers(self, own: Crop, crop: Crop, images: np.ndarray) -> Iterator[np.ndarray]:
        """Average the support sets' logits, some slices at a time: float32 [n, SIDE, SIDE].

        `own` crops the reference series, `crop` the images to predict.
        """
        encoded, contrast = self._encoded(own)
        sets = [self._support_set() for _ in range(SUPPORT_SETS)]
        order = {index: place for place, index in enumerate(encoded)}
        batch = slices_at_once()
        for first in range(0, len(images), batch):
            queries = scale(crop.images(images[first : first + batch]), contrast)
            answers = [
                self.engine.predict(
                    queries,
                    list(encoded.values()),
                    None,
                    [[order[index] for index in support_set]] * len(queries),
                )
                for support_set in sets
            ]
            yield np.mean([np.clip(answer, -LIMIT, LIMIT) for answer in answers], axis=0)

    def _encoded(self, own: Crop) -> tuple[Mapping[int, EncodedExample], tuple[float, float]]:
        """Encode the examples; the second is the range of intensities the network is shown."""
        known = sorted(self.segment.masks)
        labels = own.masks(np.stack([self.segment.masks[index] for index in known]))
        images = own.images(self.images[known])
        encoded, contrast = encode_with_contrast(self.engine, images, labels)
        return dict(zip(known, encoded, strict=True)), contrast

    def _support_set(self) -> list[int]:
        """Draw slices with the structure, spread over its extent, and some without."""
        present = [index for index, mask in sorted(self.segment.masks.items()) if mask.any()]
        absent = [index for index, mask in sorted(self.segment.masks.items()) if not mask.any()]
        parts = np.array_split(present, min(WITH_STRUCTURE, len(present)))
        chosen = [int(self.random.choice(part)) for part in parts]
        few = min(WITHOUT_STRUCTURE, len(absent))
        return chosen + [int(index) for index in self.random.choice(absent, few, replace=False)]


def _two_passes(
    support: _Support, images: np.ndarray, spacing: tuple[float, float, float]
) -> Iterator[tuple[Crop, np.ndarray, int]]:
    """Search whole slices, then the neighbourhood of what was found.

    Yields, some slices at a time, the crop of the pass, the logits of all slices in it, float32
    [slice, SIDE, SIDE] with those not yet predicted at zero, and how many were predicted.
    """
    own, crop = (
        _whole_slice(support.images.shape[1:], support.spacing),
        _whole_slice(images.shape[1:], spacing),
    )
    logits = yield from _one_pass(support, own, crop, images)
    found = [crop.whole(score > 0) for score in network_score(crop, logits)]
    if any(mask.any() for mask in found):
        own = crop_around(support.segment.masks.values(), support.spacing)
        around = crop_around(_largest(found), spacing)
        crop = replace(around, side_mm=max(own.side_mm, around.side_mm))
        yield from _one_pass(support, own, crop, images)


def _one_pass(
    support: _Support, own: Crop, crop: Crop, images: np.ndarray
) -> Generator[tuple[Crop, np.ndarray, int], None, np.ndarray]:
    """Predict all slices in one crop; yields as `_two_passes` and returns the logits."""
    logits = np.zeros((len(images), SIDE, SIDE), np.float32)
    done = 0
    for answers in support.answers(own, crop, images):
        logits[done : done + len(answers)] = answers
        done += len(answers)
        yield crop, logits, len(answers)
    return logits


def beyond_examples(masks: Mapping[int, np.ndarray], slices: int) -> list[int]:
    """List the slices so far beyond the examples that the structure is taken to be absent.

    Parameters
    ----------
    masks : mapping of int to np.ndarray
        Slice index to bool [row, column], none empty.
    slices : int
        Slices of the series.

    Returns
    -------
    list of int
        Those farther from the outermost example than any two neighbouring ones are apart.
    """
    known = sorted(masks)
    gap = max((above - below for below, above in pairwise(known)), default=1)
    return [i for i in range(slices) if i < known[0] - gap or i > known[-1] + gap]


def examples_with_absence(
    masks: Mapping[int, np.ndarray], shape: Sequence[int]
) -> dict[int, np.ndarray]:
    """Add empty masks where the structure is taken to be absent (`beyond_examples`).

    Parameters
    ----------
    masks : mapping of int to np.ndarray
        Slice index to bool [row, column], none empty.
    shape : sequence of int
        Slices, rows and columns of the series.

    Returns
    -------
    dict of int to np.ndarray
        As `SegmentExamples` takes them.
    """
    nothing = np.zeros(tuple(shape[1:]), bool)
    return {**dict.fromkeys(beyond_examples(masks, shape[0]), nothing), **masks}


def _whole_slice(shape: Sequence[int], spacing: tuple[float, float, float]) -> Crop:
    """Crop that covers whole slices."""
    rows, columns = int(shape[0]), int(shape[1])
    side = max(rows * spacing[1], columns * spacing[2])
    center = ((rows - 1) / 2, (columns - 1) / 2)
    return Crop(center, float(side), (rows, columns), (float(spacing[1]), float(spacing[2])))


def _largest(masks: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Keep the masks of at least a quarter of the largest area: specks lead the crop astray."""
    areas = [int(mask.sum()) for mask in masks]
    return [mask for mask, area in zip(masks, areas, strict=True) if area * 4 >= max(areas)]
