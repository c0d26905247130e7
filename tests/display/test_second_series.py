from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.dicom.errors import DicomError
from core.dicom.reading import find_series, read_series
from core.dicom.series import SeriesSummary
from core.display.second_series import fitting_series, reason_against, sampling_factor, second_slice
from tests.support.synthetic_series import (
    AXIAL,
    CORONAL,
    PLACEMENTS,
    SAGITTAL,
    Placement,
    write_series,
)


def write(
    folder: Path, placement: Placement, frame: str = "2.25.9", **settings: Any
) -> SeriesSummary:
    write_series(folder, placement, FrameOfReferenceUID=frame, **settings)
    return find_series(folder)[0]


@pytest.mark.parametrize("placement", PLACEMENTS, ids=lambda placement: placement.name)
def test_a_series_on_the_same_planes_is_shown_as_it_is(
    tmp_path: Path, placement: Placement
) -> None:
    first = write(tmp_path / "t1", placement, seed=1)
    second = read_series(write(tmp_path / "flair", placement, seed=2))
    for index in (0, 4, 8):
        beside = second_slice(first, index, second)
        assert beside.nearest == index and beside.is_covered.all() and beside.away < 1e-3
        np.testing.assert_allclose(beside.values, second.volume[index], atol=0.5)


def test_a_coarser_series_shows_its_nearest_slice_and_ends_where_it_ends(tmp_path: Path) -> None:
    first = write(tmp_path / "fine", Placement("fine", step=1.0), slices=12)
    coarse = Placement("coarse", step=4.0, pixel_spacing=(1.5, 1.5))
    second = read_series(write(tmp_path / "coarse", coarse, slices=2, seed=2))
    found = [second_slice(first, index, second).nearest for index in range(8)]
    assert found[:2] == [0, 0] and found[3:6] == [1, 1, 1] and found[7] is None
    beside = second_slice(first, 0, second)
    np.testing.assert_allclose(beside.values[::2, ::2], second.volume[0][:12, :20], atol=0.5)
    outside = second_slice(first, 7, second)
    assert not outside.is_covered.any() and (outside.values == second.volume.min()).all()
    assert second_slice(first, 1, second).away == pytest.approx(1)
    assert (second_slice(first, 7, second, outside=-2000).values == -2000).all()


def test_a_finer_series_is_sampled_as_finely_as_it_is(tmp_path: Path) -> None:
    coarse = Placement("coarse", pixel_spacing=(3, 3), origin=(0, 0, 0))
    fine = Placement("fine", pixel_spacing=(1, 1), origin=(-1, -1, 0))
    first = write(tmp_path / "pet", coarse, rows=8, columns=10)
    second = read_series(write(tmp_path / "ct", fine, rows=24, columns=30, seed=2))
    assert (
        sampling_factor(first, second.summary) == 3 and sampling_factor(second.summary, first) == 1
    )
    beside = second_slice(first, 4, second, finer=3)
    np.testing.assert_allclose(beside.values, second.volume[4], atol=0.5)


@pytest.mark.parametrize("orientation", [SAGITTAL, CORONAL])
def test_a_series_of_another_orientation_is_cut_along_the_plane(
    tmp_path: Path, orientation: tuple[float, ...]
) -> None:
    """Values that grow along z: each axial plane through them is flat."""
    # Sagittal slices go to the right, the first one lies farthest left.
    origin = (19, 0, 19) if orientation is SAGITTAL else (0, 0, 19)
    side = Placement("side", orientation=orientation, pixel_spacing=(1, 1), origin=origin)
    summary = write(tmp_path / "side", side, rows=20, columns=20, slices=20)
    series = read_series(summary)
    heights = 19 - np.arange(20)
    series.volume[:] = 100 * heights[None, :, None]
    axial = Placement("axial", orientation=AXIAL, step=1.0, origin=(0, 0, 0), pixel_spacing=(1, 1))
    first = write(tmp_path / "axial", axial, rows=20, columns=20, slices=10, seed=3)
    beside = second_slice(first, 7, series)
    assert beside.is_covered.any() and len(beside.slices) > 1 and beside.nearest is None
    np.testing.assert_allclose(beside.values[beside.is_covered], 700, atol=0.01)


def test_only_series_in_the_same_frame_of_reference_can_be_shown(tmp_path: Path) -> None:
    first = write(tmp_path / "a", PLACEMENTS[0], seed=1)
    same = write(tmp_path / "b", PLACEMENTS[2], seed=2)
    other = write(tmp_path / "c", PLACEMENTS[0], frame="2.25.10", seed=3)
    nowhere = write(tmp_path / "d", PLACEMENTS[0], frame="", seed=4)
    assert fitting_series(first, [first, same, other, nowhere]) == [same]
    assert "another frame of reference" in (reason_against(first, other) or "")
    assert "has no position in the patient" in (reason_against(first, nowhere) or "")
    with pytest.raises(DicomError, match="do not share a frame of reference"):
        second_slice(first, 0, read_series(other))
