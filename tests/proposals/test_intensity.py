import numpy as np
import pytest

from core.proposals.intensity import contrast_around, evened, prepare, scale, value_range


def test_ct_keeps_its_units_whatever_the_series_shows() -> None:
    dark = prepare(np.full((2, 3, 3), 250, np.int16), "CT")
    mixed = prepare(np.array([[[-2000, -500, 250, 1000, 3000]]], np.int16), "CT")
    assert np.allclose(dark, 0.5)
    assert np.allclose(mixed, [[[0, 0, 0.5, 1, 1]]])


def test_other_modalities_use_percentiles_of_the_whole_series() -> None:
    random = np.random.default_rng(0)
    volume = random.integers(100, 3000, (6, 40, 40)).astype(np.int16)
    prepared = prepare(volume, "MR")
    low, high = np.percentile(volume, (0.5, 99.5))
    assert np.allclose(prepared, np.clip((volume - low) / (high - low), 0, 1), atol=1e-6)


def test_a_tissue_keeps_its_value_on_every_slice() -> None:
    volume = np.zeros((4, 20, 20), np.float32)
    volume[:, 5, 5] = 70
    volume[2] += np.linspace(0, 1000, 400).reshape(20, 20)
    prepared = prepare(volume, "MR")
    assert prepared[0, 5, 5] == prepared[1, 5, 5] == prepared[3, 5, 5]


def test_scaling_slices_is_preparing_the_series() -> None:
    volume = np.random.default_rng(1).normal(500, 200, (5, 12, 9))
    limits = value_range(volume, "MR")
    assert np.array_equal(scale(volume[3], limits), prepare(volume, "MR")[3])


@pytest.mark.parametrize("value", [0, 7, -3.5])
def test_a_constant_series_is_no_problem(value: float) -> None:
    prepared = prepare(np.full((2, 4, 4), value, np.float32), "MR")
    assert np.isfinite(prepared).all()
    assert prepared.min() >= 0 and prepared.max() <= 1


def test_values_that_are_no_numbers_become_zero() -> None:
    volume = np.arange(32, dtype=np.float32).reshape(2, 4, 4)
    volume[0, 0, 0], volume[1, 1, 1], volume[1, 2, 2] = np.nan, np.inf, -np.inf
    prepared = prepare(volume, "MR")
    assert prepared[0, 0, 0] == 0 and prepared[1, 2, 2] == 0 and prepared[1, 1, 1] == 1
    assert np.isfinite(prepared).all()
    assert not prepare(np.full((1, 2, 2), np.nan), "MR").any()


def test_contrast_leaves_room_around_the_structure_and_none_for_air_and_bone() -> None:
    images = np.full((2, 20, 20), 0.35, np.float32)
    images[:, 5:15, 5:15] = np.linspace(0.40, 0.44, 100).reshape(10, 10)
    images[:, 0], images[:, -1] = 0.0, 1.0
    masks = np.zeros(images.shape, bool)
    masks[:, 5:15, 5:15] = True
    low, high = contrast_around(images, masks)
    assert 0.3 < low < 0.39 and 0.45 < high < 0.54


def test_contrast_never_goes_beyond_what_there_is_and_is_never_nothing() -> None:
    images = np.full((1, 8, 8), 0.5, np.float32)
    images[0, 0, 0] = 1.0
    everything, nothing = np.ones(images.shape, bool), np.zeros(images.shape, bool)
    assert contrast_around(images, nothing) == (0.5, 1.0)
    low, high = contrast_around(images, everything)
    assert low == 0.5 and 0.5 < high <= 1.0


def test_a_thin_line_looks_alike_in_light_and_in_shade_once_brightness_is_evened_out() -> None:
    pictures = np.zeros((2, 64, 64), np.float32)
    pictures[0] = np.linspace(0.3, 0.9, 64)[:, None]
    pictures[1] = 0.2
    pictures[:, :, 32] *= 0.9
    even = evened(pictures)
    assert even.shape == pictures.shape and even.dtype == np.float32
    assert even.min() >= 0 and even.max() <= 1
    shade, light = even[0, 8:20, 32], even[0, 44:56, 32]
    assert np.ptp(pictures[0, :, 32]) > 0.5 and abs(shade.mean() - light.mean()) < 0.15
    assert (even[:, 16:48, 32] < even[:, 16:48, 20] - 0.1).all()


def test_what_is_bright_throughout_shows_nothing_when_evened_out() -> None:
    assert np.allclose(evened(np.full((1, 32, 32), 0.7, np.float32)), 0.5, atol=1e-3)
