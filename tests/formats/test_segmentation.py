import dataclasses
import gzip
import shutil
from dataclasses import replace
from pathlib import Path

import highdicom
import numpy as np
import pydicom
import pytest

from core.dicom.errors import DicomError, NeedsConsentError
from core.dicom.reading import find_series
from core.formats.segmentation_reading import read_segmentation, read_segmentation_frames
from core.formats.segmentation_writing import write_segmentation
from core.segments.anatomy import LEFT
from core.segments.segment import Code, Segment
from core.segments.segment_masks import SegmentMasks
from tests.support.mask_round_trips import (
    assert_same_masks,
    assert_valid,
    make_segments,
    masks_in_place,
    volumes_by_dcmqi,
)
from tests.support.segments import ANATOMY, LIVER
from tests.support.synthetic_series import PLACEMENTS, Placement, write_enhanced, write_series

KIDNEY = Code("64033007", "SCT", "Kidney")
REAL_SERIES = ("totalseg_example_ct", "dcmqi_ct3slice", "nd320_study1_t1post")


def assert_round_trips(summary, folder, dciodvfy, segimage2itkimage, *, overlap=False):
    segments = make_segments(summary, overlap=overlap)
    path = folder / "seg.dcm"
    write_segmentation(summary, segments, path, creator="Ann Example", weights="default")
    assert_valid(path, dciodvfy)

    back = read_segmentation(path, summary)
    assert [one.segment for one in back] == [one.segment for one in segments]
    assert [one.algorithm for one in back] == ["MANUAL", "SEMIAUTOMATIC"]
    for one, other in zip(segments, back, strict=True):
        assert_same_masks(one.masks, other.masks)

    converted = volumes_by_dcmqi(path, folder, segimage2itkimage)
    for number, one in enumerate(segments, start=1):
        # Segments that could be merged share a file; then their numbers tell them apart.
        image = converted[number - 1] if len(converted) > 1 else converted[0]
        assert_same_masks(one.masks, masks_in_place(image, number, summary))

    assert_same_by_pydicom(path, segments, summary)


def assert_same_by_pydicom(path, segments, summary):
    """Compare pixels, positions and references frame by frame, without any reader of ours."""
    dataset = pydicom.dcmread(path)
    frames = dataset.pixel_array.reshape(-1, summary.rows, summary.columns)
    seen = {1: {}, 2: {}}
    for frame, groups in zip(frames, dataset.PerFrameFunctionalGroupsSequence, strict=True):
        number = groups.SegmentIdentificationSequence[0].ReferencedSegmentNumber
        position = np.array(groups.PlanePositionSequence[0].ImagePositionPatient, float)
        (index,) = np.flatnonzero((summary.geometry.positions == position).all(axis=1))
        (source,) = groups.DerivationImageSequence[0].SourceImageSequence
        record = summary.records[index]
        assert source.ReferencedSOPInstanceUID == record.sop_instance_uid
        assert source.ReferencedSOPClassUID == record.sop_class_uid
        assert source.get("ReferencedFrameNumber") == record.frame
        seen[number][int(index)] = frame.astype(bool)
    for number, one in enumerate(segments, start=1):
        assert_same_masks(one.masks, seen[number])
    (referenced,) = dataset.ReferencedSeriesSequence
    assert referenced.SeriesInstanceUID == summary.series_instance_uid
    assert dataset.FrameOfReferenceUID == summary.frame_of_reference_uid
    assert dataset.StudyInstanceUID == summary.study_uid


@pytest.mark.parametrize("overlap", [False, True], ids=["apart", "overlapping"])
@pytest.mark.parametrize("name", REAL_SERIES)
def test_real_series_round_trip(shared_data, tmp_path, dciodvfy, segimage2itkimage, name, overlap):
    (summary,) = find_series(shared_data / "dicom" / name)
    assert_round_trips(summary, tmp_path, dciodvfy, segimage2itkimage, overlap=overlap)


@pytest.mark.parametrize("placement", PLACEMENTS, ids=lambda placement: placement.name)
def test_any_placement_round_trips(tmp_path, dciodvfy, segimage2itkimage, placement):
    write_series(tmp_path / "series", placement)
    (summary,) = find_series(tmp_path / "series")
    if placement.name == "tilted":
        # dcmqi sets the slices upright again: it gives the same pixels, not the same positions.
        segments = make_segments(summary)
        write_segmentation(summary, segments, tmp_path / "seg.dcm")
        assert_valid(tmp_path / "seg.dcm", dciodvfy)
        assert_same_by_pydicom(tmp_path / "seg.dcm", segments, summary)
        converted = volumes_by_dcmqi(tmp_path / "seg.dcm", tmp_path, segimage2itkimage)
        for number, image in enumerate(converted, start=1):
            voxels = np.asarray(image.dataobj).transpose(2, 1, 0) == number
            masks = {index: mask for index, mask in enumerate(voxels) if mask.any()}
            assert_same_masks(segments[number - 1].masks, masks)
    else:
        assert_round_trips(summary, tmp_path, dciodvfy, segimage2itkimage)


