"""Fifth step: export the annotation as DICOM-SEG or in another format."""

import shutil
import time
from pathlib import Path

import streamlit as st

from core.annotation.contributors import Contributors
from core.annotation.store import StoreError
from core.audit.entries import Action
from core.dicom.errors import DicomError
from core.dicom.series import SeriesSummary
from core.formats.deidentified_writing import Dates
from core.formats.export_cautions import export_cautions
from core.formats.export_files import export_masks, export_readings
from core.formats.nifti_writing import uneven_steps
from core.formats.segmentation_writing import Compression, Kind
from core.formats.writing import FORMATS, WritingOptions
from core.home.exports import delete_old_exports, exports_of
from core.home.private_files import private_folder
from core.home.server_folders import writable_folder
from core.home.settings import data_roots
from core.home.whole_files import removed_on_failure, written_whole
from core.projects.records import WorkItem
from core.segments.segment_masks import SegmentMasks
from pages.session.audit_log import record
from pages.session.gate import enter
from pages.session.tab_log import log_for_tab
from pages.session.work import Work, require_work
from pages.views.banner import banner
from pages.views.counts import counts_table
from pages.views.export_choice import ExportChoice, choose_export
from pages.views.export_offer import (
    WrittenExport,
    forget_written,
    is_offered,
    keep_written,
    offer_written,
    revisions,
)
from pages.views.export_readings import (
    choose_readings,
    formats_of_readings,
    name_of_this_reading,
    people_behind,
    readings_to_write,
)
from pages.views.formatting import count, plain
from pages.views.job_progress import tell_of_proposing
from pages.views.tour import show_tour

_KINDS: dict[Kind, str] = {
    "BINARY": "Binary: readable by every viewer",
    "LABELMAP": "Label map: smaller and newer, no overlaps",
}
_COMPRESSIONS: dict[Compression, str] = {
    "none": "None: readable by every viewer",
    "deflated": "Deflated: smallest",
    "jpeg2000": "JPEG 2000, lossless",
}
_DATES: dict[Dates, str] = {
    "remove": "Removed",
    "shift": "Shifted, all by the same number of days",
}

# As many buttons beside each other as there is room for.
_FORMS_STYLE = """
<style>
.st-key-forms {
  display: grid; grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)); gap: 0.5rem;
}
.st-key-forms > * {width: auto !important;}
.st-key-forms > :first-child {grid-column: 1 / -1;}
</style>
"""


def export(work: Work) -> None:
    """Show what would be exported, create files, and offer the newest for download."""
    segments = work.segments()
    # Before what is read, so that nothing is missed.
    made_from = revisions(work, [])
    annotation = work.store.annotation(work.annotation_key)
    counts_table(work, segments, annotation)
    tell_of_proposing(work)
    left, right = st.columns([1.2, 1], gap="large")
    with left:
        choice = choose_export(work.memory, segments, annotation, work.series.summary.slices)
        if not choice.masks and not any(one.pixels for one in annotation.values()):
            st.info("Nothing to export yet: draw on a slice first.")
            st.page_link("pages/annotate.py", label="Annotate", icon=":material/draw:")
            return
        if not choice.masks:
            st.info("Choose at least one segment with slices that were drawn or accepted.")
            return
        readings = choose_readings(work)
        made_from |= revisions(work, readings)
        with st.expander("Options"):
            people = people_behind(work, annotation, choice.numbers)
            options, folder = choose_options(work, choice.weights, people)
    with right:
        show_cautions(work.series.summary, options, choice.masks)
        keys = tuple(one.annotation_key for one in readings)
        chosen = (choice.numbers, choice.unreviewed, keys, options)
        form = pressed_form(
            formats_of_readings() if readings else None, is_done=is_offered(work, chosen)
        )
        if form is not None:
            paths = create(work, form, choice, readings, options, folder)
            if paths:
                keep_written(WrittenExport(work.annotation_key, paths, made_from, chosen))
                st.rerun()
        offer_written(work, chosen)


def show_cautions(
    series: SeriesSummary, options: WritingOptions, segments: list[SegmentMasks]
) -> None:
    """Say what the shortcomings of the series, which the banner lists, mean for its files."""
    offered = [name for name, form in FORMATS.items() if form.label]
    try:
        cautions = [
            text for name in offered for text in export_cautions(name, series, options, segments)
        ]
    except DicomError as error:
        cautions = [str(error)]
    for caution in dict.fromkeys(cautions):
        st.warning(plain(caution), icon=":material/warning:")


