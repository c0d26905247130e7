from core.proposals.network_weight import NetworkWeight


def test_neighbours_that_overlap_need_less_of_the_network():
    shares = [NetworkWeight().network_share(overlap) for overlap in (0.0, 0.5, 0.7, 0.85, 1.0)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] == 1.0 and 0 < shares[-1] < 0.5


def test_a_shift_moves_the_weight_and_keeps_it_between_0_and_1():
    usual = NetworkWeight().network_share(0.8)
    assert NetworkWeight(shift=-0.25).network_share(0.8) == usual - 0.25
    assert NetworkWeight(shift=0.5).network_share(0.1) == 1.0


def test_beyond_the_outermost_examples_shapes_have_a_small_say_whatever_the_shift():
    assert 0.5 < NetworkWeight(shift=-0.5).network_share(None) < 1.0


def test_a_fixed_weight_stays():
    assert NetworkWeight(shift=0.5, fixed=0.0).network_share(0.1) == 0.0
