"""Guidance of training tasks is that of use, and sometimes bad or absent."""

import pytest
import torch
from torch import Generator, Tensor

from core.network.guidance import (
    AGREEMENT,
    CHANGE_ABOVE,
    CHANGE_BELOW,
    DISTANCE,
    FROM_ABOVE,
    FROM_BELOW,
    NEAR_ABOVE,
    NEAR_BELOW,
    PRIOR,
    WALKED,
)
from core.proposals.opinions import bounded_distances, opinions_between
from core.proposals.query_guidance import Direction, Walk, query_guidance
from core.training.guidance import make_guidance
from tests.proposals.test_optical_flow import SIDE, disc, picture_of

TASKS = 24
BETWEEN = 1


def sliding(query: int = 3) -> tuple[Tensor, Tensor, Tensor]:
    """Tasks of a disc that slides over seven slices, the outermost of which are drawn."""
    masks = torch.stack([disc(64, 46 + 4 * place) for place in range(7)])
    pictures = torch.stack([picture_of(mask, seed) for seed, mask in enumerate(masks)])
    below, above = query - (query + 1) // 2, query + (7 - query) // 2
    order = [0, 6, query, below, above]
    positions = torch.tensor([0.0, 6.0, float(query)]) * 4 / SIDE
    images = pictures[order].expand(TASKS, -1, -1, -1)
    return images, masks[[0, 6, query]].expand(TASKS, -1, -1, -1), positions.expand(TASKS, -1)


def guidance_of(images: Tensor, masks: Tensor, positions: Tensor, guided: bool = True) -> Tensor:
    generator = Generator().manual_seed(1)
    return make_guidance(generator, images, masks, positions, torch.full((TASKS,), guided))


def told(guidance: Tensor, channel: int) -> Tensor:
    """In which tasks a channel says anything."""
    return guidance[:, channel].flatten(1).abs().sum(dim=1) > 0


def test_what_is_told_is_what_a_proposal_would_be_told() -> None:
    images, masks, positions = sliding()
    guidance = guidance_of(images, masks, positions)
    chain = images[0, [0, 3, 2, 4, 1]]
    step = torch.tensor([6.0])
    said = opinions_between(chain[None], masks[:1, 0], masks[:1, 1], step, walk_iterations=30)
    expected = query_guidance(
        chain[2],
        bounded_distances(masks[0, 0]),
        Direction(12.0, said.from_below[0, 1], chain[1]),
        Direction(12.0, said.from_above[0, 1], chain[3]),
        Walk(said.walked[0, 1], float(said.agreement)),
    )
    for channel in (
        FROM_BELOW, FROM_ABOVE, WALKED, NEAR_BELOW, NEAR_ABOVE, CHANGE_BELOW, CHANGE_ABOVE,
        AGREEMENT,
    ):  # fmt: skip
        known = told(guidance, channel)
        assert 0 < known.sum() < TASKS
        difference = (guidance[known, channel] - expected[channel]).abs()
        assert difference.max() < 0.02


def test_beyond_the_outermost_example_one_side_is_told() -> None:
    images, masks, positions = sliding()
    positions = positions.clone()
    positions[:, 2] = 8 * 4 / SIDE
    guidance = guidance_of(images, masks, positions)
    assert told(guidance, FROM_BELOW).any() and told(guidance, NEAR_BELOW).any()
    for channel in (FROM_ABOVE, NEAR_ABOVE, CHANGE_ABOVE, WALKED, AGREEMENT):
        assert not told(guidance, channel).any()


@pytest.mark.parametrize("channel", [PRIOR, DISTANCE, FROM_BELOW, WALKED, CHANGE_BELOW])
def test_tasks_without_guidance_get_none(channel: int) -> None:
    assert not told(guidance_of(*sliding(), guided=False), channel).any()


def test_some_tasks_have_the_expected_outline_alone_as_corrections_do() -> None:
    guidance = guidance_of(*sliding())
    alone = told(guidance, PRIOR) & ~guidance[:, FROM_BELOW:].flatten(1).any(dim=1)
    assert 0 < alone.sum() < TASKS / 2
