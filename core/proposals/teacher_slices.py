"""A structure on the slices of annotated series, and these as the network is shown them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.proposals.crop import Crop, crop_around, whole_slice
from core.proposals.intensity import contrast_around
from core.proposals.likeness import Looks, looks_of, positions_of

MOST_EXAMPLES = 256
"""Slices of all teachers together that may be encoded, 2 MiB each."""


@dataclass(frozen=True, eq=False)
class TaughtStructure:
    """A structure in one teacher.

    Attributes
    ----------
    images : np.ndarray
        float32 [slice, row, column] in [0, 1]: the prepared series.
    spacing : tuple of float
        Distance between slices, rows and columns in mm.
    masks : mapping of int to np.ndarray
        bool [row, column] by slice index; an empty one says that the structure is not there.
    """

    images: np.ndarray
    spacing: tuple[float, float, float]
    masks: Mapping[int, np.ndarray]

    def shown(self, most: int) -> list[int]:
        """Slices to show, spread evenly where there are too many; half of them with the structure.

        Slices without it are those that are needed least, since few tell where it ends.
        """
        present = [index for index, mask in sorted(self.masks.items()) if mask.any()]
        absent = [index for index, mask in sorted(self.masks.items()) if not mask.any()]
        with_it = _spread(present, max(most - len(absent), (most + 1) // 2))
        return sorted(with_it + _spread(absent, most - len(with_it)))


@dataclass(frozen=True, eq=False)
class ShownSlices:
    """Slices of one teacher as they are cropped, before they are scaled.

    Attributes
    ----------
    pictures : np.ndarray
        float32 [slice, SIDE, SIDE] in [0, 1].
    labels : np.ndarray
        bool, the same shape.
    contrast : tuple of float
        Values that the network sees as 0 and as 1.
    looks : Looks
        What they look like.
    """

    pictures: np.ndarray
    labels: np.ndarray
    contrast: tuple[float, float]
    looks: Looks


def shown_slices(structure: TaughtStructure, crop: Crop, teachers: int) -> ShownSlices:
    """Crop the slices that a teacher may show, and choose their range of intensities.

    Parameters
    ----------
    structure : TaughtStructure
        The structure in this teacher.
    crop : Crop
        What is shown of every slice.
    teachers : int
        How many teachers share the room for examples.

    Returns
    -------
    ShownSlices
        At least one with the structure, if the teacher has any.
    """
    indices = structure.shown(MOST_EXAMPLES // teachers)
    pictures = crop.images(structure.images[indices])
    labels = crop.masks(np.stack([structure.masks[index] for index in indices]))
    return ShownSlices(
        pictures,
        labels,
        contrast_around(pictures, labels),
        looks_of(pictures, positions_of(indices, len(structure.images))),
    )


@dataclass(frozen=True, eq=False)
class ShownTeachers:
    """The slices of all teachers in the two views in which series are searched, cropped once.

    Attributes
    ----------
    structures : sequence of TaughtStructure
        The structure in every teacher, at least one with a pixel.
    """

    structures: Sequence[TaughtStructure]

    @cached_property
    def whole(self) -> list[ShownSlices]:
        """Whole slices of every teacher."""
        return [
            shown_slices(one, whole_slice(one.images.shape[1:], one.spacing), len(self.structures))
            for one in self.structures
        ]

    @cached_property
    def near(self) -> list[ShownSlices]:
        """Neighbourhoods of the structure in every teacher."""
        crops = zip(self.structures, self._neighbourhoods, strict=True)
        return [shown_slices(one, crop, len(self.structures)) for one, crop in crops]

    @property
    def usual_side_mm(self) -> float:
        """How large these neighbourhoods usually are."""
        return float(np.median([crop.side_mm for crop in self._neighbourhoods]))

    @cached_property
    def _neighbourhoods(self) -> list[Crop]:
        return [crop_around(one.masks.values(), one.spacing) for one in self.structures]


def looks_together(shown: Sequence[ShownSlices]) -> Looks:
    """Put together what slices of several teachers look like, in their order."""
    return Looks(
        np.concatenate([one.looks.descriptors for one in shown]),
        np.concatenate([one.looks.positions for one in shown]),
    )


def _spread(indices: Sequence[int], count: int) -> list[int]:
    """Choose some, evenly spaced."""
    if len(indices) <= count:
        return list(indices)
    return [indices[int(place)] for place in np.linspace(0, len(indices) - 1, max(count, 0))]
