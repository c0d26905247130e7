import numpy as np

from core.proposals.random_walker import walk_between

SPACING = (2.0, 1.0, 1.0)


def drifting_disc(slices=9, side=64, noise=0.03):
    """A bright disc that moves by 3 pixels a slice on a dark ground: images and true masks."""
    z, y, x = np.mgrid[:slices, :side, :side]
    masks = (y - 32) ** 2 + (x - 20 - 3 * z) ** 2 < 12**2
    random = np.random.default_rng(0)
    images = 0.3 + 0.4 * masks + random.normal(0, noise, masks.shape)
    return images.astype(np.float32), masks


def test_finds_a_structure_that_moved_away_from_where_it_was_drawn():
    images, masks = drifting_disc()
    probability = walk_between(images, masks[0], masks[-1], SPACING)
    assert probability.shape == (7, 64, 64)
    for found, truth in zip(probability > 0.5, masks[1:-1], strict=True):
        assert 2 * (found & truth).sum() / (found.sum() + truth.sum()) > 0.85


def test_probabilities_are_probabilities():
    images, masks = drifting_disc(noise=0.2)
    probability = walk_between(images, masks[0], masks[-1], SPACING)
    assert probability.min() >= 0 and probability.max() <= 1
    assert np.isfinite(probability).all()


def test_the_other_way_round_is_the_same():
    images, masks = drifting_disc()
    probability = walk_between(images, masks[0], masks[-1], SPACING)
    back = walk_between(images[::-1], masks[-1], masks[0], SPACING)
    assert np.abs(back[::-1] - probability).max() < 0.05


def test_it_looks_at_the_image():
    images, masks = drifting_disc()
    shuffled = np.random.default_rng(1).permutation(images.reshape(9, -1), axis=1)
    shuffled = shuffled.reshape(images.shape)
    found = walk_between(images, masks[0], masks[-1], SPACING)[3] > 0.5
    lost = walk_between(shuffled, masks[0], masks[-1], SPACING)[3] > 0.5
    assert (found & masks[4]).sum() > 2 * (lost & masks[4]).sum()


def test_large_images_are_walked_coarsely_and_keep_their_shape():
    images, masks = drifting_disc(slices=5, side=150)
    probability = walk_between(images, masks[0], masks[-1], SPACING)
    assert probability.shape == (3, 150, 150)
    assert (
        2
        * ((probability[1] > 0.5) & masks[2]).sum()
        / ((probability[1] > 0.5).sum() + masks[2].sum())
        > 0.8
    )


def test_nothing_to_walk_from_or_through_gives_no_answer():
    images, masks = drifting_disc(slices=3, side=160)
    nothing, speck = np.zeros((2, 160, 160), bool)
    speck[30, 30] = True
    assert walk_between(images, nothing, nothing, SPACING) is None
    assert walk_between(images, speck, speck, SPACING) is None
    assert walk_between(np.full_like(images, 0.5), masks[0], masks[-1], SPACING) is None
