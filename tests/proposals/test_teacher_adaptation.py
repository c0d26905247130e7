"""What the network is adapted to before a structure is searched that several teachers show."""

import numpy as np

from core.proposals.crop import SIDE
from core.proposals.teacher_adaptation import pictures_to_adapt_to
from core.proposals.teacher_search import SUPPORT
from core.proposals.teacher_slices import TaughtStructure

SHAPE = (40, 50)


def teacher(slices: int, seed: int) -> TaughtStructure:
    """A ball in noise, which the first and the last slices do not show."""
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    masks = {
        index: ((y - 20) ** 2 + (x - 25) ** 2 < 60) & (1 < index < slices - 2)
        for index in range(slices)
    }
    noise = np.random.default_rng(seed).random((slices, *SHAPE), dtype=np.float32)
    images = np.stack([0.5 * masks[index] + 0.5 * noise[index] for index in range(slices)])
    return TaughtStructure(images.astype(np.float32), (3.0, 1.0, 1.0), masks)


def test_every_slice_is_predicted_from_other_teachers_alone() -> None:
    counts = (9, 6, 11)
    structures = [teacher(count, seed) for seed, count in enumerate(counts)]
    owner = np.repeat(np.arange(3), counts)
    views = pictures_to_adapt_to([structures])
    assert len(views) == 2  # whole slices, and the neighbourhood
    for view in views:
        assert view.oriented
        assert view.images.shape == view.labels.shape == (sum(counts), SIDE, SIDE)
        assert view.labels.any(axis=(1, 2)).sum() == sum(count - 4 for count in counts)
        for index, others in enumerate(view.examples):
            assert len(others) == len(set(others)) == SUPPORT
            assert all(owner[other] != owner[index] for other in others)
    whole, near = views
    assert near.labels.mean() > 2 * whole.labels.mean()


def test_all_slices_of_a_short_teacher_may_be_shown() -> None:
    structures = [teacher(12, 0), teacher(5, 1)]
    view = pictures_to_adapt_to([structures])[0]
    assert {len(others) for others in view.examples[:12]} == {5}
    assert {len(others) for others in view.examples[12:]} == {SUPPORT}


def test_a_segment_of_a_single_teacher_is_left_out() -> None:
    several, single = [teacher(8, 0), teacher(8, 1)], [teacher(8, 2)]
    assert pictures_to_adapt_to([single]) == []
    assert len(pictures_to_adapt_to([single, several])) == 2
