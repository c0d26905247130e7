"""Names whose character set is missing or broken are told."""

import pytest
from pydicom.dataset import Dataset

from core.formats.character_sets import doubtful_names, states_characters, understood_text


def stating(*terms: str) -> Dataset:
    dataset = Dataset()
    dataset.SpecificCharacterSet = list(terms) if len(terms) > 1 else (terms or ("",))[0]
    return dataset


@pytest.mark.parametrize(
    ("dataset", "expected"),
    [
        (Dataset(), False),
        (stating(""), False),
        (stating("ISO_IR 6"), False),
        (stating("ISO 2022 IR 6"), False),
        (stating("KOI8"), False),
        (stating("ISO_IR 100"), True),
        (stating("ISO_IR 192"), True),
        (stating("", "ISO 2022 IR 87"), True),
        (stating("ISO 2022 IR 6", "ISO 2022 IR 149"), True),
    ],
)
def test_a_character_set_is_stated_where_it_is_known_and_more_than_ascii(
    dataset: Dataset, expected: bool
) -> None:
    assert states_characters(dataset) is expected


def test_undeclared_utf8_is_understood_and_still_told() -> None:
    garbled = "Läsion".encode().decode("latin-1")
    assert understood_text(garbled, is_stated=False) == "Läsion"
    (sentence,) = doubtful_names(["Liver", garbled], is_stated=False)
    assert sentence.endswith("check that they are right: “Läsion”.")


@pytest.mark.parametrize("name", ["肝脏".encode("gbk").decode("latin-1"), "Läsion"])
def test_other_undeclared_names_are_shown_as_they_are_and_told(name: str) -> None:
    assert understood_text(name, is_stated=False) == name
    assert list(doubtful_names([name], is_stated=False))


@pytest.mark.parametrize("name", ["L\ufffdsion", "\x1b$B4N", "LÃ¤sion"])
def test_names_that_break_the_stated_character_set_are_told(name: str) -> None:
    assert list(doubtful_names([name], is_stated=True))


def test_sound_names_are_not_told() -> None:
    assert not list(doubtful_names(["Läsion", "肝脏", "Liver"], is_stated=True))
    assert not list(doubtful_names(["Liver"], is_stated=False))