def test_enhanced_images_round_trip_by_frame(tmp_path, dciodvfy, segimage2itkimage):
    write_enhanced(tmp_path / "enhanced", PLACEMENTS[4])
    (summary,) = find_series(tmp_path / "enhanced")
    assert_round_trips(summary, tmp_path, dciodvfy, segimage2itkimage)


def test_one_volume_of_several_refers_to_its_own_frames(tmp_path):
    write_enhanced(tmp_path / "enhanced", PLACEMENTS[0], volumes=2)
    for number, summary in enumerate(find_series(tmp_path / "enhanced")):
        segments = make_segments(summary)
        path = tmp_path / f"{number}.dcm"
        write_segmentation(summary, segments, path)
        assert_same_by_pydicom(path, segments, summary)


@pytest.mark.parametrize("name", REAL_SERIES)
def test_highdicom_reads_the_masks_by_source_image(shared_data, tmp_path, name):
    (summary,) = find_series(shared_data / "dicom" / name)
    segments = make_segments(summary)
    write_segmentation(summary, segments, tmp_path / "seg.dcm")
    read = highdicom.seg.segread(tmp_path / "seg.dcm")
    pixels = read.get_pixels_by_source_instance(
        [record.sop_instance_uid for record in summary.records],
        assert_missing_frames_are_empty=True,
    )
    for channel, one in enumerate(segments):
        for index in range(summary.slices):
            expected = one.masks.get(index, np.zeros((summary.rows, summary.columns), bool))
            assert np.array_equal(pixels[index, :, :, channel].astype(bool), expected)


@pytest.fixture
def small(tmp_path):
    """A small series, two segments on it, and where to write."""
    write_series(tmp_path / "series", PLACEMENTS[0], rows=32)
    (summary,) = find_series(tmp_path / "series")
    return summary, make_segments(summary), tmp_path / "out" / "seg.dcm"


def written(small, **settings):
    summary, segments, path = small
    path.parent.mkdir(exist_ok=True)
    write_segmentation(summary, segments, path, **settings)
    return pydicom.dcmread(path)


def test_equipment_and_content_attributes_that_receivers_demand_are_there(small):
    dataset = written(small, creator="Ann Example", description="Trial 7", instance_number=3)
    for keyword in ("Manufacturer", "ManufacturerModelName", "DeviceSerialNumber"):
        assert dataset[keyword].value
    assert dataset.SoftwareVersions and dataset.ContentLabel
    assert dataset.SeriesNumber == 1004 and dataset.InstanceNumber == 3
    assert dataset.ContentCreatorName == "Example^Ann"
    assert dataset.ContentDescription == "Trial 7"
    assert dataset.SegmentationType == "BINARY"
    # Type 2: there even where it is empty.
    assert written(small).ContentCreatorName == ""


def test_segments_are_numbered_without_gaps_and_say_how_they_came_about(small):
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


def test_the_side_of_a_segment_is_written_and_read(small, dciodvfy):
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


def test_exports_share_a_series_but_no_instance(small):
    first = written(small)
    second = written(small, instance_number=2)
    assert first.SeriesInstanceUID == second.SeriesInstanceUID
    assert first.SOPInstanceUID != second.SOPInstanceUID


def test_empty_slices_are_left_out_unless_asked_for(small):
    _, segments, _ = small
    assert written(small).NumberOfFrames == sum(len(one.masks) for one in segments)
    assert written(small, write_empty_slices=True).NumberOfFrames == 18
    assert_same_masks(read_segmentation(small[2], small[0])[0].masks, segments[0].masks)


@pytest.mark.parametrize("compression", ["deflated", "jpeg2000"])
def test_compressed_files_hold_the_same(small, compression, dciodvfy):
    plain = written(small).pixel_array
    compressed = written(small, compression=compression)
    syntax = compressed.file_meta.TransferSyntaxUID
    assert syntax.is_deflated if compression == "deflated" else syntax.is_encapsulated
    assert np.array_equal(compressed.pixel_array, plain)
    assert_same_masks(read_segmentation(small[2], small[0])[1].masks, small[1][1].masks)
    if compression == "jpeg2000":  # dciodvfy does not inflate
        assert_valid(small[2], dciodvfy)


