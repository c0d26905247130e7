import pytest
from sqlalchemy import event

from core.annotation.overview import AnnotationOverview, annotation_overview
from core.annotation.states import SliceState
from core.annotation.store import AnnotationStore, StoreError
from core.segments.segment import Code
from tests.support.stored_series import NOTHING, SERIES, Put, segment, square


def test_it_names_segments_and_counts_slices_and_proposals(
    store: AnnotationStore, put: Put
) -> None:
    put(1, 0, mask=square(3))
    put(2, 0, mask=square(2))
    put(2, 1, mask=None, state=SliceState.CONFIRMED_EMPTY)
    put(1, 3, mask=square(3), state=SliceState.PROPOSED)
    names = tuple(one.label for one in store.segments(SERIES))
    assert annotation_overview(store, SERIES) == AnnotationOverview(names, 2, 1, teaches=True)


def test_proposals_and_confirmed_absence_alone_teach_nothing(
    store: AnnotationStore, put: Put
) -> None:
    put(1, 0, mask=square(3), state=SliceState.PROPOSED)
    put(1, 1, mask=None, state=SliceState.CONFIRMED_EMPTY)
    assert not annotation_overview(store, SERIES).teaches
    put(1, 2, mask=NOTHING)
    assert not annotation_overview(store, SERIES).teaches


def test_what_was_drawn_of_a_removed_segment_does_not_count(
    store: AnnotationStore, put: Put
) -> None:
    store.save_segment(SERIES, segment(3, Code("64033007", "SCT", "Kidney")), "anna")
    put(3, 0, mask=square(3))
    store.remove_segment(SERIES, 3, "anna")
    overview = annotation_overview(store, SERIES)
    assert "Kidney" not in overview.labels
    assert (overview.drawn_slices, overview.teaches) == (0, False)


def test_no_mask_is_read(store: AnnotationStore, put: Put) -> None:
    put(1, 0, mask=square(3))
    statements: list[str] = []
    event.listen(
        store.database.readers,
        "before_cursor_execute",
        lambda _1, _2, statement, *_: statements.append(statement),
    )
    annotation_overview(store, SERIES)
    assert statements and not any("runs" in one for one in statements)


def test_an_annotation_that_is_not_there_is_told(store: AnnotationStore) -> None:
    with pytest.raises(StoreError):
        annotation_overview(store, "1.2.3")