def choose_options(
    work: Work, weights: str | None, people: Contributors
) -> tuple[WritingOptions, str]:
    """Let the person choose how files are created, and a folder to save them to as well."""
    kind, compression = encoding()
    dates: Dates = st.selectbox(
        "Dates in the de-identified copy",
        list(_DATES),
        format_func=lambda value: _DATES[value],
        key="export-dates",
    )
    empty = st.checkbox(
        "Include empty slices",
        help="Some readers misplace frames without them; others fail on large files. "
        "Leave this off unless your viewer needs it.",
    )
    resample = bool(uneven_steps(work.series.summary.geometry)) and st.checkbox(
        "Resample NIfTI to an even grid",
        help="The slices lie in uneven steps, which NIfTI cannot hold. Each plane of the grid "
        "takes the nearest slice.",
    )
    folder = st.text_input(
        "Also save to a folder on the server",
        placeholder=str(exports_folder(work)),
        help="A path, or a name, inside Slicewise's own folder or one that the settings allow.",
    )
    options = WritingOptions(
        people=people,
        reading=name_of_this_reading(work),
        weights=weights,
        kind=kind,
        compression=compression,
        write_empty_slices=empty,
        dates=dates,
        resample=resample,
        home=work.entrance.settings.home,
    )
    return options, folder


def pressed_form(names: list[str] | None, *, is_done: bool) -> str | None:
    """Show a button for each format; return the name of the one whose button was pressed.

    The first is the next step, unless a file was created and is to be downloaded. All formats are
    offered, or those that are named.
    """
    offered = {
        name: form
        for name, form in FORMATS.items()
        if form.label and (names is None or name in names)
    }
    st.html(_FORMS_STYLE)
    pressed = None
    with st.container(key="forms"):
        for name, form in offered.items():
            if st.button(
                f"Create {form.label}",
                type="primary" if name == "seg" and not is_done else "secondary",
                # With a key it stays the same button, whichever colour it has when it is clicked.
                key=f"create-{name}",
                width="stretch",
                help=form.use,
            ):
                pressed = name
    return pressed


def encoding() -> tuple[Kind, Compression]:
    """Let the person choose how a DICOM segmentation is encoded."""
    first, second = st.columns(2)
    kind: Kind = first.selectbox(
        "DICOM-SEG type", list(_KINDS), format_func=lambda value: _KINDS[value], key="export-kind"
    )
    compression: Compression = second.selectbox(
        "Compression",
        list(_COMPRESSIONS),
        format_func=lambda value: _COMPRESSIONS[value],
        key="export-compression",
    )
    return kind, compression


def create(
    work: Work,
    form: str,
    choice: ExportChoice,
    readings: list[WorkItem],
    options: WritingOptions,
    folder: str,
) -> tuple[Path, ...]:
    """Create a file, and copy it into a folder if one is named; return both, or none."""
    forget_written()
    try:
        with st.spinner("Writing…"):
            private_folder(exports_folder(work))
            delete_old_exports(work.entrance.settings.home, work.entrance.settings.export_lifetime)
            target = None
            if folder.strip():
                target = writable_folder(folder, work.entrance.settings.home, data_roots())
            key, place = work.opened.key, exports_folder(work)
            detail = f"{form}, {count(len(choice.masks), 'segment')}"
            if readings:
                detail += f", {count(len(readings), 'reading')}"
            started = time.perf_counter()
            if readings:
                each = readings_to_write(work, readings, choice, options)
                path = export_readings(form, work.series, each, place, key)
            else:
                path = export_masks(form, work.series, choice.masks, place, key, options)
            seconds = time.perf_counter() - started
            paths = [path]
            # What could not be written was not exported, and what cannot be recorded does not stay.
            with removed_on_failure(paths):
                if target is not None:
                    paths.append(copied_whole(path, target))
                record(work.entrance, work.store, Action.EXPORT_CREATED, subject=key, detail=detail)
            log_for_tab("export-created", form=form, seconds=seconds)
            return tuple(paths)
    except (DicomError, StoreError, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        st.error(f"Nothing was exported: {reason}", icon=":material/error:")
        return ()


def copied_whole(path: Path, folder: Path) -> Path:
    """Copy a file into a folder, complete or not at all."""
    copy = folder / path.name
    with written_whole(copy) as unfinished:
        shutil.copyfile(path, unfinished)
    return copy


def exports_folder(work: Work) -> Path:
    """Folder of the exports of this series."""
    return exports_of(work.entrance.settings.home, work.key)


entrance = enter("export")
work = require_work(entrance)
show_tour(entrance, 5)
banner(work.series.summary)
export(work)
