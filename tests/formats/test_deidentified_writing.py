import io
import zipfile
from copy import deepcopy
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pydicom
import pytest
from dicomanonymizer import anonymize_dataset
from dicomanonymizer.dicomfields_selector import dicom_anonymization_database_selector
from dicomanonymizer.simpledicomanonymizer import initialize_actions_2024b
from pydicom.datadict import dictionary_VM, dictionary_VR
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian

from core.dicom.errors import DicomError
from core.dicom.reading import find_series, read_series
from core.dicom.series import SeriesSummary
from core.formats.deidentified_writing import (
    EDITION,
    Pseudonyms,
    burned_in_warning,
    deidentify,
    write_deidentified,
)
from core.formats.segmentation_reading import read_segmentation
from core.segments.segment import Region, SegmentDetails
from core.segments.segment_masks import SegmentMasks
from tests.support.mask_round_trips import assert_same_masks, assert_valid, make_segments
from tests.support.synthetic_series import PLACEMENTS, write_enhanced, write_series

SECRET = b"a secret of this test"
TELLING = "TELLING"
VALUES = {
    "DA": "19770707",
    "DT": "19770707070707",
    "TM": "070707",
    "AS": "077Y",
    "UI": "1.2.3.777",
    "DS": "777",
    "IS": "777",
    "OB": b"TELLING!",
    "OW": b"TELLING!",
    "UN": b"TELLING!",
    "UR": "https://telling.example",
}
MARKS = ("TELLING", "telling", "1977", "070707", "077Y", "1.2.3.777", "777")


def telling_element(tag: int) -> DataElement:
    vr = dictionary_VR(tag).split(" or ")[0]
    value: object
    if vr == "SQ":
        item = Dataset()
        item.PatientComments = TELLING
        value = [item]
    elif vr in ("FD", "FL", "SL", "SS", "UL", "US"):
        value = 777
    else:
        value = VALUES.get(vr, TELLING)
    return DataElement(tag, vr, value)


def telling_dataset() -> FileDataset:
    """Every attribute of the table that a data set can hold, each with a value that tells."""
    dataset = FileDataset("", Dataset(), file_meta=FileMetaDataset(), preamble=b"T" * 128)
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID = CTImageStorage
    dataset.file_meta.MediaStorageSOPInstanceUID = UID("1.2.3.777")
    dataset.file_meta.SourceApplicationEntityTitle = TELLING
    for tag in dicom_anonymization_database_selector(EDITION)["ALL_TAGS"]:
        if len(tag) == 2 and tag[0] > 2 and tag[0] % 2 == 0:
            dataset.add(telling_element(tag))
    dataset.add_new(0x60003000, "OW", b"TELLING!")
    dataset.add_new(0x60004000, "LO", TELLING)
    dataset.private_block(0x0011, TELLING, create=True).add_new(0x01, "LO", TELLING)
    return dataset


def marks_in(dataset: Dataset) -> list[DataElement]:
    return [
        element
        for element in dataset.iterall()
        if element.VR != "SQ" and any(mark in str(element.value) for mark in MARKS)
    ]


def test_nothing_of_any_attribute_in_the_table_is_left() -> None:
    dataset = telling_dataset()
    assert len(marks_in(dataset)) > 500
    nested = deepcopy(dataset)
    dataset.RequestedProcedureCodeSequence = [Dataset()]
    # In items of sequences that stay, too.
    reference = Dataset()
    reference.update(nested)
    dataset.ReferencedImageSequence = [reference]
    deidentify(dataset, Pseudonyms(SECRET, patient="p"))
    assert marks_in(dataset) == []
    content = io.BytesIO()
    dataset.save_as(content, enforce_file_format=True)
    for mark in (b"TELLING", b"1977", b"1.2.3.777"):
        assert mark not in content.getvalue()


def test_whatever_the_library_changes_is_changed() -> None:
    original = telling_dataset()
    theirs, ours = deepcopy(original), deepcopy(original)
    anonymize_dataset(theirs, base_rules_gen=initialize_actions_2024b)
    deidentify(ours, Pseudonyms(SECRET, patient="p"))
    for element in original:
        kept_by_them = element.tag in theirs and theirs[element.tag] == element
        if not kept_by_them:
            assert element.tag not in ours or ours[element.tag] != element, element


