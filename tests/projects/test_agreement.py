"""Agreement of two readings, on masks whose figures can be worked out by hand."""

import pytest

from core.annotation.states import SliceState
from core.annotation.store import AnnotationStore
from core.projects.agreement import SegmentAgreement, agreement_of
from core.projects.moves import move
from core.projects.protocols import read_protocol_segments, set_protocol
from core.projects.records import AccessRefused, MoveRefused, WorkState
from tests.support.projects import SPACING_MM, add, add_read_twice, submitted_readings
from tests.support.stored_series import put_mask, square

PIXEL_ML = SPACING_MM[0] * SPACING_MM[1] * SPACING_MM[2] / 1000


@pytest.fixture
def agreement(store: AnnotationStore, project_key: str) -> SegmentAgreement:
    set_protocol(store, project_key, read_protocol_segments(b"label\nLiver\n"), "", "ada")
    first, _ = submitted_readings(store, project_key)
    (found,) = agreement_of(store, first, "rita")
    return found


def test_dice_counts_the_pixels_of_all_slices(agreement: SegmentAgreement) -> None:
    first, second, both = 16 + 9, 16 + 25 + 4, 16 + 9
    assert agreement.dice == pytest.approx(2 * both / (first + second))
    assert agreement.first_ml == pytest.approx(first * PIXEL_ML)
    assert agreement.volume_difference_ml == pytest.approx((second - first) * PIXEL_ML)


def test_each_slice_has_its_own_agreement(agreement: SegmentAgreement) -> None:
    same, larger, only_second = agreement.slices
    assert (same.slice_index, same.dice, same.distance_95_mm) == (1, 1.0, 0.0)
    assert same.volume_difference_ml == 0
    # Squares of 3 and 5 pixels with one corner in common: the far corners are 2 × 2 pixels apart.
    assert larger.dice == pytest.approx(2 * 9 / (9 + 25))
    assert larger.distance_95_mm is not None
    assert 0.8 < larger.distance_95_mm <= 2 * 0.8 * 2**0.5
    assert larger.volume_difference_ml == pytest.approx(16 * PIXEL_ML)
    assert (only_second.dice, only_second.distance_95_mm) == (0.0, None)


def test_the_distance_of_surfaces_knows_how_far_slices_are_apart(
    agreement: SegmentAgreement,
) -> None:
    # Slice 3 shows the segment in the second reading only, 5 mm behind the first.
    assert agreement.distance_95_mm is not None
    assert 0.8 < agreement.distance_95_mm <= 5.0


def test_proposals_that_nobody_confirmed_do_not_count(
    store: AnnotationStore, project_key: str
) -> None:
    set_protocol(store, project_key, read_protocol_segments(b"label\nLiver\n"), "", "ada")
    first, second = (one.annotation_key for one in add_read_twice(store, project_key))
    for key, person in ((first, "anna"), (second, "ben")):
        move(store, key, WorkState.IN_PROGRESS, person)
    put_mask(store, first, 1, 0, mask=square(3), state=SliceState.PROPOSED, expected_dice=0.9)
    (found,) = agreement_of(store, first, "rita")
    assert (found.dice, found.first_ml, found.slices) == (1.0, 0.0, ())


@pytest.mark.parametrize("person", ["anna", "ben", "eve"])
def test_only_whoever_sees_both_readings_compares_them(
    store: AnnotationStore, project_key: str, person: str
) -> None:
    set_protocol(store, project_key, read_protocol_segments(b"label\nLiver\n"), "", "ada")
    for key in submitted_readings(store, project_key):
        with pytest.raises(AccessRefused):
            agreement_of(store, key, person)


def test_a_series_that_is_read_once_has_no_agreement(
    store: AnnotationStore, project_key: str
) -> None:
    key = add(store, project_key).annotation_key
    with pytest.raises(MoveRefused, match="read once"):
        agreement_of(store, key, "rita")
