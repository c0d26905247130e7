"""First page: finding and opening a series."""

import io
import os
import shutil
import zipfile
from pathlib import Path

import pydicom
import pytest

from core.annotation.store import AnnotationStore
from core.dicom.reading import find_series
from core.home.opened_series import OpenedSeries, remember_series
from pages.views.formatting import plain
from tests.support.pages import OpenPage, elements, press, shown
from tests.support.synthetic_series import PLACEMENTS, write_series


def test_one_click_makes_and_opens_the_demonstration_series(
    empty_home: Path, open_page: OpenPage
) -> None:
    empty_home.mkdir()
    (empty_home / "person.json").write_text('{"person": "A"}')
    app = press(open_page(), "Open the demonstration series")
    assert len(list((empty_home / "demo").iterdir())) == 48
    assert app.subheader[0].value == "What do you want to annotate?"
    app.switch_page("pages/series.py").run()
    assert "48 × 256 × 256, 5 × 1.5 × 1.5 mm" in shown(app)


def test_an_uploaded_zip_is_copied_listed_and_can_be_deleted(
    home: Path, demo_files: Path, open_page: OpenPage
) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        for path in sorted(demo_files.iterdir())[:5]:
            file.write(path, path.name)
    app = open_page()
    app.file_uploader[0].set_value(("series.zip", archive.getvalue(), "application/zip"))
    press(app, "Upload and list series")
    assert "5 × 256 × 256" in shown(app)
    assert len([one for one in (home / "uploads").rglob("*") if one.is_file()]) == 5
    press(app, "Open")
    app.switch_page("pages/series.py").run()
    press(app, "Delete")
    assert not any((home / "uploads").iterdir())
    app.switch_page("pages/annotate.py").run()
    assert app.info[0].value == "No series is open yet."


def test_an_upload_without_images_says_what_is_wrong(home: Path, open_page: OpenPage) -> None:
    app = open_page()
    app.file_uploader[0].set_value(("note.txt", b"no images here", "text/plain"))
    press(app, "Upload and list series")
    assert len(app.error) == 1
    assert "DICOM" in app.error[0].value


def test_server_folders_are_closed_unless_the_settings_allow_them(
    home: Path, open_page: OpenPage
) -> None:
    assert "SLICEWISE_DATA_ROOTS" in shown(open_page())


