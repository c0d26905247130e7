"""Contours of RT structure sets as masks, against shapes whose pixels are known."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.path import Path as Outline
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, RTStructureSetStorage

from core.dicom.errors import DicomError, NeedsConsentError
from core.dicom.reading import find_series
from core.dicom.series import SeriesSummary
from core.formats.structure_set_reading import (
    read_structure_set,
    read_structure_set_with_cautions,
)
from core.formats.structure_set_writing import write_structure_set
from core.segments.segment import Segment, default_color
from core.segments.segment_masks import SegmentMasks
from tests.support.file_mutations import MUTATIONS
from tests.support.mask_round_trips import assert_same_masks
from tests.support.segments import ANATOMY, LIVER
from tests.support.synthetic_series import PLACEMENTS, Placement, write_series


def item(**attributes: Any) -> Dataset:
    dataset = Dataset()
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    return dataset


def in_patient(
    summary: SeriesSummary,
    position: np.ndarray,
    corners: Sequence[tuple[float, float]] | np.ndarray,
) -> np.ndarray:
    """Corners (row, column) on a plane through `position`, in mm LPS."""
    geometry = summary.geometry
    rows, columns = np.array(corners, float).T
    return (
        position
        + np.outer(rows * geometry.pixel_spacing[0], geometry.column_direction)
        + np.outer(columns * geometry.pixel_spacing[1], geometry.row_direction)
    )


def contour(points: np.ndarray, kind: str = "CLOSED_PLANAR") -> Dataset:
    return item(
        ContourGeometricType=kind,
        NumberOfContourPoints=len(points),
        ContourData=[f"{value:.3f}" for value in np.ravel(points)],
    )


def write_contours(path: Path, summary: SeriesSummary, regions: Any, **changes: Any) -> Path:
    """Write regions (name, contours) as planning systems do: no image named in the contours."""
    dataset = item(
        SOPClassUID=RTStructureSetStorage,
        SOPInstanceUID="2.25.77",
        Modality="RTSTRUCT",
        ReferencedFrameOfReferenceSequence=[
            item(
                FrameOfReferenceUID=summary.frame_of_reference_uid,
                RTReferencedStudySequence=[
                    item(
                        RTReferencedSeriesSequence=[
                            item(SeriesInstanceUID=summary.series_instance_uid)
                        ]
                    )
                ],
            )
        ],
        StructureSetROISequence=[
            item(
                ROINumber=5 * number,
                ROIName=name,
                ROIGenerationAlgorithm="MANUAL",
                ReferencedFrameOfReferenceUID=summary.frame_of_reference_uid,
            )
            for number, (name, _) in enumerate(regions)
        ],
        ROIContourSequence=[
            item(
                ROIDisplayColor=[255, 128, 0],
                ReferencedROINumber=5 * number,
                ContourSequence=contours,
            )
            for number, (_, contours) in reversed(list(enumerate(regions)))
        ],
    )
    for keyword, value in changes.items():
        setattr(dataset, keyword, value)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.save_as(path, enforce_file_format=True)
    return path


@pytest.fixture(params=PLACEMENTS, ids=lambda placement: placement.name)
def summary(request: pytest.FixtureRequest, tmp_path: Path) -> SeriesSummary:
    write_series(tmp_path / "series", request.param, rows=40, columns=44)
    return find_series(tmp_path / "series")[0]


@pytest.fixture
def axial(tmp_path: Path) -> SeriesSummary:
    write_series(tmp_path / "series", PLACEMENTS[0], rows=40, columns=44)
    return find_series(tmp_path / "series")[0]


def inside(
    summary: SeriesSummary, corners: Sequence[tuple[float, float]] | np.ndarray
) -> np.ndarray:
    """Pixels whose centres lie inside, by matplotlib."""
    rows, columns = np.indices((summary.rows, summary.columns))
    centres = np.stack([rows.ravel(), columns.ravel()], axis=1)
    return Outline(corners).contains_points(centres).reshape(rows.shape)


POLYGON = [(3.2, 4.1), (30.7, 9.3), (22.4, 37.8), (11.6, 21.9), (6.3, 35.2)]
HOLE = [(14.3, 14.2), (20.4, 15.1), (18.7, 22.6)]


def test_real_masks_come_back_bit_for_bit_from_their_contours(
    shared_data: Path, tmp_path: Path
) -> None:
    (real,) = find_series(shared_data / "dicom" / "totalseg_example_ct")
    volume = np.load(shared_data / "volumes" / "totalseg_ct_dicom.npz")
    segments = [
        SegmentMasks(
            Segment(number, label, default_color(number), ANATOMY, code),
            {index: mask for index, mask in enumerate(volume[f"mask_{label}"] > 0) if mask.any()},
        )
        for number, label, code in ((1, "liver", LIVER), (2, "ribs", ANATOMY))
    ]
    path = tmp_path / "structures.dcm"
    write_structure_set(real, segments, path)
    read = read_structure_set(path, real)
    for one, original in zip(read, segments, strict=True):
        assert_same_masks(one.masks, original.masks)
        assert one.segment.label == original.segment.label
        assert one.segment.color == original.segment.color
        assert one.segment.type == original.segment.type
        assert one.algorithm == original.algorithm


def test_contours_too_long_for_explicit_vr_are_read(axial: SeriesSummary, tmp_path: Path) -> None:
    corners = np.repeat(np.array(POLYGON), 2000, axis=0)
    points = in_patient(axial, axial.geometry.positions[3], corners)
    path = write_contours(tmp_path / "set", axial, [("R", [contour(points)])])
    (written,) = pydicom.dcmread(path).ROIContourSequence[0].ContourSequence
    assert written["ContourData"].VR == "UN"
    (region,) = read_structure_set(path, axial)
    assert np.array_equal(region.masks[3], inside(axial, POLYGON))


def test_a_pixel_belongs_to_the_region_when_its_centre_lies_inside(
    summary: SeriesSummary, tmp_path: Path
) -> None:
    contours = [
        contour(in_patient(summary, summary.geometry.positions[index], POLYGON)) for index in (2, 5)
    ]
    path = write_contours(tmp_path / "set", summary, [("Liver", contours)])
    (liver,) = read_structure_set(path, summary)
    assert liver.segment.label == "Liver" and liver.segment.color == (255, 128, 0)
    assert liver.segment.number == 1 and liver.algorithm == "MANUAL"
    assert set(liver.masks) == {2, 5}
    assert np.array_equal(liver.masks[5], inside(summary, POLYGON))


@pytest.mark.parametrize("kind", ["CLOSED_PLANAR", "CLOSEDPLANAR_XOR"])
@pytest.mark.parametrize("turn", [1, -1])
def test_a_contour_inside_another_is_a_hole_whichever_way_it_runs(
    axial: SeriesSummary, tmp_path: Path, kind: str, turn: int
) -> None:
    position = axial.geometry.positions[4]
    outlines = [POLYGON, HOLE[::turn]]
    contours = [contour(in_patient(axial, position, one), kind) for one in outlines]
    (region,) = read_structure_set(
        write_contours(tmp_path / "set", axial, [("R", contours)]), axial
    )
    expected = inside(axial, POLYGON) & ~inside(axial, HOLE)
    assert np.array_equal(region.masks[4], expected)


def test_a_hole_joined_by_a_channel_stays_a_hole(axial: SeriesSummary, tmp_path: Path) -> None:
    keyhole = [*POLYGON, POLYGON[0], *HOLE, HOLE[0], POLYGON[0]]
    points = in_patient(axial, axial.geometry.positions[4], keyhole)
    path = write_contours(tmp_path / "set", axial, [("R", [contour(points)])])
    (region,) = read_structure_set(path, axial)
    assert np.array_equal(region.masks[4], inside(axial, POLYGON) & ~inside(axial, HOLE))


def test_regions_that_share_pixels_are_not_exclusive_and_empty_ones_are_kept(
    axial: SeriesSummary, tmp_path: Path
) -> None:
    points = in_patient(axial, axial.geometry.positions[3], POLYGON)
    dot = contour(points[:1], "POINT")
    regions = [("A", [contour(points)]), ("B", [contour(points)]), ("Marker", [dot])]
    read = read_structure_set(write_contours(tmp_path / "set", axial, regions), axial)
    assert [one.segment.number for one in read] == [1, 2, 3]
    assert [one.segment.exclusive for one in read] == [False, False, True]
    assert [len(one.masks) for one in read] == [1, 1, 0]


def test_contours_between_slices_go_to_the_nearest_one(
    axial: SeriesSummary, tmp_path: Path
) -> None:
    step = axial.slice_spacing * axial.geometry.normal
    contours = [
        contour(in_patient(axial, axial.geometry.positions[index] + share * step, POLYGON))
        for index, share in ((2, 0.3), (5, -0.4))
    ]
    path = write_contours(tmp_path / "set", axial, [("R", contours)])
    (region,) = read_structure_set(path, axial)
    assert set(region.masks) == {2, 5}


def test_numbers_used_twice_and_contours_without_a_region_are_told(
    axial: SeriesSummary, tmp_path: Path
) -> None:
    points = in_patient(axial, axial.geometry.positions[3], POLYGON)
    regions = [("A", [contour(points)]), ("B", [contour(points), contour(points)])]
    path = write_contours(tmp_path / "set", axial, regions)
    dataset = pydicom.dcmread(path)
    dataset.StructureSetROISequence[1].ROINumber = 0
    dataset.save_as(path)
    read = read_structure_set_with_cautions(path, axial)
    assert [len(one.masks) for one in read.segments] == [1, 0]
    assert read.cautions == (
        "Two regions have the number 0; the contours cannot be told apart and are those of the "
        "first.",
        "2 contour(s) belong to no region of the file and were left out.",
        "Nothing of these regions is on the slices: “B”.",
    )


def test_regions_in_another_frame_of_reference_count_only_where_they_name_images(
    axial: SeriesSummary, tmp_path: Path
) -> None:
    points = in_patient(axial, axial.geometry.positions[3], POLYGON)
    regions = [("A", [contour(points)]), ("B", [contour(points)])]
    path = write_contours(tmp_path / "set", axial, regions)
    dataset = pydicom.dcmread(path)
    dataset.StructureSetROISequence[1].ReferencedFrameOfReferenceUID = "1.2.3"
    dataset.save_as(path)
    read = read_structure_set_with_cautions(path, axial)
    assert [len(one.masks) for one in read.segments] == [1, 0]
    assert read.cautions[0] == (
        "Contours of regions in another frame of reference, which name no image, were left out: "
        "“B” (1)."
    )


def test_contours_that_name_no_image_are_doubted_where_other_stacks_are_listed(
    axial: SeriesSummary, tmp_path: Path
) -> None:
    points = in_patient(axial, axial.geometry.positions[3], POLYGON)
    path = write_contours(tmp_path / "set", axial, [("A", [contour(points)])])
    dataset = pydicom.dcmread(path)
    (frame,) = dataset.ReferencedFrameOfReferenceSequence
    (series,) = frame.RTReferencedStudySequence[0].RTReferencedSeriesSequence
    series.ContourImageSequence = [
        item(ReferencedSOPInstanceUID=uid) for uid in (axial.records[0].sop_instance_uid, "1.2.3")
    ]
    dataset.save_as(path)
    (caution,) = read_structure_set_with_cautions(path, axial).cautions
    assert caution.endswith("check that they belong to these slices.")


def test_contours_in_several_items_of_a_region_all_count(
    axial: SeriesSummary, tmp_path: Path
) -> None:
    places = axial.geometry.positions
    contours = [contour(in_patient(axial, places[index], POLYGON)) for index in (2, 3)]
    path = write_contours(tmp_path / "set", axial, [("A", contours[:1])])
    dataset = pydicom.dcmread(path)
    dataset.ROIContourSequence.append(item(ReferencedROINumber=0, ContourSequence=contours[1:]))
    dataset.save_as(path)
    (region,) = read_structure_set(path, axial)
    assert set(region.masks) == {2, 3}


def test_another_series_in_the_same_frame_of_reference_needs_consent(
    axial: SeriesSummary, tmp_path: Path
) -> None:
    points = in_patient(axial, axial.geometry.positions[3], POLYGON)
    path = write_contours(tmp_path / "set", axial, [("R", [contour(points)])])
    write_series(
        tmp_path / "other",
        Placement("fine", pixel_spacing=(0.375, 0.375), step=1.25),
        rows=80,
        columns=88,
        seed=3,
        FrameOfReferenceUID=axial.frame_of_reference_uid,
    )
    (other,) = find_series(tmp_path / "other")
    with pytest.raises(NeedsConsentError, match="same frame of reference"):
        read_structure_set(path, other)
    (region,) = read_structure_set(path, other, allow_same_frame=True)
    assert set(region.masks) == {6}
    assert np.array_equal(region.masks[6][::2, ::2], inside(axial, POLYGON))


def test_what_does_not_fit_says_why(
    axial: SeriesSummary, tmp_path: Path, shared_data: Path
) -> None:
    points = in_patient(axial, axial.geometry.positions[3], POLYGON)
    path = write_contours(tmp_path / "set", axial, [("R", [contour(points)])])
    write_series(tmp_path / "other", PLACEMENTS[0], seed=4)
    (other,) = find_series(tmp_path / "other")
    with pytest.raises(DicomError, match="belongs to another series"):
        read_structure_set(path, other, allow_same_frame=True)
    slanted = points + np.outer(np.arange(len(points)), [0, 0, 2.0])
    for wrong, message in (
        (contour(slanted), "not parallel to the slices"),
        (contour(points + [0, 0, 400.0]), "no closed contour on the slices"),
        (contour(points, "OPEN_PLANAR"), "no closed contour on the slices"),
        (item(ContourGeometricType="CLOSED_PLANAR", ContourData=["1", "2"]), "damaged"),
        (item(ContourGeometricType="CLOSED_PLANAR"), "damaged"),
    ):
        with pytest.raises(DicomError, match=message):
            read_structure_set(write_contours(tmp_path / "wrong", axial, [("R", [wrong])]), axial)
    segmentation = shared_data / "dicom" / "dcmqi_seg" / "liver.dcm"
    with pytest.raises(DicomError, match="not an RT structure set but: Segmentation Storage"):
        read_structure_set(segmentation, axial)
    with pytest.raises(DicomError, match="is not a DICOM file"):
        read_structure_set(shared_data / "README.md", axial)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> tuple[SeriesSummary, Path]:
    """A series and the bytes of a structure set of it."""
    folder = tmp_path_factory.mktemp("sound")
    write_series(folder / "series", PLACEMENTS[0], rows=40, columns=44)
    (summary,) = find_series(folder / "series")
    points = in_patient(summary, summary.geometry.positions[3], POLYGON)
    path = write_contours(folder / "set", summary, [("R", [contour(points)])])
    return summary, path


@settings(max_examples=60, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32), mutation=st.sampled_from(MUTATIONS))
def test_broken_structure_sets_are_read_or_refused_with_a_sentence(
    sound: tuple[SeriesSummary, Path], seed: int, mutation: Any
) -> None:
    summary, path = sound
    mutant = path.with_name("mutant")
    mutant.write_bytes(mutation(path.read_bytes(), np.random.default_rng(seed)))
    message = ""
    read = []
    try:
        read = read_structure_set(mutant, summary)
    except DicomError as error:
        message = str(error)
    assert message.isprintable() and (not message or message.endswith("."))
    assert all(mask.shape == (40, 44) for one in read for mask in one.masks.values())


def test_pydicoms_own_sample_has_nothing_to_do_with_a_series(axial: SeriesSummary) -> None:
    path = pydicom.data.get_testdata_file("rtstruct.dcm", download=False)
    if path is None:
        pytest.skip("this pydicom comes without its sample files")
    with pytest.raises(DicomError, match="belongs to another series"):
        read_structure_set(type(axial.files[0])(path), axial)
