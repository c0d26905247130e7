"""Images that are stated or stored, but not shown."""

from collections.abc import Callable
from pathlib import Path

import pytest

from core.dicom.errors import DicomError
from core.dicom.reading import find_series, read_series


@pytest.mark.parametrize(("letter", "stated"), [("g", 1), ("h", 1), ("i", 3), ("l", 2)])
def test_more_frames_than_stated_are_told(
    field_case: Callable[[str], Path], letter: str, stated: int
) -> None:
    (path,) = (field_case("read_11_fragments_offset_tables") / "input").glob(f"{letter}_*")
    (summary,) = find_series(path)
    assert f"The file states {stated} frame(s) but holds 4: the others are not shown." in (
        summary.problems
    )


@pytest.mark.parametrize("letter", "abck")
def test_as_many_frames_as_stated_need_no_word(
    field_case: Callable[[str], Path], letter: str
) -> None:
    (path,) = (field_case("read_11_fragments_offset_tables") / "input").glob(f"{letter}_*")
    (summary,) = find_series(path)
    assert len(read_series(summary).volume) == 4
    assert not any("but holds" in problem for problem in summary.problems)


@pytest.mark.parametrize("letter", "defj")
def test_offsets_and_numbers_that_fit_no_frame_are_refused(
    field_case: Callable[[str], Path], letter: str
) -> None:
    (path,) = (field_case("read_11_fragments_offset_tables") / "input").glob(f"{letter}_*")
    with pytest.raises(DicomError):
        read_series(find_series(path)[0])


@pytest.mark.parametrize("given", ["medium", "medium/DICOMDIR"])
def test_missing_files_of_a_medium_are_counted(
    field_case: Callable[[str], Path], given: str
) -> None:
    (summary,) = find_series(field_case("read_15_dicomdir_missing_files") / "input" / given)
    assert summary.slices == 5
    assert any(problem.startswith("3 of the 8 images") for problem in summary.problems)
