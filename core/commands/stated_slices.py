"""Slices that a command line names for a segment: where it is not, and where it begins and ends."""

from collections.abc import Collection, Sequence

from core.segments.ends import Ends


def read_absent(
    given: Sequence[str], labels: Collection[str], slices: int
) -> dict[str, frozenset[int]]:
    """Read where segments are known not to be.

    Parameters
    ----------
    given : sequence of str
        "LABEL:0-3,41", slices counted from 0.
    labels : collection of str
        Labels that there are.
    slices : int
        Slices of the series.

    Returns
    -------
    dict of str to frozenset of int
        Slice indices by label.

    Raises
    ------
    ValueError
        If a text is none of this.
    """
    absent: dict[str, set[int]] = {}
    for text in given:
        label, ranges = _split("--absent", text, labels)
        for part in ranges.split(","):
            absent.setdefault(label, set()).update(_read_range(part, text, slices))
    return {label: frozenset(named) for label, named in absent.items()}


def read_ends(given: Sequence[str], labels: Collection[str], slices: int) -> dict[str, Ends]:
    """Read where segments begin and end.

    Parameters
    ----------
    given : sequence of str
        "LABEL:12-40", "LABEL:12-" or "LABEL:-40", slices counted from 0.
    labels, slices
        As for `read_absent`.

    Returns
    -------
    dict of str to Ends
        By label.

    Raises
    ------
    ValueError
        If a text is none of this, or names a label again.
    """
    ends: dict[str, Ends] = {}
    for text in given:
        label, span = _split("--ends", text, labels)
        first, separator, last = (part.strip() for part in span.partition("-"))
        named = [int(part) for part in (first, last) if part.isdecimal()]
        if not separator or not named or len(named) < bool(first) + bool(last):
            raise ValueError(f"--ends {text!r}: expected slices like 12-40, 12- or -40.")
        if named != sorted(named) or named[-1] >= slices:
            raise ValueError(
                f"--ends {text!r}: the series has slices 0 to {slices - 1}, and the first slice "
                "comes first."
            )
        if label in ends:
            raise ValueError(f"--ends {text!r}: {label} has its ends already; give them once.")
        ends[label] = Ends(int(first) if first else None, int(last) if last else None)
    return ends


def _split(option: str, text: str, labels: Collection[str]) -> tuple[str, str]:
    label, separator, slices = text.rpartition(":")
    if not separator or label not in labels:
        raise ValueError(
            f"{option} {text!r}: expected LABEL:SLICES with one of the labels "
            f"{', '.join(sorted(labels))}."
        )
    return label, slices


def _read_range(part: str, text: str, slices: int) -> range:
    first, separator, last = part.strip().partition("-")
    if not first.isdecimal() or (separator and not last.isdecimal()):
        raise ValueError(f"--absent {text!r}: expected slices like 0-3,41 after the label.")
    span = range(int(first), int(last if separator else first) + 1)
    if not span or span[-1] >= slices:
        raise ValueError(
            f"--absent {text!r}: the series has slices 0 to {slices - 1}, and a range goes upwards."
        )
    return span
