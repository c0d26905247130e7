"""Segments of the two balls, ready to be proposed."""

from core.proposals.examples import SegmentExamples
from core.proposals.segment_state import begin, first_visits, look, next_visit

SPACING = (2.0, 1.0, 1.0)


def images_from(images):
    """Give slices of images as proposals ask for them."""
    return lambda slices: images[list(slices)]


def work_on(balls, engine, images_of, slices, method="auto"):
    examples = SegmentExamples(1, {index: balls[1][1][index] for index in slices})
    return begin(examples, SPACING, engine, method, images_of)


def unlike_examples(balls, engine, images_of):
    """The structure jumps from one ball to the other between slices 5 and 12."""
    masks = {5: balls[1][2][13], 12: balls[1][1][12], 14: balls[1][1][14]}
    return begin(SegmentExamples(1, masks), SPACING, engine, "auto", images_of)


def visit_all(work, engine, images_of, slices=24):
    visits = first_visits(work, slices)
    while visits:
        visit = visits.pop()
        look(work, [visit], engine, images_of)
        following = next_visit(work, visit, slices)
        visits += [following] if following else []
