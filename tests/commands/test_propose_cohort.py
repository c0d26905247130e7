"""Proposing over many series: from what is drawn in the store, or by a teacher; carried on."""

import csv
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.__main__ import main
from core.annotation.actions import accept_all, confirm_empty, save_drawing
from core.annotation.ends import state_end
from core.annotation.proposal_storing import store_proposals
from core.annotation.states import SliceState
from core.annotation.store import AnnotationStore
from core.dicom.reading import find_series, read_series
from core.dicom.series import SeriesSummary
from core.dicom.slice_names import slice_names
from core.formats.segmentation_writing import write_segmentation
from core.home.opened_series import remember_series
from core.home.settings import default_url
from core.projects.moves import move
from core.projects.projects import create_project
from core.projects.records import WorkState
from core.projects.work_items import add_series
from core.proposals.examples import Proposal
from core.segments.ends import End
from core.segments.segment_masks import SegmentMasks
from tests.support.bright_balls import SEGMENT, SLICES, ball, draw, write_ball
from tests.support.project_series import series_to_add
from tests.support.synthetic_series import SAGITTAL, Placement, write_series


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = (tmp_path / "home").resolve()
    home.mkdir()
    monkeypatch.setenv("SLICEWISE_HOME", str(home))
    return home


@pytest.fixture
def store(home: Path) -> Iterator[AnnotationStore]:
    store = AnnotationStore(default_url(home))
    yield store
    store.close()


@pytest.fixture
def cohort(tmp_path: Path) -> list[SeriesSummary]:
    """Three series in one folder."""
    return [write_ball(tmp_path / "images" / str(shift), shift) for shift in (1, 2, 3)]


def rows_of(table: Path) -> dict[str, dict[str, str]]:
    with table.open(newline="") as file:
        return {row["annotation"]: row for row in csv.DictReader(file)}


def states(store: AnnotationStore, key: str) -> dict[int, SliceState]:
    return {index: one.state for (_, index), one in store.annotation(key).items() if one.pixels}


