"""Opening segmentations and RT structure sets onto the open series."""

from collections.abc import Callable
from pathlib import Path

import nibabel as nib
import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from streamlit.testing.v1 import AppTest

from core.annotation.actions import save_drawing
from core.annotation.importing import ImportWay
from core.annotation.states import SliceState
from core.annotation.store import AnnotationStore
from core.dicom.series import SeriesSummary
from core.formats.imported_segments import Meaning
from core.formats.nifti_writing import write_nifti
from core.formats.segmentation_writing import write_segmentation
from core.formats.selection import reviewed_segments
from core.formats.structure_set_writing import write_structure_set
from core.home.opened_series import OpenedSeries
from core.segments.segment import Segment
from core.segments.segment_masks import SegmentMasks
from pages.views.formatting import plain
from tests.support.nifti import load_nifti
from tests.support.pages import OpenPage, open_menu, shown
from tests.support.segments import ANATOMY, LIVER_SEGMENT

SPLEEN = Segment(7, "Spleen", (10, 200, 30), ANATOMY, LIVER_SEGMENT.type)


@pytest.fixture
def masks(disk: Callable[[float], NDArray[np.bool_]]) -> dict[int, NDArray[np.bool_]]:
    return {10: disk(20.0), 12: disk(30.0)}


def choose(app: AppTest, path: Path, meaning: str = "", name: str = "any.dcm") -> AppTest:
    """Open the import and choose a file."""
    if not any("segmentation" in one.label for one in app.file_uploader):
        if app.get("popover"):
            open_menu(app, "Add")
        press(app, "Import masks…")
    uploader = next(one for one in app.file_uploader if "segmentation" in one.label)
    uploader.set_value((name, path.read_bytes(), "application/octet-stream"))
    app.run()
    if meaning:
        count_as = next(one for one in app.selectbox if one.label == "Masks count as")
        count_as.set_value(next(value for value in Meaning if value.name == meaning.upper())).run()
    assert not app.exception
    return app


def put(app: AppTest, path: Path, meaning: str = "", name: str = "any.dcm") -> AppTest:
    """Choose a file and import it in the way that is offered first."""
    return press(choose(app, path, meaning, name), "Import")


def press(app: AppTest, label: str) -> AppTest:
    """Press the button with a label."""
    next(one for one in app.button if one.label == label).click()
    app.run()
    assert not app.exception
    return app


@pytest.mark.parametrize("write", [write_segmentation, write_structure_set])
def test_masks_of_a_file_become_further_segments(
    write: Callable[..., str],
    opened: OpenedSeries,
    store: AnnotationStore,
    demo_summary: SeriesSummary,
    masks: dict[int, NDArray[np.bool_]],
    tmp_path: Path,
    open_page: OpenPage,
) -> None:
    write(demo_summary, [SegmentMasks(SPLEEN, masks)], tmp_path / "masks.dcm")
    app = choose(open_page(series=opened.key), tmp_path / "masks.dcm")
    assert "A new segment with 2 masks." in shown(app)
    press(app, "Import")
    assert [one.label for one in store.segments(demo_summary.uid)] == ["Liver", "Spleen"]
    for index, mask in masks.items():
        stored = store.slice(demo_summary.uid, 2, index)
        assert stored.state is SliceState.DRAWN and np.array_equal(stored.mask, mask)


def test_masks_to_be_checked_become_proposals_and_undo_takes_them_back(
    opened: OpenedSeries,
    store: AnnotationStore,
    demo_summary: SeriesSummary,
    masks: dict[int, NDArray[np.bool_]],
    tmp_path: Path,
    open_page: OpenPage,
) -> None:
    write_segmentation(demo_summary, [SegmentMasks(SPLEEN, masks)], tmp_path / "masks.dcm")
    put(open_page(series=opened.key), tmp_path / "masks.dcm", "proposed")
    assert store.slice(demo_summary.uid, 2, 10).state is SliceState.PROPOSED
    store.undo(demo_summary.uid, "Test Person")
    assert store.slice(demo_summary.uid, 2, 10).state is SliceState.EMPTY
    assert [one.label for one in store.segments(demo_summary.uid)] == ["Liver"]


def test_a_file_of_another_series_in_the_same_frame_of_reference_is_asked_about(
    opened: OpenedSeries,
    store: AnnotationStore,
    demo_summary: SeriesSummary,
    masks: dict[int, NDArray[np.bool_]],
    tmp_path: Path,
    open_page: OpenPage,
) -> None:
    path = tmp_path / "masks.dcm"
    write_segmentation(demo_summary, [SegmentMasks(SPLEEN, masks)], path)
    foreign = pydicom.dcmread(path)
    for element in foreign.iterall():
        if element.keyword == "ReferencedSOPInstanceUID":
            element.value += ".1"
    foreign.save_as(path)
    app = choose(open_page(series=opened.key), path)
    assert "same frame of reference" in app.warning[0].value
    assert len(store.segments(demo_summary.uid)) == 1
    press(press(app, "Use anyway"), "Import")
    assert np.array_equal(store.slice(demo_summary.uid, 2, 12).mask, masks[12])


