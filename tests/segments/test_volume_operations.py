"""Operations on whole segments, compared with what the words mean, voxel by voxel."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray

from core.segments.volume_operations import (
    VoxelGrid,
    add_margin,
    fill_cavities,
    fill_holes,
    keep_largest_part,
    keep_values,
    remove_islands,
    smooth,
)

EVEN = VoxelGrid(np.arange(0.0, 60.0, 5.0), np.full(12, 5.0), (1.0, 0.5), np.zeros((12, 2)))
UNEVEN = VoxelGrid(
    np.array([0.0, 1.0, 2.0, 4.0, 9.0, 10.0]),
    np.array([1.0, 1.0, 1.5, 3.5, 3.0, 1.0]),
    (0.8, 1.2),
    np.zeros((6, 2)),
)
# Each slice lies elsewhere, by parts of pixels as well.
TILTED = replace(UNEVEN, shifts=np.outer(UNEVEN.positions, [0.37, -0.61]))
GRIDS = pytest.mark.parametrize(
    "grid", [EVEN, UNEVEN, TILTED], ids=["even", "uneven", "shifted slices"]
)


def empty(slices: int = 12, rows: int = 20, columns: int = 24) -> NDArray[np.bool_]:
    return np.zeros((slices, rows, columns), dtype=np.bool_)


def scattered(slices: int = 6) -> NDArray[np.bool_]:
    return np.random.default_rng(4).random((slices, 9, 11)) < 0.06


def within(mask: NDArray[np.bool_], grid: VoxelGrid, reach: float) -> NDArray[np.bool_]:
    """Voxels whose centre lies within reach of the centre of a marked one, one after the other."""
    places = np.stack(
        np.meshgrid(
            grid.positions,
            np.arange(mask.shape[1]) * grid.pixel_spacing[0],
            np.arange(mask.shape[2]) * grid.pixel_spacing[1],
            indexing="ij",
        ),
        axis=-1,
    )
    places[..., 2] += grid.shifts[:, 0, None, None]
    places[..., 1] += grid.shifts[:, 1, None, None]
    found = np.zeros_like(mask)
    for place in places[mask]:
        found |= np.linalg.norm(places - place, axis=-1) <= reach + 1e-3
    return found


def test_the_largest_part_is_that_of_the_largest_volume_and_not_of_most_voxels() -> None:
    mask = empty(6)
    mask[0, :2, :5] = True  # 10 voxels of 1 mm
    mask[3:5, 10:12, 10:12] = True  # 8 voxels of about 3 mm
    kept = keep_largest_part(mask, UNEVEN)
    assert kept[3:5].sum() == 8 and kept.sum() == 8


def test_parts_are_connected_over_slices_and_corners() -> None:
    mask = empty()
    for index in range(5):
        mask[index, index, index] = True
    mask[8, 15, 15] = True
    kept = keep_largest_part(mask, EVEN)
    assert np.array_equal(kept[:5], mask[:5]) and not kept[8].any()


def test_islands_below_a_volume_go_and_those_of_exactly_that_volume_stay() -> None:
    mask = empty()
    mask[1, 1, 1:4] = True  # 3 × 2.5 mm³
    mask[5, 5:7, 5:7] = True  # 4 × 2.5 mm³
    kept = remove_islands(mask, EVEN, 10.0)
    assert not kept[1].any() and kept[5].sum() == 4
    assert not remove_islands(mask, EVEN, 10.1).any()


@GRIDS
def test_nothing_stays_nothing(grid: VoxelGrid) -> None:
    nothing = empty(len(grid.positions))
    for changed in (
        keep_largest_part(nothing, grid),
        remove_islands(nothing, grid, 5),
        fill_holes(nothing),
        fill_cavities(nothing, grid),
        smooth(nothing, grid, 2.0),
        add_margin(nothing, grid, 3.0),
        add_margin(nothing, grid, -3.0),
    ):
        assert changed.shape == nothing.shape and not changed.any()


def test_holes_are_filled_within_slices_and_cavities_only_where_closed_above_and_below() -> None:
    mask = empty()
    mask[2:7, 2:12, 2:12] = True
    mask[2:7, 5, 5] = False  # a channel through all slices
    mask[3:5, 8, 8] = False  # closed on all sides
    assert fill_holes(mask)[2:7, 2:12, 2:12].all()
    filled = fill_cavities(mask, EVEN)
    assert not filled[2:7, 5, 5].any() and filled[3:5, 8, 8].all()
    assert filled.sum() == mask.sum() + 2


@pytest.mark.parametrize("reach", [1.0, 2.4, 5.0, 7.3])
@GRIDS
def test_a_margin_reaches_as_far_in_mm_in_every_direction(grid: VoxelGrid, reach: float) -> None:
    mask = scattered(len(grid.positions))
    assert np.array_equal(add_margin(mask, grid, reach), within(mask, grid, reach))
    solid = ~mask
    assert np.array_equal(add_margin(solid, grid, -reach), ~within(mask, grid, reach))


def test_a_margin_of_nothing_changes_nothing_and_the_border_of_the_series_removes_nothing() -> None:
    mask = scattered()
    assert np.array_equal(add_margin(mask, UNEVEN, 0.0), mask)
    full = ~empty(6)
    assert add_margin(full, UNEVEN, -3.0).all()


@GRIDS
def test_smoothing_keeps_a_flat_surface_where_it_is(grid: VoxelGrid) -> None:
    # Of a surface that is flat in the patient, so in other rows on slices that are shifted.
    rows = np.arange(40) * grid.pixel_spacing[0]
    mask = empty(len(grid.positions), 40)
    mask |= (rows[None, :] + grid.shifts[:, 1, None] >= 12)[:, :, None]
    assert np.array_equal(smooth(mask, grid, 2.0), mask)


def test_a_straight_rod_over_shifted_slices_is_one_part_and_stays_where_it_is() -> None:
    grid = replace(EVEN, shifts=np.outer(np.arange(12), [1.5, 8.0]))  # 3 columns, 8 rows a slice
    upright, rod = empty(12, 120, 60), empty(12, 120, 60)
    upright[2:10, 100:106, 40:52] = True
    for index in range(12):
        rod[index] = np.roll(upright[index], (-8 * index, -3 * index), (0, 1))
    rod[11, 55:58, 55:58] = True
    kept = keep_largest_part(rod, grid)
    assert kept[2:10].sum() == upright.sum() and not kept[11].any()
    assert keep_largest_part(rod, EVEN).sum() < upright.sum()
    smoothed, expected = smooth(kept, grid, 2.5), smooth(upright, EVEN, 2.5)
    for index in range(12):
        back = np.roll(smoothed[index], (8 * index, 3 * index), (0, 1))
        assert np.array_equal(back, expected[index])


def test_a_cavity_is_closed_where_its_slices_lie_above_each_other_in_the_patient() -> None:
    grid = replace(EVEN, shifts=np.outer(np.arange(12), [0.0, 3.0]))
    mask = empty(12, 60, 24)
    for index in range(2, 6):
        mask[index, 40 - 3 * index : 52 - 3 * index, 4:16] = True
    for index in (3, 4):
        mask[index, 46 - 3 * index, 9] = False
    filled = fill_cavities(mask, grid)
    assert filled.sum() == mask.sum() + 2 and filled[3, 37, 9] and filled[4, 34, 9]


def test_smoothing_takes_the_slices_beside_into_account_as_far_as_they_are_near() -> None:
    mask = empty(6)
    mask[:, 5:15, 5:15] = True
    mask[1] = False  # 1 mm from both neighbours
    assert smooth(mask, UNEVEN, 2.0)[1, 8:12, 8:12].all()
    mask[1], mask[4] = mask[0], False
    # Its neighbours are 5 mm and 1 mm away, and it stands for 3 mm itself.
    assert not smooth(mask, UNEVEN, 0.5)[4].any()


def test_smoothing_removes_what_is_smaller_than_its_length() -> None:
    mask = empty()
    mask[2:10, 4:16, 4:16] = True
    mask[5, 2, 10] = True
    smoothed = smooth(mask, EVEN, 1.5)
    assert not smoothed[5, 2, 10] and smoothed[5, 6:14, 8:12].all()


def test_smoothing_needs_a_length() -> None:
    for length in (0.0, -1.0, float("nan")):
        with pytest.raises(ValueError, match="above 0"):
            smooth(empty(), EVEN, length)


def test_a_range_of_values_removes_voxels_outside_of_it_and_adds_none() -> None:
    values = np.arange(6 * 9 * 11, dtype=np.int16).reshape(6, 9, 11)
    mask = scattered()
    kept = keep_values(mask, values, 100, 300)
    assert np.array_equal(kept, mask & (values >= 100) & (values <= 300))
    with pytest.raises(ValueError, match="above"):
        keep_values(mask, values, 5, 4)


def test_volumes_count_each_slice_by_what_it_stands_for() -> None:
    mask = empty(6)
    mask[:, 0, 0] = True
    assert UNEVEN.volume_mm3(mask) == pytest.approx(11.0 * 0.8 * 1.2)


def test_only_a_box_around_the_mask_is_computed_and_the_place_does_not_matter() -> None:
    for row, column in product((0, 8, 15), (0, 10, 19)):
        mask = empty()
        mask[5, row : row + 5, column : column + 5] = True
        grown = add_margin(mask, EVEN, 1.0)
        assert grown[5].sum() == within(mask, EVEN, 1.0)[5].sum()
