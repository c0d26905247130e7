"""From strokes that hint at a correction to the corrected mask."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.annotation.states import EXAMPLE_STATES
from core.proposals.examples import SegmentExamples
from core.proposals.worker import at_once
from pages.session.work import Work
from pages.slice_editor.message_kinds import (
    HintMessage,
)


@dataclass
class HintMemory:
    """The slice that strokes were last answered on, made ready for more of them.

    Attributes
    ----------
    name : object
        Segment, slice, mask and examples that it was made from; None before the first.
    ready : ReadySlice
        From `core.proposals.correction`, which is imported only when it is needed.
    """

    name: Any = None
    ready: Any = None


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
    # Importing PyTorch takes seconds, which only those wait for who use the tool.
    from core.proposals.correction import correct_slice

    with at_once(work.person):
        return correct_slice(
            _ready_slice(work, message), message.added.decoded(), message.removed.decoded()
        )


def _ready_slice(work: Work, message: HintMessage) -> Any:
    """The slice made ready for strokes, kept while they go on."""
    from core.proposals.correction import ready_slice
    from pages.session.model import load_model

    known = {
        index: one
        for index, one in work.annotations_of(message.segment).items()
        if one.state in EXAMPLE_STATES and index != message.slice
    }
    name = (
        message.segment,
        message.slice,
        message.mask.code,
        tuple(sorted((index, one.version) for index, one in known.items())),
    )
    memory = work.memory.part(HintMemory)
    if memory.name != name:
        settings = work.entrance.settings
        memory.ready = ready_slice(
            work.series.volume,
            work.series.geometry.spacing,
            work.series.summary.modality,
            SegmentExamples(message.segment, {index: one.mask for index, one in known.items()}),
            message.slice,
            message.mask.decoded(),
            load_model(settings.weights, settings.device),
        )
        memory.name = name
    return memory.ready