def test_images_too_small_for_jpeg_2000_are_refused(tmp_path):
    write_series(tmp_path / "series", PLACEMENTS[0], rows=31)
    (summary,) = find_series(tmp_path / "series")
    with pytest.raises(DicomError, match="export without compression"):
        write_segmentation(
            summary, make_segments(summary), tmp_path / "seg.dcm", compression="jpeg2000"
        )


def test_label_maps_hold_the_same(small):
    summary, segments, path = small
    assert written(small, kind="LABELMAP").SegmentationType == "LABELMAP"
    for one, other in zip(segments, read_segmentation(path, summary), strict=True):
        assert_same_masks(one.masks, other.masks)
        assert one.segment == other.segment


def test_highdicom_reads_label_maps(small):
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


def test_dcmqi_reads_label_maps(small, segimage2itkimage):
    summary, segments, path = small
    written(small, kind="LABELMAP")
    (image,) = volumes_by_dcmqi(path, path.parent, segimage2itkimage)
    for number, one in enumerate(segments, start=1):
        assert_same_masks(one.masks, masks_in_place(image, number, summary))


def test_label_maps_of_overlapping_segments_are_refused(small):
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


def test_broken_values_of_the_images_do_not_reach_the_segmentation(tmp_path, dciodvfy):
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


def test_lossy_compression_is_carried_over_with_ratio_and_method(tmp_path, dciodvfy):
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


def test_text_of_other_character_sets_arrives(tmp_path, dciodvfy):
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


def test_a_single_image_without_place_can_be_segmented(shared_data, tmp_path):
    (summary,) = find_series(shared_data / "dicom" / "odd" / "US1_UNCR.dcm")
    segments = make_segments(summary)
    write_segmentation(summary, segments, tmp_path / "seg.dcm")
    back = read_segmentation(tmp_path / "seg.dcm", summary)
    assert_same_masks(back[0].masks, segments[0].masks)


def refuse(summary, segments, path, message):
    with pytest.raises(DicomError, match=message):
        write_segmentation(summary, segments, path)
    assert not path.exists()


def test_what_cannot_be_written_is_refused_and_leaves_no_file(small):
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


def test_a_series_without_frame_of_reference_is_refused_with_a_way_out(tmp_path):
    write_series(tmp_path / "series", PLACEMENTS[0], FrameOfReferenceUID="")
    (summary,) = find_series(tmp_path / "series")
    refuse(summary, make_segments(summary), tmp_path / "seg.dcm", "export NIfTI or PNG instead")


def test_a_failed_export_keeps_the_file_that_was_there(small):
    summary, segments, path = small
    written(small)
    before = path.read_bytes()
    shutil.rmtree(summary.files[0].parent)
    with pytest.raises(DicomError, match="cannot be opened"):
        write_segmentation(summary, segments, path)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def nrrd_voxels(path: Path) -> np.ndarray:
    """Voxels [slice, row, column] of an attached, gzipped NRRD file of shorts."""
    header, data = path.read_bytes().split(b"\n\n", 1)
    fields = dict(line.split(": ", 1) for line in header.decode().splitlines() if ": " in line)
    assert fields["encoding"] == "gzip" and fields["type"] == "short"
    columns, rows, slices = map(int, fields["sizes"].split())
    return np.frombuffer(gzip.decompress(data), "<i2").reshape(slices, rows, columns)


@pytest.mark.parametrize(
    ("name", "truths"),
    [
        ("liver.dcm", {1: ("liver_seg.nrrd", 1)}),
        (
            "partial_overlaps.dcm",
            {
                1: ("partial_overlaps-1.nrrd", 1),
                2: ("partial_overlaps-2.nrrd", 2),
                3: ("partial_overlaps-3.nrrd", 3),
            },
        ),
    ],
)
def test_segmentations_by_dcmqi_equal_the_volumes_they_were_made_from(shared_data, name, truths):
    folder = shared_data / "dicom" / "dcmqi_seg"
    (summary,) = find_series(shared_data / "dicom" / "dcmqi_ct3slice")
    by_number = {one.segment.number: one for one in read_segmentation(folder / name, summary)}
    for number, (truth, value) in truths.items():
        voxels = nrrd_voxels(folder / truth) == value
        expected = {index: mask for index, mask in enumerate(voxels) if mask.any()}
        assert_same_masks(by_number[number].masks, expected)


