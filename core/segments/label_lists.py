"""Label lists: the segments of a protocol in a CSV or JSON file."""

import csv
import io
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.segments.anatomy import CATEGORIES, LEFT, RIGHT, search
from core.segments.overlap_rules import OverlapRule
from core.segments.segment import MAX_LABEL_LENGTH, Code, Segment, default_color
from core.segments.spreadsheet_text import without_quote

MOST_BYTES = 1_000_000
"""Size of a list; 500 lines have a tenth of it."""

MOST_LABELS = 500

LONGEST_CODE = 128
"""Characters of a code; URNs are the longest."""

LONGEST_INSTRUCTIONS = 2000
"""Characters of what a list says of how to draw a segment."""

COLUMNS = (
    "label",
    "code",
    "scheme",
    "meaning",
    "category",
    "side",
    "color",
    "overlap",
    "instructions",
)
"""What a list may say of a label; only the label itself is needed, where its code is known."""

MOST_SENTENCES = 20
"""Lines of a list whose faults are told."""

_SIDES = {"": None, "left": LEFT, "right": RIGHT}
FORMULA_BEGINNINGS = ("=", "@")
"""How no value of a list may begin; words may begin with the other two."""

_COLOR = re.compile(r"#?([0-9a-f]{6})")


class LabelListError(ValueError):
    """A list that cannot be used; the message is for the person who wrote it.

    Attributes
    ----------
    sentences : tuple of str
        What is wrong, one for each line that is; the message is all of them.
    """

    def __init__(self, *sentences: str) -> None:
        self.sentences = sentences
        super().__init__(" ".join(sentences))


@dataclass(frozen=True)
class ListedLabel:
    """A segment that a list describes.

    Attributes
    ----------
    label : str
        Name for people.
    category, type : Code
        Segmented Property Category and Type.
    modifier : Code or None
        The side of a paired structure.
    color : tuple of int or None
        Red, green, blue, each 0 to 255; None where the list gives none.
    overlap : OverlapRule
        What drawing with it does to other segments.
    instructions : str
        How to draw it, for people; may be blank.
    """

    label: str
    category: Code
    type: Code
    modifier: Code | None
    color: tuple[int, int, int] | None
    overlap: OverlapRule = OverlapRule.UNLOCKED
    instructions: str = ""

    def segment(self, number: int) -> Segment:
        """Make a segment with a number, in the usual colour unless the list gives one."""
        return Segment(
            number,
            self.label,
            self.color or default_color(number),
            self.category,
            self.type,
            self.overlap,
            type_modifier=self.modifier,
        )


def read_label_list(
    content: bytes, check: Callable[[ListedLabel], None] | None = None
) -> list[ListedLabel]:
    """Read a list.

    Parameters
    ----------
    content : bytes
        A CSV file with a line of the names in `COLUMNS`, separated by commas, semicolons or tabs,
        or JSON: a list of objects with these names. Without a code, that of the structure of this
        name is taken. The scheme is SNOMED CT ("SCT") and the category "anatomy" unless given;
        the rule for overlaps is one of `OverlapRule`, "unlocked" unless given.
    check : callable, optional
        Raises ValueError for a label that is wanted nowhere.

    Returns
    -------
    list of ListedLabel
        At least one, in the order of the list.

    Raises
    ------
    LabelListError
        If the content is no such list, or says something that a segment cannot be.
    """
    if len(content) > MOST_BYTES:
        raise LabelListError("A label list has at most 1 MB. Choose another file.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise LabelListError(
            "This file is not text in UTF-8. Save the list as CSV (UTF-8) or JSON."
        ) from None
    is_json = text.lstrip()[:1] in ("[", "{")
    rows = _json_rows(text) if is_json else _csv_rows(text)
    if not rows:
        raise LabelListError("The list is empty. Give at least one label.")
    if len(rows) > MOST_LABELS:
        raise LabelListError(f"The list has {len(rows)} labels; at most {MOST_LABELS} can be read.")
    found, wrong = [], []
    for place, row in rows:
        try:
            found.append(_label(place, row, check))
        except LabelListError as error:
            wrong.append(str(error))
    if wrong:
        more = len(wrong) - MOST_SENTENCES
        rest = [f"{more} more are wrong."] if more > 0 else []
        raise LabelListError(*wrong[:MOST_SENTENCES], *rest)
    return found


def _csv_rows(text: str) -> list[tuple[str, Mapping[str, str]]]:
    """Lines that say anything, with the place to name in errors."""
    header = text.lstrip().partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    lines = csv.DictReader(io.StringIO(text.lstrip()), delimiter=delimiter, strict=True)
    try:
        names = [_column(name) for name in lines.fieldnames or ()]
        lines.fieldnames = names
        found = [(f"Line {lines.line_num}", line) for line in lines]
    except csv.Error as error:
        raise LabelListError(
            f"Line {lines.line_num + 1} cannot be read as CSV ({error}). Check its quotes."
        ) from None
    _check_columns(names)
    for place, line in found:
        if None in line:
            raise LabelListError(f"{place} has more values than there are columns.")
    filled = [(place, {name: value or "" for name, value in line.items()}) for place, line in found]
    return [(place, line) for place, line in filled if any(map(str.strip, line.values()))]


