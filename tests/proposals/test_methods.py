from typing import get_args

from core.proposals.methods import METHODS, MethodName, uses_network


def test_only_the_interpolation_asks_no_network() -> None:
    assert get_args(MethodName) == METHODS
    assert [method for method in METHODS if not uses_network(method)] == ["interpolation"]
