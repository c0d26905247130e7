import numpy as np

from core.proposals.crop import Crop
from core.proposals.extent import between, outward, reach

CROP = Crop((31.5, 31.5), 64.0, (64, 64), (1.0, 1.0))
HERE, NOWHERE = np.ones((64, 64), bool), np.zeros((64, 64), bool)


def test_slices_between_examples_are_looked_at() -> None:
    assert between({2: HERE, 5: HERE, 6: HERE, 9: HERE}) == [3, 4, 7, 8]


def test_slices_towards_an_empty_example_are_looked_at_and_those_between_two_are_not() -> None:
    assert between({0: NOWHERE, 3: NOWHERE, 5: HERE, 8: NOWHERE, 11: NOWHERE}) == [4, 6, 7]


def test_a_structure_may_go_on_beyond_its_outermost_examples() -> None:
    assert outward({4: HERE, 9: HERE}, 20) == [(4, -1), (9, 1)]


def test_it_ends_where_a_person_says_so_and_with_the_series() -> None:
    assert outward({4: NOWHERE, 9: HERE}, 20) == [(9, 1)]
    assert outward({0: HERE, 19: HERE}, 20) == []


def test_it_is_followed_as_far_as_the_largest_gap() -> None:
    assert reach({4: HERE, 9: HERE, 11: HERE}, 3.0, CROP) == 5


def test_a_single_example_vouches_for_some_slices() -> None:
    assert reach({4: HERE}, 4.0, CROP) == 8
    assert reach({4: HERE}, 100.0, CROP) == 1