def _json_rows(text: str) -> list[tuple[str, Mapping[str, str]]]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise LabelListError(
            "This file begins like JSON and is none. Check its brackets."
        ) from None
    if not isinstance(content, list) or not all(isinstance(one, dict) for one in content):
        raise LabelListError('JSON has to be a list of objects, such as [{"label": "Liver"}].')
    rows: list[tuple[str, Mapping[str, str]]] = []
    for place, one in enumerate(content, start=1):
        row = {_column(name): _json_text(f"Label {place}", value) for name, value in one.items()}
        _check_columns(list(row))
        rows.append((f"Label {place}", row))
    return rows


def _json_text(place: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise LabelListError(f"{place}: every value has to be a text.")
    return str(value)


def _column(name: str) -> str:
    plain = name.strip().lower()
    return "color" if plain == "colour" else plain


def _check_columns(names: Sequence[str]) -> None:
    unknown = [name for name in names if name not in COLUMNS]
    if unknown or "label" not in names:
        said = f"“{unknown[0][:40]}” is none of them" if unknown else "“label” is missing"
        raise LabelListError(f"The columns of a label list are {', '.join(COLUMNS)}; {said}.")
    if len(set(names)) < len(names):
        raise LabelListError("A column occurs twice. Give each once.")


def _label(
    place: str, row: Mapping[str, str], check: Callable[[ListedLabel], None] | None
) -> ListedLabel:
    said = {name: without_quote(" ".join(row.get(name, "").split())) for name in COLUMNS}
    if any(text.startswith(FORMULA_BEGINNINGS) for text in said.values()):
        raise LabelListError(f"{place}: no value may begin like a formula, with = or @.")
    label = said["label"]
    if not label or len(label) > MAX_LABEL_LENGTH:
        raise LabelListError(f"{place}: a label has 1 to {MAX_LABEL_LENGTH} characters.")
    color = _COLOR.fullmatch(said["color"].lower())
    if said["color"] and color is None:
        raise LabelListError(f"{place}: a colour is written as #rrggbb, such as #e69f00.")
    rgb = bytes.fromhex(color[1]) if color else None
    category, kind, modifier = _codes(place, said)
    try:
        listed = ListedLabel(
            label,
            category,
            kind,
            modifier,
            (rgb[0], rgb[1], rgb[2]) if rgb else None,
            _overlap(place, said["overlap"].lower()),
            _instructions(place, without_quote(row.get("instructions", ""))),
        )
        listed.segment(1)
        if check is not None:
            check(listed)
    except ValueError as error:
        raise LabelListError(f"{place}: {error}") from None
    return listed


def _overlap(place: str, said: str) -> OverlapRule:
    if said not in ("", *OverlapRule):
        raise LabelListError(f"{place}: the overlap is one of {', '.join(OverlapRule)}.")
    return OverlapRule(said or OverlapRule.UNLOCKED)


def _instructions(place: str, said: str) -> str:
    """Instructions with their lines, without blanks around them."""
    text = "\n".join(" ".join(line.split()) for line in said.splitlines()).strip()
    if len(text) > LONGEST_INSTRUCTIONS:
        raise LabelListError(
            f"{place}: instructions have at most {LONGEST_INSTRUCTIONS} characters."
        )
    return text


def _codes(place: str, said: Mapping[str, str]) -> tuple[Code, Code, Code | None]:
    if said["side"].lower() not in _SIDES:
        raise LabelListError(f"{place}: the side is left, right, or nothing.")
    side = _SIDES[said["side"].lower()]
    if not said["code"]:
        for term in search(said["label"]):
            if term.label.casefold() == said["label"].casefold():
                return term.category, term.type, side or term.modifier
        raise LabelListError(
            f"{place}: no code is known for “{said['label']}”. Give its code and meaning."
        )
    category = said["category"].lower() or "anatomy"
    if category not in CATEGORIES:
        raise LabelListError(f"{place}: the category is one of {', '.join(CATEGORIES)}.")
    if len(said["code"]) > LONGEST_CODE:
        raise LabelListError(f"{place}: a code has at most {LONGEST_CODE} characters.")
    meaning = said["meaning"] or said["label"]
    try:
        return CATEGORIES[category], Code(said["code"], said["scheme"] or "SCT", meaning), side
    except ValueError as error:
        raise LabelListError(f"{place}: {error}") from None
