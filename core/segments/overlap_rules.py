"""What becomes of pixels that two segments would share."""

from enum import StrEnum


class OverlapRule(StrEnum):
    """What drawing with a segment does to the other segments on the slice.

    A segment that overwrites gets its pixels alone: what is drawn is taken from the others, and
    what is proposed gives way to them.
    """

    ALL = "all"
    """All other segments give up the pixels, those that allow overlap as well."""

    UNLOCKED = "unlocked"
    """Others give up the pixels, unless they allow overlap."""

    ALLOW = "allow"
    """Pixels may belong to other segments as well."""


OVERLAP_NAMES: dict[OverlapRule, str] = {
    OverlapRule.ALL: "Overwrite all others",
    OverlapRule.UNLOCKED: "Overwrite unlocked others",
    OverlapRule.ALLOW: "Allow overlap",
}
"""Names as people read them."""


def takes_from(rule: OverlapRule, other: OverlapRule) -> bool:
    """Whether a segment with a rule shares no pixel with a segment with another rule.

    Where the other one is locked, it keeps its pixels, and what is drawn leaves them out.

    Parameters
    ----------
    rule : OverlapRule
        Of the segment that is drawn or proposed.
    other : OverlapRule
        Of the segment that has pixels there.
    """
    if rule is OverlapRule.UNLOCKED:
        return other is not OverlapRule.ALLOW
    return rule is OverlapRule.ALL


def rule_where(exclusive: bool) -> OverlapRule:
    """Return the rule of a segment of which only this is known: whether it overlaps no other."""
    return OverlapRule.UNLOCKED if exclusive else OverlapRule.ALLOW
