"""How images are sorted into stacks, and what is said of these."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.uid import SecondaryCaptureImageStorage

from core.dicom.reading import find_series, read_series
from tests.support.synthetic_series import (
    PLACEMENTS,
    SAGITTAL,
    Placement,
    by_position,
    write_enhanced,
    write_images,
    write_series,
)


def test_made_up_identifiers_are_valid_and_the_same_at_every_reading(
    shared_data: Path, tmp_path: Path
) -> None:
    (first,) = find_series(shared_data / "dicom" / "totalseg_example_ct")
    copy = shutil.copytree(shared_data / "dicom" / "totalseg_example_ct", tmp_path / "elsewhere")
    (second,) = find_series(copy)
    assert first.uid == second.uid and first.study_uid == second.study_uid
    assert pydicom.uid.UID(first.uid).is_valid and pydicom.uid.UID(first.study_uid).is_valid


@pytest.mark.parametrize("placement", PLACEMENTS, ids=lambda placement: placement.name)
def test_any_placement_is_ordered_along_its_normal(tmp_path: Path, placement: Placement) -> None:
    written = write_series(tmp_path / "series", placement)
    (summary,) = find_series(tmp_path)
    series = read_series(summary)
    assert np.array_equal(series.volume, written.volume)
    assert [record.sop_instance_uid for record in series.slices] == written.sop_instance_uids
    assert (series.geometry.slice_gaps > 0).all()
    assert any("tilted" in problem for problem in summary.problems) == (placement.name == "tilted")


def test_enhanced_multi_frame_images_are_ordered_by_frame_position(tmp_path: Path) -> None:
    values = write_enhanced(tmp_path / "enhanced", PLACEMENTS[4])
    (summary,) = find_series(tmp_path)
    series = read_series(summary)
    assert np.array_equal(series.volume, values[0])
    assert {record.frame for record in series.slices} == {1, 2, 3, 4, 5, 6}
    assert len(series.slices) == 6
    assert summary.slice_spacing == pytest.approx(3.3, abs=1e-4)


def test_copies_of_a_file_are_left_out_and_told(tmp_path: Path) -> None:
    written = write_series(tmp_path / "series", PLACEMENTS[0])
    shutil.copytree(tmp_path / "series", tmp_path / "again")
    (summary,) = find_series(tmp_path)
    assert summary.slices == len(written.volume)
    assert "9 file(s) are copies of others and were left out." in summary.problems


def test_several_series_are_listed_each(tmp_path: Path) -> None:
    write_series(tmp_path / "one", PLACEMENTS[0], seed=1)
    write_series(tmp_path / "two", PLACEMENTS[2], seed=2)
    assert len(find_series(tmp_path)) == 2
    assert len(find_series([tmp_path / "one", tmp_path / "two"])) == 2


def test_localisers_and_other_orientations_are_split_off(tmp_path: Path) -> None:
    written = write_series(tmp_path / "axial", Placement("axial"), seed=3)
    write_series(tmp_path / "scout", Placement("scout", orientation=SAGITTAL), slices=2, seed=3)
    write_series(
        tmp_path / "localiser",
        Placement("localiser"),
        slices=1,
        seed=3,
        ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"],
    )
    summaries = sorted(find_series(tmp_path), key=lambda summary: -summary.slices)
    assert [summary.slices for summary in summaries] == [9, 2, 1]
    main = summaries[0]
    assert main.uid == main.series_instance_uid
    assert all(summary.uid != main.uid for summary in summaries[1:])
    assert all(pydicom.uid.UID(summary.uid).is_valid for summary in summaries)
    assert {summary.series_instance_uid for summary in summaries} == {main.uid}
    assert any("3 stacks" in problem for problem in main.problems)
    assert any("localiser, made" in problem for problem in summaries[2].problems)
    assert np.array_equal(read_series(main).volume, written.volume)


def test_identifiers_of_stacks_never_change(tmp_path: Path) -> None:
    """Stored annotations are known by them."""
    write_images(
        tmp_path,
        [
            {
                "SeriesInstanceUID": "1.2.3",
                "SOPInstanceUID": f"1.2.3.{number}",
                "ImagePositionPatient": [0, 0, 2.5 * index],
                "TemporalPositionIdentifier": volume,
            }
            for volume, numbers in ((1, (9, 11)), (2, (10, 12)), (3, (13, 14)))
            for index, number in enumerate(numbers)
        ],
    )
    uids = {one.series_description: one.uid for one in find_series(tmp_path)}
    assert uids == {
        "Synthetic (time point 1)": "2.25.131452336046418970981415543485489225416",
        "Synthetic (time point 2)": "1.2.3",
        "Synthetic (time point 3)": "2.25.197312264855926238450732807910979417182",
    }


def test_a_missing_slice_is_told_with_its_gap(tmp_path: Path) -> None:
    write_series(tmp_path, PLACEMENTS[0], skip=[4])
    (summary,) = find_series(tmp_path)
    assert summary.slice_spacing == pytest.approx(2.5)
    assert summary.geometry.missing_slices == {3: 1}
    assert any(
        "5.00 mm between slices 4 and 5 (counted from 1), 2.50 mm" in problem
        for problem in summary.problems
    )


def test_series_without_place_or_size_says_so(tmp_path: Path) -> None:
    write_series(tmp_path, PLACEMENTS[0])
    for path in tmp_path.iterdir():
        image = pydicom.dcmread(path)
        del image.ImagePositionPatient, image.PixelSpacing
        image.save_as(path)
    (summary,) = find_series(tmp_path)
    assert not summary.geometry.in_patient
    assert sum("do not say" in problem for problem in summary.problems) == 2
    numbers = [record.instance_number or 0 for record in summary.records]
    assert numbers == sorted(numbers)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"BurnedInAnnotation": "YES"}, "marked as showing text"),
        ({"BurnedInAnnotation": "YES", "Modality": "US"}, "marked as showing text"),
        ({"Modality": "US"}, "do not say that they show none"),
        ({"SOPClassUID": SecondaryCaptureImageStorage}, "do not say that they show none"),
        ({"Modality": "US", "BurnedInAnnotation": "NO"}, None),
        ({}, None),
    ],
)
def test_text_in_the_pixels_is_warned_of(tmp_path: Path, changes: Any, words: str | None) -> None:
    write_images(tmp_path, [changes])
    (summary,) = find_series(tmp_path)
    warnings = [
        problem
        for problem in summary.problems
        if "name the patient" in problem or "names the patient" in problem
    ]
    assert len(warnings) == (words is not None)
    assert all((words or "") in warning for warning in warnings)


@pytest.mark.parametrize(("shift", "is_told"), [(0.2, False), (5.0, True)])
def test_a_slice_beside_the_others_is_told(tmp_path: Path, shift: float, is_told: bool) -> None:
    write_series(tmp_path, PLACEMENTS[0], slices=5)
    path = by_position(tmp_path)[2].filename
    image = pydicom.dcmread(path)
    x, y, z = image.ImagePositionPatient
    image.ImagePositionPatient = [x, y + shift, z]
    image.save_as(path)
    (summary,) = find_series(tmp_path)
    told = [text for text in summary.problems if "straight line" in text]
    assert told == (
        [
            "Slices do not lie on a straight line but up to 5.0 mm beside it: positions are kept "
            "exactly, but structures jump from slice to slice."
        ]
        if is_told
        else []
    )
    assert summary.geometry.positions[2, 1] == pytest.approx(float(y) + shift)


@pytest.mark.parametrize(("spacing", "is_told"), [(0.750001, False), (0.7504, True)])
def test_pixel_sizes_that_hardly_differ_are_told(
    tmp_path: Path, spacing: float, is_told: bool
) -> None:
    write_images(tmp_path, [{}, {}, {"PixelSpacing": [spacing, 0.75]}])
    (summary,) = find_series(tmp_path)
    assert summary.slices == 3
    told = [text for text in summary.problems if "differ between slices" in text]
    assert bool(told) == is_told
