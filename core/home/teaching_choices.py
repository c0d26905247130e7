"""Which finished series a person wants new ones to be proposed from, kept for the next visit."""

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from core.home.private_files import private_folder
from core.home.secret import opaque_name
from core.home.whole_files import written_whole

MOST_TEACHERS = 8
"""Series that teach at most; all of their pixels are in memory at once."""

USUAL_TEACHERS = 4
"""More taught hardly better in the measurements of docs/proposals-measured-teachers.md."""

_LONGEST_KEY = 100
_MOST_KEYS = 1000


@dataclass(frozen=True)
class TeachingChoice:
    """What a person chose, for one project or for the series outside projects.

    Attributes
    ----------
    most : int
        Series that teach at most; 0 where none shall.
    series : tuple of str
        Keys of those that may teach. Blank for all finished ones of a project; outside projects,
        none teaches that is not chosen.
    trains : bool
        Whether the network is trained on them while the person works, and asked then.

    Raises
    ------
    ValueError
        If it is not one.
    """

    most: int = USUAL_TEACHERS
    series: tuple[str, ...] = ()
    trains: bool = True

    def __post_init__(self) -> None:
        if type(self.most) is not int or not 0 <= self.most <= MOST_TEACHERS:
            raise ValueError(f"Between 0 and {MOST_TEACHERS} series teach.")
        if len(self.series) > _MOST_KEYS or not all(
            type(key) is str and 0 < len(key) <= _LONGEST_KEY for key in self.series
        ):
            raise ValueError("Series are named by their keys.")
        if type(self.trains) is not bool:
            raise ValueError("Networks are trained or not.")

    @property
    def asks_trained(self) -> bool:
        """Whether a network is trained on earlier series, and asked: never where none teaches."""
        return self.trains and self.most > 0


def remember_teaching(home: Path, person: str, project_key: str, choice: TeachingChoice) -> None:
    """Keep a person's choice for a project, "" for none; forgotten where it cannot be kept."""
    note = _note(home, person, project_key)
    with suppress(OSError):
        private_folder(note.parent)
        with written_whole(note) as unfinished:
            unfinished.write_text(json.dumps(asdict(choice)), encoding="utf-8")


def recall_teaching(home: Path, person: str, project_key: str) -> TeachingChoice:
    """What a person chose for a project, "" for none; the usual where nothing is known."""
    try:
        kept = json.loads(_note(home, person, project_key).read_text(encoding="utf-8"))
        return TeachingChoice(kept["most"], tuple(kept["series"]), kept.get("trains", True))
    except (OSError, ValueError, KeyError, TypeError):
        return TeachingChoice()


def _note(home: Path, person: str, project_key: str) -> Path:
    """File of a person, whose name it does not tell."""
    return home / "teaching" / opaque_name(home, f"teaching {project_key} {person}")
