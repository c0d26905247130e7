"""Which readings of a series that two people read are exported, and who made them."""

from collections.abc import Mapping
from dataclasses import replace

import streamlit as st

from core.annotation.contributors import Contributors, people_who_drew
from core.annotation.store import SliceAnnotation
from core.annotation.versions import SliceKey
from core.dicom.errors import DicomError
from core.formats.export_files import ReadingToWrite
from core.formats.selection import (
    absent_segments,
    reviewed_segments,
    unreviewed_segments,
    weights_of,
)
from core.formats.writing import FORMATS, WritingOptions
from core.projects.readings import (
    contributors_of,
    name_where_several,
    reading_name,
    visible_readings,
)
from core.projects.records import WorkItem
from core.projects.visibility import belongs_to_project
from core.segments.segment_masks import SegmentMasks
from pages.session.work import Work
from pages.views.export_choice import ExportChoice


def choose_readings(work: Work) -> list[WorkItem]:
    """Let the person export this reading or all that the person may see.

    Parameters
    ----------
    work : Work
        Series being worked on.

    Returns
    -------
    list of WorkItem
        All of them, if that is what is wanted; nothing for this one alone.
    """
    seen = _readings(work)
    if len(seen) < 2:
        return []
    this = next(one for one in seen if one.annotation_key == work.annotation_key)
    names = ", ".join(reading_name(one) for one in seen)
    each = st.radio(
        "Readings",
        [False, True],
        format_func=lambda all_of_them: (
            f"All that you may see, a file each: {names}"
            if all_of_them
            else f"This one: {reading_name(this)}"
        ),
        key="export-readings",
    )
    return seen if each else []


def name_of_this_reading(work: Work) -> str:
    """Name of the reading that is open, for its files; "" where the series has no other."""
    if not belongs_to_project(work.annotation_key):
        return ""
    return name_where_several(work.store, work.annotation_key, work.person)


def people_behind(
    work: Work, annotation: Mapping[SliceKey, SliceAnnotation], numbers: tuple[int, ...]
) -> Contributors:
    """Who made what is exported; outside projects, who drew the segments that are chosen."""
    if belongs_to_project(work.annotation_key):
        return contributors_of(work.store, work.annotation_key, work.person)
    chosen = (one for (number, _), one in annotation.items() if number in numbers)
    return Contributors(people_who_drew(chosen) or (work.person,))


def readings_to_write(
    work: Work, readings: list[WorkItem], choice: ExportChoice, options: WritingOptions
) -> list[ReadingToWrite]:
    """Read what people drew in each reading, of the segments that are chosen by their names.

    Parameters
    ----------
    work : Work
        Series being worked on.
    readings : list of WorkItem
        From `choose_readings`; whether the person may see them is checked again.
    choice : ExportChoice
        Segments of the reading that is open, and whether proposals are included.
    options : WritingOptions
        Shared by all of them.

    Raises
    ------
    AccessRefused
        If the person may not see the reading that is open any more.
    DicomError
        If there is nothing to write in one of them.
    """
    names = {one.label for one in work.segments() if one.number in choice.numbers}
    wanted = {one.annotation_key for one in readings}
    found = []
    for item in _readings(work):
        if item.annotation_key not in wanted:
            continue
        name = reading_name(item)
        masks, weights = _masks_of(work, item.annotation_key, names, choice)
        if not masks:
            raise DicomError(f"{name.capitalize()} has nothing to export; export the others alone.")
        people = contributors_of(work.store, item.annotation_key, work.person)
        own = replace(options, people=people, reading=name, weights=weights)
        found.append(ReadingToWrite(masks, own))
    return found


def formats_of_readings() -> list[str]:
    """Formats in which several readings go into one file: those that hold no images."""
    return [name for name, form in FORMATS.items() if form.label and not form.shows_pixels]


def _readings(work: Work) -> list[WorkItem]:
    if not belongs_to_project(work.annotation_key):
        return []
    return visible_readings(work.store, work.annotation_key, work.person)


def _masks_of(
    work: Work, annotation_key: str, names: set[str], choice: ExportChoice
) -> tuple[list[SegmentMasks], str | None]:
    segments = [one for one in work.store.segments(annotation_key) if one.label in names]
    numbers = {one.number for one in segments}
    stored = work.store.annotation(annotation_key)
    own = {key: one for key, one in stored.items() if key[0] in numbers}
    masks = reviewed_segments(segments, own)
    masks += unreviewed_segments(segments, own) if choice.unreviewed else []
    masks += absent_segments(segments, own, work.series.summary.slices)
    return masks, weights_of(own, unreviewed=choice.unreviewed)
