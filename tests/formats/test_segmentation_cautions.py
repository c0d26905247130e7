"""What a segmentation leaves open is told, in every encoding."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom import Dataset
from pydicom.uid import UID, ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from core.dicom.errors import DicomError, NeedsConsentError
from core.dicom.series import SeriesSummary
from core.formats.segmentation_reading import read_segmentation_with_cautions
from core.segments.segment_masks import SegmentMasks
from tests.support.mask_round_trips import assert_same_masks, written

SYNTAXES = [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian]


def changed(
    small: tuple[SeriesSummary, list[SegmentMasks], Path],
    change: Callable[[Any], None],
    syntax: UID = ExplicitVRLittleEndian,
    **settings: Any,
) -> Path:
    """A written segmentation with something changed in it, in a transfer syntax."""
    dataset = written(small, **settings)
    change(dataset)
    dataset.file_meta.TransferSyntaxUID = syntax
    pydicom.dcmwrite(
        small[2],
        dataset,
        implicit_vr=syntax == ImplicitVRLittleEndian,
        little_endian=syntax != ExplicitVRBigEndian,
        enforce_file_format=True,
    )
    return small[2]


def cautions_of(
    small: tuple[SeriesSummary, list[SegmentMasks], Path],
    change: Callable[[Any], None],
    **settings: Any,
) -> Any:
    path = changed(small, change, **settings)
    return read_segmentation_with_cautions(path, small[0]).cautions


@pytest.mark.parametrize("syntax", SYNTAXES, ids=lambda syntax: syntax.name)
def test_a_value_without_a_description_is_kept(
    small: tuple[SeriesSummary, list[SegmentMasks], Path], syntax: UID
) -> None:
    def leave_out(dataset: Dataset) -> None:
        del dataset.SegmentSequence[-1]

    summary, segments, _ = small
    path = changed(small, leave_out, syntax, kind="LABELMAP")
    read = read_segmentation_with_cautions(path, summary)
    assert read.cautions == ("The value 2 is not described; it is read as “Segment 2”.",)
    for one, other in zip(segments, read.segments, strict=True):
        assert_same_masks(one.masks, other.masks)


@pytest.mark.parametrize("syntax", SYNTAXES, ids=lambda syntax: syntax.name)
def test_fractions_without_their_largest_value_count_from_half_of_the_largest_stored(
    small: tuple[SeriesSummary, list[SegmentMasks], Path], syntax: UID
) -> None:
    def make_fractional(dataset: Dataset) -> None:
        masks = dataset.pixel_array
        dataset.SegmentationType = "FRACTIONAL"
        dataset.SegmentationFractionalType = "OCCUPANCY"
        dataset.BitsAllocated = dataset.BitsStored = 8
        dataset.HighBit = 7
        dataset.PixelData = np.where(masks, 100, 40).astype(np.uint8).tobytes()

    summary, segments, _ = small
    path = changed(small, make_fractional, syntax)
    read = read_segmentation_with_cautions(path, summary)
    assert "its largest value, 100, is taken for it" in read.cautions[0]
    for one, other in zip(segments, read.segments, strict=True):
        assert_same_masks(one.masks, other.masks)


def test_doubts_about_the_background_of_a_label_map_are_told(
    small: tuple[SeriesSummary, list[SegmentMasks], Path],
) -> None:
    def call_liver_background(dataset: Dataset) -> None:
        dataset.PixelPaddingValue = 1

    def call_another_value_background(dataset: Dataset) -> None:
        dataset.PixelPaddingValue = 200
        dataset.SegmentSequence = [one for one in dataset.SegmentSequence if one.SegmentNumber]

    zero = (
        "The value 0 is neither described nor the background that the file states (Pixel Padding "
        "Value); it is taken for background as well."
    )
    assert cautions_of(small, call_liver_background, kind="LABELMAP") == (
        "“Liver” has the value that the file calls background (Pixel Padding Value), and was left "
        "out.",
        zero,
    )
    assert cautions_of(small, call_another_value_background, kind="LABELMAP") == (zero,)
    assert not cautions_of(small, lambda dataset: None, kind="LABELMAP")


def test_fractions_above_their_largest_value_are_told(
    small: tuple[SeriesSummary, list[SegmentMasks], Path],
) -> None:
    def make_fractional(dataset: Dataset) -> None:
        masks = dataset.pixel_array
        dataset.SegmentationType = "FRACTIONAL"
        dataset.MaximumFractionalValue = 100
        dataset.BitsAllocated = dataset.BitsStored = 8
        dataset.HighBit = 7
        dataset.PixelData = np.where(masks, 250, 40).astype(np.uint8).tobytes()

    (caution,) = cautions_of(small, make_fractional)
    assert caution.startswith("The file holds values up to 250, above the one that means the whole")


def test_binary_pixels_of_several_values_are_told(
    small: tuple[SeriesSummary, list[SegmentMasks], Path],
) -> None:
    def make_bytes(dataset: Dataset) -> None:
        masks = dataset.pixel_array
        dataset.BitsAllocated = dataset.BitsStored = 8
        dataset.HighBit = 7
        values = np.arange(1, len(masks) + 1, dtype=np.uint8)
        dataset.PixelData = (masks * values[:, None, None]).astype(np.uint8).tobytes()

    (caution,) = cautions_of(small, make_bytes)
    assert caution.startswith("The file calls itself BINARY, and its pixels hold several values")


def test_frames_of_a_segment_at_one_place_are_united_with_a_word(
    small: tuple[SeriesSummary, list[SegmentMasks], Path],
) -> None:
    def move_second(dataset: Dataset) -> None:
        first, second = dataset.PerFrameFunctionalGroupsSequence[:2]
        for keyword in ("PlanePositionSequence", "DerivationImageSequence"):
            setattr(second, keyword, getattr(first, keyword))

    (caution,) = cautions_of(small, move_second)
    assert "frames lie where another frame of their segment does" in caution


def test_one_frame_in_another_orientation_is_not_placed(
    small: tuple[SeriesSummary, list[SegmentMasks], Path],
) -> None:
    def turn_last(dataset: Dataset) -> None:
        shared = dataset.SharedFunctionalGroupsSequence[0]
        turned = pydicom.Dataset()
        turned.ImageOrientationPatient = [0, 1, 0, 1, 0, 0]
        for group in dataset.PerFrameFunctionalGroupsSequence:
            group.PlaneOrientationSequence = shared.PlaneOrientationSequence
        dataset.PerFrameFunctionalGroupsSequence[-1].PlaneOrientationSequence = [turned]
        del shared.PlaneOrientationSequence

    path = changed(small, turn_last)
    with pytest.raises(DicomError, match="planes of another orientation"):
        read_segmentation_with_cautions(path, small[0], allow_same_frame=True)


def test_a_missing_and_an_unknown_segmentation_type(
    small: tuple[SeriesSummary, list[SegmentMasks], Path],
) -> None:
    def drop(dataset: Dataset) -> None:
        del dataset.SegmentationType

    def invent(dataset: Dataset) -> None:
        dataset.SegmentationType = "SURFACE"

    (caution,) = cautions_of(small, drop)
    assert "it is read as BINARY" in caution
    path = changed(small, drop, kind="LABELMAP")
    (caution,) = read_segmentation_with_cautions(path, small[0]).cautions
    assert "it is read as LABELMAP" in caution
    with pytest.raises(DicomError, match="neither BINARY, FRACTIONAL nor LABELMAP"):
        cautions_of(small, invent)


def test_a_segment_without_a_pixel_is_named(
    small: tuple[SeriesSummary, list[SegmentMasks], Path],
) -> None:
    def rename_images_of_second(dataset: Dataset) -> None:
        for group in dataset.PerFrameFunctionalGroupsSequence:
            if group.SegmentIdentificationSequence[0].ReferencedSegmentNumber == 2:
                for derivation in group.DerivationImageSequence:
                    derivation.SourceImageSequence[0].ReferencedSOPInstanceUID = "1.2.3"

    dataset = written(small)
    for group in dataset.PerFrameFunctionalGroupsSequence:
        # Items that segments share would be renamed for both.
        group.DerivationImageSequence = pydicom.Dataset.from_json(group.to_json())[
            "DerivationImageSequence"
        ].value
    rename_images_of_second(dataset)
    dataset.save_as(small[2])
    cautions = read_segmentation_with_cautions(small[2], small[0]).cautions
    assert cautions[-1] == "Nothing of these segments is on the slices: “Spleen Größe”."


def test_frames_that_name_no_image_are_doubted_where_other_stacks_are_listed(
    small: tuple[SeriesSummary, list[SegmentMasks], Path],
) -> None:
    def drop_images(dataset: Dataset) -> None:
        for group in dataset.PerFrameFunctionalGroupsSequence:
            del group.DerivationImageSequence
        listed = dataset.ReferencedSeriesSequence[0].ReferencedInstanceSequence
        other = pydicom.Dataset()
        other.ReferencedSOPClassUID = listed[0].ReferencedSOPClassUID
        other.ReferencedSOPInstanceUID = "1.2.3"
        listed.append(other)

    (caution,) = cautions_of(small, drop_images)
    assert caution.endswith("check that they belong to these slices.")


def test_an_undeclared_character_set_is_told(
    small: tuple[SeriesSummary, list[SegmentMasks], Path],
) -> None:
    path = changed(small, lambda dataset: None)
    content = path.read_bytes()
    declared = b"\x08\x00\x05\x00CS\x0a\x00ISO_IR 192"
    assert content.count(declared) == 1
    path.write_bytes(content.replace(declared, b"\x08\x00\x05\x00CS\x0a\x00          "))
    read = read_segmentation_with_cautions(path, small[0])
    assert [one.segment.label for one in read.segments] == ["Liver", "Spleen Größe"]
    assert read.cautions[0].endswith("check that they are right: “Spleen Größe”.")


def test_resampling_with_consent_is_told(
    small: tuple[SeriesSummary, list[SegmentMasks], Path],
) -> None:
    def halve_spacing(dataset: Dataset) -> None:
        shared = dataset.SharedFunctionalGroupsSequence[0]
        shared.PixelMeasuresSequence[0].PixelSpacing = [0.5, 0.5]

    path = changed(small, halve_spacing)
    with pytest.raises(NeedsConsentError, match="pixels of another size"):
        read_segmentation_with_cautions(path, small[0])
    read = read_segmentation_with_cautions(path, small[0], allow_same_frame=True)
    assert read.cautions[0].startswith("The masks were made on other planes and resampled")
