"""Tables of what is read, cautioned and refused say what the code does; run it to renew them."""

import re
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Literal

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import pytest
from pydicom._uid_dict import UID_dictionary
from pydicom.uid import UID

from core.dicom.configuration import configure_libraries
from core.dicom.errors import DicomError
from core.dicom.reading import look_through, read_series
from tests.support.doubtful_series import DOUBTS
from tests.support.object_classes import write_object
from tests.test_conformance import table

DOCS = Path(__file__).resolve().parent.parent / "docs"
_TABLE = re.compile(r"(<!-- reading: ([a-z ]+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)
_FILE = re.compile(r"\bseries/IM\d\d")

_PATIENTS = "1.2.840.10008.5.1.4.1.1."
_INDUSTRY = (f"{_PATIENTS}501.", f"{_PATIENTS}601.")  # baggage and material

Kind = Literal["right", "cautioned", "refused"]


@cache
def outcome(doubt: str) -> tuple[Kind, tuple[str, ...]]:
    """What becomes of a series with a doubt, and the sentences that say so."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "series"
        DOUBTS[doubt](folder)
        findings = look_through(folder)
        told = [text for one in findings.series for text in (*one.damaged, *one.problems)]
        try:
            for summary in findings.series:
                read_series(summary)
        except DicomError as error:
            return "refused", (_shown(str(error)),)
        if not findings.series:
            return "refused", tuple(_shown(file.reason) for file in findings.skipped[:1])
    return ("cautioned" if told else "right"), tuple(dict.fromkeys(map(_shown, told)))


def _shown(sentence: str) -> str:
    return _FILE.sub("…", sentence)


def doubts_of(kind: Kind) -> str:
    """Table of the doubts with an outcome."""
    found = {doubt: outcome(doubt) for doubt in DOUBTS}
    rows = [
        (doubt, *([" ".join(f"*{text}*" for text in told)] if kind != "right" else []))
        for doubt, (what, told) in found.items()
        if what == kind
    ]
    head = ("What the files say",) if kind == "right" else ("What the files say", "Sentence")
    return table(head, rows)


def storage_classes() -> list[str]:
    """UIDs of the storage classes that pydicom knows, in their order."""
    found = [
        uid
        for uid, (name, kind, *_) in UID_dictionary.items()
        if kind == "SOP Class"
        and uid.startswith(_PATIENTS)
        and "Storage" in name
        and not uid.startswith(_INDUSTRY)
    ]
    return sorted(found, key=lambda uid: [int(part) for part in uid.split(".")])


def objects_read() -> str:
    """Table of all storage classes and what becomes of an object of each."""
    rows = ((UID(uid).name, uid, _became(UID(uid))) for uid in storage_classes())
    return table(("SOP class", "UID", "An object of it is"), rows)


def _became(sop_class: UID) -> str:
    with tempfile.TemporaryDirectory() as place:
        write_object(Path(place) / "IM00", sop_class)
        findings = look_through(place)
        try:
            for summary in findings.series:
                read_series(summary)
        except DicomError:
            return "refused: its pixels cannot be decoded"
    if findings.series:
        return "read"
    kind = findings.passed_over.removeprefix("1 × ")
    return "passed over" if sop_class.name.startswith(kind) else f"passed over as {kind}"


TABLES: dict[str, tuple[str, Callable[[], str]]] = {
    "right": ("dicom.md", lambda: doubts_of("right")),
    "cautioned": ("dicom.md", lambda: doubts_of("cautioned")),
    "refused": ("dicom.md", lambda: doubts_of("refused")),
    "objects": ("conformance.md", objects_read),
}


@pytest.mark.parametrize("name", TABLES)
def test_the_table_is_what_the_code_does(name: str) -> None:
    document, made = TABLES[name]
    text = (DOCS / document).read_text("utf-8")
    found = {match[2]: match[3] for match in _TABLE.finditer(text)}
    assert found[name] == made(), "renew with: python tests/test_reading_tables.py"


def renew() -> None:
    """Put what the code does into the documents."""
    for document in {document for document, _ in TABLES.values()}:
        path = DOCS / document
        text = path.read_text("utf-8")
        text = _TABLE.sub(lambda match: match[1] + TABLES[match[2]][1]() + match[4], text)
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    configure_libraries()
    renew()
