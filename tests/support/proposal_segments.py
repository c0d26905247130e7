"""Segments of the two balls, prepared for proposals."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from core.network.engine import Engine
from core.proposals.examples import SegmentExamples
from core.proposals.first_pass import first_pass
from core.proposals.methods import MethodName
from core.proposals.segment_state import PreparedSegment, prepare_segment
from core.proposals.steps import Steps
from core.segments.ends import UNSTATED, Ends

SPACING = (2.0, 1.0, 1.0)


def images_from(images: np.ndarray) -> Callable[[Sequence[int]], np.ndarray]:
    """Give slices of images as proposals ask for them."""
    return lambda slices: images[list(slices)]


def prepared_from(
    masks: Mapping[int, np.ndarray],
    engine: Engine | None,
    images_of: Callable[[Sequence[int]], np.ndarray],
    method: MethodName = "auto",
    ends: Ends = UNSTATED,
    slices: int = 24,
) -> PreparedSegment:
    """Prepare a segment with examples by slice index, and stated ends."""
    examples = SegmentExamples(1, masks, ends)
    behind = examples.beyond_ends(slices)
    return prepare_segment(examples, SPACING, engine, method, images_of, behind)


def prepared_ball(
    balls: tuple[np.ndarray, dict[int, np.ndarray]],
    engine: Engine | None,
    images_of: Callable[[Sequence[int]], np.ndarray],
    slices: Sequence[int],
    method: MethodName = "auto",
) -> PreparedSegment:
    """Prepare the first ball, drawn on some slices."""
    masks = {index: balls[1][1][index] for index in slices}
    return prepared_from(masks, engine, images_of, method)


def unlike_examples(
    balls: tuple[np.ndarray, dict[int, np.ndarray]],
    engine: Engine | None,
    images_of: Callable[[Sequence[int]], np.ndarray],
) -> PreparedSegment:
    """The structure jumps from one ball to the other between slices 5 and 12."""
    masks = {5: balls[1][2][13], 12: balls[1][1][12], 14: balls[1][1][14]}
    return prepared_from(masks, engine, images_of)


def first_answers(segment: PreparedSegment, slices: int = 24) -> dict[int, Any]:
    """Answers of the whole first pass by slice index."""
    findings = first_pass({1: segment}, slices, range(slices), Steps())
    return {finding.slice: finding.answer for finding in findings}