def test_what_is_drawn_is_proposed_once_and_what_cannot_be_used_is_told(
    store: AnnotationStore,
    cohort: list[SeriesSummary],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    drawn, damaged, nothing = cohort
    for summary, shift in ((drawn, 1), (damaged, 2)):
        draw(store, summary.uid, summary, shift)
    image = next((tmp_path / "images" / "2").iterdir())
    image.write_bytes(image.read_bytes()[:-3000])
    table = tmp_path / "report.csv"
    command = ["propose-cohort", str(tmp_path / "images"), "--device", "cpu"]
    assert main([*command, "--report", str(table)]) == 0
    rows = rows_of(table)
    assert {key: row["outcome"] for key, row in rows.items()} == {
        drawn.uid: "proposed",
        damaged.uid: "refused",
        nothing.uid: "nothing drawn",
    }
    assert int(rows[drawn.uid]["slices"]) >= 3
    assert rows[damaged.uid]["reason"].endswith(".")
    found = states(store, drawn.uid)
    assert {found[index] for index in (3, 4, 5)} == {SliceState.PROPOSED}
    assert found[2] is SliceState.DRAWN
    said = capsys.readouterr().out
    assert "1 proposed, 1 nothing drawn, 1 refused." in said
    assert str(tmp_path) not in said

    assert main(command) == 0
    assert "1 up to date" in capsys.readouterr().out
    save_drawing(store, drawn.uid, 1, 4, ball(1)[4], person="anna", tool="brush", based_on=1)
    assert main(command) == 0
    assert "1 proposed" in capsys.readouterr().out
    assert states(store, drawn.uid)[4] is SliceState.CORRECTED


def test_a_teacher_proposes_where_nothing_is_drawn(
    store: AnnotationStore,
    cohort: list[SeriesSummary],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    taught, own, other = cohort
    draw(store, own.uid, own, 2)
    series = read_series(taught)
    masks = {index: ball(1)[index] for index in range(SLICES) if ball(1)[index].any()}
    segmentation = tmp_path / "teacher.dcm"
    write_segmentation(series, [SegmentMasks(SEGMENT, masks)], segmentation)
    command = ["propose-cohort", str(tmp_path / "images" / "2"), str(tmp_path / "images" / "3")]
    command += ["--teacher", str(tmp_path / "images" / "1"), str(segmentation), "--device", "cpu"]
    assert main(command) == 0
    assert "2 proposed." in capsys.readouterr().out
    assert [one.label for one in store.segments(other.uid)] == ["Liver"]
    found = store.annotation(other.uid)
    assert {one.state for one in found.values()} == {SliceState.PROPOSED}
    both = found[1, 4].mask & ball(3)[4]
    assert 2 * both.sum() / (found[1, 4].mask.sum() + ball(3)[4].sum()) > 0.7
    assert main(command) == 0
    assert "2 up to date." in capsys.readouterr().out


def test_of_a_project_open_readings_are_proposed_as_they_were_opened(
    home: Path,
    store: AnnotationStore,
    cohort: list[SeriesSummary],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    project = create_project(store, "Livers", "rita").key
    last = cohort[1].files[-1]
    last.write_bytes(last.read_bytes()[:-10])  # the person chose to do without it
    (cohort[1],) = find_series(tmp_path / "images" / "2")
    items = []
    for number, summary in enumerate(cohort, start=1):
        source = tmp_path / "images" / str(number)
        opened = remember_series(
            home, summary.uid, source, leave_out_damaged=number == 2, project_key=project
        )
        items.append(add_series(store, project, series_to_add(opened, summary), "rita")[0])
        draw(store, items[-1].annotation_key, summary, number)
    move(store, items[0].annotation_key, WorkState.IN_PROGRESS, "rita")
    move(store, items[0].annotation_key, WorkState.TO_REVIEW, "rita")
    shutil.rmtree(tmp_path / "images" / "3")
    assert main(["propose-cohort", "--project", project, "--device", "cpu"]) == 0
    said = capsys.readouterr().out
    assert "1 proposed, 1 refused." in said
    assert "The files of this series are not there any more." in said
    assert SliceState.PROPOSED not in states(store, items[0].annotation_key).values()
    assert SliceState.PROPOSED in states(store, items[1].annotation_key).values()


@pytest.mark.parametrize("given", [[], ["images", "--project", "p"]])
def test_folders_or_a_project_are_needed(
    home: Path, given: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["propose-cohort", *given]) == 2
    assert "Name folders, or a project" in capsys.readouterr().err


def test_an_unknown_project_is_told(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["propose-cohort", "--project", "unknown"]) == 2
    assert "does not exist" in capsys.readouterr().err


def finish(store: AnnotationStore, key: str, summary: SeriesSummary, shift: int) -> None:
    """Draw a series and confirm the rest of it, as after a review."""
    draw(store, key, summary, shift)
    others = [index for index in range(SLICES) if index not in (2, 6) and ball(shift)[index].any()]
    proposed = [Proposal(1, index, ball(shift)[index], 0.9) for index in others]
    store_proposals(store, key, proposed, person="anna")
    accept_all(store, key, person="anna")


def test_every_finished_series_teaches_the_others_and_the_next_ones_are_ordered(
    store: AnnotationStore,
    cohort: list[SeriesSummary],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    first, second, third = (summary.uid for summary in cohort)
    table = tmp_path / "order.csv"
    command = ["propose-cohort", str(tmp_path / "images"), "--active", "--device", "cpu"]
    command += ["--report", str(table)]
    assert main(command) == 0
    said = capsys.readouterr().out
    assert "0 finished, 3 left" in said
    assert "Finish the first one, then run this again" in said
    rows = rows_of(table)
    assert {row["place"] for row in rows.values()} == {"1", "2", "3"}
    assert {row["outcome"] for row in rows.values()} == {"nothing drawn"}

    finish(store, first, cohort[0], 1)
    assert main(command) == 0
    rows = rows_of(table)
    assert {key: row["outcome"] for key, row in rows.items()} == {
        second: "proposed",
        third: "proposed",
    }
    assert rows[third]["expected_dice"] == ""  # one teacher alone does not tell

    assert main(command) == 0
    assert {row["outcome"] for row in rows_of(table).values()} == {"up to date"}

    before = store.annotation(third)[1, 4].version
    finish(store, second, cohort[1], 2)
    assert main(command) == 0
    row = rows_of(table)[third]
    assert (row["place"], row["outcome"], row["expected_dice_before"]) == ("1", "proposed", "")
    assert 0 < float(row["expected_dice"]) <= 1
    assert store.annotation(third)[1, 4].version == before + 1
    assert "2 finished, 1 left" in capsys.readouterr().out


def draw_all(store: AnnotationStore, key: str, summary: SeriesSummary, shift: int) -> None:
    """Draw every slice of a series by hand."""
    draw(store, key, summary, shift)
    for index in range(SLICES):
        if ball(shift)[index].any() and index not in (2, 6):
            save_drawing(store, key, 1, index, ball(shift)[index], person="anna", tool="brush")
        elif not ball(shift)[index].any():
            confirm_empty(store, key, 1, index, person="anna")


def write_in_another_plane(folder: Path) -> SeriesSummary:
    """Write a sagittal series."""
    write_series(folder, Placement("sagittal", orientation=SAGITTAL), SLICES, 64, 64, seed=9)
    return find_series(folder)[0]


def test_series_drawn_by_hand_teach_those_of_their_plane_and_no_others(
    store: AnnotationStore,
    cohort: list[SeriesSummary],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    sagittal = write_in_another_plane(tmp_path / "images" / "sagittal")
    for shift in (1, 2):
        draw_all(store, cohort[shift - 1].uid, cohort[shift - 1], shift)
    store.open_annotation(sagittal.uid, slice_names(sagittal), sagittal.rows, sagittal.columns)
    table = tmp_path / "order.csv"
    command = [
        "propose-cohort",
        str(tmp_path / "images"),
        "--active",
        "--device",
        "cpu",
        "--unadapted",
    ]
    assert main([*command, "--report", str(table)]) == 0
    assert "2 finished, 2 left" in capsys.readouterr().out
    rows = rows_of(table)
    assert rows[cohort[2].uid]["outcome"] == "proposed"
    assert rows[sagittal.uid]["outcome"] == "refused"
    assert "in the same plane" in rows[sagittal.uid]["reason"]

    draw_all(store, sagittal.uid, sagittal, 3)  # which must not keep the others from teaching
    assert main([*command, "--report", str(table)]) == 0
    assert "3 finished, 1 left" in capsys.readouterr().out
    (row,) = rows_of(table).values()
    assert row["outcome"] in ("proposed", "up to date")
    taught = store.annotation(cohort[2].uid).values()
    assert {frozenset(one.teachers) for one in taught} == {frozenset(one.uid for one in cohort[:2])}

    draw_all(store, cohort[2].uid, cohort[2], 3)
    assert main(command) == 0
    assert "4 finished, none left." in capsys.readouterr().out


def test_further_teachers_propose_anew(
    store: AnnotationStore,
    cohort: list[SeriesSummary],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    given = []
    for shift in (1, 2):
        masks = {index: ball(shift)[index] for index in range(SLICES) if ball(shift)[index].any()}
        path = tmp_path / f"teacher {shift}.dcm"
        write_segmentation(read_series(cohort[shift - 1]), [SegmentMasks(SEGMENT, masks)], path)
        given += [["--teacher", str(tmp_path / "images" / str(shift)), str(path)]]
    command = ["propose-cohort", str(tmp_path / "images" / "3"), "--device", "cpu", "--unadapted"]
    assert main([*command, *given[0]]) == 0
    assert "1 proposed." in capsys.readouterr().out
    assert main([*command, *given[0], *given[1]]) == 0
    assert "1 proposed." in capsys.readouterr().out
    taught = store.annotation(cohort[2].uid).values()
    assert {one.teachers for one in taught} == {(cohort[0].uid, cohort[1].uid)}
    assert main([*command, *given[0], *given[1]]) == 0
    assert "1 up to date." in capsys.readouterr().out


def test_what_is_drawn_completely_is_not_proposed(
    store: AnnotationStore,
    cohort: list[SeriesSummary],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    draw_all(store, cohort[0].uid, cohort[0], 1)
    draw(store, cohort[1].uid, cohort[1], 2)  # slices 2 and 6
    for index in (3, 4, 5):
        save_drawing(store, cohort[1].uid, 1, index, ball(2)[index], person="anna", tool="brush")
    for end, index in ((End.FIRST, 2), (End.LAST, 6)):
        state_end(store, cohort[1].uid, 1, end, index, person="anna", based_on=0)
    assert main(["propose-cohort", str(tmp_path / "images"), "--device", "cpu"]) == 0
    assert "2 up to date, 1 nothing drawn." in capsys.readouterr().out


@pytest.mark.parametrize("active", [[], ["--active"]])
@pytest.mark.parametrize(
    ("report", "reason"),
    [("nowhere/r.csv", "not a folder that can be written to"), (".", "is a folder")],
)
def test_a_report_that_cannot_be_written_is_refused_before_the_work(
    store: AnnotationStore,
    cohort: list[SeriesSummary],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    report: str,
    reason: str,
    active: list[str],
) -> None:
    draw(store, cohort[0].uid, cohort[0], 1)
    command = ["propose-cohort", str(tmp_path / "images"), "--report", str(tmp_path / report)]
    assert main([*command, *active]) == 2
    said = capsys.readouterr()
    assert said.out == "" and re.search(reason, said.err)
    assert SliceState.PROPOSED not in states(store, cohort[0].uid).values()


def test_a_finished_series_that_cannot_be_read_is_told(
    home: Path,
    store: AnnotationStore,
    cohort: list[SeriesSummary],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    project = create_project(store, "Livers", "rita").key
    for number, summary in enumerate(cohort[:2], start=1):
        source = tmp_path / "images" / str(number)
        opened = remember_series(home, summary.uid, source, project_key=project)
        item = add_series(store, project, series_to_add(opened, summary), "rita")[0]
        if number == 1:
            draw(store, item.annotation_key, summary, number)
            move(store, item.annotation_key, WorkState.IN_PROGRESS, "rita")
            move(store, item.annotation_key, WorkState.TO_REVIEW, "rita")
    shutil.rmtree(tmp_path / "images" / "1")
    assert main(["propose-cohort", "--project", project, "--active", "--device", "cpu"]) == 0
    said = capsys.readouterr().out
    assert "is finished, but cannot teach: The files of this series are not there any more." in said
    assert "0 finished, 1 left" in said
