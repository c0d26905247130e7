"""Synthetic tasks: what they hold, and that they are what they claim to be."""

from typing import Any

import pytest
import torch
from torch import Generator

from core.network.guidance import ADDED, DISTANCE, GUIDANCE_CHANNELS, PRIOR, REMOVED
from core.training.arrangement import arrange
from core.training.synthesis import LABELS, Worlds, make_worlds
from core.training.tasks import Batch, make_batch, without_guidance


def batch_of(seed: int, tasks: int = 24, examples: int = 5, side: int = 48, **shares: Any) -> Batch:
    return make_batch(Generator().manual_seed(seed), tasks, examples, side, **shares)


def worlds_of(
    seed: int,
    tasks: int,
    examples: int,
    side: int,
    volume_share: float = 0.6,
    taught_share: float = 0.0,
) -> Worlds:
    generator = Generator().manual_seed(seed)
    arrangement = arrange(
        generator,
        tasks,
        examples,
        volume_share=volume_share,
        taught_share=taught_share,
        between=0,
    )
    return make_worlds(generator, arrangement, side)


def dice(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Dice of every task."""
    first, second = first.flatten(1).float(), second.flatten(1).float()
    return 2 * (first * second).sum(dim=1) / (first.sum(dim=1) + second.sum(dim=1)).clamp(min=1)


@pytest.mark.parametrize(("tasks", "examples", "side"), [(1, 1, 64), (3, 8, 32), (2, 64, 16)])
def test_a_batch_has_the_shapes_asked_for(tasks: int, examples: int, side: int) -> None:
    batch = batch_of(1, tasks, examples, side)
    assert batch.query.shape == batch.label.shape == (tasks, 1, side, side)
    assert batch.support.shape == (tasks, examples, 2, side, side)
    assert batch.guidance.shape == (tasks, GUIDANCE_CHANNELS, side, side)


def test_values_are_what_the_network_takes() -> None:
    batch = batch_of(2)
    for pictures in (batch.query, batch.support):
        assert pictures.isfinite().all()
        assert pictures.min() >= 0
        assert pictures.max() <= 1
    assert set(batch.label.unique().tolist()) == {0.0, 1.0}
    assert set(batch.support[:, :, 1].unique().tolist()) == {0.0, 1.0}
    assert batch.guidance[:, PRIOR].abs().max() <= 1
    assert batch.guidance[:, DISTANCE].min() >= 0
    assert set(batch.guidance[:, [ADDED, REMOVED]].unique().tolist()) <= {0.0, 1.0}


def test_the_same_seed_makes_the_same_tasks_and_another_seed_others() -> None:
    first, again, other = batch_of(3), batch_of(3), batch_of(4)
    assert torch.equal(first.query, again.query)
    assert torch.equal(first.guidance, again.guidance)
    assert not torch.equal(first.query, other.query)


def test_intensities_tell_structures_apart_in_most_tasks() -> None:
    batch = batch_of(5, tasks=64)
    images, masks = batch.support[:, :, 0], batch.support[:, :, 1] > 0.5
    inside = (images * masks).sum(dim=(1, 2, 3)) / masks.sum(dim=(1, 2, 3)).clamp(min=1)
    outside = (images * ~masks).sum(dim=(1, 2, 3)) / (~masks).sum(dim=(1, 2, 3)).clamp(min=1)
    assert ((inside - outside).abs() > 0.05).float().mean() > 0.5


def test_the_prior_of_guided_volumes_resembles_the_truth() -> None:
    batch = batch_of(6, tasks=64, examples=8, volume_share=1.0, guidance_share=1.0)
    guided = batch.guidance[:, PRIOR].flatten(1).abs().sum(dim=1) > 0
    present = batch.label.flatten(1).sum(dim=1) > 30
    agreement = dice(batch.guidance[:, PRIOR] > 0, batch.label[:, 0] > 0.5)[guided & present]
    assert guided.float().mean() > 0.9
    assert agreement.median() > 0.75
    # Bad priors belong to the lesson.
    assert agreement.min() < 0.6


def test_populations_get_no_prior() -> None:
    batch = batch_of(7, volume_share=0.0, guidance_share=1.0)
    assert not batch.guidance[:, [PRIOR, DISTANCE]].any()


def test_strokes_lie_where_they_say() -> None:
    batch = batch_of(8, tasks=96)
    added, removed = batch.guidance[:, ADDED] > 0, batch.guidance[:, REMOVED] > 0
    truth = batch.label[:, 0] > 0.5
    assert added.any()
    assert removed.any()
    # Only tasks whose masks were inverted, grown or shrunk afterwards could disagree, and those
    # have no guidance.
    assert not (added & ~truth).any()
    assert not (removed & truth).any()


def test_guidance_of_taught_tasks_comes_from_own_examples_alone() -> None:
    batch = batch_of(15, tasks=96, guidance_share=1.0, taught_share=1.0)
    guided = batch.guidance[:, PRIOR].flatten(1).any(dim=1)
    # Three in ten tasks have no example of the query's own series.
    assert 0.5 < guided.float().mean() < 0.85
    assert not batch.guidance[~guided][:, [PRIOR, DISTANCE]].any()
    present = guided & (batch.label.flatten(1).sum(dim=1) > 30)
    agreement = dice(batch.guidance[:, PRIOR] > 0, batch.label[:, 0] > 0.5)[present]
    assert agreement.median() > 0.6


def test_own_slices_of_taught_tasks_are_more_like_the_query_than_those_of_others() -> None:
    worlds = worlds_of(16, 64, 6, 32, taught_share=1.0)
    own = worlds.arrangement.positions[:, :-1].isfinite()
    same = (worlds.labels[:, :-1] == worlds.labels[:, -1:]).float().mean(dim=(2, 3))
    assert same[own].mean() > same[~own].mean() + 0.05


def test_empty_queries_and_empty_examples_occur() -> None:
    batch = batch_of(9, tasks=96, volume_share=1.0)
    queries = batch.label.flatten(1).sum(dim=1)
    examples = batch.support[:, :, 1].flatten(2).sum(dim=2)
    assert (queries == 0).any()
    assert (examples == 0).any()
    assert (queries > 0).float().mean() > 0.7


def test_slices_of_a_volume_change_with_distance() -> None:
    worlds = worlds_of(10, 32, 8, 32, volume_share=1.0)
    depth = worlds.arrangement.depth
    query, distances = worlds.labels[:, -1], (depth[:, :-1] - depth[:, -1:]).abs()
    same = (worlds.labels[:, :-1] == query[:, None]).float().mean(dim=(2, 3))
    each = torch.arange(32)
    nearest = same[each, distances.argmin(dim=1)].mean()
    farthest = same[each, distances.argmax(dim=1)].mean()
    assert nearest > farthest + 0.05


def test_labels_stay_within_their_number() -> None:
    worlds = worlds_of(11, 8, 3, 32)
    assert worlds.labels.min() >= 0
    assert worlds.labels.max() < LABELS


def test_guidance_can_be_taken_away() -> None:
    batch = batch_of(12, volume_share=1.0, guidance_share=1.0)
    bare = without_guidance(batch)
    assert batch.guidance.any()
    assert not bare.guidance.any()
    assert torch.equal(bare.query, batch.query)


def test_what_lies_behind_a_see_through_object_is_another_structure() -> None:
    worlds = worlds_of(11, 60, 2, 48)
    behind = worlds.labels != worlds.ground
    see_through = behind.flatten(1).any(dim=1)
    assert 2 <= see_through.sum() <= 30
    assert (worlds.labels[behind] == 0).all()
    assert (worlds.ground[see_through] != 0).all()


def test_some_populations_share_tissues_but_no_outlines() -> None:
    worlds = worlds_of(12, 40, 1, 48, volume_share=0.0)
    unlike = (worlds.labels[:, 0] != worlds.labels[:, 1]).flatten(1).float().mean(dim=1)
    assert unlike.max() > 0.6
    assert unlike.min() < 0.45


def test_structures_end_beside_the_query_as_often_as_asked() -> None:
    def ending(share: float) -> float:
        batch = batch_of(14, tasks=64, examples=2, volume_share=1.0, ends_share=share)
        shown = batch.support[:, :, 1].flatten(2).amax(dim=2) > 0.5
        return float((shown[:, 0] ^ shown[:, 1]).float().mean())

    assert ending(1.0) > 2 * ending(0.0)
