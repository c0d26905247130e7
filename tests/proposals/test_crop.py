import numpy as np
import pytest
import torch

from core.proposals.crop import SIDE, Crop, crop_around

SPACINGS = [(3.0, 1.0, 1.0), (1.0, 0.7, 1.4), (5.0, 0.3, 0.3), (1.0, 3.0, 3.0)]


def disc(
    shape: tuple[int, ...],
    spacing: tuple[float, float, float],
    center_mm: tuple[float, float],
    radius_mm: float,
) -> np.ndarray:
    """Mask of a disc given in mm from the centre of the first pixel."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(float)
    return (y * spacing[1] - center_mm[0]) ** 2 + (x * spacing[2] - center_mm[1]) ** 2 < (
        radius_mm**2
    )


@pytest.mark.parametrize("spacing", SPACINGS)
def test_surrounds_all_examples_with_room_to_move(spacing: tuple[float, float, float]) -> None:
    masks = np.zeros((2, 120, 140), bool)
    masks[0, 50:60, 60:66] = True
    masks[1, 40:52, 58:70] = True
    crop = crop_around(masks, spacing)
    rows, columns = crop.window
    assert rows.start < 40 and rows.stop > 60
    assert columns.start < 58 and columns.stop > 70
    assert masks[:, rows, columns].sum() == masks.sum()


@pytest.mark.parametrize("spacing", SPACINGS)
def test_is_square_in_millimetres(spacing: tuple[float, float, float]) -> None:
    """A disc is round for the network even where pixels are not square."""
    mask = disc((150, 130), spacing, (60 * spacing[1], 60 * spacing[2]), 12 * max(spacing[1:]))
    seen = crop_around([mask], spacing).masks(mask)
    height = np.flatnonzero(seen.any(axis=1)).size
    width = np.flatnonzero(seen.any(axis=0)).size
    assert abs(height - width) <= 2
    assert seen.sum() == pytest.approx(np.pi / 4 * height * width, rel=0.08)


def test_stays_inside_the_slice_where_it_fits() -> None:
    mask = np.zeros((100, 100), bool)
    mask[:20, 85:] = True
    crop = crop_around([mask], (1, 1, 1))
    rows, columns = crop.window
    assert rows.start == 0 and columns.stop == 100
    assert rows.stop - rows.start == pytest.approx(crop.side_mm, abs=1)
    assert columns.stop - columns.start == pytest.approx(crop.side_mm, abs=1)


def test_a_structure_of_the_whole_slice_gets_the_whole_slice() -> None:
    crop = crop_around([np.ones((64, 100), bool)], (2, 1, 1))
    assert crop.window == (slice(0, 64), slice(0, 100))
    assert crop.side_mm == 100


def test_a_speck_keeps_surroundings() -> None:
    mask = np.zeros((100, 100), bool)
    mask[50, 50] = True
    rows, columns = crop_around([mask], (1, 1, 1)).window
    assert rows.stop - rows.start >= 15 and columns.stop - columns.start >= 15


@pytest.mark.parametrize("spacing", SPACINGS)
@pytest.mark.parametrize("radius", [6, 15, 40])
def test_masks_come_back_as_they_were(spacing: tuple[float, float, float], radius: int) -> None:
    mask = disc((160, 160), spacing, (75 * spacing[1], 85 * spacing[2]), radius * min(spacing[1:]))
    crop = crop_around([mask], spacing)
    back = crop.whole(crop.restore(crop.masks(mask).astype(np.float32) - 0.5) > 0)
    dice = 2 * (back & mask).sum() / (back.sum() + mask.sum())
    # An outline between pixels moves by less than half a pixel of the coarser grid.
    assert dice > 1 - 0.5 * max(crop.pixel_mm, *spacing[1:]) / (radius * min(spacing[1:]))


def test_resampling_agrees_with_torch() -> None:
    """Where the crop is the whole slice, it is torch's antialiased bilinear resize."""
    image = np.random.default_rng(5).random((300, 300)).astype(np.float32)
    crop = Crop((149.5, 149.5), 300.0, (300, 300), (1.0, 1.0))
    expected = torch.nn.functional.interpolate(
        torch.from_numpy(image)[None, None], (SIDE, SIDE), mode="bilinear", antialias=True
    )[0, 0].numpy()
    inner = np.s_[2:-2, 2:-2]
    assert np.allclose(crop.images(image)[inner], expected[inner], atol=1e-5)


def test_images_go_on_beyond_the_edge_and_masks_do_not() -> None:
    crop = Crop((10.0, 10.0), 60.0, (20, 20), (1.0, 1.0))
    assert np.allclose(crop.images(np.full((20, 20), 0.7, np.float32)), 0.7)
    seen = crop.masks(np.ones((20, 20), bool))
    assert not seen[0].any() and not seen[-1].any() and not seen[:, 0].any()
    assert seen[SIDE // 2, SIDE // 2]


def test_all_slices_at_once_or_one_by_one_are_the_same() -> None:
    random = np.random.default_rng(2)
    images = random.random((4, 50, 70)).astype(np.float32)
    crop = crop_around(images > 0.9, (1.0, 0.8, 1.2))
    together = crop.images(images)
    assert together.shape == (4, SIDE, SIDE)
    for image, seen in zip(images, together, strict=True):
        assert np.allclose(crop.images(image), seen, atol=1e-6)


def test_nothing_drawn_has_no_neighbourhood() -> None:
    with pytest.raises(ValueError, match="empty"):
        crop_around(np.zeros((2, 30, 30), bool), (1, 1, 1))
