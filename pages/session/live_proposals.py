"""Proposals of running jobs, shown slice by slice before all of them are stored as one step."""

import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from core.annotation.overwriting import pixels_to_leave
from core.annotation.records import SliceAnnotation
from core.annotation.run_length import encode_runs
from core.annotation.states import EXAMPLE_STATES, SliceState
from core.annotation.taught_masks import JOINED_TOOL, PROPOSING_TOOL
from core.annotation.versions import SliceKey
from core.proposals.examples import Proposal
from core.segments.segment import Segment
from pages.session.proposal_jobs import AskedJob, asked_jobs
from pages.session.work import Work


@dataclass
class LiveProposals:
    """What a tab shows of running jobs, to be kept in its `PageMemory`.

    Attributes
    ----------
    whole : dict
        By place, as if it were stored; the version is the one that is stored.
    shown : dict
        The same, without pixels that examples of other segments hold.
    made_from : dict
        The proposals that these were made from, which belong to the job.
    ever : set
        Every place where one was shown: it may have to be shown as untouched again.
    """

    whole: dict[SliceKey, SliceAnnotation] = field(default_factory=dict)
    shown: dict[SliceKey, SliceAnnotation] = field(default_factory=dict)
    made_from: dict[SliceKey, "weakref.ref[Proposal]"] = field(default_factory=dict)
    ever: set[SliceKey] = field(default_factory=set)


def live_proposals(
    work: Work, annotation: Mapping[SliceKey, SliceAnnotation]
) -> dict[SliceKey, SliceAnnotation]:
    """Return what running jobs have proposed so far, as the editor has to show it.

    Parameters
    ----------
    work : Work
        Series being worked on.
    annotation : mapping
        What is stored.

    Returns
    -------
    dict
        By place: proposals on slices that nobody confirmed, and untouched slices where one was
        shown that is not there any more.
    """
    memory = work.memory.part(LiveProposals)
    newest = {
        (proposal.segment, proposal.slice): (proposal, asked)
        for asked in asked_jobs(work)
        for proposal in asked.job.proposals
    }
    segments = work.segments()
    memory.whole = {
        place: _whole(memory, work, annotation.get(place), proposal, asked)
        for place, (proposal, asked) in newest.items()
        if place not in annotation or annotation[place].state not in EXAMPLE_STATES
    }
    memory.shown = {
        place: _left_over(one, annotation, segments) for place, one in memory.whole.items()
    }
    memory.made_from = {
        place: weakref.ref(proposal)
        for place, (proposal, _) in newest.items()
        if place in memory.shown
    }
    memory.ever |= memory.shown.keys()
    shape = (work.series.summary.rows, work.series.summary.columns)
    untouched = memory.ever - memory.shown.keys() - annotation.keys()
    return {**{place: SliceAnnotation(*place, shape) for place in untouched}, **memory.shown}


def unsaved_proposal(work: Work, place: SliceKey) -> SliceAnnotation | None:
    """Proposal that this tab shows on a slice although it is not stored yet."""
    shown = work.memory.part(LiveProposals).shown.get(place)
    return shown if shown is not None and shown.pixels else None


def _left_over(
    proposal: SliceAnnotation,
    annotation: Mapping[SliceKey, SliceAnnotation],
    segments: Sequence[Segment],
) -> SliceAnnotation:
    """What is left of a proposal once it is stored, as things are now."""
    place = (proposal.segment_number, proposal.slice_index)
    held = pixels_to_leave(annotation, segments, place)
    if held is None or not (proposal.mask & held).any():
        return proposal
    mask = proposal.mask & ~held
    pixels = int(mask.sum())
    return replace(
        proposal,
        state=SliceState.PROPOSED if pixels else SliceState.EMPTY,
        runs=encode_runs(mask) if pixels else None,
        pixels=pixels,
    )


def _whole(
    memory: LiveProposals,
    work: Work,
    stored: SliceAnnotation | None,
    proposal: Proposal,
    asked: AskedJob,
) -> SliceAnnotation:
    place = (proposal.segment, proposal.slice)
    version = stored.version if stored is not None else 0
    known, made_from = memory.whole.get(place), memory.made_from.get(place)
    if known is not None and made_from is not None and made_from() is proposal:
        return replace(known, version=version)
    pixels = int(proposal.mask.sum())
    origin = asked.job.origin_of(proposal.segment)
    is_joined = asked.wanted is not None and origin.teachers
    return SliceAnnotation(
        *place,
        (work.series.summary.rows, work.series.summary.columns),
        SliceState.PROPOSED if pixels else SliceState.EMPTY,
        version,
        encode_runs(proposal.mask) if pixels else None,
        pixels,
        proposal.expected_dice,
        tool=JOINED_TOOL if is_joined else PROPOSING_TOOL,
        weights=origin.weights,
        teachers=origin.teachers,
    )
