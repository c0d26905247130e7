"""Search for the type of a segment among anatomy, tissues and lesions with SNOMED CT codes.

The first list, `anatomy.csv`, has the most commonly segmented things first. Its codes and meanings
are those of the DICOM context groups (PS3.16, CID 7150 to 7197 for segmentation); sides are given
as DICOM does, with a laterality code (CID 244) that modifies the type. The second list,
`further_codes.csv`, has all other SNOMED CT codes that context groups give for segments, anatomy,
histologic types of tumours and pathology (`tests/support/context_groups.py` names the groups).
"""

import csv
import difflib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from core.segments.segment import Code
from core.segments.term_entries import TermEntry, words_of

RIGHT = Code("24028007", "SCT", "Right")
LEFT = Code("7771000", "SCT", "Left")

CATEGORIES: dict[str, Code] = {
    "anatomy": Code("91723000", "SCT", "Anatomical Structure"),
    "tissue": Code("85756007", "SCT", "Tissue"),
    "lesion": Code("49755003", "SCT", "Morphologically Abnormal Structure"),
    "substance": Code("91720002", "SCT", "Body Substance"),
    "object": Code("260787004", "SCT", "Physical object"),
}
"""Segmented property categories (CID 7150) by their name in the list."""

_LIST = Path(__file__).with_name("anatomy.csv")
_FURTHER = Path(__file__).with_name("further_codes.csv")
_SYNONYMS = {
    "1163375002": "glioma gbm",  # Glioblastoma
    "254938000": "glioma",  # Astrocytoma
    "1162767002": "scc",  # Squamous cell carcinoma
    "254637007": "nsclc",  # Non-small cell lung cancer
}
_SIDES = {"right": RIGHT, "rt": RIGHT, "r": RIGHT, "left": LEFT, "lt": LEFT, "l": LEFT}
_MOST_TEXT = 200  # characters of a search that are looked at
_LEAST_SIMILARITY = 0.82  # similarity a mistyped word must have to a known one, 0 to 1


@dataclass(frozen=True)
class AnatomyTerm:
    """A category and type that a segment can have.

    Attributes
    ----------
    category : Code
        Segmented Property Category.
    type : Code
        Segmented Property Type.
    modifier : Code or None
        Segmented Property Type Modifier: the side of a paired structure, None for both or either.
    """

    category: Code
    type: Code
    modifier: Code | None = None

    @property
    def label(self) -> str:
        """Name for people, such as "Left kidney"."""
        meaning = self.type.meaning
        if self.modifier is None:
            return meaning
        return f"{self.modifier.meaning} {meaning[0].lower()}{meaning[1:]}"


def search(text: str, limit: int = 20) -> list[AnatomyTerm]:
    """Find terms by words of their name, by synonyms or by their code; typing errors are tolerated.

    Words may be abbreviated to their beginning, and "left" and "right" choose the side of a paired
    structure. A word that matches nothing is replaced by the most similar known word.

    Parameters
    ----------
    text : str
        What was typed; when blank, the most common terms are found.
    limit : int
        Most terms to return.

    Returns
    -------
    list of AnatomyTerm
        The common ones first, then the others. Among each the best first: exact names, then names
        that begin so, then names that contain all words, then synonyms; the more common first
        among equals.
    """
    words = words_of(text[:_MOST_TEXT])
    common, further = _entries(), _further_entries()
    found = _found(words, common) + (_found(words, further) if words else [])
    if not found:
        found = _found(_corrected(words, common), common)
    if not found:
        found = _found(_corrected(words, further), further)
    return found[: max(0, limit)]


def _found(words: tuple[str, ...], entries: tuple[TermEntry, ...]) -> list[AnatomyTerm]:
    ranked = sorted(_ranked(words, entries), key=lambda item: item[:2])
    return [term for _, _, term in ranked]


def _ranked(
    words: tuple[str, ...], entries: tuple[TermEntry, ...]
) -> list[tuple[int, int, AnatomyTerm]]:
    """Rank, position in the list, and term of everything that matches."""
    ranked = []
    sides = {_SIDES[word] for word in words if word in _SIDES}
    without_sides = tuple(word for word in words if word not in _SIDES)
    for position, entry in enumerate(entries):
        rank = _rank(words, entry)
        if rank is not None:
            ranked.append((rank, 3 * position, AnatomyTerm(entry.category, entry.type)))
        if not (entry.paired or (sides and entry.may_have_side)):
            continue
        sided_rank = rank if not sides else _rank(without_sides, entry)
        if sided_rank is None:
            continue
        for offset, side in enumerate((RIGHT, LEFT), start=1):
            if not sides or side in sides:
                term = AnatomyTerm(entry.category, entry.type, side)
                ranked.append((sided_rank, 3 * position + offset, term))
    return ranked


def _rank(words: tuple[str, ...], entry: TermEntry) -> int | None:
    """How well the words match: 0 for the name itself, None where a word does not match at all."""
    if words == entry.words or words == (entry.type.value,):
        return 0
    if len(words) == 1 and words[0] in entry.synonyms:
        return 1
    name, query = " ".join(entry.words), " ".join(words)
    if name.startswith(query):
        return 2
    if all(any(part.startswith(word) for part in entry.words) for word in words):
        return 3
    everything = entry.words + entry.synonyms
    if all(any(part.startswith(word) for part in everything) for word in words):
        return 4
    return None


def _corrected(words: tuple[str, ...], entries: tuple[TermEntry, ...]) -> tuple[str, ...]:
    """Words with those that begin no known word replaced by the most similar one."""
    known = sorted({part for entry in entries for part in entry.words + entry.synonyms})
    corrected = []
    for word in words:
        if word in _SIDES or any(part.startswith(word) for part in known):
            corrected.append(word)
            continue
        candidates = [part for part in known if part[0] == word[0]]
        similar = difflib.get_close_matches(word, candidates, n=1, cutoff=_LEAST_SIMILARITY)
        corrected.append(similar[0] if similar else word)
    return tuple(corrected)


@cache
def _entries() -> tuple[TermEntry, ...]:
    with _LIST.open(encoding="utf-8", newline="") as file:
        return tuple(
            TermEntry(
                category=CATEGORIES[row["category"]],
                type=Code(row["value"], "SCT", row["meaning"]),
                paired=row["paired"] == "yes",
                words=words_of(row["meaning"]),
                synonyms=words_of(row["synonyms"]),
            )
            for row in csv.DictReader(file)
        )


@cache
def _further_entries() -> tuple[TermEntry, ...]:
    with _FURTHER.open(encoding="utf-8", newline="") as file:
        return tuple(
            TermEntry(
                category=CATEGORIES[row["category"]],
                type=Code(row["value"], "SCT", row["meaning"]),
                paired=False,
                words=words_of(row["meaning"]),
                synonyms=words_of(_SYNONYMS.get(row["value"], "")),
                may_have_side=row["category"] in ("anatomy", "lesion"),
            )
            for row in csv.DictReader(file)
        )
