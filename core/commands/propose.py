"""`python -m core propose`: fill in a segmentation that was drawn on a few slices."""

import argparse
import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from core.commands.cautions import print_cautions
from core.commands.choice import choose_series
from core.commands.drawn_segments import read_drawn_segments
from core.commands.outputs import check_outputs
from core.commands.stated_slices import read_absent, read_ends
from core.commands.teachers import read_teachers
from core.dicom.errors import DicomError
from core.dicom.reading import read_series
from core.dicom.series import Series
from core.formats.export_cautions import export_cautions
from core.formats.segmentation_writing import write_segmentation
from core.formats.writing import WritingOptions
from core.home.whole_files import written_whole
from core.proposals.examples import Proposal, SegmentExamples
from core.proposals.methods import METHODS, MethodName, uses_network
from core.proposals.teachers import Teachers
from core.segments.ends import UNSTATED, Ends
from core.segments.segment_masks import Algorithm, SegmentMasks


@dataclass(frozen=True, eq=False)
class _Drawn:
    """A segment with the slices that are known: `absent` holds those without the structure."""

    masks: SegmentMasks
    absent: frozenset[int]
    ends: Ends = UNSTATED

    def examples(self, shape: tuple[int, int]) -> SegmentExamples:
        nothing = dict.fromkeys(self.absent, np.zeros(shape, bool))
        return SegmentExamples(
            self.masks.segment.number, {**self.masks.masks, **nothing}, self.ends
        )


@dataclass(frozen=True, eq=False)
class _Task:
    """The series, what is drawn on it, and the other series that teach it, if any."""

    series: Series
    segments: list[_Drawn]
    teachers: Teachers | None = None


