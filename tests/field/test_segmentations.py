"""Segmentations as the field sends them: frames stay with their images, and nothing is lost."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pydicom
import pytest

from core.__main__ import main
from core.dicom.errors import NeedsConsentError
from core.dicom.reading import find_series
from core.formats.reading import read_masks_with_cautions
from tests.support.mask_round_trips import assert_same_masks


def opened(
    folder: Path, file: str, series: str = "ct", **options: Any
) -> tuple[dict[str, dict[int, int]], tuple[str, ...]]:
    (summary,) = find_series(folder / series)
    read = read_masks_with_cautions(folder / file, summary, **options)
    return {
        one.segment.label: {index: int(mask.sum()) for index, mask in one.masks.items()}
        for one in read.segments
    }, read.cautions


def test_frames_belong_to_the_phase_whose_image_they_name(
    field_case: Callable[[str], Path],
) -> None:
    folder = field_case("seg_03_cine_4d")
    for summary, pixels in zip(find_series(folder / "mr"), (441, 197, 81), strict=True):
        read = read_masks_with_cautions(folder / "seg_all.dcm", summary)
        (segment,) = read.segments
        assert {index: int(mask.sum()) for index, mask in segment.masks.items()} == dict.fromkeys(
            (1, 2, 3), pixels
        )
        (caution,) = read.cautions
        assert caution.startswith("6 of the 9 frames name images that are not among these slices")


def test_masks_are_the_frames_that_pydicom_finds_by_their_images(
    field_case: Callable[[str], Path],
) -> None:
    folder = field_case("seg_03_cine_4d")
    dataset = pydicom.dcmread(folder / "seg_all.dcm")
    by_image = {
        group.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID: frame > 0
        for group, frame in zip(
            dataset.PerFrameFunctionalGroupsSequence, dataset.pixel_array, strict=True
        )
    }
    for summary in find_series(folder / "mr"):
        (segment,) = read_masks_with_cautions(folder / "seg_all.dcm", summary).segments
        expected = {
            index: by_image[record.sop_instance_uid]
            for index, record in enumerate(summary.records)
            if record.sop_instance_uid in by_image
        }
        assert_same_masks(segment.masks, expected)


@pytest.mark.parametrize("file", ["seg_p3_listed_all.dcm", "o3.dcm"])
def test_masks_of_one_phase_land_on_another_only_on_request(
    field_case: Callable[[str], Path], file: str
) -> None:
    folder = field_case("seg_03_cine_4d")
    *others, third = find_series(folder / "mr")
    (segment,) = read_masks_with_cautions(folder / file, third).segments
    assert [int(mask.sum()) for mask in segment.masks.values()] == [81, 81, 81]
    for summary in others:
        with pytest.raises(NeedsConsentError, match="such as another phase"):
            read_masks_with_cautions(folder / file, summary)
        (segment,) = read_masks_with_cautions(
            folder / file, summary, allow_same_frame=True
        ).segments
        assert [int(mask.sum()) for mask in segment.masks.values()] == [81, 81, 81]


@pytest.mark.parametrize(
    ("file", "expected", "cautions"),
    [
        ("lm_ok.dcm", {"A": 36, "B": 48, "C": 60}, []),
        ("lm16.dcm", {"A": 36, "B": 48, "C": 60}, []),
        ("lm_pal.dcm", {"A": 36, "B": 48, "C": 60}, []),
        (
            "lm_undescribed.dcm",
            {"A": 36, "B": 48, "Segment 7": 60},
            ["The value 7 is not described; it is read as “Segment 7”."],
        ),
        (
            "lm_seg0.dcm",
            {"Zero organ": 36, "B": 48},
            ["“Zero organ” has the number 0, which segments cannot have; it is segment 1 here."],
        ),
        ("fr_PROBABILITY.dcm", {"Liver": 100}, []),
        ("fr_OCCUPANCY.dcm", {"Liver": 100}, []),
        ("fr_max100.dcm", {"Liver": 100}, []),
        (
            "fr_nomax.dcm",
            {"Liver": 100},
            [
                "The file does not state which value means the whole of a pixel (Maximum "
                "Fractional Value); its largest value, 255, is taken for it: check the outlines."
            ],
        ),
        (
            "segtype_missing.dcm",
            {"Liver": 100},
            [
                "The file does not state its Segmentation Type; it is read as FRACTIONAL: check "
                "the masks."
            ],
        ),
    ],
)
def test_no_value_is_lost_or_misread_without_a_word(
    field_case: Callable[[str], Path],
    file: str,
    expected: dict[str, int],
    cautions: list[Any] | list[str],
) -> None:
    found, said = opened(field_case("seg_12_labelmap_fractional"), file)
    assert found == {label: {1: pixels, 2: pixels} for label, pixels in expected.items()}
    assert list(said) == cautions


def test_a_number_that_two_segments_use_is_named(field_case: Callable[[str], Path]) -> None:
    found, said = opened(field_case("seg_12_labelmap_fractional"), "dup_numbers.dcm")
    assert found == {"Left / Right": {1: 36, 2: 48}}
    assert list(said) == [
        "The number 1 stands for 2 segments, which cannot be told apart: they are one segment "
        "here, “Left / Right”."
    ]


@pytest.mark.parametrize(
    "file",
    [
        *("no_for.dcm", "no_position.dcm", "no_refs_at_all.dcm", "no_refseries.dcm"),
        *("pos_no_orient.dcm", "refs_off_by_one.dcm", "reversed.dcm", "wrong_for.dcm"),
        "spacing_half_percent.dcm",
    ],
)
def test_masks_lie_where_they_belong_whatever_is_missing(
    field_case: Callable[[str], Path], file: str
) -> None:
    found, said = opened(field_case("seg_11_seg_references"), file)
    assert found == {"Liver": {1: 81, 2: 113, 4: 81, 6: 49, 7: 81}}
    beginnings = {
        "no_refs_at_all.dcm": ["The file does not say which images it was made on"],
        "refs_off_by_one.dcm": ["5 of the 5 frames lie on other slices than the images they name"],
        "wrong_for.dcm": ["The file names another frame of reference than the series"],
    }
    expected = beginnings.get(file, [])
    assert len(said) == len(expected) and all(map(str.startswith, said, expected))


@pytest.mark.parametrize("file", ["flipped.dcm", "cropped.dcm"])
def test_convert_names_the_option_that_gives_consent(
    field_case: Callable[[str], Path], file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = field_case("seg_11_seg_references")
    command = ["convert", str(folder / "ct"), str(folder / file), str(tmp_path / "out.dcm")]
    assert main(command) == 2
    assert capsys.readouterr().err.endswith("; --allow-same-frame uses it anyway.\n")
    assert main([*command, "--allow-same-frame"]) == 0


def test_convert_says_what_was_left_open(
    field_case: Callable[[str], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = field_case("seg_12_labelmap_fractional")
    source, out = folder / "lm_undescribed.dcm", tmp_path / "out.nii.gz"
    assert main(["convert", str(folder / "ct"), str(source), str(out)]) == 0
    assert "Caution: The value 7 is not described" in capsys.readouterr().err
