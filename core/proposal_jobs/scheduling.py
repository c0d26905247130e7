"""Whose proposals are computed next: people share the time, and short work goes before long.

Only the rules; `core.proposal_jobs.turns` follows them. Work is *short* if it asks for few slices;
it goes first, one piece after the other. Of everything else each person has one piece that has
begun, the smallest one first, and people whose work has begun share the time evenly. Work in the
background, which nobody waits for, has the time that all other work leaves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

SHORT = 16
"""Slices up to which work is short: two seconds on two cores (docs/benchmarks.md)."""

PEOPLE_AT_ONCE = 5
"""Pieces of long work that have begun at once, for each of which encoded examples lie in memory."""


@dataclass(frozen=True)
class QueuedWork:
    """Work that is not finished.

    Attributes
    ----------
    person : str
        Who asked for it.
    slices : int
        How many slices of segments it asked for.
    left : float
        How many of them are left to be computed.
    has_begun : bool
        Whether it holds memory already.
    is_background : bool
        Whether nobody waits for it.
    """

    person: str
    slices: int
    left: float
    has_begun: bool
    is_background: bool = False

    @property
    def is_short(self) -> bool:
        """Whether it goes before all that is not."""
        return self.slices <= SHORT and not self.is_background

    @property
    def is_long(self) -> bool:
        """Whether people share the time for it."""
        return not self.is_short and not self.is_background


def next_work(queue: Sequence[QueuedWork], used: Mapping[str, float]) -> int | None:
    """Choose what is computed next.

    Parameters
    ----------
    queue : sequence of QueuedWork
        In the order in which it was asked for.
    used : mapping of str to float
        Seconds that each person has had.

    Returns
    -------
    int or None
        Place in the queue; None where it is empty.
    """
    short = [place for place, work in enumerate(queue) if work.is_short]
    if short:
        # What has begun is ended first: it is over sooner than another one would be.
        return min(
            short,
            key=lambda at: (not queue[at].has_begun, used.get(queue[at].person, 0.0), at),
        )
    candidates = _one_of_each(queue)[:PEOPLE_AT_ONCE]
    if candidates:
        return min(candidates, key=lambda at: (used.get(queue[at].person, 0.0), at))
    # Nothing is left but work in the background: one piece after the other.
    return min(range(len(queue)), key=lambda at: (not queue[at].has_begun, at), default=None)


def ahead_of(queue: Sequence[QueuedWork], place: int) -> list[int]:
    """Find what is done, or has to be far enough, before a piece of work begins.

    Parameters
    ----------
    queue : sequence of QueuedWork
        In the order in which it was asked for.
    place : int
        In the queue.

    Returns
    -------
    list of int
        Places in the queue; none where the work has begun or begins at once.
    """
    work = queue[place]
    if work.has_begun:
        return []
    short = [at for at, other in enumerate(queue) if other.is_short]
    if work.is_background:
        return [
            at
            for at, other in enumerate(queue)
            if not other.is_background or other.has_begun or at < place
        ]
    if work.is_short:
        return [at for at in short if queue[at].has_begun or at < place]
    own = _in_order(queue, work.person)
    before = own[: own.index(place)]
    people = _one_of_each(queue)
    if own[0] in people[PEOPLE_AT_ONCE:]:
        before = people[: people.index(own[0])] + before
    return sorted({*short, *before})


def _one_of_each(queue: Sequence[QueuedWork]) -> list[int]:
    """Long work that each person has next, that has begun before that has not: places."""
    people = dict.fromkeys(work.person for work in queue if work.is_long)
    firsts = [_in_order(queue, person)[0] for person in people]
    return sorted(firsts, key=lambda at: (not queue[at].has_begun, at))


def _in_order(queue: Sequence[QueuedWork], person: str) -> list[int]:
    """Long work of a person in the order in which it is done: what has begun, then the smallest."""
    own = [at for at, work in enumerate(queue) if work.person == person and work.is_long]
    return sorted(own, key=lambda at: (not queue[at].has_begun, queue[at].left, at))
