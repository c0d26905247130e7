"""Codes, tracking and descriptions of segments come through as they are, or are told."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import highdicom
import pydicom
import pytest

from core.annotation.store import AnnotationStore
from core.dicom.reading import find_series
from core.dicom.series import SeriesSummary
from core.formats.masks_read import MasksRead
from core.formats.reading import read_masks_with_cautions
from core.formats.segmentation_writing import write_segmentation
from core.home.settings import default_url
from core.segments.segment import Code, Region
from tests.support.mask_round_trips import assert_valid

TYPES = {
    "long code": Code("900000000000441003", "SCT", "SNOMED CT model component"),
    "urn": Code("urn:oid:1.2.276.0.76.5.533", "", "Lesion of interest"),
    "private": Code("RAC-07", "99FICTION", "Cavity"),
    "long meaning": Code(
        "128462008", "SCT", "Secondary malignant neoplastic disease of unspecified site, meta"
    ),
    "srt": Code("10200004", "SCT", "Liver"),
    "no scheme": Code("85756007", "SCT", "Tissue"),
    "empty meaning": Code("10200004", "SCT", "Liver"),
    "tracked": Code("4147007", "SCT", "Mass"),
    "no codes": Code("85756007", "SCT", "Tissue"),
    "mod": Code("64033007", "SCT", "Kidney"),
}


@pytest.fixture(scope="module")
def coded(field_case: Callable[[str], Path]) -> tuple[SeriesSummary, MasksRead]:
    folder = field_case("seg_10_codes_tracking")
    (summary,) = find_series(folder / "ct")
    return summary, read_masks_with_cautions(folder / "seg.dcm", summary)


def test_every_code_is_kept_or_told(coded: tuple[SeriesSummary, MasksRead]) -> None:
    _, read = coded
    assert {one.segment.label: one.segment.type for one in read.segments} == TYPES
    assert read.cautions == (
        "Anatomical Structure or Tissue stands in for a category or type whose code is missing or "
        "incomplete: “no scheme”, “no codes”.",
        "Meanings of codes have more than 64 characters and were cut: “long meaning”.",
    )


def test_tracking_description_and_region_are_kept(coded: tuple[SeriesSummary, MasksRead]) -> None:
    _, read = coded
    (details,) = (one.segment.details for one in read.segments if one.segment.label == "tracked")
    assert (details.tracking_id, details.tracking_uid) == ("Lesion 1", "1.2.3.4.5.678")
    assert details.description == "left lobe, seg II"
    assert details.regions == (Region(Code("10200004", "SCT", "Liver")),)


def test_everything_is_written_again(
    coded: tuple[SeriesSummary, MasksRead], tmp_path: Path
) -> None:
    summary, read = coded
    path = tmp_path / "again.dcm"
    write_segmentation(summary, read.segments, path)
    again = read_masks_with_cautions(path, summary).segments
    for one, other in zip(read.segments, again, strict=True):
        assert other.segment == dataclasses.replace(one.segment, color=other.segment.color)
    urn = pydicom.dcmread(path).SegmentSequence[1].SegmentedPropertyTypeCodeSequence[0]
    assert urn.URNCodeValue == "urn:oid:1.2.276.0.76.5.533" and "CodingSchemeDesignator" not in urn


def test_other_programs_read_what_is_written(
    coded: tuple[SeriesSummary, MasksRead], tmp_path: Path, dciodvfy: str
) -> None:
    summary, read = coded
    path = tmp_path / "again.dcm"
    # highdicom wants a scheme even of a URN, and dciodvfy warns of private schemes.
    segments = [one for one in read.segments if one.segment.label not in ("urn", "private")]
    write_segmentation(summary, segments, path)
    assert_valid(path, dciodvfy)
    described = {item.segment_label: item for item in highdicom.seg.segread(path).SegmentSequence}
    tracked = described["tracked"]
    assert (tracked.tracking_id, tracked.tracking_uid) == ("Lesion 1", "1.2.3.4.5.678")
    assert tracked.anatomic_regions[0].value == "10200004"
    long = described["long code"].segmented_property_type
    assert (long.value, long.scheme_designator) == ("900000000000441003", "SCT")


def test_annotations_keep_them(coded: tuple[SeriesSummary, MasksRead], tmp_path: Path) -> None:
    summary, read = coded
    store = AnnotationStore(default_url(tmp_path))
    names = [one.sop_instance_uid for one in summary.records]
    store.open_annotation(summary.uid, names, summary.rows, summary.columns)
    for one in read.segments:
        store.save_segment(summary.uid, one.segment, "Test Person")
    assert store.segments(summary.uid) == [one.segment for one in read.segments]
