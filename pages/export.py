"""Fifth step: export the annotation as DICOM-SEG or in another format."""

import shutil
from pathlib import Path

import streamlit as st

from core.annotation.states import STATE_NAMES, SliceState
from core.dicom.errors import DicomError
from core.dicom.series import SeriesSummary
from core.formats.deidentified_writing import Dates
from core.formats.export_cautions import export_cautions
from core.formats.export_files import export_masks
from core.formats.nifti_writing import uneven_steps
from core.formats.segmentation_writing import Compression, Kind
from core.formats.selection import reviewed_segments, unreviewed_segments, weights_of
from core.formats.writing import FORMATS, WritingOptions
from core.home.exports import delete_old_exports, exports_of
from core.home.private_files import private_folder
from core.home.server_folders import writable_folder
from core.home.settings import data_roots
from core.home.whole_files import written_whole
from core.segments.segment_masks import SegmentMasks
from pages.session.gate import enter
from pages.session.work import Work, require_work
from pages.views.archive import store_in_archive
from pages.views.banner import banner
from pages.views.counts import counts_table
from pages.views.formatting import count, plain

WRITTEN = "export.written"

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


def export(work: Work) -> None:
    """Show what would be exported, create files, and offer the newest for download."""
    segments = work.segments()
    annotation = work.store.annotation(work.uid)
    chosen = reviewed_segments(segments, annotation)
    proposals = unreviewed_segments(segments, annotation)
    counts_table(work, segments, annotation)
    left, right = st.columns([1.2, 1], gap="large")
    with left:
        include = unreviewed_choice(proposals)
        if include:
            chosen = chosen + proposals
        summary(work, chosen)
        if not chosen:
            st.info("Nothing to export yet: draw on a slice first.")
            st.page_link("pages/annotate.py", label="Annotate", icon=":material/draw:")
            return
        with st.expander("Options"):
            weights = weights_of(annotation, unreviewed=include)
            options, folder = choose_options(work, weights)
        show_cautions(work.series.summary, options, chosen)
        create_buttons(work, chosen, options, folder)
    with right:
        offer(work)


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


def choose_options(work: Work, weights: str | None) -> tuple[WritingOptions, str]:
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
        help="Inside Slicewise's own folder or one that the server's settings allow.",
    )
    options = WritingOptions(
        creator=work.person,
        weights=weights,
        kind=kind,
        compression=compression,
        write_empty_slices=empty,
        dates=dates,
        resample=resample,
        home=work.entrance.settings.home,
    )
    return options, folder


def create_buttons(
    work: Work, chosen: list[SegmentMasks], options: WritingOptions, folder: str
) -> None:
    """Show a button for each format, and create the file whose button was pressed."""
    offered = {name: form for name, form in FORMATS.items() if form.label}
    columns = [*st.columns(2), *st.columns(3)]
    columns += [st.container() for _ in range(len(offered) - len(columns))]
    for column, (name, form) in zip(columns, offered.items(), strict=True):
        if column.button(
            f"Create {form.label}",
            type="primary" if name == "seg" else "secondary",
            width="stretch",
            help=form.use,
        ):
            create(work, name, chosen, options, folder)


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


def unreviewed_choice(proposals: list[SegmentMasks]) -> bool:
    """Let the person decide about proposals nobody reviewed."""
    waiting = sum(len(segment.masks) for segment in proposals)
    if not waiting:
        return False
    st.warning(
        f"{count(waiting, 'unreviewed proposal')} will not be exported.",
        icon=":material/visibility_off:",
    )
    st.page_link("pages/review.py", label="Review proposals", icon=":material/fact_check:")
    return st.checkbox(
        "Include unreviewed proposals",
        help="As separate segments, named “(unreviewed)” and marked AUTOMATIC.",
    )


def summary(work: Work, chosen: list[SegmentMasks]) -> None:
    """List what goes into the file."""
    annotation = work.store.annotation(work.uid)
    for masks in chosen:
        if masks.algorithm == "AUTOMATIC":
            content = f"{count(len(masks.masks), 'slice')} proposed, not reviewed"
        else:
            states = [annotation[masks.segment.number, index].state for index in masks.masks]
            by_state = ", ".join(
                f"{states.count(state)} {STATE_NAMES[state]}"
                for state in (SliceState.DRAWN, SliceState.ACCEPTED, SliceState.CORRECTED)
                if state in states
            )
            content = f"{count(len(states), 'slice')}: {by_state}"
        st.markdown(f"- **{plain(masks.segment.label)}** · {content} · :gray[{masks.algorithm}]")


def create(
    work: Work, form: str, chosen: list[SegmentMasks], options: WritingOptions, folder: str
) -> None:
    """Create a file, copy it into a folder if one is named, and keep it for download."""
    st.session_state.pop(WRITTEN, None)
    try:
        with st.spinner("Writing…"):
            private_folder(exports_folder(work))
            delete_old_exports(work.entrance.settings.home, work.entrance.settings.export_lifetime)
            target = None
            if folder.strip():
                target = writable_folder(folder, work.entrance.settings.home, data_roots())
            path = export_masks(
                form, work.series, chosen, exports_folder(work), work.opened.key, options
            )
            paths = [path]
            if target is not None:
                paths.append(copied_whole(path, target))
    except (DicomError, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        st.error(f"Nothing was exported: {reason}", icon=":material/error:")
        return
    st.session_state[WRITTEN] = (work.uid, paths)


def copied_whole(path: Path, folder: Path) -> Path:
    """Copy a file into a folder, complete or not at all."""
    copy = folder / path.name
    with written_whole(copy) as unfinished:
        shutil.copyfile(path, unfinished)
    return copy


def offer(work: Work) -> None:
    """Offer the file that was created last for download."""
    uid, paths = st.session_state.get(WRITTEN, (None, []))
    if uid != work.uid or not paths[0].is_file():
        return
    path = paths[0]
    st.success(f"Created: {path.stat().st_size / 1024:.0f} kB", icon=":material/check_circle:")
    st.download_button(
        f"Download {path.name}",
        path.read_bytes(),
        file_name=path.name,
        mime="application/dicom" if path.suffix == ".dcm" else "application/octet-stream",
        icon=":material/download:",
        type="primary",
        width="stretch",
        on_click="ignore",
    )
    if path.suffix == ".dcm":
        store_in_archive(work.entrance.settings.home, path)
    for saved in paths:
        st.caption(f"Saved on the server: `{saved}`")


def exports_folder(work: Work) -> Path:
    """Folder of the exports of this series."""
    return exports_of(work.entrance.settings.home, work.opened.key)


entrance = enter("export")
work = require_work(entrance)
banner(work.series.summary)
export(work)
