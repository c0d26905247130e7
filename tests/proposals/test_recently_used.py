"""A few things that are kept by name, those used last."""

from core.proposals.recently_used import RecentlyUsed


def test_the_one_that_was_not_used_for_longest_is_let_go() -> None:
    kept: RecentlyUsed[str, int] = RecentlyUsed(2)
    kept.keep("first", 1)
    kept.keep("second", 2)
    assert kept.get("first") == 1
    kept.keep("third", 3)
    assert [kept.get(name) for name in ("first", "second", "third")] == [1, None, 3]
    assert len(kept) == 2


def test_what_is_kept_again_counts_as_used_and_takes_the_place_of_the_earlier_one() -> None:
    kept: RecentlyUsed[str, int] = RecentlyUsed(2)
    for name, thing in (("first", 1), ("second", 2), ("first", 10), ("third", 3)):
        kept.keep(name, thing)
    assert [kept.get(name) for name in ("first", "second", "third")] == [10, None, 3]
