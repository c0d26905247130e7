"""Fifth page: what is written, and how it is marked."""

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.annotation.states import SliceState
from core.annotation.store import AnnotationStore, MaskChange
from core.dicom.reading import find_series, read_series
from core.dicom.series import SeriesSummary
from core.formats.segmentation_reading import read_segmentation
from core.home.opened_series import OpenedSeries, remember_series
from core.projects.adjudication import start_adjudication, take_readings
from core.projects.members import remove_member
from core.projects.moves import move
from core.projects.records import Role, WorkState
from tests.support.nifti import load_nifti
from tests.support.pages import PERSON, OpenPage, press, shown
from tests.support.read_twice import ADMINISTRATOR, READERS, SeriesReadTwice, put_read_twice
from tests.support.segments import LIVER_SEGMENT
from tests.support.synthetic_series import PLACEMENTS, write_series

Disk = Callable[[float], NDArray[np.bool_]]


@pytest.fixture
def app(
    opened: OpenedSeries,
    store: AnnotationStore,
    demo_summary: SeriesSummary,
    disk: Disk,
    open_page: OpenPage,
) -> AppTest:
    """The export page with a drawn, an accepted and a proposed slice."""
    changes = [
        MaskChange(1, 10, disk(30), SliceState.DRAWN, 0),
        MaskChange(1, 11, disk(31), SliceState.ACCEPTED, 0, weights="some-weights"),
        MaskChange(1, 12, disk(32), SliceState.PROPOSED, 0, weights="some-weights"),
        MaskChange(1, 13, None, SliceState.CONFIRMED_EMPTY, 0),
    ]
    store.put_many(demo_summary.uid, changes, PERSON, "test", "prepare")
    return open_page("export", series=opened.key)


def written(home: Path, ending: str = ".dcm") -> Path:
    """The one file that was exported."""
    (path,) = [one for one in (home / "exports").rglob("*") if one.name.endswith(ending)]
    return path


def test_proposals_nobody_reviewed_are_left_out(
    app: AppTest, home: Path, demo_summary: SeriesSummary, disk: Disk
) -> None:
    assert "1 unreviewed proposal will not be exported" in app.warning[0].value
    assert "2 slices: 1 drawn, 1 accepted" in shown(app)
    press(app, "Create DICOM-SEG")
    (segment,) = read_segmentation(written(home), read_series(demo_summary))
    assert set(segment.masks) == {10, 11}
    assert (segment.masks[11] == disk(31)).all()
    assert segment.algorithm == "SEMIAUTOMATIC"


def test_included_proposals_get_a_segment_of_their_own(
    app: AppTest, home: Path, demo_summary: SeriesSummary, disk: Disk
) -> None:
    next(one for one in app.checkbox if "Include" in one.label).check().run()
    press(app, "Create DICOM-SEG")
    reviewed, unreviewed = read_segmentation(written(home), read_series(demo_summary))
    assert reviewed.segment.label == "Liver"
    assert set(reviewed.masks) == {10, 11}
    assert unreviewed.segment.label == "Liver (unreviewed)"
    assert unreviewed.algorithm == "AUTOMATIC"
    assert list(unreviewed.masks) == [12]
    assert (unreviewed.masks[12] == disk(32)).all()


def test_what_was_drawn_only_is_marked_manual(
    app: AppTest, home: Path, store: AnnotationStore, demo_summary: SeriesSummary
) -> None:
    current = store.slice(demo_summary.uid, 1, 11)
    change = MaskChange(1, 11, None, SliceState.EMPTY, current.version, allow_clear=True)
    store.put_many(demo_summary.uid, [change], PERSON, "test", "clear")
    app.run()
    press(app, "Create DICOM-SEG")
    segmentation = hd.seg.segread(written(home))
    assert segmentation.SegmentSequence[0].SegmentAlgorithmType == "MANUAL"


def test_file_names_tell_nothing_of_the_patient(
    app: AppTest, home: Path, demo_summary: SeriesSummary
) -> None:
    press(app, "Create DICOM-SEG")
    name = written(home).name.lower()
    for secret in (demo_summary.patient_id, "phantom", "torso", demo_summary.uid):
        assert secret.lower() not in name
    assert app.download_button[0].label == f"Download {written(home).name}"


