"""Which slices of a stack the items of an object name by their images."""

from collections.abc import Iterable
from dataclasses import dataclass

from pydicom.dataset import Dataset

from core.dicom.files import items_of, numbers_of, text_of
from core.dicom.series import SeriesSummary

SlicesByImage = dict[str, dict[int | None, int]]
"""Slice index by SOP Instance UID and frame number; None for the frame of a single-frame image."""


@dataclass(frozen=True)
class NamedImages:
    """What an item says about the image that it belongs to.

    Parameters
    ----------
    slices : tuple of int
        Indices of the slices of the stack whose images it names.
    names_image : bool
        Whether it names any image, of the stack or not.
    """

    slices: tuple[int, ...] = ()
    names_image: bool = False

    @property
    def is_elsewhere(self) -> bool:
        """Whether it names images, and none of the stack: another phase, or another series."""
        return self.names_image and not self.slices


def slices_by_image(summary: SeriesSummary) -> SlicesByImage:
    """Return where each image of a stack lies."""
    found: SlicesByImage = {}
    for index, record in enumerate(summary.records):
        found.setdefault(record.sop_instance_uid, {})[record.frame] = index
    return found


def named_images(references: Iterable[Dataset], places: SlicesByImage) -> NamedImages:
    """Look up the images that items refer to (PS3.3 table 10-3).

    Parameters
    ----------
    references : iterable of pydicom.dataset.Dataset
        Items of a Source Image Sequence or a Contour Image Sequence.
    places : mapping
        From `slices_by_image`.
    """
    slices = set()
    names_image = False
    for reference in references:
        uid = text_of(reference, "ReferencedSOPInstanceUID")
        names_image = names_image or bool(uid)
        frames = numbers_of(reference, "ReferencedFrameNumber")
        for frame, index in places.get(uid, {}).items():
            if frame is None or not frames or frame in frames:
                slices.add(index)
    return NamedImages(tuple(sorted(slices)), names_image)


def frame_images(dataset: Dataset, frames: int, places: SlicesByImage) -> list[NamedImages]:
    """Look up, for each frame of a segmentation, the images that it is derived from."""
    shared = items_of(dataset, "SharedFunctionalGroupsSequence")[:1]
    per_frame = items_of(dataset, "PerFrameFunctionalGroupsSequence")
    found = []
    for frame in range(frames):
        holders = [*per_frame[frame : frame + 1], *shared]
        derivations = next(
            (items for holder in holders if (items := items_of(holder, "DerivationImageSequence"))),
            (),
        )
        sources = (
            source for item in derivations for source in items_of(item, "SourceImageSequence")
        )
        found.append(named_images(sources, places))
    return found
