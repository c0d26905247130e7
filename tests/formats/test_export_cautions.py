"""What the shortcomings of a series mean for the files that are written of it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.dicom.reading import find_series
from core.dicom.series import SeriesSummary
from core.formats.export_cautions import export_cautions
from core.formats.writing import FORMATS, WritingOptions
from core.segments.segment import SegmentDetails
from tests.support.mask_round_trips import make_segments
from tests.support.synthetic_series import PLACEMENTS, Placement, write_images, write_series


def said(summary: SeriesSummary, **options: Any) -> dict[str, list[str]]:
    return {
        form: list(export_cautions(form, summary, WritingOptions(**options))) for form in FORMATS
    }


@pytest.mark.parametrize("placement", PLACEMENTS, ids=lambda placement: placement.name)
def test_a_sound_series_has_none(tmp_path: Path, placement: Placement) -> None:
    write_series(tmp_path / "series", placement)
    (summary,) = find_series(tmp_path / "series")
    assert not any(said(summary, resample=True).values())


def test_missing_slices_matter_to_volumes_and_to_a_grid(tmp_path: Path) -> None:
    write_series(tmp_path / "series", PLACEMENTS[0], skip=(3, 4))
    (summary,) = find_series(tmp_path / "series")
    found = said(summary, resample=True)
    assert found["csv"] == [
        "Slices seem to be missing: what lies between is not in the volumes of the table."
    ]
    assert found["nifti"] == [
        "The NIfTI file has 9 planes, 2.50 mm apart, for 7 slices in uneven steps: each plane "
        "takes the nearest slice, and planes where slices are missing are empty."
    ]
    assert not found["seg"] and not said(summary)["nifti"]


@pytest.mark.parametrize(
    ("missing", "means_nothing"),
    [
        ((), "the distance between its slices means nothing."),
        (
            ("PixelSpacing",),
            "the distance between its slices and the size of its pixels mean nothing.",
        ),
    ],
)
def test_a_series_without_positions_has_no_place_and_no_volume(
    tmp_path: Path, missing: tuple[str, ...], means_nothing: str
) -> None:
    attributes = dict.fromkeys(("ImagePositionPatient", *missing))
    write_images(tmp_path / "series", [attributes] * 3)
    summary = find_series(tmp_path / "series")[0]
    found = said(summary)
    assert found["nifti"][0].startswith("The images do not say where their slices lie")
    assert found["nifti"][0].endswith(means_nothing)
    assert found["csv"][0].endswith("the table has neither areas nor volumes.")


def test_a_single_slice_of_unknown_thickness_has_no_volume(tmp_path: Path) -> None:
    write_series(tmp_path / "series", PLACEMENTS[0], slices=1, SliceThickness=None)
    (summary,) = find_series(tmp_path / "series")
    found = said(summary)
    assert found["csv"] == [
        "The only slice does not say how thick it is, so the table has no volumes."
    ]
    made_up = [
        "The only slice does not say how thick it is, which DICOM-SEG and NIfTI files must say: "
        "their 1 mm is made up."
    ]
    for form in ("seg", "labelmap", "deidentified", "nifti"):
        assert found[form] == made_up
    assert not found["rtstruct"] and not found["png"]


def test_pictures_that_may_show_a_name_are_told(tmp_path: Path) -> None:
    write_series(tmp_path / "series", PLACEMENTS[0], Modality="US")
    (summary,) = find_series(tmp_path / "series")
    found = said(summary)
    assert [form for form, cautions in found.items() if cautions] == ["png", "deidentified"]


def test_what_a_structure_set_cannot_hold_is_told(tmp_path: Path) -> None:
    write_series(tmp_path / "series", PLACEMENTS[0])
    (summary,) = find_series(tmp_path / "series")
    (first, second) = make_segments(summary)
    details = SegmentDetails(tracking_id="Lesion 1", tracking_uid="1.2.3")
    tracked = replace(first, segment=replace(first.segment, details=details))
    found = {
        form: list(export_cautions(form, summary, WritingOptions(), [tracked, second]))
        for form in ("seg", "rtstruct")
    }
    assert found == {
        "seg": [],
        "rtstruct": [
            "A structure set has no place for tracking identifiers and anatomic regions, which "
            "are left out: “Liver”."
        ],
    }