def test_a_second_export_is_a_new_instance_with_the_next_number(app: AppTest, home: Path) -> None:
    press(app, "Create DICOM-SEG")
    first = hd.seg.segread(written(home))
    written(home).rename(written(home).with_name("first.dcm"))
    press(app, "Create DICOM-SEG")
    second = hd.seg.segread(max((home / "exports").rglob("slicewise*.dcm")))
    assert (first.InstanceNumber, second.InstanceNumber) == (1, 2)
    assert first.SOPInstanceUID != second.SOPInstanceUID


def test_nifti_holds_the_same_masks(app: AppTest, home: Path, disk: Disk) -> None:
    press(app, "Create NIfTI")
    volume = np.asarray(load_nifti(written(home, ".nii.gz")).dataobj)
    assert (volume[:, :, 10].T.astype(bool) == disk(30)).all()
    assert not volume[:, :, 12].any()


def test_a_copy_goes_to_a_folder_that_the_settings_allow(
    app: AppTest, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowed = tmp_path / "allowed"
    allowed.mkdir()
    monkeypatch.setenv("SLICEWISE_DATA_ROOTS", str(allowed))
    app.text_input[0].set_value(str(allowed)).run()
    press(app, "Create DICOM-SEG")
    (copy,) = allowed.iterdir()
    assert copy.read_bytes() == written(home).read_bytes()


def test_a_folder_elsewhere_is_refused_before_anything_is_written(
    app: AppTest, home: Path, tmp_path: Path
) -> None:
    app.text_input[0].set_value(str(tmp_path)).run()
    press(app, "Create DICOM-SEG")
    assert "There is no such folder" in app.error[0].value
    assert not [one for one in (home / "exports").rglob("*") if one.is_file()]


def test_nothing_drawn_is_nothing_to_export(
    opened: OpenedSeries, store: AnnotationStore, open_page: OpenPage
) -> None:
    app = open_page("export", series=opened.key)
    assert "Nothing to export yet" in app.info[0].value
    assert "Create DICOM-SEG" not in [one.label for one in app.button]


def choose(app: AppTest, label: str, value: str) -> None:
    next(one for one in app.selectbox if one.label == label).set_value(value)
    app.run()


def test_encodings_can_be_chosen_and_hold_the_same(
    app: AppTest, home: Path, demo_summary: SeriesSummary, disk: Disk
) -> None:
    for kind, compression in (("LABELMAP", "deflated"), ("BINARY", "jpeg2000")):
        choose(app, "DICOM-SEG type", kind)
        choose(app, "Compression", compression)
        press(app, "Create DICOM-SEG")
        path = written(home)
        dataset = pydicom.dcmread(path)
        assert dataset.SegmentationType == kind
        syntax = dataset.file_meta.TransferSyntaxUID
        assert syntax.is_deflated == (compression == "deflated")
        assert (read_segmentation(path, demo_summary)[0].masks[10] == disk(30)).all()
        path.unlink()


def test_contours_pictures_and_tables_are_written(app: AppTest, home: Path, disk: Disk) -> None:
    press(app, "Create RTSTRUCT")
    assert pydicom.dcmread(written(home)).ROIContourSequence[0].ContourSequence
    press(app, "Create PNG")
    with zipfile.ZipFile(written(home, ".png.zip")) as archive:
        mask = Image.open(io.BytesIO(archive.read("segment-1/0011.png")))
    assert ((np.asarray(mask) > 0) == disk(30)).all()
    press(app, "Create CSV")
    assert f",11,50.000,{disk(30).sum()}," in written(home, ".csv").read_text("utf-8-sig")


def test_numbers_go_on_from_the_highest_export_that_is_left(app: AppTest, home: Path) -> None:
    numbers = []
    for name in ("first.dcm", "second.dcm", "third.dcm"):
        press(app, "Create DICOM-SEG")
        path = max((home / "exports").rglob("slicewise*.dcm"))
        numbers.append(pydicom.dcmread(path).InstanceNumber)
        path.rename(path.with_name(name))
        if name == "second.dcm":
            path.with_name("first.dcm").unlink()
    assert numbers == [1, 2, 3]
    press(app, "Create RTSTRUCT")
    contours = max((home / "exports").rglob("*.rtstruct.dcm"))
    assert pydicom.dcmread(contours).InstanceNumber == 1


def test_a_de_identified_copy_holds_images_and_segmentation(
    app: AppTest, home: Path, demo_summary: SeriesSummary, disk: Disk, tmp_path: Path
) -> None:
    choose(app, "Dates in the de-identified copy", "shift")
    press(app, "Create de-identified copy")
    with zipfile.ZipFile(written(home, ".deidentified.zip")) as archive:
        archive.extractall(tmp_path / "copy")
    (found,) = find_series(tmp_path / "copy" / "images")
    assert found.patient_id not in ("", demo_summary.patient_id)
    assert found.study_date not in ("", demo_summary.study_date)
    (segment,) = read_segmentation(tmp_path / "copy" / "segmentation.dcm", found)
    assert (segment.masks[10] == disk(30)).all()
    # The phantom is a CT, whose pictures hold no text.
    assert not [one for one in app.warning if "burned" in one.value]


def drawn_page(
    home: Path, store: AnnotationStore, mask: NDArray[np.bool_], open_page: OpenPage
) -> AppTest:
    """The export page of the series in the folder "images", drawn on one slice."""
    (summary,) = find_series(home / "images")
    names = [one.sop_instance_uid for one in summary.records]
    store.open_annotation(summary.uid, names, summary.rows, summary.columns)
    store.save_segment(summary.uid, LIVER_SEGMENT, PERSON)
    change = MaskChange(1, 2, mask, SliceState.DRAWN, 0)
    store.put_many(summary.uid, [change], PERSON, "test", "prepare")
    opened = remember_series(home, summary.uid, home / "images")
    return open_page("export", series=opened.key)


def test_burned_in_text_is_warned_of(
    home: Path, store: AnnotationStore, disk: Disk, open_page: OpenPage
) -> None:
    write_series(home / "images", PLACEMENTS[0], rows=256, columns=256, Modality="US")
    app = drawn_page(home, store, disk(30), open_page)
    assert any("burned-in text" in one.value.replace("\\", "") for one in app.warning)


def test_uneven_slices_are_resampled_for_nifti_on_request(
    home: Path, store: AnnotationStore, disk: Disk, open_page: OpenPage
) -> None:
    write_series(home / "images", PLACEMENTS[0], rows=256, columns=256, skip=(3, 4))
    app = drawn_page(home, store, disk(30), open_page)
    assert any("Slices seem to be missing" in one.value for one in app.warning)
    press(app, "Create NIfTI")
    assert "or have the masks resampled to an even grid" in app.error[0].value
    next(one for one in app.checkbox if one.label == "Resample NIfTI to an even grid").check()
    app.run()
    warnings = [one.value.replace("\\", "") for one in app.warning]
    assert any("The NIfTI file has 9 planes, 2.50 mm apart" in one for one in warnings)
    press(app, "Create NIfTI")
    image = load_nifti(written(home, ".nii.gz"))
    assert np.array_equal(np.asarray(image.dataobj)[..., 2].T > 0, disk(30))
    assert image.shape == (256, 256, 9)


def test_only_the_segments_that_are_chosen_are_exported(
    app: AppTest, home: Path, store: AnnotationStore, demo_summary: SeriesSummary, disk: Disk
) -> None:
    store.save_segment(demo_summary.uid, replace(LIVER_SEGMENT, number=2, label="Spleen"), PERSON)
    change = MaskChange(2, 10, disk(10), SliceState.DRAWN, 0)
    store.put_many(demo_summary.uid, [change], PERSON, "brush", "brush")
    app.run()
    next(one for one in app.checkbox if "Liver" in one.label).uncheck().run()
    press(app, "Create DICOM-SEG")
    (spleen,) = read_segmentation(written(home), read_series(demo_summary))
    assert (spleen.segment.label, spleen.algorithm) == ("Spleen", "MANUAL")
    press(app, "All segments")
    assert all(one.value for one in app.checkbox if "**" in one.label)
    press(app, "No segment")
    assert not any(one.value for one in app.checkbox if "**" in one.label)


def test_without_a_segment_there_is_nothing_to_create(app: AppTest) -> None:
    next(one for one in app.checkbox if "Liver" in one.label).uncheck().run()
    assert "Choose at least one segment" in shown(app)
    assert not any(one.label.startswith("Create") for one in app.button)


def test_a_file_is_not_offered_any_more_once_something_has_changed(
    app: AppTest, store: AnnotationStore, demo_summary: SeriesSummary, disk: Disk
) -> None:
    press(app, "Create DICOM-SEG")
    assert len(app.download_button) == 1
    change = MaskChange(1, 20, disk(10), SliceState.DRAWN, 0)
    store.put_many(demo_summary.uid, [change], PERSON, "brush", "brush")
    app.run()
    assert not app.download_button
    assert any("annotation has changed since" in one.value for one in app.warning)
    press(app, "Create DICOM-SEG")
    assert len(app.download_button) == 1
    next(one for one in app.checkbox if one.label == "Include empty slices").check().run()
    assert not app.download_button


@pytest.fixture
def twice(home: Path, store: AnnotationStore) -> SeriesReadTwice:
    """Two submitted readings of the demonstration series; the person reviews."""
    series = put_read_twice(home, store, home / "demo", {PERSON: {Role.REVIEW}})
    series.submit()
    return series


def test_a_reviewer_exports_all_readings_a_file_each(
    twice: SeriesReadTwice, open_page: OpenPage, home: Path
) -> None:
    app = open_page("export", **twice.query(twice.first.annotation_key))
    (choice,) = app.radio
    assert choice.options == [
        "This one: reading 1",
        "All that you may see, a file each: reading 1, reading 2",
    ]
    choice.set_value(True).run()
    # Images would be in the file once for each reading.
    assert "Create PNG" not in [button.label for button in app.button]
    press(app, "Create DICOM-SEG")
    path = written(home, ".zip")
    with zipfile.ZipFile(path) as archive:
        files = {
            name: pydicom.dcmread(io.BytesIO(archive.read(name))) for name in archive.namelist()
        }
    assert {name: str(one.ContentCreatorName) for name, one in files.items()} == {
        "reading-1.dcm": f"{READERS[0]}^",
        "reading-2.dcm": f"{READERS[1]}^",
    }
    assert [one.ContentLabel for one in files.values()] == ["READING_1", "READING_2"]
    assert app.download_button[0].label == f"Download {path.name}"


def test_a_reader_is_offered_the_own_reading_alone(
    twice: SeriesReadTwice, open_page: OpenPage, home: Path
) -> None:
    (home / "person.json").write_text(json.dumps({"person": READERS[1]}))
    app = open_page("export", **twice.query(twice.second.annotation_key))
    assert not app.radio
    press(app, "Create RTSTRUCT")
    dataset = pydicom.dcmread(written(home))
    assert dataset.StructureSetLabel == "Reading 2"
    assert dataset.ApprovalStatus == "UNAPPROVED"


def test_a_file_of_readings_is_not_offered_once_the_person_may_not_see_them(
    twice: SeriesReadTwice, open_page: OpenPage
) -> None:
    app = open_page("export", **twice.query(twice.first.annotation_key))
    app.radio[0].set_value(True).run()
    press(app, "Create DICOM-SEG")
    remove_member(twice.store, twice.project_key, PERSON, ADMINISTRATOR)
    app.run()
    assert not app.download_button


def test_an_adjudicated_structure_set_is_approved_and_says_by_whom(
    twice: SeriesReadTwice, open_page: OpenPage, home: Path
) -> None:
    final = start_adjudication(twice.store, twice.first.annotation_key, PERSON).annotation_key
    take_readings(twice.store, final, {(1, index): 1 for index in range(4, 8)}, PERSON)
    move(twice.store, final, WorkState.DONE, PERSON)
    app = open_page("export", **twice.query(final))
    press(app, "Create RTSTRUCT")
    dataset = pydicom.dcmread(written(home))
    assert (dataset.ApprovalStatus, dataset.ReviewerName) == ("APPROVED", "Person^Test")
    assert dataset.StructureSetLabel == "Adjudicated"
