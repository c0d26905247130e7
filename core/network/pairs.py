"""Pairs of queries and examples, cut into chunks that stay in a processor's cache."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Span:
    """Consecutive pairs of one query within a chunk.

    Attributes
    ----------
    query : int
        The query.
    start, stop : int
        Which pairs, counted from the start of the chunk.
    begins, ends : bool
        Whether these are the query's first pairs, and whether they are its last.
    """

    query: int
    start: int
    stop: int
    begins: bool
    ends: bool


@dataclass(frozen=True)
class Chunk:
    """Consecutive pairs that are computed together.

    Attributes
    ----------
    start, stop : int
        Which pairs.
    spans : tuple of Span
        The same, query by query.
    """

    start: int
    stop: int
    spans: tuple[Span, ...]

    def __len__(self) -> int:
        return self.stop - self.start


def cut(counts: Sequence[int], size: int) -> list[Chunk]:
    """Cut the pairs of queries into chunks.

    Parameters
    ----------
    counts : sequence of int
        Examples of every query, at least one each; pairs are ordered by query.
    size : int
        Most pairs in a chunk.

    Returns
    -------
    list of Chunk
        In the pairs' order.
    """
    chunks: list[Chunk] = []
    spans: list[Span] = []
    start, filled = 0, 0
    for query, count in enumerate(counts):
        done = 0
        while done < count:
            if filled == size:
                chunks.append(Chunk(start, start + filled, tuple(spans)))
                start, spans, filled = start + filled, [], 0
            taken = min(count - done, size - filled)
            begins, ends = done == 0, done + taken == count
            spans.append(Span(query, filled, filled + taken, begins, ends))
            done, filled = done + taken, filled + taken
    chunks.append(Chunk(start, start + filled, tuple(spans)))
    return chunks
