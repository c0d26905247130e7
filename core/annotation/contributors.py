"""Who made the masks of an annotation, as files of them say it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from core.annotation.records import SliceAnnotation
from core.annotation.states import EXAMPLE_STATES


@dataclass(frozen=True)
class Contributors:
    """The people behind an annotation.

    Attributes
    ----------
    drew : tuple of str
        Who drew or confirmed its masks, those with the most slices first.
    adjudicated : str
        Who made it of two independent readings; "" where it is none that was adjudicated.
    reviewed : str
        Who found it to be right; "" where nobody has yet.
    finished : datetime.datetime or None
        When it was reviewed, or its adjudication was done, in UTC; None before.
    """

    drew: tuple[str, ...] = ()
    adjudicated: str = ""
    reviewed: str = ""
    finished: datetime | None = None

    @property
    def creator(self) -> str:
        """The one person to name where there is room for one only."""
        return self.adjudicated or next(iter(self.drew), "")

    @property
    def approved_by(self) -> str:
        """Who answers for it being finished; "" where it is not."""
        return (self.reviewed or self.adjudicated) if self.finished is not None else ""


NOBODY = Contributors()


def people_who_drew(masks: Iterable[SliceAnnotation]) -> tuple[str, ...]:
    """Who drew or confirmed slices, those with the most of them first.

    Parameters
    ----------
    masks : iterable of SliceAnnotation
        Newest versions; proposals that nobody confirmed are nobody's.
    """
    slices = Counter(one.person for one in masks if one.state in EXAMPLE_STATES and one.person)
    return tuple(sorted(slices, key=lambda person: (-slices[person], person)))