FOLDERS = ("path", "teacher")
"""Arguments that a zip archive may stand for, too."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("path", type=Path, metavar="SERIES", help="folder, zip or file of a series")
    examples = parser.add_mutually_exclusive_group(required=True)
    examples.add_argument(
        "--examples",
        type=Path,
        metavar="SEG.dcm",
        help="segmentation of the series; every slice that is not empty is an example",
    )
    examples.add_argument(
        "--teacher",
        type=Path,
        nargs=2,
        action="append",
        metavar=("SERIES", "SEG.dcm"),
        help="another series, best of the same protocol, and its segmentation: nothing has to be "
        "drawn on this one; repeatable, and better with several",
    )
    parser.add_argument(
        "--output", type=Path, required=True, metavar="OUT.dcm", help="segmentation to write"
    )
    parser.add_argument(
        "--allow-same-frame",
        action="store_true",
        help="take examples from another series in the same frame of reference, or from resampled "
        "images, by the nearest plane and pixel",
    )
    parser.add_argument("--report", type=Path, metavar="R.json", help="report to write")
    parser.add_argument(
        "--absent",
        action="append",
        default=[],
        metavar='"LABEL:0-3,41"',
        help="slices, counted from 0 by position, where a segment is known not to be; repeatable",
    )
    parser.add_argument(
        "--ends",
        action="append",
        default=[],
        metavar='"LABEL:12-40"',
        help="first and last slice that show a segment, counted from 0 by position; 12- or -40 "
        "where one of them is known; repeatable",
    )
    parser.add_argument("--method", choices=METHODS, default="auto")
    parser.add_argument(
        "--weights", default="default", metavar="NAME|PATH", help="weights of the network"
    )
    parser.add_argument(
        "--accept-licence",
        action="store_true",
        help="accept the licence of the published checkpoint: research use only",
    )
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--series", metavar="UID", help="which series, where there are several")
    parser.add_argument(
        "--teacher-series",
        action="append",
        metavar="UID",
        help="which series of --teacher, where there are several; as often as --teacher",
    )
    parser.add_argument(
        "--unadapted",
        action="store_true",
        help="do not adapt the network to the teachers before: about a minute faster, mostly worse",
    )


def run(arguments: argparse.Namespace) -> int:
    """Read, propose, write.

    Parameters
    ----------
    arguments : argparse.Namespace
        From `add_arguments`.

    Returns
    -------
    int
        0; the files named by ``output`` and ``report`` are complete.

    Raises
    ------
    ValueError, OSError
        If something cannot be used; then neither file was touched.
    """
    outputs = [arguments.output] + ([arguments.report] if arguments.report else [])
    masks = [arguments.examples] if arguments.examples else _masks_of(arguments)
    check_outputs(outputs, [*masks, *arguments.archives])
    _check_teacher(arguments)
    start = perf_counter()
    task = _read_task(arguments)
    engine = _load_engine(arguments)
    loaded = perf_counter()
    proposals = _proposals(task, engine, arguments)
    proposed = perf_counter()
    weights = None if engine is None else engine.weights.name
    with ExitStack() as stack:
        # Nothing takes its place before all of it is written.
        unfinished = [stack.enter_context(written_whole(path)) for path in outputs]
        _write(task, proposals, unfinished[0], weights)
        if arguments.report:
            seconds = {
                "load": loaded - start,
                "propose": proposed - loaded,
                "write": perf_counter() - proposed,
            }
            report = _report(task, proposals, engine, arguments.method, seconds)
            unfinished[1].write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    summary = task.series.summary
    print_cautions([*summary.problems, *export_cautions("seg", summary, WritingOptions())])
    return 0


def _read_task(arguments: argparse.Namespace) -> _Task:
    """Read the series and the examples, which lie on it or on another one."""
    allow = arguments.allow_same_frame
    series = read_series(choose_series(arguments.path, arguments.series))
    if not arguments.teacher:
        if arguments.teacher_series:
            raise DicomError("--teacher-series chooses a series of --teacher, which is missing.")
        segments = _read_examples(
            arguments.examples, arguments.absent, arguments.ends, series, allow_same_frame=allow
        )
        return _Task(series, segments)
    teachers = read_teachers(arguments.teacher, arguments.teacher_series, allow_same_frame=allow)
    if series.summary.uid in teachers.series_uids:
        print_cautions(["A --teacher is the series that is to be proposed itself."])
    segments = [_Drawn(SegmentMasks(one, {}), frozenset()) for one in teachers.segments]
    return _Task(series, segments, teachers)


def _load_engine(arguments: argparse.Namespace) -> Any:
    """Load the network; None where it is not wanted."""
    if not uses_network(arguments.method):
        return None
    # Importing PyTorch takes seconds, which a wrong path should not cost.
    from core.network.engine import load_engine

    return load_engine(arguments.weights, arguments.device, accept_licence=arguments.accept_licence)


def _read_examples(
    path: Path,
    absent: Sequence[str],
    ends: Sequence[str],
    series: Series,
    *,
    allow_same_frame: bool,
) -> list[_Drawn]:
    """Read segments and number them as a segmentation does, from 1 without gaps."""
    read = read_drawn_segments(
        path,
        series,
        allow_same_frame=allow_same_frame,
        otherwise="draw the structure on at least one slice",
    )
    labels = {masks.segment.label for masks in read}
    known_absent = read_absent(absent, labels, series.summary.slices)
    known_ends = read_ends(ends, labels, series.summary.slices)
    drawn = []
    for number, masks in enumerate(read, start=1):
        label = masks.segment.label
        slices = known_absent.get(label, frozenset())
        if both := sorted(slices & set(masks.masks)):
            raise ValueError(
                f"--absent: {label} is drawn on slice {both[0]}; leave this slice out of --absent."
            )
        stated = known_ends.get(label, UNSTATED)
        if outside := [index for index in sorted(masks.masks) if not stated.encloses(index)]:
            raise ValueError(
                f"--ends: {label} is drawn on slice {outside[0]}, which lies beyond its ends; "
                "correct them."
            )
        numbered = replace(masks, segment=replace(masks.segment, number=number))
        drawn.append(_Drawn(numbered, slices, stated))
    return drawn


def _proposals(
    task: _Task, engine: Any, arguments: argparse.Namespace
) -> dict[tuple[int, int], Proposal]:
    """Newest proposal of every segment and slice."""
    if task.teachers is not None:
        adapting = not arguments.unadapted
        return _proposals_from_teachers(task.teachers, task.series, engine, adapting=adapting)
    from core.proposals.proposer import propose

    found = propose(
        task.series.volume,
        task.series.geometry.spacing,
        task.series.summary.kind_of_values,
        [drawn.examples(task.series.volume.shape[1:]) for drawn in task.segments],
        engine=engine,
        method=arguments.method,
        exclusive=[d.masks.segment.number for d in task.segments if d.masks.segment.exclusive],
    )
    return {(proposal.segment, proposal.slice): proposal for proposal in found}


def _proposals_from_teachers(
    teachers: Teachers, series: Series, engine: Any, *, adapting: bool
) -> dict[tuple[int, int], Proposal]:
    """Proposals of every segment and slice, by the examples of other series."""
    from core.proposals.from_other_series import propose_from_teachers

    found = propose_from_teachers(
        teachers.references,
        series.volume,
        series.geometry.spacing,
        series.summary.kind_of_values,
        engine=engine,
        axes=series.geometry.axes,
        exclusive=frozenset(one.number for one in teachers.segments if one.exclusive),
        adapting=adapting,
    )
    return {(proposal.segment, proposal.slice): proposal for proposal in found}


def _check_teacher(arguments: argparse.Namespace) -> None:
    """Refuse what makes no sense beside a teacher."""
    if arguments.unadapted and not arguments.teacher:
        raise ValueError("--unadapted says how teachers are used; name one by --teacher.")
    for option, given in (("--absent", arguments.absent), ("--ends", arguments.ends)):
        if arguments.teacher and given:
            raise ValueError(f"{option} names slices of the examples; leave it out with --teacher.")
    if arguments.teacher and not uses_network(arguments.method):
        raise ValueError(
            "Nothing is drawn on this series to interpolate between; leave --method out with "
            "--teacher."
        )


def _write(
    task: _Task,
    proposals: Mapping[tuple[int, int], Proposal],
    path: Path,
    weights: str | None,
) -> None:
    """Write examples and proposals as a DICOM segmentation."""
    whole = []
    for drawn in task.segments:
        number = drawn.masks.segment.number
        proposed = {
            proposal.slice: proposal.mask
            for proposal in proposals.values()
            if proposal.segment == number and proposal.mask.any()
        }
        whole.append(
            SegmentMasks(
                segment=drawn.masks.segment,
                masks={**proposed, **drawn.masks.masks},
                algorithm=_algorithm(drawn, bool(proposed)),
                teachers=task.teachers.series_uids if task.teachers is not None else (),
            )
        )
    whole = [masks for masks in whole if masks.masks]
    if not whole:
        raise ValueError(
            "Nothing like the teacher's structures was found in this series; draw on a few slices "
            "and give them as --examples."
        )
    write_segmentation(task.series, whole, path, weights=weights)


def _algorithm(drawn: _Drawn, proposed: bool) -> Algorithm:
    """Segment Algorithm Type (0062,0008) of what is written."""
    if not drawn.masks.masks:
        return "AUTOMATIC"
    return "SEMIAUTOMATIC" if proposed else drawn.masks.algorithm


def _report(
    task: _Task,
    proposals: Mapping[tuple[int, int], Proposal],
    engine: Any,
    method: MethodName,
    seconds: Mapping[str, float],
) -> dict[str, Any]:
    """Report on the whole, as the command's documentation lays out."""
    return {
        "series": task.series.summary.uid,
        "weights": None if engine is None else engine.weights.name,
        "device": None if engine is None else engine.device.type,
        "seconds": {name: round(value, 3) for name, value in seconds.items()},
        "segments": [
            _segment_report(task.series, drawn, proposals, method) for drawn in task.segments
        ],
    }


