"""Lines of a list of terms, prepared for searching."""

import re
import unicodedata
from dataclasses import dataclass

from core.segments.segment import Code


@dataclass(frozen=True)
class TermEntry:
    """A category and type that a segment can have, with the words by which it is found.

    Attributes
    ----------
    category, type : Code
        Segmented Property Category and Type.
    paired : bool
        Whether its sides are offered.
    words : tuple of str
        Of the meaning.
    synonyms : tuple of str
        Further words.
    may_have_side : bool
        Whether a side is offered that a person asks for.
    """

    category: Code
    type: Code
    paired: bool
    words: tuple[str, ...]
    synonyms: tuple[str, ...]
    may_have_side: bool = False


def words_of(text: str) -> tuple[str, ...]:
    """Words of a text in lower case, without accents and punctuation."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return tuple(re.findall(r"[a-z0-9]+", plain))
