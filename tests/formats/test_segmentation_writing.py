"""What a written segmentation holds, and what cannot be written."""

import shutil
from dataclasses import replace
from pathlib import Path

import highdicom
import numpy as np
import pydicom
import pytest

from core.annotation.contributors import Contributors
from core.dicom.errors import DicomError
from core.dicom.reading import find_series
from core.dicom.series import SeriesSummary
from core.formats.segmentation_reading import read_segmentation
from core.formats.segmentation_writing import write_segmentation
from core.segments.anatomy import LEFT
from core.segments.segment import Code, Region, Segment, SegmentDetails
from core.segments.segment_masks import SegmentMasks
from tests.support.mask_round_trips import (
    assert_same_masks,
    assert_valid,
    make_segments,
    masks_in_place,
    volumes_by_dcmqi,
    written,
)
from tests.support.segments import ANATOMY, LIVER
from tests.support.synthetic_series import PLACEMENTS, write_series

KIDNEY = Code("64033007", "SCT", "Kidney")


def test_equipment_and_content_attributes_that_receivers_demand_are_there(
    small: tuple[SeriesSummary, list[SegmentMasks], Path],
) -> None:
    people = Contributors(("Ann Example",))
    dataset = written(small, people=people, reading="reading 1", instance_number=3)
    for keyword in ("Manufacturer", "ManufacturerModelName", "DeviceSerialNumber"):
        assert dataset[keyword].value
    assert dataset.SoftwareVersions
    assert dataset.SeriesNumber == 1004 and dataset.InstanceNumber == 3
    assert dataset.ContentCreatorName == "Example^Ann"
    assert (dataset.ContentLabel, dataset.ContentDescription) == ("READING_1", "Reading 1")
    assert dataset.SegmentationType == "BINARY"
    # Type 2: there even where it is empty.
    assert written(small).ContentCreatorName == ""


def test_segments_are_numbered_without_gaps_and_say_how_they_came_about(
    small: tuple[SeriesSummary, list[SegmentMasks], Path],
) -> None:
    summary, (liver, spleen), path = small
    liver = SegmentMasks(
        Segment(9, "Liver (unreviewed)", (1, 2, 3), ANATOMY, LIVER),
        liver.masks,
        "AUTOMATIC",
        algorithm_name="Shape interpolation",
        algorithm_version="2",
    )
    path.parent.mkdir()
    write_segmentation(summary, [liver, spleen], path, weights="default-3")
    first, second = pydicom.dcmread(path).SegmentSequence
    assert (first.SegmentNumber, second.SegmentNumber) == (1, 2)
    assert first.SegmentAlgorithmType == "SEMIAUTOMATIC"
    assert first.SegmentAlgorithmName == "Slicewise"
    assert second.SegmentLabel == "Liver (unreviewed)"
    assert second.SegmentAlgorithmType == "AUTOMATIC"
    identification = second.SegmentationAlgorithmIdentificationSequence[0]
    assert identification.AlgorithmName == "Shape interpolation"
    assert identification.AlgorithmVersion == "2 default-3"
    assert second.SegmentedPropertyTypeCodeSequence[0].CodingSchemeDesignator == "SCT"


def test_the_side_of_a_segment_is_written_and_read(
    small: tuple[SeriesSummary, list[SegmentMasks], Path], dciodvfy: str
) -> None:
    summary, (liver, spleen), path = small
    kidney = replace(liver.segment, label="Left kidney", type=KIDNEY, type_modifier=LEFT)
    path.parent.mkdir()
    for kind in ("BINARY", "LABELMAP"):
        segments = [replace(liver, segment=kidney), spleen]
        write_segmentation(summary, segments, path, kind=kind)
        (code,) = pydicom.dcmread(path).SegmentSequence[-2].SegmentedPropertyTypeCodeSequence
        (modifier,) = code.SegmentedPropertyTypeModifierCodeSequence
        assert (modifier.CodeValue, modifier.CodingSchemeDesignator) == ("7771000", "SCT")
        assert read_segmentation(path, summary)[0].segment == kidney
        assert read_segmentation(path, summary)[1].segment.type_modifier is None
        if kind == "BINARY":
            assert_valid(path, dciodvfy)


