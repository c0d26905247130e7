"""Who has which annotation open, told apart by annotation and tab."""

import json
from dataclasses import replace

import pytest

from pages.server.people_here import (
    PEOPLE_ADDRESS,
    PEOPLE_HERE,
    NotSeen,
    OpenEditor,
    Other,
    PeopleHere,
    people_here,
)
from tests.support.asgi_answers import ask

ANNA = OpenEditor("tab a", "anna", "1.2", lambda: "7.1")
BEN = OpenEditor("tab b", "Ben", "1.2", lambda: "7.1")


@pytest.fixture
def here() -> PeopleHere:
    return PeopleHere(lambda tab: tab != "closed")


def test_people_of_one_annotation_see_each_other_once_they_say_where_they_are(
    here: PeopleHere,
) -> None:
    here.arrive("a", ANNA)
    here.arrive("b", BEN)
    assert here.look("a", 3) == []
    assert here.look("b", 5) == [Other("anna", 3, False)]
    assert here.look("a", 4) == [Other("Ben", 5, False)]


def test_people_of_other_annotations_and_closed_tabs_are_not_seen(here: PeopleHere) -> None:
    here.arrive("a", ANNA)
    here.arrive("b", replace(BEN, annotation_key="1.3"))
    here.arrive("c", replace(BEN, tab="closed"))
    for name in ("b", "c"):
        here.look(name, 1)
    assert here.look("a", 3) == []
    assert here.find("c") is None


def test_a_tab_that_shows_no_slice_any_more_is_not_seen(here: PeopleHere) -> None:
    here.arrive("a", ANNA)
    here.arrive("b", BEN)
    here.look("b", 5)
    here.look("b", None)
    assert here.look("a", 3) == []


def test_the_same_person_in_another_tab_is_named_last(here: PeopleHere) -> None:
    for name, editor in (("a", ANNA), ("b", BEN), ("c", replace(ANNA, tab="tab c"))):
        here.arrive(name, editor)
        here.look(name, 2)
    assert here.look("a", 3) == [Other("Ben", 2, False), Other("anna", 2, True)]


def test_an_editor_that_arrives_again_stays_on_its_slice(here: PeopleHere) -> None:
    here.arrive("a", ANNA)
    here.arrive("b", BEN)
    here.look("b", 5)
    here.arrive("b", BEN)
    assert here.look("a", 3) == [Other("Ben", 5, False)]


def test_only_editors_that_are_known_get_an_answer() -> None:
    def asked(query: str, method: str = "POST") -> tuple[int, bytes]:
        status, _, body = ask(PEOPLE_HERE, f"{PEOPLE_ADDRESS}?{query}", method=method)
        return status, body

    people_here().arrive("secret", ANNA)
    people_here().arrive("other", replace(BEN, person="<i>Ben</i>"))
    asked("editor=other&slice=8")
    status, body = asked("editor=secret&slice=3")
    people = [{"name": "<i>Ben</i>", "slice": 8, "oneself": False}]
    assert (status, json.loads(body)) == (200, {"revision": "7.1", "people": people})
    assert asked("editor=guessed&slice=3")[0] == 404
    assert asked("editor=secret", "GET")[0] == 405


def test_who_may_not_see_the_annotation_any_more_learns_of_nobody() -> None:
    def not_seen() -> str:
        raise NotSeen

    people_here().arrive("removed", replace(ANNA, revision=not_seen))
    people_here().arrive("member", BEN)
    ask(PEOPLE_HERE, f"{PEOPLE_ADDRESS}?editor=member&slice=8", method="POST")
    status, _, body = ask(PEOPLE_HERE, f"{PEOPLE_ADDRESS}?editor=removed&slice=3", method="POST")
    assert status == 404
    assert b"Ben" not in body
