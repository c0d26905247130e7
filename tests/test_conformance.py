"""The conformance statement says what the code does; run as a program, this renews its tables."""

import re
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import pydicom
import pytest
from pydicom.datadict import dictionary_description, tag_for_keyword
from pydicom.pixels import get_decoder
from pydicom.sr.codedict import codes
from pydicom.tag import Tag
from pydicom.uid import UID, AllTransferSyntaxes
from pynetdicom import AE, PYNETDICOM_IMPLEMENTATION_UID, PYNETDICOM_IMPLEMENTATION_VERSION

from core.annotation.contributors import Contributors
from core.dicom.header_reading import HEADER_TAGS
from core.dicom.reading import find_series
from core.formats.deidentified_writing import EDITION, OPTIONS
from core.formats.segmentation_writing import write_segmentation
from core.formats.source_references import SHARED_ATTRIBUTES
from core.formats.structure_set_writing import write_structure_set
from core.pacs.dicomweb import SERIES_FIELDS, SERIES_KEYS, STUDY_FIELDS, STUDY_KEYS
from core.pacs.settings import Node
from tests.support.mask_round_trips import make_segments
from tests.support.synthetic_series import PLACEMENTS, write_series

STATEMENT = Path(__file__).resolve().parent.parent / "docs" / "conformance.md"
_TABLE = re.compile(r"(<!-- table: ([a-z ]+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)

# pydicom's dictionary does not know it yet.
_NAMES = {"1.2.840.10008.5.1.4.1.1.66.7": "Label Map Segmentation Storage"}


def table(head: Iterable[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table in Markdown."""
    titles = list(head)
    lines = [titles, ["---"] * len(titles), *rows]
    return "".join(f"| {' | '.join(map(str, line))} |\n" for line in lines)


def attribute(keyword: str) -> tuple[str, str]:
    """Name and tag of an attribute; a private one is given by its tag."""
    public = tag_for_keyword(keyword)
    tag = Tag(keyword if public is None else public)
    name = "Private" if public is None else dictionary_description(tag)
    return name, f"({tag.group:04X},{tag.element:04X})"


def attributes(keywords: Iterable[str]) -> str:
    return table(("Attribute", "Tag"), sorted(map(attribute, keywords), key=lambda row: row[1]))


def search_keys() -> str:
    levels = (("study", STUDY_KEYS), ("series", SERIES_KEYS))
    return table(
        ("Level", "Matching key", "Tag"),
        ((level, *attribute(keyword)) for level, keys in levels for keyword in keys.values()),
    )


def search_results() -> str:
    levels = (("study", STUDY_FIELDS), ("series", SERIES_FIELDS))
    return table(
        ("Level", "Attribute asked for", "Tag"),
        ((level, *attribute(keyword)) for level, keys in levels for keyword in keys),
    )


def association() -> str:
    node = Node("host", 104, "CALLED")
    return table(
        ("Parameter", "Value"),
        (
            ("Application context", "1.2.840.10008.3.1.1.1"),
            ("AE title, unless configured", node.calling_ae),
            ("Roles", "SCU"),
            ("Associations at a time", 1),
            ("Longest PDU", AE().maximum_pdu_size),
            ("Implementation class UID", PYNETDICOM_IMPLEMENTATION_UID),
            ("Implementation version name", PYNETDICOM_IMPLEMENTATION_VERSION),
        ),
    )


def transfer_syntaxes() -> str:
    written = {pydicom.dcmread(path).file_meta.TransferSyntaxUID for path in examples().values()}
    rows = []
    for uid in AllTransferSyntaxes:
        try:
            readable = get_decoder(uid).is_available
        except NotImplementedError:
            readable = False
        if readable:
            rows.append((UID(uid).name, uid, "yes", "yes" if uid in written else "no"))
    return table(("Transfer syntax", "UID", "Images read", "Objects written"), rows)


def objects_created() -> str:
    made = {}
    for path in examples().values():
        dataset = pydicom.dcmread(path)
        number = int(dataset.SeriesNumber) - 4
        made[dataset.SOPClassUID] = (dataset.Modality, f"that of the images + {number}")
    return table(
        ("SOP class", "UID", "Modality", "Series number"),
        ((_NAMES.get(uid, UID(uid).name), uid, *facts) for uid, facts in made.items()),
    )


def attributes_written() -> str:
    by_class: dict[str, set[str]] = {}
    for path in examples().values():
        dataset = pydicom.dcmread(path)
        name = _NAMES.get(dataset.SOPClassUID, UID(dataset.SOPClassUID).name)
        by_class.setdefault(name, set()).update(element.keyword for element in dataset)
    keywords = set().union(*by_class.values())
    rows = sorted((attribute(keyword)[1], keyword) for keyword in keywords)
    return table(
        ("Attribute", "Tag", *(name.removesuffix(" Storage") for name in by_class)),
        (
            (*attribute(keyword), *("yes" if keyword in of else "" for of in by_class.values()))
            for _, keyword in rows
        ),
    )


def privacy() -> str:
    names = {code.value: code.meaning for code in codes.cid7050.concepts.values()}
    return table(
        ("Dates", "Codes written (CID 7050, scheme DCM)", "Edition of table E.1-1"),
        (
            (dates, "; ".join(f"{code} {names[code]}" for code in found), EDITION[-5:])
            for dates, found in OPTIONS.items()
        ),
    )


TABLES: dict[str, Callable[[], str]] = {
    "search keys": search_keys,
    "search results": search_results,
    "association": association,
    "transfer syntaxes": transfer_syntaxes,
    "attributes read": lambda: attributes(HEADER_TAGS),
    "objects created": objects_created,
    "attributes copied": lambda: attributes(SHARED_ATTRIBUTES),
    "attributes written": attributes_written,
    "privacy": privacy,
}

_EXAMPLES: dict[str, Path] = {}


def examples() -> dict[str, Path]:
    """One file of each kind and encoding that is written."""
    if not _EXAMPLES:
        folder = Path(tempfile.mkdtemp())
        write_series(
            folder / "series",
            PLACEMENTS[0],
            rows=32,
            LossyImageCompression="01",
            LossyImageCompressionMethod="ISO_15444_1",
            PatientAge="040Y",
            PatientSize="1.7",
            PatientWeight="70",
            StudyDescription="Study",
            IssuerOfPatientID="Issuer",
        )
        (summary,) = find_series(folder / "series")
        segments = make_segments(summary)
        people = Contributors(("A B",), reviewed="C D", finished=datetime.now(UTC))
        for kind in ("BINARY", "LABELMAP"):
            for compression in ("none", "deflated", "jpeg2000"):
                path = folder / f"{kind}-{compression}.dcm"
                write_segmentation(
                    summary,
                    segments,
                    path,
                    people=people,
                    reading="reading 1",
                    kind=kind,
                    compression=compression,
                )
                _EXAMPLES[path.name] = path
        _EXAMPLES["contours"] = folder / "contours.dcm"
        write_structure_set(summary, segments, _EXAMPLES["contours"], people=people)
    return _EXAMPLES


@pytest.mark.parametrize("name", TABLES)
def test_the_table_is_that_of_the_code(name: str) -> None:
    found = {match[2]: match[3] for match in _TABLE.finditer(STATEMENT.read_text("utf-8"))}
    assert set(found) == set(TABLES)
    assert found[name] == TABLES[name](), "renew with: python tests/test_conformance.py"


def test_no_private_attribute_is_written() -> None:
    for path in examples().values():
        assert not [one for one in pydicom.dcmread(path).iterall() if one.tag.is_private]


def renew() -> None:
    """Put the tables of the code into the statement."""
    text = STATEMENT.read_text("utf-8")
    text = _TABLE.sub(lambda match: match[1] + TABLES[match[2]]() + match[4], text)
    STATEMENT.write_text(text, "utf-8")


if __name__ == "__main__":
    renew()
