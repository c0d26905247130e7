from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.fileset import FileSet

from core.__main__ import main
from core.dicom.errors import DicomError
from core.dicom.reading import find_series, find_with_rest, read_series
from tests.support.synthetic_series import PLACEMENTS, SyntheticSeries, write_series


@pytest.fixture
def medium(tmp_path: Path) -> tuple[Path, list[SyntheticSeries]]:
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


def test_a_dicomdir_stands_for_the_files_it_lists(
    medium: tuple[Path, list[SyntheticSeries]],
) -> None:
    folder, written = medium
    summaries = find_series(folder / "DICOMDIR")
    assert [summary.slices for summary in summaries] == [4, 4]
    volumes = [read_series(summary).volume for summary in summaries]
    for one in written:
        assert any(np.array_equal(one.volume, volume) for volume in volumes)


def test_a_folder_with_a_dicomdir_lists_each_series_once(
    medium: tuple[Path, list[SyntheticSeries]],
) -> None:
    folder, _ = medium
    assert [summary.slices for summary in find_series(folder)] == [4, 4]
    assert not any("copies" in problem for one in find_series(folder) for problem in one.problems)


def test_names_in_small_letters_are_found_as_media_copied_by_linux_have_them(
    medium: tuple[Path, list[SyntheticSeries]],
) -> None:
    folder, _ = medium
    for path in sorted(folder.rglob("*"), key=lambda path: -len(path.parts)):
        if path.name != "DICOMDIR":
            path.rename(path.with_name(path.name.lower()))
    assert len(find_series(folder / "DICOMDIR")) == 2


def test_names_and_links_that_lead_outside_are_left_out(
    medium: tuple[Path, list[SyntheticSeries]], tmp_path: Path
) -> None:
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


def test_a_dicomdir_alone_says_what_is_missing(
    medium: tuple[Path, list[SyntheticSeries]], tmp_path: Path
) -> None:
    folder, _ = medium
    alone = tmp_path / "alone"
    alone.mkdir()
    (folder / "DICOMDIR").rename(alone / "DICOMDIR")
    with pytest.raises(DicomError, match="choose the folder of the whole medium"):
        find_series(alone / "DICOMDIR")


def images_of(folder: Path, series: SyntheticSeries) -> list[Path]:
    """Paths of the images of a series on a medium."""
    uids = set(series.sop_instance_uids)
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and path.name != "DICOMDIR"
        and dcmread(path, stop_before_pixels=True).SOPInstanceUID in uids
    ]


@pytest.mark.parametrize("shuffled", [False, True])
def test_missing_images_are_told_of_their_series_alone(
    medium: tuple[Path, list[SyntheticSeries]], shuffled: bool
) -> None:
    folder, written = medium
    images_of(folder, written[1])[0].unlink()
    if shuffled:
        unchained(folder / "DICOMDIR")
    findings = find_with_rest(folder)
    told = {
        summary.slices: [text for text in summary.problems if "are not there" in text]
        for summary in findings.series
    }
    assert told[4] == []
    (sentence,) = told[3]
    assert sentence.startswith("1 of the 4 images of this series that medium/DICOMDIR lists")
    assert findings.cautions == ()


def unchained(path: Path) -> None:
    """Take the offsets out of a DICOMDIR, as broken writers leave them."""
    directory = dcmread(path)
    for record in directory.DirectoryRecordSequence:
        record.OffsetOfReferencedLowerLevelDirectoryEntity = 0
        record.OffsetOfTheNextDirectoryRecord = 0
    directory.save_as(path)


def test_a_series_that_is_gone_as_a_whole_is_told_of_the_medium(
    medium: tuple[Path, list[SyntheticSeries]], capsys: pytest.CaptureFixture[str]
) -> None:
    folder, written = medium
    for path in images_of(folder, written[1]):
        path.unlink()
    findings = find_with_rest(folder)
    (summary,) = findings.series
    assert not any("are not there" in problem for problem in summary.problems)
    (sentence,) = findings.cautions
    assert sentence == "medium/DICOMDIR lists 1 series more, none of whose images can be read."
    assert main(["info", str(folder)]) == 0
    out = capsys.readouterr().out
    assert out.endswith(f"\nno images    1 × Media Storage Directory\ncaution      {sentence}\n")
