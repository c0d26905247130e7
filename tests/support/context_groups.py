"""Codes of DICOM's context groups that a segment can have, as pydicom carries them.

``python -m tests.support.context_groups`` writes them to ``core/segments/further_codes.csv``.
"""

import csv
from pathlib import Path
from typing import Any

from pydicom.sr._concepts_dict import concepts  # the public `codes` fails on names of two schemes

import core.segments.anatomy

FOLDER = Path(core.segments.anatomy.__file__).parent
FILE = FOLDER / "further_codes.csv"

# Context groups of PS3.16, the first that has a code says of which category it is: the types of
# segments, then further anatomy, then histologic types of tumours and pathology.
GROUPS = (
    ("tissue", (7191,)),
    ("object", (7193,)),
    ("lesion", (7194, 7159)),
    ("substance", (7197,)),
    ("anatomy", (7192, 8134, 4, 4031, 7600, 7601, 7602, 3604, 3827, 6300, 4029, 4018, 4019)),
    ("lesion", (639, 6030)),
)
LONGEST_MEANING = 64  # of a Code Meaning


def rows() -> list[tuple[str, str, str]]:
    """Category, value and meaning of every SNOMED CT code of the groups, without those listed."""
    with (FOLDER / "anatomy.csv").open(encoding="utf-8", newline="") as file:
        listed = {row["value"] for row in csv.DictReader(file)}
    found = {}
    codes: Any = concepts  # nested dictionaries of several shapes
    for meanings in codes["SCT"].values():
        for value, (meaning, groups) in meanings.items():
            category = next((name for name, own in GROUPS if set(own) & set(groups)), None)
            if category and value not in listed and len(meaning) <= LONGEST_MEANING:
                found[value] = (category, value, meaning[0].upper() + meaning[1:])
    return sorted(found.values(), key=lambda row: (row[2].casefold(), row[1]))


def write() -> None:
    with FILE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("category", "value", "meaning"))
        writer.writerows(rows())


if __name__ == "__main__":
    write()
