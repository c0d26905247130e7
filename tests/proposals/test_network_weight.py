from core.proposals.network_weight import NetworkWeight


def test_neighbours_that_overlap_need_less_of_the_network():
    shares = [NetworkWeight().network_share(overlap) for overlap in (0.0, 0.5, 0.7, 0.85, 1.0)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] == 1.0 and 0 < shares[-1] < 0.5


def test_beyond_the_outermost_examples_shapes_have_a_small_say():
    assert 0.5 < NetworkWeight().network_share(None) < 1.0


def test_a_fixed_weight_stays():
    assert NetworkWeight(fixed=0.0).network_share(0.1) == 0.0