def test_a_label_map_on_another_grid_is_asked_about(
    opened: OpenedSeries,
    store: AnnotationStore,
    demo_summary: SeriesSummary,
    masks: dict[int, NDArray[np.bool_]],
    tmp_path: Path,
    open_page: OpenPage,
) -> None:
    path = tmp_path / "masks.nii.gz"
    write_nifti(demo_summary, [SegmentMasks(SPLEEN, masks)], path)
    image = load_nifti(path)
    labels = np.asarray(image.dataobj)[:, :, :20]
    nib.save(nib.Nifti1Image(labels, image.affine), path)
    app = choose(open_page(series=opened.key), path, name="Doe^John.NII.GZ")
    assert f"{plain('Doe^John.NII.GZ')} lies on another grid" in app.warning[0].value
    press(app, "Use anyway")
    assert "each pixel took the nearest voxel" in app.warning[0].value
    press(app, "Import")
    assert np.array_equal(store.slice(demo_summary.uid, 2, 12).mask, masks[12])


def test_what_a_file_leaves_open_is_told(
    opened: OpenedSeries,
    store: AnnotationStore,
    demo_summary: SeriesSummary,
    masks: dict[int, NDArray[np.bool_]],
    tmp_path: Path,
    open_page: OpenPage,
) -> None:
    path = tmp_path / "masks.dcm"
    write_segmentation(demo_summary, [SegmentMasks(SPLEEN, masks)], path, kind="LABELMAP")
    dataset = pydicom.dcmread(path)
    dataset.SegmentSequence = [one for one in dataset.SegmentSequence if one.SegmentNumber == 0]
    dataset.save_as(path)
    app = choose(open_page(series=opened.key), path)
    assert "The value 1 is not described; it is read as “Segment 1”" in app.warning[0].value


def test_a_file_that_holds_no_masks_says_so(
    opened: OpenedSeries, store: AnnotationStore, demo_summary: SeriesSummary, open_page: OpenPage
) -> None:
    app = choose(open_page(series=opened.key), demo_summary.files[0])
    assert "is not a segmentation" in app.error[0].value


def test_nothing_is_offered_while_no_series_is_open(home: Path, open_page: OpenPage) -> None:
    assert not any(one.label == "Import masks…" for one in open_page().button)


def test_an_own_export_is_known_again_and_changes_nothing(
    opened: OpenedSeries,
    store: AnnotationStore,
    demo_summary: SeriesSummary,
    masks: dict[int, NDArray[np.bool_]],
    tmp_path: Path,
    open_page: OpenPage,
) -> None:
    liver = SegmentMasks(
        LIVER_SEGMENT, masks, "SEMIAUTOMATIC", states={10: "drawn", 12: "accepted"}
    )
    write_segmentation(demo_summary, [liver], tmp_path / "masks.dcm")
    put(open_page(series=opened.key), tmp_path / "masks.dcm")
    assert [one.label for one in store.segments(demo_summary.uid)] == ["Liver"]
    stored = store.annotation(demo_summary.uid)
    assert {index: one.state for (_, index), one in stored.items()} == {
        10: SliceState.DRAWN,
        12: SliceState.ACCEPTED,
    }
    again = choose(open_page("annotate", series=opened.key), tmp_path / "masks.dcm")
    assert any("here already" in one.value for one in again.info)
    assert not any(one.label == "Import" for one in again.button)
    reviewed = reviewed_segments(store.segments(demo_summary.uid), stored)
    assert [one.algorithm for one in reviewed] == ["SEMIAUTOMATIC"]


def test_the_preview_says_what_each_way_would_do(
    opened: OpenedSeries,
    store: AnnotationStore,
    demo_summary: SeriesSummary,
    masks: dict[int, NDArray[np.bool_]],
    disk: Callable[[float], NDArray[np.bool_]],
    tmp_path: Path,
    open_page: OpenPage,
) -> None:
    save_drawing(store, demo_summary.uid, 1, 10, disk(25.0), person="anna", tool="brush")
    write_segmentation(demo_summary, [SegmentMasks(LIVER_SEGMENT, masks)], tmp_path / "masks.dcm")
    app = choose(open_page(series=opened.key), tmp_path / "masks.dcm")
    way = next(one for one in app.selectbox if one.label == "What to do with Liver")
    assert way.value is ImportWay.MERGE
    assert "In segment 1, Liver: 1 slice filled." in shown(app)
    way.set_value(ImportWay.REPLACE).run()
    assert "1 slice filled, 1 slice changed" in shown(app)
    assert "1 slice would lose what was drawn or accepted here" in shown(app)
    next(one for one in app.selectbox if one.label == way.label).set_value(ImportWay.ADD).run()
    assert "A new segment with 2 masks." in shown(app)
    press(app, "Import")
    assert len(store.segments(demo_summary.uid)) == 2
    assert np.array_equal(store.slice(demo_summary.uid, 1, 10).mask, disk(25.0))
