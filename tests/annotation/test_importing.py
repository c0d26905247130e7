"""What importing masks would do, before it is done."""

import numpy as np
import pytest
from numpy.typing import NDArray

from core.annotation.importing import (
    ImportedMask,
    ImportedSegment,
    ImportWay,
    matching_segments,
    plan_import,
    usual_way,
)
from core.annotation.run_length import encode_runs
from core.annotation.states import SliceState
from core.annotation.store import SliceAnnotation
from core.annotation.versions import SliceKey
from core.segments.ends import Ends
from core.segments.segment import Segment, SegmentDetails, default_color
from tests.support.segments import ANATOMY, LIVER, SPLEEN

Annotation = dict[SliceKey, SliceAnnotation]
DRAWN, PROPOSED, ACCEPTED = SliceState.DRAWN, SliceState.PROPOSED, SliceState.ACCEPTED


def square(side: int) -> NDArray[np.bool_]:
    mask = np.zeros((8, 8), bool)
    mask[:side, :side] = True
    return mask


def liver(number: int = 1, tracking_uid: str = "", label: str = "Liver") -> Segment:
    details = SegmentDetails(tracking_id="T" if tracking_uid else "", tracking_uid=tracking_uid)
    return Segment(number, label, default_color(1), ANATOMY, LIVER, details=details)


def item(sides: dict[int, int], state: SliceState = DRAWN, **described: str) -> ImportedSegment:
    masks = {
        index: ImportedMask(encode_runs(square(side)), (8, 8), state)
        for index, side in sides.items()
    }
    return ImportedSegment(liver(9, **described), masks)


def here(sides: dict[int, int], state: SliceState = DRAWN, number: int = 1) -> Annotation:
    return {
        (number, index): SliceAnnotation(
            number,
            index,
            (8, 8),
            state if side or state is SliceState.CONFIRMED_EMPTY else SliceState.EMPTY,
            version=3,
            runs=encode_runs(square(side)) if side else None,
            pixels=side * side,
        )
        for index, side in sides.items()
    }


def test_the_tracking_identifier_decides_which_segment_is_the_same() -> None:
    segments = [liver(1), liver(2, "1.2.3", "Renamed")]
    (found,) = matching_segments(segments, {}, [item({0: 3}, tracking_uid="1.2.3")])
    assert found is segments[1]


def test_else_code_and_name_decide_and_each_segment_is_taken_once() -> None:
    spleen = Segment(2, "Liver", default_color(2), ANATOMY, SPLEEN)
    segments = [spleen, liver(1, label="LIVER"), liver(4, label="Lesion")]
    assert matching_segments(segments, {}, [item({0: 3}), item({0: 3})]) == [segments[1], None]


def test_of_two_with_the_same_name_the_one_with_the_same_masks_is_taken() -> None:
    segments = [liver(1), liver(2)]
    annotation = here({0: 4}) | here({0: 3}, number=2)
    assert matching_segments(segments, annotation, [item({0: 3})]) == [segments[1]]


@pytest.mark.parametrize("way", [ImportWay.REPLACE, ImportWay.MERGE])
def test_what_is_here_already_changes_nothing(way: ImportWay) -> None:
    annotation = here({0: 3, 1: 4}, ACCEPTED)
    assert not plan_import(item({0: 3, 1: 4}), liver(), way, annotation).changes


def test_replacing_fills_changes_and_clears_slices_and_says_how_many() -> None:
    plan = plan_import(
        item({0: 3, 1: 2, 4: 5}), liver(), ImportWay.REPLACE, here({1: 4, 2: 4, 4: 5})
    )
    assert (plan.new, plan.changed, plan.cleared, plan.reviewed_lost) == (1, 1, 1, 2)
    assert [(one.slice_index, one.state, one.based_on) for one in plan.changes] == [
        (0, DRAWN, 0),
        (1, DRAWN, 3),
        (2, SliceState.EMPTY, 3),
    ]


def test_merging_unites_reviewed_masks_and_clears_nothing() -> None:
    plan = plan_import(
        item({0: 3, 1: 4}, ACCEPTED), liver(), ImportWay.MERGE, here({0: 2, 1: 6, 2: 4})
    )
    (change,) = plan.changes
    assert change.mask is not None and np.array_equal(change.mask, square(3))
    assert change.state is SliceState.CORRECTED and not plan.reviewed_lost


def test_a_reviewed_mask_takes_the_place_of_a_proposal() -> None:
    annotation = here({0: 6}, PROPOSED)
    for way in (ImportWay.REPLACE, ImportWay.MERGE):
        (change,) = plan_import(item({0: 3}, ACCEPTED), liver(), way, annotation).changes
        assert change.state is ACCEPTED
        assert change.mask is not None and np.array_equal(change.mask, square(3))


def test_a_proposal_that_was_reviewed_elsewhere_is_reviewed_here_too() -> None:
    (change,) = plan_import(
        item({0: 3}, ACCEPTED), liver(), ImportWay.REPLACE, here({0: 3}, PROPOSED)
    ).changes
    assert change.state is ACCEPTED


def test_proposals_replace_and_clear_nothing_that_is_reviewed() -> None:
    plan = plan_import(item({0: 3, 1: 3}, PROPOSED), liver(), ImportWay.REPLACE, here({0: 4, 2: 4}))
    assert [one.slice_index for one in plan.changes] == [1]
    assert plan.kept == 1


def test_proposals_beyond_the_stated_ends_are_left_out() -> None:
    plan = plan_import(
        item({0: 3, 5: 3}, PROPOSED), liver(), ImportWay.REPLACE, here({1: 4}), Ends(0, 3)
    )
    assert [one.slice_index for one in plan.changes] == [0]
    assert plan.kept == 1


def test_merging_keeps_the_statement_that_a_structure_is_not_there() -> None:
    annotation = here({0: 0}, SliceState.CONFIRMED_EMPTY)
    merging = plan_import(item({0: 3}), liver(), ImportWay.MERGE, annotation)
    replacing = plan_import(item({0: 3}), liver(), ImportWay.REPLACE, annotation)
    assert (merging.changes, merging.kept) == ((), 1)
    assert (replacing.new, replacing.reviewed_lost) == (1, 1)


def test_the_usual_way_loses_nothing() -> None:
    assert usual_way(item({0: 3}), None, {}) is ImportWay.ADD
    assert usual_way(item({0: 4}), liver(), here({0: 3})) is ImportWay.REPLACE
    assert usual_way(item({0: 3}), liver(), here({0: 4})) is ImportWay.MERGE
    assert usual_way(item({0: 3}), liver(), here({0: 4}, PROPOSED)) is ImportWay.REPLACE


def test_what_is_left_out_changes_nothing() -> None:
    assert not plan_import(item({0: 3}), liver(), ImportWay.SKIP, {}).changes