def test_exports_share_a_series_but_no_instance(
    small: tuple[SeriesSummary, list[SegmentMasks], Path],
) -> None:
    first = written(small)
    second = written(small, instance_number=2)
    assert first.SeriesInstanceUID == second.SeriesInstanceUID
    assert first.SOPInstanceUID != second.SOPInstanceUID


def test_empty_slices_are_left_out_unless_asked_for(
    small: tuple[SeriesSummary, list[SegmentMasks], Path],
) -> None:
    _, segments, _ = small
    assert written(small).NumberOfFrames == sum(len(one.masks) for one in segments)
    assert written(small, write_empty_slices=True).NumberOfFrames == 18
    assert_same_masks(read_segmentation(small[2], small[0])[0].masks, segments[0].masks)


@pytest.mark.parametrize("compression", ["deflated", "jpeg2000"])
def test_compressed_files_hold_the_same(
    small: tuple[SeriesSummary, list[SegmentMasks], Path], compression: str, dciodvfy: str
) -> None:
    plain = written(small).pixel_array
    compressed = written(small, compression=compression)
    syntax = compressed.file_meta.TransferSyntaxUID
    assert syntax.is_deflated if compression == "deflated" else syntax.is_encapsulated
    assert np.array_equal(compressed.pixel_array, plain)
    assert_same_masks(read_segmentation(small[2], small[0])[1].masks, small[1][1].masks)
    if compression == "jpeg2000":  # dciodvfy does not inflate
        assert_valid(small[2], dciodvfy)


def test_images_too_small_for_jpeg_2000_are_refused(tmp_path: Path) -> None:
    write_series(tmp_path / "series", PLACEMENTS[0], rows=31)
    (summary,) = find_series(tmp_path / "series")
    with pytest.raises(DicomError, match="export without compression"):
        write_segmentation(
            summary, make_segments(summary), tmp_path / "seg.dcm", compression="jpeg2000"
        )


def test_label_maps_hold_the_same(small: tuple[SeriesSummary, list[SegmentMasks], Path]) -> None:
    summary, segments, path = small
    assert written(small, kind="LABELMAP").SegmentationType == "LABELMAP"
    for one, other in zip(segments, read_segmentation(path, summary), strict=True):
        assert_same_masks(one.masks, other.masks)
        assert one.segment == other.segment


def test_highdicom_reads_label_maps(small: tuple[SeriesSummary, list[SegmentMasks], Path]) -> None:
    summary, segments, path = small
    written(small, kind="LABELMAP", compression="deflated")
    read = highdicom.seg.segread(path)
    pixels = read.get_pixels_by_source_instance(
        [record.sop_instance_uid for record in summary.records],
        assert_missing_frames_are_empty=True,
    )
    for channel, one in enumerate(segments):
        for index in range(summary.slices):
            expected = one.masks.get(index, np.zeros((summary.rows, summary.columns), bool))
            assert np.array_equal(pixels[index, :, :, channel].astype(bool), expected)


def test_dcmqi_reads_label_maps(
    small: tuple[SeriesSummary, list[SegmentMasks], Path], segimage2itkimage: str
) -> None:
    summary, segments, path = small
    written(small, kind="LABELMAP")
    (image,) = volumes_by_dcmqi(path, path.parent, segimage2itkimage)
    for number, one in enumerate(segments, start=1):
        assert_same_masks(one.masks, masks_in_place(image, number, summary))


def test_label_maps_of_overlapping_segments_are_refused(
    small: tuple[SeriesSummary, list[SegmentMasks], Path],
) -> None:
    summary, _, path = small
    path.parent.mkdir()
    with pytest.raises(DicomError, match="export BINARY instead"):
        write_segmentation(summary, make_segments(summary, overlap=True), path, kind="LABELMAP")
    assert not path.exists()


