"""Stating on which slice a segment begins and ends, without drawing it.

Segments are counted from 1, slices from 0 along the normal. What was drawn outweighs what is
stated: a statement that contradicts a drawing is refused, and a drawing that contradicts a
statement is stored; `drawn_beyond` tells of it.
"""

from collections.abc import Mapping

from sqlalchemy import Connection

from core.annotation import history
from core.annotation.end_versions import (
    EndKey,
    append_ends,
    ends_by_segment,
    newest_ends,
)
from core.annotation.mask_changes import version_columns
from core.annotation.messages import earlier_step, message_digest, message_key
from core.annotation.opened_annotations import KnownAnnotation
from core.annotation.records import (
    EndChanged,
    MessageKey,
    SliceAnnotation,
    StatedEnds,
    StoreError,
)
from core.annotation.schema import end_version
from core.annotation.states import EXAMPLE_STATES, STATE_NAMES, SliceState
from core.annotation.store import AnnotationStore
from core.annotation.text_checks import check_person
from core.annotation.version_tables import rows_of_step
from core.annotation.versions import (
    SliceKey,
    append_masks,
    mask_content,
    newest_masks,
    newest_segments,
)
from core.segments.ends import End, Ends


def stated_ends(store: AnnotationStore, annotation_key: str) -> dict[int, StatedEnds]:
    """Return what is stated of the ends of all segments.

    Parameters
    ----------
    store : AnnotationStore
        Where.
    annotation_key : str
        Key of the annotation.

    Returns
    -------
    dict of int to StatedEnds
        By segment number; nothing for segments of which nothing was ever stated.
    """
    with store.reading(annotation_key) as (connection, _):
        return ends_by_segment(newest_ends(connection, annotation_key))


def state_end(
    store: AnnotationStore,
    annotation_key: str,
    segment_number: int,
    end: End,
    slice_index: int | None,
    *,
    person: str,
    based_on: int | None = None,
    message: tuple[str, int] | None = None,
) -> int:
    """State the first or the last slice that shows a segment, or take that back: one undo step.

    Proposals beyond the end are removed by the same step.

    Parameters
    ----------
    store : AnnotationStore
        Where.
    annotation_key : str
        Key of the annotation.
    segment_number : int
        Segment.
    end : End
        Which of its ends.
    slice_index : int or None
        The slice; None takes the statement back.
    person : str
        Who states it.
    based_on : int, optional
        Version of the end that the person saw; the newest by default.
    message : (str, int), optional
        Client and sequence number, as for `AnnotationStore.put_many`; needs `based_on`.

    Returns
    -------
    int
        The new version of the end.

    Raises
    ------
    EndChanged
        If somebody else stated something else since `based_on`.
    StoreError
        If there is no such segment or slice, the end contradicts the other end or what a person
        drew, or the message was used before.
    """
    check_person(person)
    key = (int(segment_number), End(end))
    index = None if slice_index is None else int(slice_index)
    name = message_key(message)
    digest = message_digest("end", annotation_key, person, key[0], key[1].value, index, based_on)
    with store.changing(annotation_key) as (connection, known):
        if earlier := earlier_step(connection, name, digest):
            return int(rows_of_step(connection, end_version, earlier)[0].version)
        newest = newest_ends(connection, annotation_key)
        version = newest[key].version if key in newest else 0
        _check_version(connection, known, key, version, based_on, name)
        _check_segment(connection, known, key[0], index)
        if index is not None:
            other = ends_by_segment(newest).get(key[0], StatedEnds()).ends
            _check_order(other, key[1], index)
            _check_drawings(connection, known, key, index)
        action = f"{end} slice" if index is not None else f"no {end} slice"
        step_id = history.append_step(
            connection, annotation_key, person, action, message=name, digest=digest
        )
        append_ends(connection, annotation_key, [(key, index, version + 1, None)], step_id, person)
        if index is not None:
            _remove_proposals(connection, known, key, index, step_id, person)
    return version + 1


