"""From strokes that hint at a correction to the corrected mask."""

import numpy as np
from numpy.typing import NDArray

from core.annotation.states import EXAMPLE_STATES
from core.proposals.examples import SegmentExamples
from core.stored_proposals.proposing import hint_task
from pages.session.model import proposal_backend
from pages.session.work import Work
from pages.slice_editor.message_kinds import (
    HintMessage,
)


def mask_from_hints(work: Work, message: HintMessage) -> NDArray[np.bool_]:
    """Let the network answer strokes on a slice.

    Parameters
    ----------
    work : Work
        Series being worked on.
    message : HintMessage
        All strokes so far, and the mask before them.

    Returns
    -------
    numpy.ndarray
        Bool [rows, columns].

    Raises
    ------
    ValueError
        If the model cannot be used, or too much of the person's is being computed.
    """
    known = {
        index: one.mask
        for index, one in work.annotations_of(message.segment).items()
        if one.state in EXAMPLE_STATES and index != message.slice
    }
    task = hint_task(
        work.series,
        SegmentExamples(message.segment, known),
        message.slice,
        message.mask.decoded(),
        message.added.decoded(),
        message.removed.decoded(),
        person=work.person,
    )
    job = proposal_backend(work.entrance.settings).submit(
        lambda: task, person=work.person, slices=0, series=work.annotation_key
    )
    if not job.wait(_PATIENCE_S):
        job.cancel()
        raise ValueError("Proposals cannot be made at present; draw, or hint again later.")
    if job.error is not None:
        raise ValueError(job.error)
    return job.proposals[0].mask


_PATIENCE_S = 30.0
"""The page of the person stands still meanwhile."""
