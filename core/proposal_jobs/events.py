"""What a service tells of a job, one event to a line of JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

from core.proposal_jobs.packed_masks import PackedMask, packed
from core.proposals.adapted_network import AdaptedNetwork
from core.proposals.examples import Proposal


@dataclass(frozen=True)
class Waiting:
    """The job has not begun, or goes on; sent every moment, so that silence means a lost service.

    Attributes
    ----------
    ahead : int
        Jobs that have to be done before it begins.
    seconds : float, optional
        About how long that takes.
    """

    ahead: int = 0
    seconds: float | None = None
    kind: Literal["waiting"] = "waiting"


@dataclass(frozen=True)
class Begun:
    """The job has begun.

    Attributes
    ----------
    weights : str
        Name of the weights that propose.
    """

    weights: str
    kind: Literal["begun"] = "begun"


@dataclass(frozen=True)
class Stepped:
    """Steps done, and steps in all as far as they are known."""

    done: int
    total: int
    kind: Literal["stepped"] = "stepped"


@dataclass(frozen=True)
class Adapted:
    """A network was adapted to other series.

    Attributes
    ----------
    network : AdaptedNetwork
        What it became.
    """

    network: AdaptedNetwork
    kind: Literal["adapted"] = "adapted"


@dataclass(frozen=True)
class Made:
    """A proposal; see `core.proposals.examples.Proposal`.

    Attributes
    ----------
    number : int
        How many the job has made before.
    """

    number: int
    segment: int
    slice: int
    mask: PackedMask
    expected_dice: float | None = None
    kind: Literal["made"] = "made"

    def proposal(self) -> Proposal:
        """Unpack it.

        Raises
        ------
        ValueError
            If the mask is damaged.
        """
        return Proposal(self.segment, self.slice, self.mask.unpacked(), self.expected_dice)


@dataclass(frozen=True)
class Ended:
    """Nothing more follows.

    Attributes
    ----------
    error : str, optional
        What went wrong, in a sentence for the person.
    """

    error: str | None = None
    kind: Literal["ended"] = "ended"


Event = Annotated[Waiting | Begun | Stepped | Adapted | Made | Ended, Field(discriminator="kind")]


def includes_end(events: Sequence[Event]) -> bool:
    """Whether these, the last that a job has told, are all."""
    return bool(events) and isinstance(events[-1], Ended)


def made(number: int, proposal: Proposal) -> Made:
    """Pack a proposal."""
    return Made(
        number,
        proposal.segment,
        proposal.slice,
        packed(proposal.mask),
        _plain(proposal.expected_dice),
    )


def to_line(event: Event) -> bytes:
    """Write an event, with the end of the line."""
    return _adapter().dump_json(event) + b"\n"


def from_line(line: str) -> Event:
    """Read an event.

    Raises
    ------
    ValueError
        If the line is none.
    """
    try:
        return _adapter().validate_json(line)
    except ValidationError:
        raise ValueError("The proposal service answered what is no event.") from None


def _plain(value: float | None) -> float | None:
    return None if value is None else float(value)


@cache
def _adapter() -> TypeAdapter[Event]:
    return TypeAdapter(Event)
