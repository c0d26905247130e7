"""What an import would do, segment by segment, and the choice of how."""

from collections import Counter
from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.annotation.ends import stated_ends, widened_ends
from core.annotation.importing import (
    ImportedSegment,
    ImportPlan,
    ImportWay,
    matching_segments,
    plan_import,
    usual_way,
)
from core.annotation.states import STATE_NAMES
from core.annotation.store import AnnotationStore
from core.segments.ends import UNSTATED
from core.segments.segment import Segment
from pages.views.formatting import count, plain

_WAYS: dict[ImportWay, str] = {
    ImportWay.REPLACE: "Replace",
    ImportWay.MERGE: "Merge",
    ImportWay.ADD: "Add as a further segment",
    ImportWay.SKIP: "Leave out",
}


def choose_ways(
    store: AnnotationStore, annotation_key: str, items: Sequence[ImportedSegment]
) -> list[ImportPlan]:
    """Show what importing each segment would do, and let the person choose how.

    Parameters
    ----------
    store : AnnotationStore
        The series is open in it.
    annotation_key : str
        Series Instance UID.
    items : sequence of ImportedSegment
        Segments of the file.

    Returns
    -------
    list of ImportPlan
        One for each.
    """
    segments = store.segments(annotation_key)
    annotation = store.annotation(annotation_key)
    ends = widened_ends(stated_ends(store, annotation_key), annotation)
    plans = []
    targets = matching_segments(segments, annotation, items)
    for place, (item, target) in enumerate(zip(items, targets, strict=True)):
        enclosing = ends.get(target.number, UNSTATED) if target is not None else UNSTATED
        usual = usual_way(item, target, annotation, enclosing)
        with st.container(border=True, key=f"import-{place}"):
            text, choice = st.columns([2.2, 1.4], vertical_alignment="center")
            way = _choose_way(choice, place, item, target, usual)
            plan = plan_import(item, target, way, annotation, enclosing)
            text.markdown(f"**{plain(item.segment.label)}** · {_origin(item)}")
            for sentence in plan_sentences(plan, target):
                text.caption(sentence)
        plans.append(plan)
    return plans


def plan_sentences(plan: ImportPlan, target: Segment | None) -> list[str]:
    """Say what a plan would do, one sentence each."""
    if plan.way is ImportWay.SKIP:
        return ["Not imported."]
    if plan.way is ImportWay.ADD:
        return [f"A new segment with {count(plan.new, 'mask')}."]
    place = f"segment {target.number}, {plain(target.label)}" if target is not None else ""
    done = [
        f"{count(number, 'slice')} {what}"
        for number, what in (
            (plan.new, "filled"),
            (plan.changed, "changed"),
            (plan.cleared, "cleared"),
        )
        if number
    ]
    sentences = [
        f"In {place}: {', '.join(done)}." if done else f"Already in {place}: nothing changes."
    ]
    if plan.kept:
        sentences.append(
            f"{count(plan.kept, 'slice')} reviewed or ruled out here stay as they are."
        )
    if plan.reviewed_lost:
        lost = count(plan.reviewed_lost, "slice")
        sentences.append(f":orange[⚠ {lost} would lose what was drawn or accepted here.]")
    return sentences


def _choose_way(
    place: DeltaGenerator,
    number: int,
    item: ImportedSegment,
    target: Segment | None,
    usual: ImportWay,
) -> ImportWay:
    ways = [ImportWay.ADD, ImportWay.SKIP] if target is None else list(ImportWay)
    chosen: ImportWay = place.selectbox(
        f"What to do with {plain(item.segment.label)}",
        ways,
        index=ways.index(usual),
        format_func=lambda way: _WAYS[way],
        key=f"import-way-{number}-{item.segment.label}",
        label_visibility="collapsed",
    )
    return chosen


def _origin(item: ImportedSegment) -> str:
    """Say how the masks of a segment came about, such as "3 drawn, 9 proposed"."""
    states = Counter(one.state for one in item.masks.values())
    return ", ".join(
        f"{states[state]} {name}" for state, name in STATE_NAMES.items() if states[state]
    )
