"""What is asked for, as text and back."""

import numpy as np

from core.proposal_jobs.requests import (
    ProposalRequest,
    SeriesData,
    request_from_json,
    segment_data,
    taught_data,
)
from core.proposals.examples import SegmentExamples
from core.proposals.taught import TaughtSegment


def test_what_other_series_said_comes_through_as_it_was() -> None:
    mask = np.zeros((9, 7), bool)
    mask[2:5, 3] = True
    request = ProposalRequest(
        "Ada",
        4,
        SeriesData("ab", (2.0, 1.0, 1.0), "MR"),
        segments=segment_data([SegmentExamples(2, {0: mask, 5: mask}, accepted=frozenset({5}))]),
        taught=taught_data([TaughtSegment(2, {3: mask, 4: ~mask}, {4: 0.75})]),
        adapting=True,
    )
    read = request_from_json(request.to_json())
    assert read == request
    (drawn,) = (segment.examples() for segment in read.segments)
    assert (set(drawn.masks), drawn.accepted) == ({0, 5}, frozenset({5}))
    (one,) = (taught.segment() for taught in read.taught)
    assert (one.number, one.expected) == (2, {4: 0.75})
    assert (one.masks[3] == mask).all() and (one.masks[4] == ~mask).all()