def test_a_folder_on_the_server_is_opened_in_place(
    home: Path, shared_data: Path, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLICEWISE_DATA_ROOTS", str(shared_data / "dicom"))
    app = open_page()
    app.text_input[0].set_value(str(shared_data / "dicom" / "nd320_study1_t1post"))
    press(app, "Search for series")
    assert "22 × 512 × 512" in shown(app) or "22 ×" in shown(app)
    press(app, "Open")
    assert not app.error


@pytest.mark.parametrize("folder", ["/etc", "dicom/../..", "no such folder"])
def test_a_folder_elsewhere_is_refused_whether_it_exists_or_not(
    folder: str, home: Path, tmp_path: Path, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "root"
    root.mkdir()
    monkeypatch.setenv("SLICEWISE_DATA_ROOTS", str(root) + os.pathsep)
    app = open_page()
    app.text_input[0].set_value(folder if folder.startswith("/") else str(root / folder))
    press(app, "Search for series")
    assert "There is no such folder among those that may be opened" in app.error[0].value


def test_no_spelling_of_a_path_leads_out_of_the_own_folder_or_tells_what_is_there(
    home: Path, demo_files: Path, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = home.parent / "root"
    root.mkdir()
    shutil.copytree(demo_files, home.parent / "other")
    (home / "link").symlink_to(home.parent / "other")
    monkeypatch.setenv("SLICEWISE_DATA_ROOTS", str(root))
    told = set()
    for folder in (
        f"{home}/../other",
        f"{home}/../not there",
        f"{home}/link",
        f"{root}/../other",
        f"{home}/demo/../../other/{next(demo_files.iterdir()).name}",
        "~root",
        "~nobody of this name",
    ):
        app = open_page()
        app.text_input[0].set_value(folder)
        press(app, "Search for series")
        assert "series found" not in shown(app)
        (error,) = app.error
        told.add(error.value)
    sentence = f"There is no such folder among those that may be opened: {root} and what is below."
    assert told == {plain(sentence)}


def test_uploads_are_not_listed_by_typing_the_folder_that_holds_them(
    home: Path, demo_files: Path, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_series(home / "uploads" / "of-somebody-else", PLACEMENTS[0], slices=4)
    write_series(home.parent / "ct", PLACEMENTS[1], slices=5)
    monkeypatch.setenv("SLICEWISE_DATA_ROOTS", str(home.parent))
    for folder in (home, home / "uploads", home / "uploads" / "of-somebody-else"):
        app = open_page()
        app.text_input[0].set_value(str(folder))
        press(app, "Search for series")
        assert "There is no such folder among those that may be opened" in app.error[0].value
    app = open_page()
    app.text_input[0].set_value(str(home.parent))
    press(app, "Search for series")
    assert not app.error and "4 × 24" not in shown(app)
    assert "5 × 24" in shown(app)


def test_uploads_opened_by_the_folder_of_all_of_them_are_not_there_any_more(
    home: Path, open_page: OpenPage
) -> None:
    write_series(home / "uploads" / "of-somebody-else", PLACEMENTS[0], slices=4)
    (summary,) = find_series(home / "uploads")
    opened = remember_series(home, summary.uid, home / "uploads")
    app = open_page("annotate", series=opened.key)
    assert len(app.error) == 1 and "Traceback" not in app.error[0].value


def test_a_series_that_was_moved_away_says_so(
    home: Path, opened: OpenedSeries, store: AnnotationStore, open_page: OpenPage, demo_files: Path
) -> None:
    (home / "demo").rename(home.parent / "elsewhere")
    app = open_page("annotate", series=opened.key)
    assert len(app.error) == 1
    assert "Traceback" not in app.error[0].value


def test_what_holds_no_image_is_counted_by_kind(
    home: Path, shared_data: Path, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = shared_data / "field" / "read_07_spectroscopy_and_jpip" / "input"
    monkeypatch.setenv("SLICEWISE_DATA_ROOTS", str(case))
    app = open_page()
    app.text_input[0].set_value(str(case))
    press(app, "Search for series")
    assert "Passed over, as they hold no image: 1 × MR Spectroscopy" in shown(app)


def test_files_that_a_medium_lost_are_told(
    home: Path, shared_data: Path, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = shared_data / "field" / "read_15_dicomdir_missing_files" / "input"
    monkeypatch.setenv("SLICEWISE_DATA_ROOTS", str(case))
    app = open_page()
    app.text_input[0].set_value(str(case / "medium"))
    press(app, "Search for series")
    assert "3 of the 8 images of this series that medium/DICOMDIR lists are not there" in shown(app)


def test_names_that_are_no_utf_8_are_shown_escaped(
    home: Path, tmp_path: Path, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "data" / os.fsdecode(b"scan\xff\xfe")
    write_series(folder, PLACEMENTS[0], slices=4)
    broken = min(folder.iterdir())
    broken.write_bytes(broken.read_bytes()[:-100])
    monkeypatch.setenv("SLICEWISE_DATA_ROOTS", str(tmp_path / "data"))
    app = open_page()
    app.text_input[0].set_value(str(tmp_path / "data"))
    press(app, "Search for series")
    # Markdown takes a backslash for itself.
    assert r"scan\\xff\\xfe/IM0" in shown(app)
    press(app, "Open without damaged files")
    assert not app.error


def test_many_series_can_be_filtered_and_sorted(
    home: Path, tmp_path: Path, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(6):
        folder = tmp_path / "data" / str(number)
        write_series(folder, PLACEMENTS[0], slices=3 + number)
        for path in folder.iterdir():
            dataset = pydicom.dcmread(path)
            dataset.SeriesDescription = f"{'Axial' if number % 2 else 'Sagittal'} {number}"
            dataset.SeriesInstanceUID = f"1.2.3.{number}"
            dataset.save_as(path)
    monkeypatch.setenv("SLICEWISE_DATA_ROOTS", str(tmp_path / "data"))
    app = open_page()
    app.text_input[0].set_value(str(tmp_path / "data"))
    press(app, "Search for series")

    def listed() -> list[str]:
        titles = (one.value for one in app.markdown)
        return [title for title in titles if "Axial" in title or "Sagittal" in title]

    assert len(listed()) == 6
    next(one for one in app.text_input if one.label == "Filter").set_value("AXIAL").run()
    assert [title.split("*")[2] for title in listed()] == ["Axial 1", "Axial 3", "Axial 5"]
    assert "3 of 6 series shown" in shown(app)
    sorting = next(one for one in app.selectbox if one.label == "Sort by")
    sorting.set_value("Most slices").run()
    assert [title.split("*")[2] for title in listed()] == ["Axial 5", "Axial 3", "Axial 1"]
    press(app, "Open")
    assert "8 × " in "".join(one.value for one in elements(app, "html"))
