from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.pixels import apply_windowing

from core.dicom.series import Window
from core.display.grey import automatic_window, to_grey


@pytest.mark.parametrize("window", [Window(40, 400), Window(-600, 1500), Window(3.5, 1)])
def test_grey_levels_are_those_of_pydicoms_windowing(window: Any) -> None:
    values = np.arange(-1024, 3072, dtype=np.int16).reshape(64, 64)
    dataset = Dataset()
    dataset.WindowCenter, dataset.WindowWidth = window.center, window.width
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.BitsStored, dataset.PixelRepresentation = 16, 1
    dataset.RescaleSlope, dataset.RescaleIntercept = 1, 0
    theirs = (apply_windowing(values, dataset) + 2**15) / (2**16 - 1) * 255
    assert np.abs(to_grey(values, window) - theirs).max() <= 1


def test_inverted_images_show_low_values_bright() -> None:
    values = np.array([[0, 100]], np.int16)
    assert to_grey(values, Window(50, 100), inverted=True).tolist() == [[255, 0]]


def test_automatic_window_holds_nearly_all_values_but_no_outliers() -> None:
    values = np.random.default_rng(0).normal(500, 50, 100_000)
    values[:20] = 1e6
    window = automatic_window(values)
    low, high = window.center - window.width / 2, window.center + window.width / 2
    assert 350 < low < 400 and 600 < high < 650


def test_automatic_window_of_a_constant_image_is_usable() -> None:
    assert to_grey(np.zeros((2, 2)), automatic_window(np.zeros((2, 2)))).shape == (2, 2)
