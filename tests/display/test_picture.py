"""Slices as pictures."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.dicom.reading import find_series
from core.display.picture import Layer, draw_slice, picture_size, png, thumbnail
from tests.support.synthetic_series import Placement, write_series

RED = (255, 0, 0)


def test_a_picture_has_the_proportions_of_the_patient() -> None:
    assert picture_size(100, 100, (1.0, 1.0), 500) == (500, 500)
    assert picture_size(100, 50, (1.0, 4.0), 400) == (400, 200)
    assert picture_size(1, 4000, (1.0, 1.0), 400) == (400, 1)


def test_a_slice_without_masks_stays_grey() -> None:
    grey = np.arange(256, dtype=np.uint8).reshape(16, 16)
    pixels = np.asarray(draw_slice(grey, (16, 16)))
    assert (pixels == grey[:, :, np.newaxis]).all()


def test_a_mask_is_filled_as_far_as_its_opacity_says_and_outlined() -> None:
    mask = np.zeros((16, 16), bool)
    mask[4:12, 4:12] = True
    grey = np.full((16, 16), 100, np.uint8)
    pixels = np.asarray(draw_slice(grey, (64, 64), [Layer(mask, RED, 0.5)]))
    assert pixels[32, 32].tolist() == [177, 50, 50]
    assert pixels[16, 32].tolist() == [255, 0, 0]
    assert (pixels[15] == 100).all()
    outline_only = np.asarray(draw_slice(grey, (64, 64), [Layer(mask, RED, 0.0)]))
    assert outline_only[32, 32].tolist() == [100, 100, 100]


@pytest.mark.parametrize("across", [True, False])
def test_the_outline_of_a_proposal_is_dashed_whichever_way_it_runs(across: bool) -> None:
    mask = np.zeros((32, 32), bool)
    mask[8:24, 8:24] = True
    grey = np.zeros((32, 32), np.uint8)
    layer = Layer(mask, RED, 0.0, dashed=True)
    pixels = np.asarray(draw_slice(grey, (256, 256), [layer]))[:, :, 0] == 255
    edge = pixels[64, 64:192] if across else pixels[64:192, 64]
    assert 0.3 < edge.mean() < 0.7
    assert np.count_nonzero(np.diff(edge.astype(int))) > 10


def test_the_sides_of_the_patient_stand_at_the_edges() -> None:
    grey = np.zeros((64, 64), np.uint8)
    picture = np.asarray(draw_slice(grey, (200, 200), letters=("R", "L", "A", "P")))
    pixels = (picture != 0).any(axis=2)
    for edge in (pixels[:, :30], pixels[:, -30:], pixels[:30], pixels[-30:]):
        assert edge.any()
    assert not pixels[40:160, 40:160].any()


def test_png_loses_nothing() -> None:
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8))
    assert (np.asarray(Image.open(io.BytesIO(png(picture)))) == np.asarray(picture)).all()


def test_thumbnails_have_true_proportions(tmp_path: Path) -> None:
    write_series(tmp_path, Placement("tall", pixel_spacing=(2.0, 0.5)))
    (summary,) = find_series(tmp_path)
    image = Image.open(io.BytesIO(thumbnail(summary, 96)))
    # 24 rows of 2 mm and 40 columns of 0.5 mm: 48 mm high, 20 mm wide.
    assert image.size == (40, 96)


def test_thumbnail_of_a_real_series_shows_something(shared_data: Path) -> None:
    (summary,) = find_series(shared_data / "dicom" / "totalseg_example_ct")
    grey = np.asarray(Image.open(io.BytesIO(thumbnail(summary))))
    assert grey.shape == (128, 128)
    assert np.ptp(grey) == 255 and grey.std() > 30
