"""Entries of the audit log are added, read in pages, and never changed."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, update

from core.annotation.audit_schema import audit_entry
from core.annotation.database import Database, writing
from core.annotation.records import StoreError
from core.audit.entries import (
    Action,
    EntryFilter,
    add_entry,
    append_entry,
    people_signed_in,
    read_entries,
)

ANNA, BOB, CLIENT = "anna@example.org", "bob@example.org", "192.0.2.7"


@pytest.fixture
def logged(database: Database) -> Database:
    """Five entries of two people."""
    for number in range(3):
        add_entry(database, ANNA, CLIENT, Action.SERIES_OPENED, subject=f"series-{number}")
    add_entry(database, BOB, "2001:db8::1", Action.SIGN_IN)
    add_entry(database, ANNA, CLIENT, Action.EXPORT_CREATED, subject="series-1", detail="SEG")
    return database


def test_an_entry_says_who_did_what_when_and_from_where(database: Database) -> None:
    before = datetime.now(UTC)
    add_entry(database, ANNA, CLIENT, Action.EXPORT_CREATED, subject="ab12", detail="DICOM-SEG")
    (entry,) = read_entries(database)
    assert (entry.person, entry.client, entry.action) == (ANNA, CLIENT, "export created")
    assert (entry.subject, entry.detail) == ("ab12", "DICOM-SEG")
    assert before - timedelta(seconds=1) <= entry.time <= datetime.now(UTC)


def test_the_newest_come_first_in_pages_without_gaps(logged: Database) -> None:
    first = read_entries(logged, most=2)
    second = read_entries(logged, below=first[-1].number, most=2)
    third = read_entries(logged, below=second[-1].number, most=2)
    numbers = [entry.number for entry in (*first, *second, *third)]
    assert numbers == sorted(numbers, reverse=True)
    assert len(numbers) == 5
    assert [len(page) for page in (first, second, third)] == [2, 2, 1]


def test_entries_are_found_by_person_action_subject_and_time(logged: Database) -> None:
    def found(wanted: EntryFilter) -> int:
        return len(read_entries(logged, wanted))

    now = datetime.now(UTC)
    assert found(EntryFilter(person=BOB)) == 1
    assert found(EntryFilter(person=ANNA, action=Action.SERIES_OPENED)) == 3
    assert found(EntryFilter(subject="series-1")) == 2
    assert found(EntryFilter(since=now - timedelta(hours=1))) == 5
    assert found(EntryFilter(since=now + timedelta(hours=1))) == 0
    assert found(EntryFilter(before=now - timedelta(hours=1))) == 0
    assert found(EntryFilter(person="' OR 1=1 --")) == 0


@pytest.mark.parametrize("change", [delete(audit_entry), update(audit_entry).values(person=BOB)])
def test_no_entry_is_changed_or_deleted_not_even_by_the_database(
    logged: Database, change: object
) -> None:
    before = read_entries(logged)
    with pytest.raises(StoreError, match="stay as they are"), writing(logged) as connection:
        connection.execute(change)  # type: ignore[call-overload]
    assert read_entries(logged) == before


def test_there_is_an_entry_whatever_somebody_calls_themselves(database: Database) -> None:
    add_entry(database, "a\nb\x00\u202ec" + "x" * 300, "y" * 100, Action.SIGN_IN_REFUSED)
    (entry,) = read_entries(database)
    assert entry.person.startswith("a?b??cx")
    assert (len(entry.person), len(entry.client)) == (200, 64)


def test_an_entry_goes_with_the_transaction_of_what_it_is_about(database: Database) -> None:
    def delete_in_vain() -> None:
        with writing(database) as connection:
            append_entry(connection, ANNA, CLIENT, Action.PROJECT_DELETED, subject="ab12")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        delete_in_vain()
    assert read_entries(database) == []


def test_people_who_have_signed_in_are_known(logged: Database) -> None:
    add_entry(logged, ANNA, CLIENT, Action.SIGN_IN)
    add_entry(logged, BOB, CLIENT, Action.SIGN_IN)
    add_entry(logged, "mallory", CLIENT, Action.SIGN_IN_REFUSED)
    add_entry(logged, "", CLIENT, Action.SIGN_IN)
    assert people_signed_in(logged) == [ANNA, BOB]
    assert people_signed_in(logged, most=1) == [ANNA]