BROKEN_VALUES = {
    "PatientSex": "male",
    "PatientBirthDate": "1.2.1970",
    "PatientAge": "45 years",
    "StudyTime": "noon",
    "PatientWeight": "-1",
    "StudyID": "far too long for a short string",
    "LossyImageCompression": "01",
}


def test_broken_values_of_the_images_do_not_reach_the_segmentation(
    tmp_path: Path, dciodvfy: str
) -> None:
    write_series(tmp_path / "series", PLACEMENTS[0], PatientName="Doe^Jane")
    for path in (tmp_path / "series").iterdir():
        image = pydicom.dcmread(path)
        for keyword, value in BROKEN_VALUES.items():
            vr = pydicom.datadict.dictionary_VR(keyword)
            image[keyword] = pydicom.DataElement(
                keyword, vr, value, validation_mode=pydicom.config.IGNORE
            )
        with pydicom.config.disable_value_validation():
            image.save_as(path)
    (summary,) = find_series(tmp_path / "series")
    write_segmentation(summary, make_segments(summary), tmp_path / "seg.dcm")
    assert_valid(tmp_path / "seg.dcm", dciodvfy)
    assert pydicom.dcmread(tmp_path / "seg.dcm").PatientName == "Doe^Jane"


def test_lossy_compression_is_carried_over_with_ratio_and_method(
    tmp_path: Path, dciodvfy: str
) -> None:
    write_series(
        tmp_path / "series",
        PLACEMENTS[0],
        LossyImageCompression="01",
        LossyImageCompressionMethod="ISO_15444_1",
    )
    (summary,) = find_series(tmp_path / "series")
    write_segmentation(summary, make_segments(summary), tmp_path / "seg.dcm")
    assert_valid(tmp_path / "seg.dcm", dciodvfy)
    dataset = pydicom.dcmread(tmp_path / "seg.dcm")
    assert dataset.LossyImageCompression == "01"
    assert dataset.LossyImageCompressionMethod == "ISO_15444_1"
    assert dataset.LossyImageCompressionRatio >= 1


def test_text_of_other_character_sets_arrives(tmp_path: Path, dciodvfy: str) -> None:
    write_series(
        tmp_path / "series",
        PLACEMENTS[0],
        SpecificCharacterSet="ISO_IR 126",
        PatientName="Δοκιμή^Ασθενής",
    )
    (summary,) = find_series(tmp_path / "series")
    write_segmentation(summary, make_segments(summary), tmp_path / "seg.dcm")
    assert_valid(tmp_path / "seg.dcm", dciodvfy)
    assert pydicom.dcmread(tmp_path / "seg.dcm").PatientName == "Δοκιμή^Ασθενής"


def test_a_single_image_without_place_can_be_segmented(shared_data: Path, tmp_path: Path) -> None:
    (summary,) = find_series(shared_data / "dicom" / "odd" / "US1_UNCR.dcm")
    segments = make_segments(summary)
    write_segmentation(summary, segments, tmp_path / "seg.dcm")
    back = read_segmentation(tmp_path / "seg.dcm", summary)
    assert_same_masks(back[0].masks, segments[0].masks)


def refuse(summary: SeriesSummary, segments: list[SegmentMasks], path: Path, message: str) -> None:
    with pytest.raises(DicomError, match=message):
        write_segmentation(summary, segments, path)
    assert not path.exists()


def test_what_cannot_be_written_is_refused_and_leaves_no_file(
    small: tuple[SeriesSummary, list[SegmentMasks], Path],
) -> None:
    summary, (liver, _), path = small
    path.parent.mkdir()
    shape = (summary.rows, summary.columns)
    blank = {2: np.zeros(shape, bool)}
    refuse(summary, [], path, "no segment to export")
    refuse(summary, [SegmentMasks(liver.segment, blank)], path, "“Liver” is empty")
    far = {summary.slices: np.ones(shape, bool)}
    refuse(summary, [SegmentMasks(liver.segment, far)], path, "only 9 slices")
    wide = {0: np.ones((5, 5), bool)}
    refuse(summary, [SegmentMasks(liver.segment, wide)], path, "instead of bool")
    grey = {0: np.ones(shape, np.uint8)}
    refuse(summary, [SegmentMasks(liver.segment, grey)], path, "instead of bool")
    refuse(summary, [liver], path.parent / "missing" / "seg.dcm", "cannot be written")
    assert list(path.parent.iterdir()) == []