def test_foreign_codes_colours_and_algorithms_are_understood(shared_data):
    (summary,) = find_series(shared_data / "dicom" / "dcmqi_ct3slice")
    (liver,) = read_segmentation(shared_data / "dicom" / "dcmqi_seg" / "liver.dcm", summary)
    # The file says T-62000 in SNOMED RT, and a colour in CIELab.
    assert liver.segment.type == LIVER
    assert liver.segment.color == (221, 130, 101)
    assert (liver.algorithm, liver.algorithm_name) == ("SEMIAUTOMATIC", "SlicerEditor")


def test_overlapping_segments_are_not_exclusive(shared_data):
    (summary,) = find_series(shared_data / "dicom" / "dcmqi_ct3slice")
    read = read_segmentation(shared_data / "dicom" / "dcmqi_seg" / "partial_overlaps.dcm", summary)
    assert [one.segment.exclusive for one in read] == [False, False, False, True, True]


def changed(small, change):
    """A written segmentation with something changed in it."""
    dataset = written(small)
    change(dataset)
    dataset.save_as(small[2])
    return small[2]


def test_fractional_segmentations_are_cut_at_a_threshold(small):
    summary, segments, path = small

    def make_fractional(dataset):
        masks = dataset.pixel_array
        dataset.SegmentationType = "FRACTIONAL"
        dataset.SegmentationFractionalType = "PROBABILITY"
        dataset.MaximumFractionalValue = 200
        dataset.BitsAllocated = dataset.BitsStored = 8
        dataset.HighBit = 7
        dataset.PixelData = np.where(masks, 120, 90).astype(np.uint8).tobytes()

    changed(small, make_fractional)
    assert_same_masks(read_segmentation(path, summary)[0].masks, segments[0].masks)
    everywhere = read_segmentation(path, summary, threshold=0.4)
    assert all(mask.all() for mask in everywhere[0].masks.values())


def test_label_maps_are_split_into_their_segments(small):
    summary, segments, path = small
    path.parent.mkdir()
    labels = np.zeros((summary.slices, summary.rows, summary.columns), np.uint8)
    for one in segments:
        for index, mask in one.masks.items():
            labels[index][mask] = one.segment.number
    highdicom.seg.Segmentation(
        source_images=sorted(
            (pydicom.dcmread(file) for file in summary.files),
            key=lambda image: float(image.ImagePositionPatient[2]),
        ),
        pixel_array=labels,
        segmentation_type="LABELMAP",
        segment_descriptions=[
            highdicom.seg.SegmentDescription(
                one.segment.number,
                one.segment.label,
                highdicom.sr.CodedConcept(*dataclasses.astuple(ANATOMY)),
                highdicom.sr.CodedConcept(*dataclasses.astuple(LIVER)),
                "MANUAL",
            )
            for one in segments
        ],
        series_instance_uid=highdicom.UID(),
        series_number=7,
        sop_instance_uid=highdicom.UID(),
        instance_number=1,
        manufacturer="Someone",
        manufacturer_model_name="Else",
        software_versions="1",
        device_serial_number="1",
    ).save_as(path)
    for one, other in zip(segments, read_segmentation(path, summary), strict=True):
        assert_same_masks(one.masks, other.masks)


def test_frames_without_position_are_placed_by_the_image_they_refer_to(small):
    summary, segments, path = small

    def drop_positions(dataset):
        for groups in dataset.PerFrameFunctionalGroupsSequence:
            del groups.PlanePositionSequence

    changed(small, drop_positions)
    assert_same_masks(read_segmentation(path, summary)[1].masks, segments[1].masks)


def test_segmentations_that_do_not_fit_say_why(small, tmp_path, shared_data):
    summary, _, path = small
    write_series(tmp_path / "other", PLACEMENTS[0], rows=32, seed=5)
    (other,) = find_series(tmp_path / "other")
    written(small)
    with pytest.raises(DicomError, match="belongs to another series"):
        read_segmentation(path, other)
    with pytest.raises(DicomError, match="is not a DICOM file"):
        read_segmentation(Path(__file__), summary)
    with pytest.raises(DicomError, match="not a segmentation but: CT Image Storage"):
        read_segmentation(summary.files[0], summary)
    with pytest.raises(DicomError, match="cannot be opened"):
        read_segmentation(tmp_path / "nowhere.dcm", summary)
    whole = path.read_bytes()
    path.write_bytes(whole[:-100])
    with pytest.raises(DicomError, match="cut short"):
        read_segmentation(path, summary)
    path.write_bytes(whole[:2000])
    with pytest.raises(DicomError, match=r"cut short|damaged"):
        read_segmentation(path, summary)


