"""How masks that were read from a file count, and what of that survives an export."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest

from core.annotation.importing import ImportWay, plan_import
from core.annotation.states import SliceState
from core.dicom.series import SeriesSummary
from core.formats.imported_segments import Meaning, imported_segments
from core.formats.product import software_version
from core.formats.segmentation_reading import read_segmentation
from core.formats.segmentation_writing import Kind, write_segmentation
from core.segments.segment_masks import Algorithm, SegmentMasks
from tests.support.segments import LIVER_SEGMENT

Small = tuple[SeriesSummary, list[SegmentMasks], Path]
MASK = np.ones((4, 4), bool)


def states(found: list[SegmentMasks], meaning: Meaning = Meaning.AS_STATED) -> list[list[str]]:
    return [
        [str(mask.state) for _, mask in sorted(one.masks.items())]
        for one in imported_segments(found, meaning)
    ]


def with_states(segments: list[SegmentMasks]) -> list[SegmentMasks]:
    """The same masks, drawn on the first slice of each segment and accepted on the others."""
    return [
        SegmentMasks(
            one.segment,
            one.masks,
            "SEMIAUTOMATIC",
            states={
                index: "drawn" if place == 0 else "accepted"
                for place, index in enumerate(sorted(one.masks))
            },
        )
        for one in segments
    ]


@pytest.mark.parametrize("kind", ["BINARY", "LABELMAP"])
def test_the_state_of_every_slice_survives_the_way_through_a_file(kind: Kind, small: Small) -> None:
    summary, segments, path = small
    path.parent.mkdir()
    segments = with_states(segments)
    write_segmentation(summary, segments, path, kind=kind)
    back = read_segmentation(path, summary)
    assert [one.states for one in back] == [one.states for one in segments]
    assert states(back)[0][:2] == ["drawn", "accepted"]


def test_comments_in_files_of_other_programs_are_not_taken_for_states(small: Small) -> None:
    summary, segments, path = small
    path.parent.mkdir()
    write_segmentation(summary, with_states(segments), path)
    dataset = pydicom.dcmread(path)
    dataset.Manufacturer = "Somebody else"
    dataset.save_as(path)
    assert not any(one.states for one in read_segmentation(path, summary))


@pytest.mark.parametrize(
    ("algorithm", "state"),
    [("MANUAL", "drawn"), ("SEMIAUTOMATIC", "accepted"), ("AUTOMATIC", "proposed")],
)
def test_else_the_type_of_the_algorithm_tells(algorithm: Algorithm, state: str) -> None:
    assert states([SegmentMasks(LIVER_SEGMENT, {0: MASK}, algorithm)]) == [[state]]


def test_a_person_may_say_otherwise() -> None:
    found = [
        SegmentMasks(LIVER_SEGMENT, {0: MASK}, "MANUAL"),
        SegmentMasks(LIVER_SEGMENT, {1: MASK}, "AUTOMATIC"),
    ]
    assert states(found, Meaning.REVIEWED) == [["drawn"], ["accepted"]]
    assert states(found, Meaning.PROPOSED) == [["proposed"], ["proposed"]]


def test_unreviewed_proposals_come_back_into_the_segment_that_they_were_exported_with() -> None:
    unreviewed = replace(LIVER_SEGMENT, number=2, label="Liver (unreviewed)")
    (one,) = imported_segments(
        [
            SegmentMasks(LIVER_SEGMENT, {0: MASK}),
            SegmentMasks(unreviewed, {1: MASK}, "AUTOMATIC"),
        ]
    )
    assert one.segment.label == "Liver"
    assert [one.masks[index].state for index in (0, 1)] == [SliceState.DRAWN, SliceState.PROPOSED]


def test_series_that_taught_are_behind_what_was_not_drawn_from_the_start() -> None:
    taught = SegmentMasks(
        LIVER_SEGMENT,
        {0: MASK, 1: MASK},
        "SEMIAUTOMATIC",
        "Slicewise",
        states={0: "drawn", 1: "corrected"},
        teachers=("1.2.3", "1.2.4"),
    )
    (item,) = imported_segments([taught])
    plan = plan_import(item, None, ImportWay.ADD, {})
    assert [one.teachers for one in plan.changes] == [(), ("1.2.3", "1.2.4")]
    (foreign,) = imported_segments([replace(taught, algorithm_name="Another program")])
    assert foreign.teachers == ()


def test_a_file_brings_back_which_series_taught(
    small: tuple[SeriesSummary, list[SegmentMasks], Path],
) -> None:
    summary, (liver, spleen), path = small
    path.parent.mkdir()
    taught = replace(spleen, algorithm="SEMIAUTOMATIC", teachers=("1.2.3", "1.2.4"))
    write_segmentation(summary, [liver, taught], path)
    first, second = imported_segments(read_segmentation(path, summary))
    assert (first.teachers, second.teachers) == ((), ("1.2.3", "1.2.4"))


@pytest.mark.parametrize("stated", ["teachers=", "teachers=1.2 x;DROP", "threshold=0.5", "nothing"])
def test_what_names_no_series_is_passed_over(
    small: tuple[SeriesSummary, list[SegmentMasks], Path], stated: str
) -> None:
    summary, (liver, _), path = small
    path.parent.mkdir()
    write_segmentation(
        summary, [replace(liver, algorithm="SEMIAUTOMATIC", teachers=("1.2.3",))], path
    )
    dataset = pydicom.dcmread(path)
    description = dataset.SegmentSequence[0]
    description.SegmentationAlgorithmIdentificationSequence[0].AlgorithmParameters = stated
    dataset.save_as(path)
    (read,) = imported_segments(read_segmentation(path, summary))
    assert read.teachers == (("1.2",) if "1.2" in stated else ())


def test_the_program_and_the_weights_are_kept() -> None:
    foreign, own = imported_segments(
        [
            SegmentMasks(LIVER_SEGMENT, {0: MASK}, "AUTOMATIC", "TotalSegmentator", "2.4"),
            SegmentMasks(
                LIVER_SEGMENT, {1: MASK}, "SEMIAUTOMATIC", "Slicewise", f"{software_version()} w-4"
            ),
        ]
    )
    details = foreign.segment.details
    assert (details.algorithm_name, details.algorithm_version) == ("TotalSegmentator", "2.4")
    assert (foreign.weights, own.weights) == (None, "w-4")
    assert own.segment.details.algorithm_name == ""