def drawn_beyond(ends: Ends, annotations: Mapping[int, SliceAnnotation]) -> list[int]:
    """List the slices on which a segment is drawn although it is stated not to reach them.

    Parameters
    ----------
    ends : Ends
        What is stated.
    annotations : mapping of int to SliceAnnotation
        Newest versions of the segment by slice index.

    Returns
    -------
    list of int
        Slice indices in order.
    """
    return sorted(
        index
        for index, one in annotations.items()
        if one.state in EXAMPLE_STATES and one.pixels and not ends.encloses(index)
    )


def widened_ends(
    stated: Mapping[int, StatedEnds], annotation: Mapping[SliceKey, SliceAnnotation]
) -> dict[int, Ends]:
    """Widen stated ends to enclose every slice that a person drew or accepted.

    Parameters
    ----------
    stated : mapping of int to StatedEnds
        What `stated_ends` returned.
    annotation : mapping
        What `AnnotationStore.annotation` returned.

    Returns
    -------
    dict of int to Ends
        By segment number; a proposal lies within.
    """
    return {
        number: one.ends.widened(
            [
                index
                for (segment, index), here in annotation.items()
                if segment == number and here.pixels and here.state in EXAMPLE_STATES
            ]
        )
        for number, one in stated.items()
    }


def _is_beyond(key: EndKey, end: int, index: int) -> bool:
    return index < end if key[1] is End.FIRST else index > end


def _check_version(
    connection: Connection,
    known: KnownAnnotation,
    key: EndKey,
    version: int,
    based_on: int | None,
    message: MessageKey | None,
) -> None:
    """Refuse to overwrite what somebody else stated in the meantime."""
    if based_on is None or version == based_on:
        return
    place = {"annotation_key": known.key, "segment_number": key[0], "which_end": key[1].value}
    if (
        message is None
        or not 0 <= based_on < version
        or not history.only_earlier_messages(connection, end_version, place, based_on, message)
    ):
        raise EndChanged(
            f"The {key[1]} slice was stated elsewhere in the meantime. Look at it on the "
            "strip, and state it again if it is wrong."
        )


def _check_segment(
    connection: Connection, known: KnownAnnotation, number: int, index: int | None
) -> None:
    segment = newest_segments(connection, known.key).get(number)
    if segment is None or segment.removed:
        raise StoreError(f"There is no segment {number} in this series; add it first.")
    if index is not None and not 0 <= index < known.slices:
        raise StoreError(f"This series has slices 0 to {known.slices - 1}, not {index}.")


def _check_order(stated: Ends, end: End, index: int) -> None:
    if end is End.FIRST and stated.last is not None and index > stated.last:
        raise StoreError(
            f"Its last slice is slice {stated.last + 1}; the first cannot lie behind it. Take the "
            "last slice back, or choose another."
        )
    if end is End.LAST and stated.first is not None and index < stated.first:
        raise StoreError(
            f"Its first slice is slice {stated.first + 1}; the last cannot lie before it. Take the "
            "first slice back, or choose another."
        )


def _check_drawings(
    connection: Connection, known: KnownAnnotation, key: EndKey, index: int
) -> None:
    """Refuse an end that contradicts what a person drew or confirmed."""
    where = "before" if key[1] is End.FIRST else "after"
    for (number, other), row in newest_masks(connection, known.key).items():
        if number != key[0] or row.state not in EXAMPLE_STATES:
            continue
        if row.pixels and _is_beyond(key, index, other):
            raise StoreError(
                f"It is {STATE_NAMES[SliceState(row.state)]} on slice {other + 1}, which lies "
                f"{where} slice {index + 1}. Clear it there first, or choose another slice."
            )
        if not row.pixels and other == index:
            raise StoreError(
                f"Slice {index + 1} is marked “{STATE_NAMES[SliceState.CONFIRMED_EMPTY]}”. Undo "
                "that first, or choose another slice."
            )


def _remove_proposals(
    connection: Connection,
    known: KnownAnnotation,
    key: EndKey,
    index: int,
    step_id: int,
    person: str,
) -> None:
    """Empty the slices beyond an end on which the segment is proposed."""
    append_masks(
        connection,
        [
            mask_content(None)
            | version_columns(known.key, place, row.version, step_id, person, f"{key[1]} slice")
            for place, row in newest_masks(connection, known.key).items()
            if place[0] == key[0]
            and row.state == SliceState.PROPOSED
            and _is_beyond(key, index, place[1])
        ],
    )
