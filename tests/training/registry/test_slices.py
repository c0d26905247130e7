"""Pictures and masks made of labelled scans."""

from itertools import permutations

import nibabel as nib
import numpy as np
import pytest

from core.training.registry.scans import LabelledScan, Structure
from core.training.registry.slices import (
    PreparedStack,
    SliceOptions,
    plane_slices,
    prepare_image,
    prepare_stacks,
)

RANDOM = np.random.default_rng(4)
# A patient's head-to-foot structure is told from the others by its place.
IMAGE = RANDOM.normal(0, 50, (40, 44, 36)).astype(np.float32)
MASK = np.zeros(IMAGE.shape, bool)
MASK[5:17, 10:30, 8:20] = True
LPS = np.diag([-1.0, -1.0, 1.0, 1.0])


def scan_of(
    image: np.ndarray = IMAGE,
    mask: np.ndarray = MASK,
    affine: np.ndarray = LPS,
    across: int = 2,
    everywhere: bool = True,
) -> LabelledScan:
    return LabelledScan(
        image, affine, across, "CT", {"block": Structure(lambda: mask, everywhere=everywhere)}
    )


def stacks_of(scan: LabelledScan, **options: object) -> dict[tuple[str, str], PreparedStack]:
    stacks = prepare_stacks(scan, SliceOptions(**options))  # type: ignore[arg-type]
    return {(stack.plane, stack.view): stack for stack in stacks}


def test_three_planes_and_two_views_are_made() -> None:
    assert set(stacks_of(scan_of())) == {
        (plane, view)
        for plane in ("axial", "coronal", "sagittal")
        for view in ("slice", "structure")
    }


def test_masks_lie_where_the_structure_is() -> None:
    stack = stacks_of(scan_of())["axial", "slice"]
    # 44 rows in 128 pixels; columns are centred within them.
    first_row, last_row = 10 * 128 / 44, 30 * 128 / 44
    first_column, last_column = (5 + 2) * 128 / 44, (17 + 2) * 128 / 44
    rows, columns = np.nonzero(stack.masks[len(stack.masks) // 2])
    assert abs(rows.min() - first_row) < 2 and abs(rows.max() + 1 - last_row) < 2
    assert abs(columns.min() - first_column) < 2 and abs(columns.max() + 1 - last_column) < 2
    present = stack.indices[stack.masks.any(axis=(1, 2))]
    assert (present.min(), present.max()) == (8, 19)
    assert stack.indices.min() < 8 and stack.indices.max() > 19


def test_the_structure_fills_its_own_view() -> None:
    stacks = stacks_of(scan_of())
    share = {
        view: stacks["axial", view].masks.mean(axis=(1, 2)).max() for view in SliceOptions().views
    }
    assert share["structure"] > 2 * share["slice"]


def test_positions_are_measured_in_sides_of_the_view() -> None:
    stacks = stacks_of(scan_of())
    for stack in stacks.values():
        steps = np.diff(stack.positions) * stack.crop.side_mm
        assert np.allclose(steps, np.diff(stack.indices))


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_order_and_direction_of_axes_in_the_file_do_not_matter(order: tuple[int, ...]) -> None:
    flips = (order[0] == 0, order[1] == 0, order[2] == 1)
    reverse = tuple(slice(None, None, -1) if flip else slice(None) for flip in flips)
    image, mask = (values.transpose(order)[reverse] for values in (IMAGE, MASK))
    affine = np.eye(4)
    affine[:3, :3] = LPS[:3, :3][:, list(order)] * np.where(flips, -1, 1)
    turned = scan_of(image, mask, affine, across=order.index(2))
    assert np.array_equal(prepare_image(turned), prepare_image(scan_of()))
    expected = stacks_of(scan_of())
    for key, stack in stacks_of(turned).items():
        assert np.array_equal(stack.masks, expected[key].masks)
        assert np.allclose(stack.positions, expected[key].positions)


def test_slices_are_shown_as_radiologists_see_them() -> None:
    volume = np.zeros((3, 4, 5))
    volume[:, :, -1] = 1
    volume[:, 0, :] += 2
    # The head is at the top; the front of the patient is at the top of axial slices, left in
    # sagittal ones.
    assert (plane_slices(volume, "coronal")[2, 0] == 1).all()
    assert (plane_slices(volume, "axial")[0, 0] == 2).all()
    assert (plane_slices(volume, "sagittal")[0, 1:, 0] == 2).all()


def test_thick_slices_are_not_cut_across() -> None:
    affine = LPS @ np.diag([1, 1, 5, 1])
    assert {plane for plane, _ in stacks_of(scan_of(affine=affine))} == {"axial"}


def test_a_thin_slab_is_not_cut_across() -> None:
    slab = scan_of(IMAGE[:, :, :12], MASK[:, :, 4:16])
    assert {plane for plane, _ in stacks_of(slab)} == {"axial"}


def test_a_single_picture_is_a_scan() -> None:
    picture = scan_of(IMAGE[:, :, :1], MASK[:, :, 10:11])
    stacks = stacks_of(picture)
    assert {plane for plane, _ in stacks} == {"axial"}
    assert stacks["axial", "slice"].indices.tolist() == [0]


def test_only_drawn_slices_of_a_sparse_drawing_are_used() -> None:
    drawn = np.zeros_like(MASK)
    drawn[:, :, [8, 12, 17]] = MASK[:, :, [8, 12, 17]]
    stacks = stacks_of(scan_of(mask=drawn, everywhere=False))
    assert {plane for plane, _ in stacks} == {"axial"}
    assert stacks["axial", "slice"].indices.tolist() == [8, 12, 17]


def test_of_many_slices_evenly_spaced_ones_are_kept() -> None:
    stack = stacks_of(scan_of(), slices=6)["coronal", "slice"]
    assert len(stack.indices) == 6
    assert np.ptp(np.diff(stack.indices)) <= 1


def test_specks_are_left_out() -> None:
    mask = MASK.copy()
    mask[:, :, 20:24] = False
    mask[10, 20, 20:22] = True
    stack = stacks_of(scan_of(mask=mask), views=("slice",), smallest=20)["axial", "slice"]
    assert not {20, 21} & set(stack.indices.tolist())
    assert {19, 22} <= set(stack.indices.tolist())
    only_specks = np.zeros_like(MASK)
    only_specks[10, 20, 20] = True
    assert not stacks_of(scan_of(mask=only_specks), views=("slice",), smallest=20)


def test_empty_structures_give_nothing() -> None:
    assert not stacks_of(scan_of(mask=np.zeros_like(MASK)))


def test_oblique_scans_take_the_nearest_planes() -> None:
    angle = 0.3
    turn = np.eye(4)
    turn[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    assert nib.aff2axcodes(turn @ LPS) == ("L", "P", "S")
    assert ("axial", "slice") in stacks_of(scan_of(affine=turn @ LPS))
