import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pages.simple_canvas.rasters import Cover, TooMuchWork, cover_by_polygon, cover_by_stroke

SHAPE = (17, 23)
ROWS, COLUMNS = np.mgrid[: SHAPE[0], : SHAPE[1]]

places = st.tuples(st.floats(-15, 40), st.floats(-15, 40))
factors = st.floats(-3, 3)
matrices = st.tuples(factors, factors, factors, factors, places).map(
    lambda given: np.array([[given[0], given[1], given[4][0]], [given[2], given[3], given[4][1]]])
)


def whole(cover: Cover) -> NDArray[np.bool_]:
    """Mask of the whole image."""
    mask = np.zeros(SHAPE, dtype=np.bool_)
    mask[cover.first_row : cover.first_row + len(cover.pixels)] = cover.pixels
    return mask


def centres(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pixel centres [rows, columns, (x, y)] in the coordinates of the shape."""
    return np.stack([COLUMNS, ROWS, np.ones(SHAPE)], axis=-1) @ matrix.T


@settings(deadline=None, max_examples=150)
@given(matrices, st.lists(places, min_size=1, max_size=5), st.floats(0.1, 25))
def test_a_stroke_covers_what_is_near_it_however_it_is_turned_and_stretched(
    matrix: NDArray[np.float64], line: list[tuple[float, float]], radius: float
) -> None:
    assume(abs(np.linalg.det(matrix[:, :2])) > 0.05)
    points = np.array(line)
    covered = whole(cover_by_stroke([points], radius, matrix, SHAPE, most_work=10**6))

    apart = np.full(SHAPE, np.inf)
    pieces = [points[[0, 0]], *(points[[at, at + 1]] for at in range(len(points) - 1))]
    for start, end in pieces:
        piece = end - start
        length = max(piece @ piece, 1e-12)
        along = np.clip((centres(matrix) - start) @ piece / length, 0, 1)
        nearest = start + along[..., np.newaxis] * piece
        apart = np.minimum(apart, np.linalg.norm(centres(matrix) - nearest, axis=-1))
    clear = np.abs(apart - radius) > 1e-6
    assert np.array_equal(covered[clear], (apart <= radius)[clear])


@settings(deadline=None, max_examples=150)
@given(matrices, st.lists(places, min_size=3, max_size=7))
def test_a_polygon_covers_what_it_winds_around(
    matrix: NDArray[np.float64], corners: list[tuple[float, float]]
) -> None:
    assume(abs(np.linalg.det(matrix[:, :2])) > 0.05)
    points = np.array(corners)
    covered = whole(cover_by_polygon(points, matrix, SHAPE, most_work=10**6))

    # The winding number is the sum of the angles under which the edges are seen.
    turned = np.zeros(SHAPE)
    on_edge = np.zeros(SHAPE, dtype=np.bool_)
    for start, end in zip(points, np.roll(points, -1, axis=0), strict=True):
        one, other = start - centres(matrix), end - centres(matrix)
        cross = one[..., 0] * other[..., 1] - one[..., 1] * other[..., 0]
        dot = (one * other).sum(axis=-1)
        turned += np.arctan2(cross, dot)
        on_edge |= (np.abs(cross) < 1e-6) & (dot <= 1e-6)
    inside = np.rint(turned / (2 * np.pi)) != 0
    assert np.array_equal(covered[~on_edge], inside[~on_edge])


def test_work_is_bounded_before_it_is_done() -> None:
    corners = np.array([[0.0, 0.0], [20.0, 0.0], [20.0, 16.0]])
    identity = np.eye(2, 3)
    for cover in (
        lambda most: cover_by_stroke([corners], 3.0, identity, SHAPE, most_work=most),
        lambda most: cover_by_polygon(corners, identity, SHAPE, most_work=most),
    ):
        work = cover(10**6).work
        assert work > 0
        assert cover(work).pixels.any()
        with pytest.raises(TooMuchWork):
            cover(work - 1)


def test_only_the_rows_reached_are_returned() -> None:
    cover = cover_by_stroke([np.array([[5.0, 8.0]])], 2.0, np.eye(2, 3), SHAPE, most_work=10**6)
    assert cover.first_row == 6
    assert cover.pixels.shape == (5, SHAPE[1])
