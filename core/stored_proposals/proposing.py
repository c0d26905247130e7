"""Proposing from what people have drawn in the store, and storing the result for their review.

Segments are counted from 1, slices from 0 along the normal; masks are bool [rows, columns].
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.annotation.ends import stated_ends
from core.annotation.open_segments import segments_to_propose
from core.annotation.proposal_storing import store_proposals
from core.annotation.records import StatedEnds
from core.annotation.retries import patiently
from core.annotation.states import EXAMPLE_STATES
from core.annotation.store import AnnotationStore, SliceAnnotation
from core.annotation.versions import SliceKey
from core.dicom.series import Series
from core.proposals.examples import Proposal, SegmentExamples

if TYPE_CHECKING:
    from core.network.engine import Engine


@dataclass(frozen=True)
class Wanted:
    """What to propose: every segment with open work by default, or some slices of one segment.

    Attributes
    ----------
    segment : int, optional
        Number of the segment.
    slices : tuple of int, optional
        Indices of the slices.
    """

    segment: int | None = None
    slices: tuple[int, ...] | None = None


def stored_examples(
    store: AnnotationStore, annotation_key: str, annotation: Mapping[SliceKey, SliceAnnotation]
) -> list[SegmentExamples]:
    """Collect what people drew or confirmed, with the ends that they stated.

    Parameters
    ----------
    store : AnnotationStore
        Where the ends are.
    annotation_key : str
        Key of the annotation.
    annotation : mapping
        What `AnnotationStore.annotation` returned for it.
    """
    masks: dict[int, dict[int, NDArray[np.bool_]]] = {}
    for (number, index), version in annotation.items():
        if version.state in EXAMPLE_STATES:
            masks.setdefault(number, {})[index] = version.mask
    stated = stated_ends(store, annotation_key)
    return [
        SegmentExamples(number, of_segment, stated.get(number, StatedEnds()).ends)
        for number, of_segment in masks.items()
    ]


def propose_and_store(
    store: AnnotationStore,
    annotation_key: str,
    series: Series,
    engine: Engine,
    *,
    person: str,
    wanted: Wanted = Wanted(),
    cancelled: Callable[[], bool] = lambda: False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Iterator[Proposal]:
    """Propose from what is drawn now, and store all proposals as one step once they are made.

    Parameters
    ----------
    store : AnnotationStore
        In which the annotation is known.
    annotation_key : str
        Key of the annotation.
    series : Series
        With its pixels.
    engine : Engine
        The network.
    person : str
        Who asked for them.
    wanted : Wanted
        What to propose.
    cancelled, progress : callable
        As `core.proposals.proposer.propose` takes them. What was made before a cancellation is
        stored, too.

    Yields
    ------
    Proposal
        As they are made; the newest of a segment and slice counts.

    Raises
    ------
    ValueError
        If examples do not fit the series.
    StoreError
        If the store refuses.
    """
    # Importing PyTorch takes seconds.
    from core.proposals.proposer import propose

    exclusive = [one.number for one in store.segments(annotation_key) if one.exclusive]
    annotation = store.annotation(annotation_key)
    numbers = segments_to_propose(annotation) if wanted.segment is None else [wanted.segment]
    made: dict[SliceKey, Proposal] = {}
    for proposal in propose(
        series.volume,
        series.geometry.spacing,
        series.summary.modality,
        stored_examples(store, annotation_key, annotation),
        engine=engine,
        exclusive=exclusive,
        wanted=numbers,
        slices=wanted.slices,
        cancelled=cancelled,
        progress=progress,
    ):
        made[proposal.segment, proposal.slice] = proposal
        yield proposal
    asked = wanted.slices if wanted.slices is not None else range(len(series.volume))
    # While the store is locked or its server is gone, this waits.
    patiently(
        lambda: store_proposals(
            store,
            annotation_key,
            made.values(),
            person=person,
            weights=engine.weights.name,
            searched={} if cancelled() else dict.fromkeys(numbers, asked),
        )
    )
