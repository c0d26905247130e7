"""What a person looked at last in a series, and with which tool, kept for the next visit."""

import json
import math
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from core.home.private_files import private_folder
from core.home.secret import opaque_name
from core.home.segment_display import SegmentDisplay, segment_display
from core.home.whole_files import written_whole

_TOOL = re.compile(r"[A-Za-z][A-Za-z -]{0,39}")
_LONGEST_NAME = 100


@dataclass(frozen=True)
class LastView:
    """What a person looked at last.

    Attributes
    ----------
    segment, slice : int or None
        Number of the segment, and index of the slice.
    tool : str or None
        As the slice editor names it.
    window : (str, float, float) or None
        Name, centre and width of the window.
    segments : SegmentDisplay
        How the segments are shown.

    Raises
    ------
    ValueError
        If a number or text is not one of a view.
    """

    segment: int | None = None
    slice: int | None = None
    tool: str | None = None
    window: tuple[str, float, float] | None = None
    segments: SegmentDisplay = field(default_factory=SegmentDisplay)

    def __post_init__(self) -> None:
        for number in (self.segment, self.slice):
            if number is not None and (type(number) is not int or number < 0):
                raise ValueError("Segments and slices are whole numbers.")
        if self.tool is not None and not _TOOL.fullmatch(self.tool):
            raise ValueError("The name of a tool consists of letters.")
        if self.window is not None:
            name, center, width = self.window
            if len(name) > _LONGEST_NAME or not (math.isfinite(center) and 0 < width < math.inf):
                raise ValueError("A window has a name, a centre and a width above 0.")


def remember_view(home: Path, key: str, person: str, view: LastView) -> None:
    """Keep what a person looks at.

    Parameters
    ----------
    home : pathlib.Path
        SLICEWISE_HOME.
    key : str
        Key of the series, from `core.home.opened_series`.
    person : str
        Name or initials.
    view : LastView
        What to keep.

    Raises
    ------
    WriteError
        When it cannot be stored.
    """
    path = _note(home, key, person)
    private_folder(path.parent)
    with written_whole(path) as unfinished:
        unfinished.write_text(json.dumps(asdict(view)), encoding="utf-8")


def recall_view(home: Path, key: str, person: str) -> LastView:
    """What a person looked at last in a series; nothing where that is not known.

    Parameters
    ----------
    home, key, person
        As for `remember_view`.

    Returns
    -------
    LastView
        The segment and the slice may not be there any more.
    """
    try:
        note: dict[str, Any] = json.loads(_note(home, key, person).read_text(encoding="utf-8"))
        window = note["window"]
        if window is not None:
            name, center, width = window
            window = (str(name), float(center), float(width))
        # Earlier versions of the program did not keep it.
        segments = segment_display(note["segments"]) if "segments" in note else SegmentDisplay()
        return LastView(note["segment"], note["slice"], note["tool"], window, segments)
    except (OSError, ValueError, KeyError, TypeError):
        return LastView()


def _note(home: Path, key: str, person: str) -> Path:
    """File of a series and a person, whose name it does not tell."""
    return home / "views" / f"{opaque_name(home, f'{key} {person}')}.json"
