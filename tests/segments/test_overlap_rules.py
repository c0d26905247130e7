"""Rules for overlaps."""

import pytest

from core.segments.overlap_rules import OVERLAP_NAMES, OverlapRule, takes_from

ALL, UNLOCKED, ALLOW = OverlapRule


@pytest.mark.parametrize(
    ("rule", "gives"),
    [(ALL, [True, True, True]), (UNLOCKED, [True, True, False]), (ALLOW, [False] * 3)],
)
def test_a_segment_takes_pixels_from_others_by_the_rules_of_both(
    rule: OverlapRule, gives: list[bool]
) -> None:
    assert [takes_from(rule, other) for other in (ALL, UNLOCKED, ALLOW)] == gives


def test_every_rule_has_a_name() -> None:
    assert list(OVERLAP_NAMES) == list(OverlapRule)
