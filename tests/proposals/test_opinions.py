"""What methods that follow the images say between two examples."""

import pytest
import torch
from torch import Tensor

from core.network.overlap import dice
from core.proposals.opinions import bounded_distances, opinions_between
from tests.proposals.test_optical_flow import SIDE, disc, picture_of

COLUMNS = (40, 46, 52, 58, 52, 46, 40)
STEP = torch.tensor([4.0])


@pytest.fixture(scope="module")
def winding() -> tuple[Tensor, Tensor]:
    """Pictures of a disc that goes right and comes back, and where it is."""
    masks = torch.stack([disc(64, column) for column in COLUMNS])
    return torch.stack([picture_of(mask, seed) for seed, mask in enumerate(masks)]), masks


def test_carried_outlines_follow_a_way_that_shapes_cannot_know(
    winding: tuple[Tensor, Tensor],
) -> None:
    pictures, masks = winding
    said = opinions_between(pictures[None], masks[:1], masks[-1:], STEP)
    assert float(said.agreement) > 0.85
    # Halfway, the examples' own shapes would expect it where both of them are.
    assert dice(masks[0].numpy(), masks[3].numpy()) < 0.3
    for carried in (said.from_below, said.from_above):
        assert carried.shape == (1, 5, SIDE, SIDE)
        for found, truth in zip(carried[0] > 0, masks[1:-1], strict=True):
            assert dice(found.numpy(), truth.numpy()) > 0.85


def test_examples_that_moved_onto_nothing_do_not_agree(winding: tuple[Tensor, Tensor]) -> None:
    pictures, masks = winding
    said = opinions_between(pictures[None], masks[:1], disc(100, 100)[None], STEP)
    assert float(said.agreement) < 0.2


def test_flows_that_are_known_are_not_computed_again(winding: tuple[Tensor, Tensor]) -> None:
    pictures, masks = winding
    still = torch.zeros(2, 1, 6, 2, SIDE // 2, SIDE // 2)
    said = opinions_between(pictures[None], masks[:1], masks[-1:], STEP, flows=still)
    outline = bounded_distances(masks[0])
    torch.testing.assert_close(said.from_below[0], outline.expand(5, -1, -1), atol=1e-3, rtol=0)


def test_half_precision_moves_no_outline(winding: tuple[Tensor, Tensor]) -> None:
    pictures, masks = winding
    said = opinions_between(pictures[None], masks[:1], masks[-1:], STEP)
    halved = said.kept()
    assert halved.walked.dtype == torch.float16
    assert ((halved.from_below > 0) != (said.from_below > 0)).float().mean() < 1e-3


def test_what_is_absent_is_a_quarter_of_the_view_away() -> None:
    nothing = torch.zeros(SIDE, SIDE, dtype=torch.bool)
    assert (bounded_distances(nothing) == -SIDE / 4).all()
