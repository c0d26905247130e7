from typing import get_args

from core.proposals.methods import METHODS, MethodName


def test_every_method_has_a_name_and_every_name_a_method():
    assert tuple(METHODS) == get_args(MethodName)


def test_without_the_network_its_weight_is_nothing():
    assert all(method.uses_network or method.network_share == 0 for method in METHODS.values())
