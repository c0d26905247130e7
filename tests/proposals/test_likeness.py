import numpy as np

from core.proposals.crop import SIDE
from core.proposals.likeness import looks_of, most_alike, positions_of


def test_a_slice_is_most_like_itself_and_then_like_its_neighbours() -> None:
    picture = np.random.default_rng(0).random((SIDE, SIDE), np.float32)
    other = np.random.default_rng(1).random((SIDE, SIDE), np.float32)
    looks = looks_of(np.stack([picture, picture, other]), positions_of(range(3), 3))
    likeness = looks.likeness(looks)
    assert most_alike(likeness, 2) == [[0, 1], [1, 0], [2, 1]]
    assert np.allclose(np.diag(likeness), 1, atol=1e-5)


def test_brightness_and_contrast_do_not_matter() -> None:
    picture = np.random.default_rng(0).random((SIDE, SIDE), np.float32)
    looks = looks_of(np.stack([picture, 0.3 * picture + 0.5]), [0.5, 0.5])
    assert looks.likeness(looks)[0, 1] > 0.999


def test_an_even_picture_is_like_nothing() -> None:
    looks = looks_of(np.zeros((1, SIDE, SIDE), np.float32), [0.0])
    assert looks.likeness(looks).tolist() == [[0.0]]


def test_a_series_of_one_slice_has_a_position() -> None:
    assert positions_of([0], 1) == [0.0]