def test_dummies_are_valid_values() -> None:
    dataset = telling_dataset()
    deidentify(dataset, Pseudonyms(SECRET, patient="p"))
    for element in dataset:
        if element.VR != "SQ" and dictionary_VM(element.tag) == "1":
            strict = pydicom.config.RAISE
            DataElement(element.tag, element.VR, element.value, validation_mode=strict)


def test_what_was_done_is_recorded() -> None:
    cases: tuple[tuple[Literal["remove", "shift"], str, list[str]], ...] = (
        ("remove", "REMOVED", ["113100"]),
        ("shift", "MODIFIED", ["113100", "113107"]),
    )
    for dates, modified, expected in cases:
        dataset = telling_dataset()
        deidentify(dataset, Pseudonyms(SECRET, dates, "p"))
        assert dataset.PatientIdentityRemoved == "YES"
        assert dataset.LongitudinalTemporalInformationModified == modified
        found = [one.CodeValue for one in dataset.DeidentificationMethodCodeSequence]
        assert found == expected
        assert "PS3.15" in dataset.DeidentificationMethod


def test_shifted_dates_keep_their_distances_but_not_that_of_birth() -> None:
    names = Pseudonyms(SECRET, "shift", "p")
    dataset = telling_dataset()
    dataset.StudyDate, dataset.SeriesDate = "20240228", "20240301"
    dataset.AcquisitionDateTime = "20240301235959.5+0100"
    deidentify(dataset, names)
    study, series = (
        datetime.strptime(text, "%Y%m%d") for text in (dataset.StudyDate, dataset.SeriesDate)
    )
    assert (series - study).days == 2
    assert (datetime(2024, 2, 28) - study).days == names.days >= 365
    assert dataset.AcquisitionDateTime == dataset.SeriesDate + "235959.5+0100"
    assert not dataset.PatientBirthDate
    assert Pseudonyms(SECRET, "shift", "q").days != names.days


def test_names_are_the_same_for_the_same_secret_only() -> None:
    one, same, other = (Pseudonyms(secret, patient="p") for secret in (b"1", b"1", b"2"))
    assert one.uid("1.2.3") == same.uid("1.2.3") != other.uid("1.2.3")
    assert one.uid("1.2.3") != one.uid("1.2.4")
    assert one.patient_id == same.patient_id != other.patient_id
    assert pydicom.uid.UID(one.uid("1.2.3")).is_valid
    assert "secret" not in repr(one).replace("patient", "")


def exported(
    folder: Path, summary: SeriesSummary, **settings: Any
) -> tuple[Path, list[SegmentMasks]]:
    """Write, unpack, and open what was written."""
    segments = make_segments(summary)
    path = folder / "out.zip"
    write_deidentified(summary, segments, path, secret=SECRET, **settings)
    unpacked = folder / "unpacked"
    with zipfile.ZipFile(path) as archive:
        archive.extractall(unpacked)
    assert sorted(one.name for one in folder.iterdir() if "identified" in one.name) == []
    return unpacked, segments


@pytest.mark.parametrize("dates", ["remove", "shift"])
def test_images_and_segmentation_fit_each_other_and_tell_nothing(
    shared_data: Path, tmp_path: Path, dciodvfy: str, dates: str
) -> None:
    (summary,) = find_series(shared_data / "dicom" / "nd320_study1_t1post")
    folder, segments = exported(tmp_path, summary, dates=dates)
    (found,) = find_series(folder / "images")
    assert np.array_equal(read_series(found).volume, read_series(summary).volume)
    assert np.allclose(found.geometry.affine, summary.geometry.affine)
    assert_valid(folder / "segmentation.dcm", dciodvfy)
    for one, other in zip(
        segments, read_segmentation(folder / "segmentation.dcm", found), strict=True
    ):
        assert_same_masks(one.masks, other.masks)
    originals = {record.sop_instance_uid for record in summary.records}
    secrets = [
        *originals,
        summary.study_uid,
        summary.series_instance_uid,
        str(summary.frame_of_reference_uid),
        summary.patient_id,
        *summary.patient_name.split("^"),
        summary.study_date,
    ]
    for path in folder.rglob("*.dcm"):
        content = path.read_bytes()
        for secret in secrets:
            assert secret.encode() not in content, (path.name, secret)
        assert path.name == "segmentation.dcm" or path.stem.isdigit()
    segmentation = pydicom.dcmread(folder / "segmentation.dcm")
    image = pydicom.dcmread(next((folder / "images").iterdir()))
    assert segmentation.PatientID == image.PatientID == found.patient_id
    assert segmentation.PatientIdentityRemoved == "YES"
    assert not segmentation.ContentCreatorName


