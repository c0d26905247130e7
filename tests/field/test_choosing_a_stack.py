"""Series that hold several stacks: the identifier that info prints opens each of them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from core.__main__ import main
from core.commands.choice import choose_series
from core.dicom.reading import find_series

CASES = {
    "read_36_localisers_within_the_series": ("input", "drawn.dcm", 8),
    "seg_04_localiser_choice": ("ct", "seg.dcm", 7),
}


@pytest.fixture(params=CASES)
def case(
    request: pytest.FixtureRequest, field_case: Callable[[str], Path]
) -> tuple[Path, Path, int]:
    """Folder of the images, segmentation of the largest stack, and how many slices that has."""
    images, segmentation, slices = CASES[request.param]
    folder = field_case(request.param)
    return folder / images, folder / segmentation, slices


def test_every_stack_opens_by_its_identifier(case: tuple[Path, Path, int]) -> None:
    images, _, slices = case
    found = find_series(images)
    assert len({summary.uid for summary in found}) == len(found)
    assert max(summary.slices for summary in found) == slices
    for summary in found:
        chosen = choose_series(images, summary.uid)
        assert [one.path for one in chosen.records] == [one.path for one in summary.records]


def test_the_largest_stack_is_converted_and_proposed(
    case: tuple[Path, Path, int], tmp_path: Path
) -> None:
    images, segmentation, slices = case
    (uid,) = (summary.uid for summary in find_series(images) if summary.slices == slices)
    arguments = [str(images), str(segmentation), str(tmp_path / "out.nii.gz"), "--series", uid]
    assert main(["convert", *arguments]) == 0
    arguments = [str(images), "--examples", str(segmentation), "--series", uid]
    arguments += ["--output", str(tmp_path / "out.dcm"), "--method", "interpolation"]
    assert main(["propose", *arguments]) == 0


def test_a_stack_of_another_series_teaches(
    field_case: Callable[[str], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = field_case("seg_04_localiser_choice")
    images, segmentation, slices = folder / "ct", folder / "seg.dcm", 7
    (uid,) = (summary.uid for summary in find_series(images) if summary.slices == slices)
    arguments = ["propose", str(images), "--series", uid, "--output", str(tmp_path / "out.dcm")]
    arguments += ["--teacher", str(images), str(segmentation)]
    assert main(arguments) == 2
    assert "choose one with --teacher-series" in capsys.readouterr().err
    assert main([*arguments, "--teacher-series", uid]) == 0
