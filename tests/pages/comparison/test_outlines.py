"""Outlines of masks as paths of SVG."""

import re

import numpy as np
from numpy.typing import NDArray

from core.formats.contours import fill_contours
from pages.comparison.outlines import outline_path


def filled(path: str, rows: int, columns: int) -> NDArray[np.bool_]:
    """Pixels whose centres lie inside a path, by the even-odd rule."""
    contours = []
    for closed in path.split("Z")[:-1]:
        numbers = [float(one) for one in re.findall(r"[\d.]+", closed)]
        contours.append(np.array(numbers).reshape(-1, 2)[:, ::-1] - 0.5)
    return np.asarray(fill_contours(contours, rows, columns))


def test_filling_the_outline_gives_the_mask_back_with_its_holes_and_at_the_edge() -> None:
    rows, columns = np.ogrid[:40, :50]
    distance = np.hypot(rows - 12, columns - 9)
    mask = (distance < 14) & (distance > 4)
    assert mask[0].any() and mask[:, 0].any()
    mask[30:33, 40:50] = True
    assert np.array_equal(filled(outline_path(mask), 40, 50), mask)


def test_an_empty_mask_has_no_outline() -> None:
    assert outline_path(np.zeros((4, 5), np.bool_)) == ""


def test_straight_sides_take_no_points() -> None:
    mask = np.zeros((100, 100), np.bool_)
    mask[10:90, 10:90] = True
    assert outline_path(mask).count("L") < 10