def test_enhanced_images_are_renamed_within_their_functional_groups(tmp_path: Path) -> None:
    write_enhanced(tmp_path / "enhanced", PLACEMENTS[4])
    (summary,) = find_series(tmp_path / "enhanced")
    folder, segments = exported(tmp_path, summary)
    (found,) = find_series(folder / "images")
    back = read_segmentation(folder / "segmentation.dcm", found)
    assert_same_masks(segments[0].masks, back[0].masks)


def test_a_segment_that_names_the_patient_is_refused(tmp_path: Path) -> None:
    write_series(tmp_path / "series", PLACEMENTS[0], PatientName="Doe^Jane", PatientID="4711")
    (summary,) = find_series(tmp_path / "series")
    for label in ("Liver of Jane", "doe liver", "Liver 4711"):
        first, second = make_segments(summary)
        named = replace(first, segment=replace(first.segment, label=label))
        with pytest.raises(DicomError, match="rename it first"):
            write_deidentified(summary, [named, second], tmp_path / "out.zip", secret=SECRET)
    assert not (tmp_path / "out.zip").exists()


def test_free_text_and_tracking_of_a_segment_are_left_out(tmp_path: Path) -> None:
    write_series(tmp_path / "series", PLACEMENTS[0])
    (summary,) = find_series(tmp_path / "series")
    (masks, _) = make_segments(summary)
    region = Region(masks.segment.type)
    details = SegmentDetails("Telling", "Telling", "1.2.3.777", regions=(region,))
    told = replace(masks, segment=replace(masks.segment, details=details))
    write_deidentified(summary, [told], tmp_path / "out.zip", secret=SECRET, dates="remove")
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        dataset = pydicom.dcmread(io.BytesIO(archive.read("segmentation.dcm")))
    (item,) = dataset.SegmentSequence
    assert "AnatomicRegionSequence" in item
    assert not {"SegmentDescription", "TrackingID", "TrackingUID"} & {one.keyword for one in item}


def test_series_that_taught_proposals_are_named_as_their_own_copies_are(tmp_path: Path) -> None:
    write_series(tmp_path / "series", PLACEMENTS[0])
    (summary,) = find_series(tmp_path / "series")
    (masks, _) = make_segments(summary)
    taught = replace(masks, algorithm="SEMIAUTOMATIC", teachers=("1.2.3.777",))
    write_deidentified(summary, [taught], tmp_path / "out.zip", secret=SECRET)
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        content = archive.read("segmentation.dcm")
    (segment,) = pydicom.dcmread(io.BytesIO(content)).SegmentSequence
    (algorithm,) = segment.SegmentationAlgorithmIdentificationSequence
    assert algorithm.AlgorithmParameters == f"teachers={Pseudonyms(SECRET).uid('1.2.3.777')}"
    assert b"1.2.3.777" not in content


def test_failures_leave_nothing_behind(tmp_path: Path) -> None:
    write_series(tmp_path / "series", PLACEMENTS[0])
    (summary,) = find_series(tmp_path / "series")
    summary.files[3].unlink()
    with pytest.raises(DicomError, match="cannot be opened"):
        write_deidentified(summary, make_segments(summary), tmp_path / "out.zip", secret=SECRET)
    assert [path.name for path in tmp_path.iterdir()] == ["series"]


def test_burned_in_text_is_warned_of_where_it_is_stated_or_likely(
    tmp_path: Path, shared_data: Path
) -> None:
    cases: tuple[tuple[dict[str, Any], str | None], ...] = (
        ({}, None),
        ({"BurnedInAnnotation": "YES"}, "marked as having text"),
        ({"Modality": "US"}, "Nothing says"),
        ({"Modality": "US", "BurnedInAnnotation": "NO"}, None),
    )
    for number, (changes, expected) in enumerate(cases):
        write_series(tmp_path / str(number), PLACEMENTS[0], slices=2, **changes)
        (summary,) = find_series(tmp_path / str(number))
        found = burned_in_warning(summary)
        assert (found is None) == (expected is None) and (expected or "") in (found or "")