def _segment_report(
    series: Series,
    drawn: _Drawn,
    proposals: Mapping[tuple[int, int], Proposal],
    method: MethodName,
) -> dict[str, Any]:
    """Report on one segment, as the command's documentation lays out."""
    number = drawn.masks.segment.number
    slices, known = [], []
    for index, record in enumerate(series.slices):
        proposal = proposals.get((number, index))
        expected = None
        if index in drawn.masks.masks or index in drawn.absent:
            state = "example"
        elif proposal is not None and proposal.mask.any():
            state, expected = "proposed", proposal.expected_dice
            if expected is not None:
                known.append((expected, int(proposal.mask.sum())))
        else:
            state = "empty"
        slices.append(
            {
                "slice": index,
                "sop_uid": record.sop_instance_uid,
                "frame": record.frame,
                "state": state,
                "expected_dice": None if expected is None else round(expected, 4),
            }
        )
    pixels = sum(size for _, size in known)
    mean = sum(expected * size for expected, size in known) / pixels if known else None
    return {
        "number": number,
        "label": drawn.masks.segment.label,
        "method": method,
        "expected_dice": None if mean is None else round(mean, 4),
        "slices": slices,
    }


def _masks_of(arguments: argparse.Namespace) -> list[Path]:
    """Segmentations of the teachers."""
    return [segmentation for _, segmentation in arguments.teacher]
