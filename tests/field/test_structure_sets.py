"""Structure sets as the field sends them: what leaves no pixel, or may be wrong, is told."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.__main__ import main
from core.dicom.errors import DicomError
from core.dicom.reading import find_series
from core.formats.reading import read_masks_with_cautions

NO_IMAGES = (
    "The file does not say which images it was made on; the masks are placed by their position "
    "alone: check that they belong to this series."
)
PLAIN = {"A": {2: 251, 3: 251, 4: 251}}


@pytest.fixture(scope="module")
def opened(
    field_case: Callable[[str], Path],
) -> Callable[[str], tuple[dict[str, dict[int, int]], list[str]]]:
    folder = field_case("seg_13_rtstruct_shapes")
    (summary,) = find_series(folder / "ct")

    def opener(file: str) -> tuple[dict[str, dict[int, int]], list[str]]:
        read = read_masks_with_cautions(folder / file, summary)
        return {
            one.segment.label: {index: int(mask.sum()) for index, mask in one.masks.items()}
            for one in read.segments
        }, list(read.cautions)

    return opener


@pytest.mark.parametrize(
    ("file", "expected", "cautions"),
    [
        ("plain.dcm", PLAIN, []),
        ("series_only.dcm", PLAIN, []),
        ("noref_frame.dcm", PLAIN, [NO_IMAGES]),
        ("noref_none.dcm", PLAIN, [NO_IMAGES]),
        ("twice.dcm", PLAIN, []),
        ("hole.dcm", {"A": {3: 205}}, []),
        ("eight.dcm", {"A": {3: 200}}, []),
        ("slight_tilt.dcm", {"A": {3: 251}}, []),
        ("numbers.dcm", PLAIN | {"B": {5: 251}}, []),
        ("latin1.dcm", {"Läsion groß": PLAIN["A"]}, []),
        ("second.dcm", {"A": {1: 251, 3: 251, 5: 251, 7: 251}}, []),
        ("no_contours.dcm", PLAIN, ["Nothing of these regions is on the slices: “Empty”."]),
        (
            "small_roi.dcm",
            PLAIN,
            [
                "Contours that enclose the centre of no pixel are lost: “Clip” (1).",
                "Nothing of these regions is on the slices: “Clip”.",
            ],
        ),
        (
            "subpixel.dcm",
            PLAIN,
            ["Contours that enclose the centre of no pixel are lost: “A” (1)."],
        ),
        (
            "point_roi.dcm",
            PLAIN,
            [
                "Points and open contours enclose nothing and were passed over: “ISO” (1), "
                "“Needle” (1).",
                "Nothing of these regions is on the slices: “ISO”, “Needle”.",
            ],
        ),
        (
            "two_points.dcm",
            PLAIN,
            [
                "Points and open contours enclose nothing and were passed over: “A” (1), “Seed” "
                "(1).",
                "Nothing of these regions is on the slices: “Seed”.",
            ],
        ),
        ("beyond_z.dcm", PLAIN, ["Contours beyond the slices were left out: “A” (1)."]),
        (
            "off1.dcm",
            PLAIN,
            ["Contours lie up to 1.2 mm beside the slices that they are put on: “A” (3)."],
        ),
        (
            "between.dcm",
            PLAIN,
            ["Contours lie up to 1.5 mm beside the slices that they are put on: “A” (3)."],
        ),
        (
            "thin.dcm",
            PLAIN,
            [
                "Contours between slices were left out, for others lie nearer to these slices: "
                "“A” (6)."
            ],
        ),
        (
            "overlap.dcm",
            {"A": {3: 337}},
            ["Contours cross each other, and what they share was left out: “A” (1)."],
        ),
        (
            "wrong_for.dcm",
            PLAIN,
            [
                "The file names another frame of reference than the series; it is used because it "
                "names images of the series: check that the masks lie where they should."
            ],
        ),
        (
            "gbk.dcm",
            {"¸ÎÔàÖ×": {3: 194}},
            [
                "The file states no character set for its names, or another than it uses; check "
                "that they are right: “¸ÎÔàÖ×”."
            ],
        ),
    ],
)
def test_contours_become_pixels_or_are_told(
    opened: Callable[[str], tuple[dict[str, dict[int, int]], list[str]]],
    file: str,
    expected: Any,
    cautions: Any,
) -> None:
    assert opened(file) == (expected, cautions)


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        ("only_small.dcm", "Contours that enclose the centre of no pixel are lost: “Clip” (1)."),
        ("tilted_plane.dcm", "planes that are not parallel to the slices were left out: “A” (1)."),
    ],
)
def test_where_nothing_is_left_the_true_reason_is_given(
    opened: Callable[[str], tuple[dict[str, dict[int, int]], list[str]]], file: str, reason: str
) -> None:
    with pytest.raises(DicomError) as caught:
        opened(file)
    assert str(caught.value).endswith(reason)


def test_contours_of_other_phases_are_counted(field_case: Callable[[str], Path]) -> None:
    folder = field_case("seg_03_cine_4d")
    for phase in find_series(folder / "mr"):
        assert read_masks_with_cautions(folder / "rt_all.dcm", phase).cautions == (
            "Contours that name images which are not among these slices, such as those of another "
            "phase, were left out: “LV” (6).",
        )


def test_convert_prints_what_is_lost(
    field_case: Callable[[str], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = field_case("seg_13_rtstruct_shapes")
    source, out = folder / "small_roi.dcm", tmp_path / "out.dcm"
    assert main(["convert", str(folder / "ct"), str(source), str(out)]) == 0
    err = capsys.readouterr().err
    assert "Caution: Nothing of these regions is on the slices: “Clip”.\n" in err
