"""Names of people are one line that shows all it contains."""

import pytest

from core.annotation.records import StoreError
from core.annotation.store import AnnotationStore
from core.annotation.text_checks import check_person
from tests.support.stored_series import SERIES, put_mask, square


@pytest.mark.parametrize(
    "name", ["anna", "anna@example.org", "Åsa Ñandú", "李 明", "a <b>b</b>", "x" * 200]
)
def test_names_of_people_are_taken_as_they_are(name: str) -> None:
    check_person(name)


@pytest.mark.parametrize(
    "name", ["", "  ", "x" * 201, "a\nb", "a\x00", "a\x1b[31m", "a\u202eb", "a\u2028b", "\ud800"]
)
def test_names_that_change_how_others_are_shown_are_refused(name: str) -> None:
    with pytest.raises(StoreError, match="The name of a person"):
        check_person(name)


def test_nobody_draws_under_such_a_name(store: AnnotationStore) -> None:
    with pytest.raises(StoreError, match="control characters"):
        put_mask(store, SERIES, 1, 1, mask=square(4), person="anna\u202e")
    assert store.annotation(SERIES) == {}
