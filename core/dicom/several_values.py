"""Attributes of several values: the first item of a sequence, and all values as text."""

from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

from core.dicom.files import items_of, value_of


def first_item(dataset: Dataset, keyword: str) -> Dataset:
    """Return the first item of a sequence; an empty data set where there is none."""
    items = items_of(dataset, keyword)
    return items[0] if len(items) else Dataset()


def values_text(dataset: Dataset, keyword: str) -> str:
    """Return all values of an attribute as text, with backslashes between them as in the file."""
    value = value_of(dataset, keyword)
    if value is None:
        return ""
    values = value if isinstance(value, MultiValue | list) else [value]
    return "\\".join(str(one).strip().strip("\0") for one in values)