def test_a_segmentation_on_other_planes_says_so(small):
    summary = small[0]

    def shift(dataset):
        for groups in dataset.PerFrameFunctionalGroupsSequence:
            x, y, z = groups.PlanePositionSequence[0].ImagePositionPatient
            groups.PlanePositionSequence[0].ImagePositionPatient = [x, y, z + 1.1]

    with pytest.raises(DicomError, match="no slice"):
        read_segmentation(changed(small, shift), summary)

    def turn(dataset):
        shared = dataset.SharedFunctionalGroupsSequence[0]
        shared.PlaneOrientationSequence[0].ImageOrientationPatient = [0, 1, 0, 0, 0, -1]

    with pytest.raises(DicomError, match="another orientation"):
        read_segmentation(changed(small, turn), summary)

    def resample(dataset):
        shared = dataset.SharedFunctionalGroupsSequence[0]
        shared.PixelMeasuresSequence[0].PixelSpacing = [1, 1]

    with pytest.raises(DicomError, match="another size"):
        read_segmentation(changed(small, resample), summary)


def test_a_series_in_the_same_frame_of_reference_needs_consent(tmp_path, small):
    _, segments, path = small
    first = written(small)
    frame_of_reference = first.FrameOfReferenceUID
    write_series(
        tmp_path / "later", PLACEMENTS[0], rows=32, seed=6, FrameOfReferenceUID=frame_of_reference
    )
    (later,) = find_series(tmp_path / "later")
    with pytest.raises(DicomError, match="same frame of reference"):
        read_segmentation(path, later)
    read = read_segmentation(path, later, allow_same_frame=True)
    assert_same_masks(read[0].masks, segments[0].masks)


@pytest.fixture
def coarse_copy(tmp_path, shared_data):
    """A real CT in the same frame of reference as another series: every second pixel, shifted."""
    for path in (shared_data / "dicom" / "dcmqi_ct3slice").iterdir():
        image = pydicom.dcmread(path)
        image.PixelData = np.ascontiguousarray(image.pixel_array[::2, ::2]).tobytes()
        image.Rows, image.Columns = image.Rows // 2, image.Columns // 2
        image.PixelSpacing = [2 * spacing for spacing in image.PixelSpacing]
        image.SeriesInstanceUID = "2.25.1"
        image.SOPInstanceUID += ".1"
        x, y, z = image.ImagePositionPatient
        image.ImagePositionPatient = [x, y, float(z) + 0.2]
        image.save_as(tmp_path / path.name)
    return find_series(tmp_path)[0]


def test_a_segmentation_by_dcmqi_seeds_a_coarser_series_of_the_same_patient(
    shared_data, coarse_copy
):
    path = shared_data / "dicom" / "dcmqi_seg" / "liver.dcm"
    (original,) = find_series(shared_data / "dicom" / "dcmqi_ct3slice")
    (fine,) = read_segmentation(path, original)
    with pytest.raises(NeedsConsentError, match="same frame of reference"):
        read_segmentation(path, coarse_copy)
    (coarse,) = read_segmentation(path, coarse_copy, allow_same_frame=True)
    assert coarse.segment == fine.segment and coarse.masks.keys() == fine.masks.keys()
    for index, mask in fine.masks.items():
        assert np.array_equal(coarse.masks[index], mask[::2, ::2])


def test_a_segmentation_elsewhere_in_the_patient_says_that_it_marks_nothing(small, tmp_path):
    summary, _, path = small
    written(small)
    write_series(
        tmp_path / "far",
        Placement("far", step=2.0, origin=(5000.0, 0.0, 0.0)),
        rows=20,
        seed=7,
        FrameOfReferenceUID=summary.frame_of_reference_uid,
    )
    (far,) = find_series(tmp_path / "far")
    with pytest.raises(DicomError, match="marks nothing within the slices"):
        read_segmentation(path, far, allow_same_frame=True)


def test_a_segmentation_on_planes_that_are_not_parallel_is_refused_even_with_consent(
    small, tmp_path
):
    summary, _, path = small
    written(small)
    write_series(
        tmp_path / "sagittal",
        PLACEMENTS[2],
        seed=8,
        FrameOfReferenceUID=summary.frame_of_reference_uid,
    )
    (sagittal,) = find_series(tmp_path / "sagittal")
    with pytest.raises(DicomError, match="not parallel to the slices"):
        read_segmentation(path, sagittal, allow_same_frame=True)


def test_stored_frames_can_be_read_without_a_series(shared_data):
    path = shared_data / "dicom" / "dcmqi_seg" / "liver.dcm"
    assert np.array_equal(read_segmentation_frames(path), pydicom.dcmread(path).pixel_array)
