"""Names in files whose Specific Character Set (PS3.3 C.12.1.1.2) is missing or broken."""

from collections.abc import Iterable, Iterator

from pydicom.charset import python_encoding
from pydicom.dataset import Dataset

from core.dicom.files import value_of

# The default repertoire, which has no letters beyond ASCII.
_DEFAULTS = ("", "ISO_IR 6", "ISO 2022 IR 6")


def states_characters(dataset: Dataset) -> bool:
    """Tell whether a data set states a character set that is known and has more than ASCII."""
    value = value_of(dataset, "SpecificCharacterSet")
    terms = [value] if isinstance(value, str) else list(value or ())  # type: ignore[call-overload]
    return any(term in python_encoding and term not in _DEFAULTS for term in map(str, terms))


def understood_text(text: str, *, is_stated: bool) -> str:
    """Return text whose character set is not stated as UTF-8 where it can be nothing else.

    Parameters
    ----------
    text : str
        As pydicom decodes it: by ISO 8859-1, where the file states no character set.
    is_stated : bool
        From `states_characters`.
    """
    return text if is_stated else _as_utf8(text) or text


def doubtful_names(names: Iterable[str], *, is_stated: bool) -> Iterator[str]:
    """Say which names may be shown wrongly, in one sentence; nothing where none is.

    Parameters
    ----------
    names : iterable of str
        As pydicom decodes them.
    is_stated : bool
        From `states_characters`.
    """
    doubtful = [
        understood_text(name, is_stated=is_stated).strip()
        for name in names
        if "\x1b" in name
        or (not name.isascii() and (not is_stated or "\ufffd" in name or _as_utf8(name)))
    ]
    if doubtful:
        listed = ", ".join(f"“{name}”" for name in dict.fromkeys(doubtful))
        yield (
            "The file states no character set for its names, or another than it uses; check that "
            f"they are right: {listed}."
        )


def _as_utf8(text: str) -> str:
    """Return text of bytes that were UTF-8 and taken for ISO 8859-1; "" where they were not."""
    try:
        return "" if text.isascii() else text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return ""
