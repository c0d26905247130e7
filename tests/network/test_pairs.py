"""Pairs are cut into chunks without losing, repeating or reordering any."""

from hypothesis import given
from hypothesis import strategies as st

from core.network.pairs import cut


@given(st.lists(st.integers(1, 30), min_size=1, max_size=12), st.integers(1, 20))
def test_every_pair_is_in_one_chunk_in_order_under_its_query(counts: list[int], size: int) -> None:
    owners = [query for query, count in enumerate(counts) for _ in range(count)]
    found: list[int] = []
    for chunk in cut(counts, size):
        assert chunk.start == len(found)
        assert 0 < len(chunk) <= size
        for span in chunk.spans:
            assert chunk.start + span.start == len(found)
            assert span.begins == (span.query not in found)
            found += [span.query] * (span.stop - span.start)
            assert span.ends == (found.count(span.query) == counts[span.query])
        assert chunk.stop == len(found)
    assert found == owners


def test_chunks_are_filled_across_queries() -> None:
    assert [len(chunk) for chunk in cut([3, 3, 3], 4)] == [4, 4, 1]
