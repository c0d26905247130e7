import numpy as np
import pytest
from pydicom import dcmread
from pydicom.fileset import FileSet

from core.dicom.errors import DicomError
from core.dicom.reading import find_series, read_series
from tests.support.synthetic_series import PLACEMENTS, write_series


@pytest.fixture
def medium(tmp_path):
    """A medium with two series of a study, written by pydicom."""
    file_set = FileSet()
    written = []
    for seed in (1, 2):
        series = write_series(tmp_path / str(seed), PLACEMENTS[0], slices=4, seed=seed)
        for path in sorted(series.folder.iterdir()):
            image = dcmread(path)
            image.PatientID, image.StudyID = "1", "1"
            image.StudyDate, image.StudyTime = "20260101", "120000"
            file_set.add(image)
        written.append(series)
    file_set.write(tmp_path / "medium")
    return tmp_path / "medium", written


def test_a_dicomdir_stands_for_the_files_it_lists(medium):
    folder, written = medium
    summaries = find_series(folder / "DICOMDIR")
    assert [summary.slices for summary in summaries] == [4, 4]
    volumes = [read_series(summary).volume for summary in summaries]
    for one in written:
        assert any(np.array_equal(one.volume, volume) for volume in volumes)


def test_a_folder_with_a_dicomdir_lists_each_series_once(medium):
    folder, _ = medium
    assert [summary.slices for summary in find_series(folder)] == [4, 4]
    assert not any("copies" in problem for one in find_series(folder) for problem in one.problems)


def test_names_in_small_letters_are_found_as_media_copied_by_linux_have_them(medium):
    folder, _ = medium
    for path in sorted(folder.rglob("*"), key=lambda path: -len(path.parts)):
        if path.name != "DICOMDIR":
            path.rename(path.with_name(path.name.lower()))
    assert len(find_series(folder / "DICOMDIR")) == 2


def test_names_and_links_that_lead_outside_are_left_out(medium, tmp_path):
    folder, written = medium
    outside = written[0].folder.rename(folder.parent / "OUTSIDE")
    directory = dcmread(folder / "DICOMDIR")
    first, *others = [r for r in directory.DirectoryRecordSequence if "ReferencedFileID" in r]
    first.ReferencedFileID = ["..", "OUTSIDE", sorted(outside.iterdir())[0].name]
    link = folder.joinpath(*others[0].ReferencedFileID)
    link.unlink()
    link.symlink_to(sorted(outside.iterdir())[1])
    directory.save_as(folder / "DICOMDIR")
    assert sum(summary.slices for summary in find_series(folder / "DICOMDIR")) == 6


def test_a_dicomdir_alone_says_what_is_missing(medium, tmp_path):
    folder, _ = medium
    alone = tmp_path / "alone"
    alone.mkdir()
    (folder / "DICOMDIR").rename(alone / "DICOMDIR")
    with pytest.raises(DicomError, match="choose the folder of the whole medium"):
        find_series(alone / "DICOMDIR")