def test_a_series_without_frame_of_reference_is_refused_with_a_way_out(tmp_path: Path) -> None:
    write_series(tmp_path / "series", PLACEMENTS[0], FrameOfReferenceUID="")
    (summary,) = find_series(tmp_path / "series")
    refuse(summary, make_segments(summary), tmp_path / "seg.dcm", "export NIfTI or PNG instead")


def test_a_failed_export_keeps_the_file_that_was_there(
    small: tuple[SeriesSummary, list[SegmentMasks], Path],
) -> None:
    summary, segments, path = small
    written(small)
    before = path.read_bytes()
    shutil.rmtree(summary.files[0].parent)
    with pytest.raises(DicomError, match="cannot be opened"):
        write_segmentation(summary, segments, path)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("kind", ["BINARY", "LABELMAP"])
def test_details_of_segments_are_written_for_others_to_read(
    small: tuple[SeriesSummary, list[SegmentMasks], Path], kind: str, dciodvfy: str
) -> None:
    summary, (liver, spleen), path = small
    details = SegmentDetails(
        description="left lobe",
        tracking_id="Lesion 1",
        tracking_uid="1.2.840.1",
        regions=(Region(LIVER, (LEFT,)),),
    )
    tracked = replace(liver, segment=replace(liver.segment, details=details))
    dataset = written((summary, [tracked, spleen], path), kind=kind)
    if kind == "BINARY":
        assert_valid(path, dciodvfy)
    item = next(one for one in dataset.SegmentSequence if one.SegmentNumber == 1)
    assert item.SegmentDescription == "left lobe"
    assert (item.TrackingID, item.TrackingUID) == ("Lesion 1", "1.2.840.1")
    (region,) = item.AnatomicRegionSequence
    assert region.CodeMeaning == "Liver"
    assert region.AnatomicRegionModifierSequence[0].CodeMeaning == "Left"
    description = highdicom.seg.segread(path).get_segment_description(1)
    assert description.anatomic_regions[0] == highdicom.sr.CodedConcept("10200004", "SCT", "Liver")
    assert read_segmentation(path, summary)[0].segment.details == details


@pytest.mark.parametrize("thickness", [None, 4])
def test_a_file_that_states_no_thickness_has_none_made_up(
    tmp_path: Path, thickness: int | None
) -> None:
    folder = tmp_path / "series"
    write_series(
        folder, PLACEMENTS[0], slices=1, ImagePositionPatient=None, SliceThickness=thickness
    )
    (summary,) = find_series(folder)
    write_segmentation(summary, make_segments(summary), tmp_path / "seg.dcm")
    written = highdicom.seg.segread(tmp_path / "seg.dcm")
    assert "PixelMeasuresSequence" not in written.SharedFunctionalGroupsSequence[0]
    assert "ImageComments" not in written


def test_a_made_up_thickness_is_said_in_the_file(tmp_path: Path, dciodvfy: str) -> None:
    comments: dict[int | None, set[str | None]] = {}
    for thickness in (None, 4):
        folder = tmp_path / str(thickness)
        write_series(folder, PLACEMENTS[0], slices=1, rows=32, SliceThickness=thickness)
        (summary,) = find_series(folder)
        for kind in ("BINARY", "LABELMAP"):
            path = tmp_path / "seg.dcm"
            write_segmentation(summary, make_segments(summary), path, kind=kind)
            dataset = highdicom.seg.segread(path)
            (measures,) = dataset.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence
            # It is required of a segmentation with a frame of reference.
            assert measures.SliceThickness == (thickness or 1)
            comments.setdefault(thickness, set()).add(dataset.get("ImageComments"))
            if kind == "BINARY":
                assert_valid(path, dciodvfy)
    assert comments == {
        None: {"The image does not state its thickness: Slice Thickness is made up."},
        4: {None},
    }
