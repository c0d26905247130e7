"""Who drew, adjudicated and reviewed, as DICOM objects name them."""

import io
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import highdicom as hd
import pydicom
import pytest

from core.annotation.contributors import Contributors
from core.dicom.reading import read_series
from core.dicom.series import SeriesSummary
from core.formats.people import person_name
from core.formats.segmentation_reading import read_segmentation
from core.formats.segmentation_writing import Kind, write_segmentation
from core.formats.structure_set_writing import write_structure_set
from core.formats.writing import WritingOptions, write_masks
from core.segments.segment_masks import SegmentMasks
from tests.support.mask_round_trips import assert_same_masks, assert_valid, volumes_by_dcmqi

WHEN = datetime(2026, 11, 27, 23, 30, tzinfo=UTC)
REVIEWED = Contributors(("Ann Example", "ben@example.org"), reviewed="Rita Lee", finished=WHEN)
ADJUDICATED = Contributors(("anna", "ben"), adjudicated="Jürgen Groß", finished=WHEN)


def named(dataset: pydicom.Dataset) -> dict[str, list[str]]:
    """People by what they contributed, of the contributions that name any."""
    return {
        item.ContributionDescription: list(
            one if isinstance(one := item.OperatorsName, pydicom.multival.MultiValue) else [one]
        )
        for item in dataset.get("ContributingEquipmentSequence", ())
        if "OperatorsName" in item
    }


@pytest.mark.parametrize("kind", ["BINARY", "LABELMAP"])
def test_a_segmentation_names_who_drew_and_who_reviewed_it(
    small: tuple[SeriesSummary, list[SegmentMasks], Path], dciodvfy: str, kind: Kind
) -> None:
    summary, segments, path = small
    path.parent.mkdir()
    write_segmentation(summary, segments, path, people=REVIEWED, kind=kind)
    dataset = pydicom.dcmread(path)
    assert dataset.ContentCreatorName == "Example^Ann"
    assert named(dataset) == {
        "Drew or confirmed the outlines": ["Example^Ann", "ben@example.org^"],
        "Reviewed the outlines": ["Lee^Rita"],
    }
    (review,) = [
        one
        for one in dataset.ContributingEquipmentSequence
        if one.get("ContributionDescription") == "Reviewed the outlines"
    ]
    assert review.ContributionDateTime == "20261127233000+0000"
    if kind == "BINARY":
        assert_valid(path, dciodvfy)


def test_an_adjudicated_segmentation_is_its_adjudicators_and_names_both_readers(
    small: tuple[SeriesSummary, list[SegmentMasks], Path], dciodvfy: str
) -> None:
    summary, segments, path = small
    path.parent.mkdir()
    write_segmentation(summary, segments, path, people=ADJUDICATED, reading="adjudicated")
    dataset = pydicom.dcmread(path)
    assert dataset.ContentCreatorName == "Groß^Jürgen"
    assert dataset.ContentLabel == "ADJUDICATED"
    assert named(dataset) == {
        "Drew or confirmed the outlines": ["anna^", "ben^"],
        "Adjudicated two independent readings": ["Groß^Jürgen"],
    }
    assert_valid(path, dciodvfy)


def test_other_programs_read_the_masks_of_a_file_that_names_people(
    small: tuple[SeriesSummary, list[SegmentMasks], Path], tmp_path: Path, segimage2itkimage: str
) -> None:
    summary, segments, path = small
    path.parent.mkdir()
    write_segmentation(summary, segments, path, people=ADJUDICATED, reading="reading 2")
    assert hd.seg.segread(path).number_of_segments == len(segments)
    for before, after in zip(segments, read_segmentation(path, read_series(summary)), strict=True):
        assert_same_masks(before.masks, after.masks)
    (tmp_path / "dcmqi").mkdir()
    assert volumes_by_dcmqi(path, tmp_path / "dcmqi", segimage2itkimage)


def test_nobody_is_named_unless_known(
    small: tuple[SeriesSummary, list[SegmentMasks], Path],
) -> None:
    summary, segments, path = small
    path.parent.mkdir()
    write_segmentation(summary, segments, path)
    dataset = pydicom.dcmread(path)
    assert dataset.ContentCreatorName == ""
    assert named(dataset) == {}


def test_a_structure_set_is_approved_by_whoever_reviewed_it(
    small: tuple[SeriesSummary, list[SegmentMasks], Path], dciodvfy: str
) -> None:
    summary, segments, path = small
    path.parent.mkdir()
    write_structure_set(summary, segments, path, people=REVIEWED, reading="reading 1")
    dataset = pydicom.dcmread(path)
    local = WHEN.astimezone()
    assert (dataset.ApprovalStatus, dataset.ReviewerName) == ("APPROVED", "Lee^Rita")
    assert (dataset.ReviewDate, dataset.ReviewTime) == (f"{local:%Y%m%d}", f"{local:%H%M%S}")
    assert {str(one.ROIInterpreter) for one in dataset.RTROIObservationsSequence} == {"Example^Ann"}
    assert dataset.StructureSetLabel == "Reading 1"
    assert named(dataset)["Reviewed the outlines"] == ["Lee^Rita"]
    assert_valid(path, dciodvfy)


def test_an_adjudicated_structure_set_is_approved_by_the_adjudicator_when_done(
    small: tuple[SeriesSummary, list[SegmentMasks], Path], dciodvfy: str
) -> None:
    summary, segments, path = small
    path.parent.mkdir()
    write_structure_set(summary, segments, path, people=ADJUDICATED, reading="adjudicated")
    dataset = pydicom.dcmread(path)
    assert (dataset.ApprovalStatus, dataset.ReviewerName) == ("APPROVED", "Groß^Jürgen")
    assert_valid(path, dciodvfy)


def test_a_structure_set_nobody_reviewed_is_unapproved_and_names_no_reviewer(
    small: tuple[SeriesSummary, list[SegmentMasks], Path], dciodvfy: str
) -> None:
    summary, segments, path = small
    path.parent.mkdir()
    write_structure_set(summary, segments, path, people=Contributors(("anna",)))
    dataset = pydicom.dcmread(path)
    assert dataset.ApprovalStatus == "UNAPPROVED"
    for keyword in ("ReviewerName", "ReviewDate", "ReviewTime"):
        assert keyword not in dataset
    assert_valid(path, dciodvfy)


def test_names_cannot_change_the_structure_of_a_file() -> None:
    assert person_name("A^B=C\\D") == "D^A B C"
    assert person_name(" ") == ""


def test_a_deidentified_copy_names_nobody(
    small: tuple[SeriesSummary, list[SegmentMasks], Path], tmp_path: Path
) -> None:
    summary, segments, _ = small
    options = WritingOptions(people=ADJUDICATED, reading="reading 1", home=tmp_path / "home")
    (path,) = write_masks("deidentified", summary, segments, tmp_path / "copy.zip", options)
    with zipfile.ZipFile(path) as archive:
        content = b"".join(archive.read(name) for name in archive.namelist())
        segmentation = pydicom.dcmread(io.BytesIO(archive.read("segmentation.dcm")))
    assert named(segmentation) == {}
    for name in ("anna", "Jürgen", "Groß"):
        assert name.encode() not in content
