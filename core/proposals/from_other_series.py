"""One series teaches another: propose on a new series without drawing anything there.

This is UniverSeg's own setting: the examples are pictures of other patients, nothing is known of
where the structure lies, and several support sets are asked and averaged, which the paper found to
help most where each is small. The structure is first looked for in whole slices, then once more in
its neighbourhood, cropped as large as the teacher's.

References
----------
V. I. Butoi et al., "UniverSeg: Universal Medical Image Segmentation", ICCV 2023, section 4.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from core.network.engine import EncodedExample, Engine
from core.proposals.crop import SIDE, Crop, crop_around
from core.proposals.examples import Proposal, SegmentExamples, check_examples
from core.proposals.intensity import prepare, scale
from core.proposals.mixing import LIMIT, network_score
from core.proposals.network_opinion import BATCH, encode_examples
from core.proposals.overlaps import settle

SUPPORT_SETS = 3
"""Support sets that are averaged."""

WITH_STRUCTURE, WITHOUT_STRUCTURE = 6, 2
"""Slices of the teacher in each set: some must show what it looks like where nothing is."""


@dataclass(frozen=True, eq=False)
class Teacher:
    """An annotated series.

    Attributes
    ----------
    volume : np.ndarray
        [slice, row, column] in modality units.
    spacing : tuple of float
        Distance between slices, rows and columns in mm.
    modality : str
        DICOM Modality (0008,0060).
    segments : tuple of SegmentExamples
        What a person stands behind. Slices between or beyond the examples of a segment are unknown;
        an empty mask says that the structure is not there.
    """

    volume: np.ndarray
    spacing: tuple[float, float, float]
    modality: str
    segments: tuple[SegmentExamples, ...]


def propose_across(
    teacher: Teacher,
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
    teacher : Teacher
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
        For every slice and segment with a pixel, an empty mask where nothing was found. Nobody can
        tell how good they are: the expected Dice is None.

    Raises
    ------
    ValueError
        If the examples do not fit the teacher's volume, or the modalities differ.
    """
    check_examples(teacher.volume, teacher.segments)
    if modality != teacher.modality:
        raise ValueError(
            f"The teacher is a {teacher.modality} series, this one is {modality}; choose a teacher "
            "of the same kind."
        )
    segments = [one for one in teacher.segments if any(mask.any() for mask in one.masks.values())]
    known, images = prepare(teacher.volume, modality), prepare(volume, modality)
    total = 2 * len(images) * len(segments)
    scores: dict[int, tuple[Crop, np.ndarray]] = {}
    done = 0
    for segment in segments:
        lesson = _Lesson(engine, segment, known, np.random.default_rng(seed))
        crop = _whole_slice(images.shape[1:], spacing)
        logits = np.zeros((0, SIDE, SIDE), np.float32)
        for look in range(2):
            parts = []
            own = _whole_slice(known.shape[1:], teacher.spacing)
            if look == 1:
                found = [crop.whole(one > 0) for one in network_score(crop, logits)]
                if not any(mask.any() for mask in found):
                    break
                own = crop_around(segment.masks.values(), teacher.spacing)
                around = crop_around(_largest(found), spacing)
                crop = replace(around, side_mm=max(own.side_mm, around.side_mm))
            for answers in lesson.answers(own, crop, images):
                parts.append(answers)
                done += len(answers)
                progress(done, total)
                if cancelled():
                    return
            logits = np.concatenate(parts)
        scores[segment.number] = (crop, logits)
    progress(total, total)
    nothing = np.zeros(images.shape[1:], bool)
    for index in range(len(images)):
        masks = settle(
            {
                number: _claim(crop, network_score(crop, logits[index]))
                for number, (crop, logits) in scores.items()
            },
            nothing,
            exclusive,
        )
        for number, mask in masks.items():
            yield Proposal(number, index, mask)


@dataclass(frozen=True, eq=False)
class _Lesson:
    """A segment of the teacher; support sets are drawn anew for every look."""

    engine: Engine
    segment: SegmentExamples
    images: np.ndarray
    random: np.random.Generator

    def answers(self, own: Crop, crop: Crop, images: np.ndarray) -> Iterator[np.ndarray]:
        """Average the support sets' logits, some slices at a time: float32 [n, SIDE, SIDE]."""
        encoded, contrast = self._encoded(own)
        sets = [self._support() for _ in range(SUPPORT_SETS)]
        order = {index: place for place, index in enumerate(encoded)}
        for first in range(0, len(images), BATCH):
            queries = scale(crop.images(images[first : first + BATCH]), contrast)
            yield np.mean(
                [
                    np.clip(
                        self.engine.predict(
                            queries,
                            list(encoded.values()),
                            None,
                            [[order[index] for index in support]] * len(queries),
                        ),
                        -LIMIT,
                        LIMIT,
                    )
                    for support in sets
                ],
                axis=0,
            )

    def _encoded(self, own: Crop) -> tuple[Mapping[int, EncodedExample], tuple[float, float]]:
        """Encode the examples; the second is what of their intensities the network is shown."""
        known = sorted(self.segment.masks)
        labels = own.masks(np.stack([self.segment.masks[index] for index in known]))
        images = own.images(self.images[known])
        encoded, contrast = encode_examples(self.engine, images, labels)
        return dict(zip(known, encoded, strict=True)), contrast

    def _support(self) -> list[int]:
        """Draw slices with the structure, spread over its extent, and some without."""
        present = [index for index, mask in sorted(self.segment.masks.items()) if mask.any()]
        absent = [index for index, mask in sorted(self.segment.masks.items()) if not mask.any()]
        parts = np.array_split(present, min(WITH_STRUCTURE, len(present)))
        chosen = [int(self.random.choice(part)) for part in parts]
        few = min(WITHOUT_STRUCTURE, len(absent))
        return chosen + [int(index) for index in self.random.choice(absent, few, replace=False)]


def beyond_examples(masks: Mapping[int, np.ndarray], slices: int) -> list[int]:
    """List the slices of a teacher that are far enough beyond its examples to be without them.

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


def _claim(crop: Crop, score: np.ndarray) -> np.ndarray:
    """Place log-odds on a whole slice: float32 [row, column], minus infinity elsewhere."""
    canvas = np.full(crop.shape, -np.inf, np.float32)
    canvas[crop.window] = score
    return canvas
