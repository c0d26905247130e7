"""Telling whether an annotation has changed."""

from core.annotation.revision import revision
from core.annotation.store import AnnotationStore
from tests.support.stored_series import SERIES, Put, segment


def test_every_change_makes_another_revision_and_reading_makes_none(
    store: AnnotationStore, put: Put
) -> None:
    seen = [revision(store, SERIES)]
    for change in (
        lambda: put(),
        lambda: store.undo(SERIES, "anna"),
        lambda: store.redo(SERIES, "anna"),
        lambda: store.save_segment(SERIES, segment(3), "anna"),
        lambda: store.remove_segment(SERIES, 3, "anna"),
    ):
        change()
        seen.append(revision(store, SERIES))
    store.annotation(SERIES)
    assert revision(store, SERIES) == seen[-1]
    assert len(set(seen)) == len(seen)
