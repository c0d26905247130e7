"""Fifth step: export the annotation as DICOM-SEG or in another format."""

import secrets
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from core.annotation.states import STATE_NAMES, SliceState
from core.dicom.errors import DicomError
from core.formats.csv_writing import write_measurements
from core.formats.deidentified_writing import Dates, burned_in_warning, write_deidentified
from core.formats.export_files import export_name, next_instance_number
from core.formats.nifti_writing import write_nifti
from core.formats.png_writing import write_pictures
from core.formats.segmentation_writing import Compression, Kind, write_segmentation
from core.formats.selection import (
    reviewed_segments,
    unreviewed_segments,
    weights_of,
)
from core.formats.structure_set_writing import write_structure_set
from core.home.secret import home_secret
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
_USES = {
    "DICOM-SEG": "For archives and viewers.",
    "NIfTI": "For research tools; same voxel grid as the images.",
    "RTSTRUCT": "Contours for treatment planning systems.",
    "PNG": "A zip with a picture of each slice and a black-and-white picture of each mask.",
    "CSV": "A table of areas and volumes.",
    "de-identified copy": "A zip of the images and the segmentation without patient "
    "identifiers (PS3.15, Basic Profile). Text within the images is not removed.",
}
_DATES: dict[Dates, str] = {
    "remove": "Removed",
    "shift": "Shifted, all by the same number of days",
}


@dataclass(frozen=True)
class Options:
    """How files are created.

    Attributes
    ----------
    kind, compression : str
        Encoding of a DICOM segmentation.
    dates : str
        What becomes of the dates in a de-identified copy.
    empty : bool
        Whether a DICOM segmentation includes empty slices.
    folder : str
        Folder on the server to save to as well; blank for none.
    """

    kind: Kind
    compression: Compression
    dates: Dates
    empty: bool
    folder: str


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
            options = choose_options(work)
        caution = burned_in_warning(work.series.summary)
        if caution is not None:
            st.warning(caution, icon=":material/text_fields:")
        weights = weights_of(annotation, unreviewed=include)
        create_buttons(work, writers(work, chosen, weights, options), options.folder)
    with right:
        offer(work)


def choose_options(work: Work) -> Options:
    """Let the person choose how files are created."""
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
    folder = st.text_input(
        "Also save to a folder on the server",
        placeholder=str(exports_folder(work)),
        help="Inside Slicewise's own folder or one that the server's settings allow.",
    )
    return Options(kind, compression, dates, empty, folder)


def writers(
    work: Work, chosen: list[SegmentMasks], weights: str | None, options: Options
) -> dict[str, Callable[[], Path]]:
    """Functions that write each format, by its name on the page."""
    return {
        "DICOM-SEG": lambda: write_dicom(work, chosen, weights, options),
        "NIfTI": lambda: write_volume(work, chosen),
        "RTSTRUCT": lambda: write_contours(work, chosen),
        "PNG": lambda: write_stacks(work, chosen),
        "CSV": lambda: write_table(work, chosen),
        "de-identified copy": lambda: write_anonymous(work, chosen, weights, options),
    }


def create_buttons(work: Work, writers: dict[str, Callable[[], Path]], folder: str) -> None:
    """Show a button for each format, and create the file whose button was pressed."""
    columns = [*st.columns(2), *st.columns(3), st.container()]
    for column, (name, write) in zip(columns, writers.items(), strict=True):
        if column.button(
            f"Create {name}",
            type="primary" if name == "DICOM-SEG" else "secondary",
            width="stretch",
            help=_USES[name],
        ):
            create(work, write, folder)


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
        "Include them anyway",
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


def create(work: Work, write: Callable[[], Path], folder: str) -> None:
    """Create a file, copy it into a folder if one is named, and keep it for download."""
    st.session_state.pop(WRITTEN, None)
    try:
        with st.spinner("Writing…"):
            exports_folder(work).mkdir(parents=True, exist_ok=True, mode=0o700)
            target = None
            if folder.strip():
                target = writable_folder(folder, work.entrance.settings.home, data_roots())
            path = write()
            paths = [path]
            if target is not None:
                paths.append(copied_whole(path, target))
    except (DicomError, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        st.error(f"Nothing was exported: {reason}", icon=":material/error:")
        return
    st.session_state[WRITTEN] = (work.uid, paths)


def write_dicom(
    work: Work, chosen: list[SegmentMasks], weights: str | None, options: Options
) -> Path:
    """Write a DICOM segmentation and return its path."""
    folder = exports_folder(work)
    path = folder / export_name(work.opened.key, ".dcm")
    write_segmentation(
        work.series,
        chosen,
        path,
        creator=work.person,
        weights=weights,
        instance_number=next_instance_number(folder, "SEG"),
        write_empty_slices=options.empty,
        kind=options.kind,
        compression=options.compression,
    )
    return path


def write_contours(work: Work, chosen: list[SegmentMasks]) -> Path:
    """Write an RT structure set and return its path."""
    folder = exports_folder(work)
    path = folder / export_name(work.opened.key, ".rtstruct.dcm")
    number = next_instance_number(folder, "RTSTRUCT")
    write_structure_set(work.series, chosen, path, instance_number=number)
    return path


def write_stacks(work: Work, chosen: list[SegmentMasks]) -> Path:
    """Write a zip of pictures and return its path."""
    path = exports_folder(work) / export_name(work.opened.key, ".png.zip")
    write_pictures(work.series, chosen, path)
    return path


def write_anonymous(
    work: Work, chosen: list[SegmentMasks], weights: str | None, options: Options
) -> Path:
    """Write a zip of images and segmentation without patient identifiers."""
    # The key of the series stands for its UID here, so it must not stand in the name.
    path = exports_folder(work) / export_name(secrets.token_hex(4), ".deidentified.zip")
    write_deidentified(
        work.series,
        chosen,
        path,
        secret=home_secret(work.entrance.settings.home),
        dates=options.dates,
        kind=options.kind,
        compression=options.compression,
        weights=weights,
    )
    return path


def write_table(work: Work, chosen: list[SegmentMasks]) -> Path:
    """Write a table of areas and volumes and return its path."""
    path = exports_folder(work) / export_name(work.opened.key, ".csv")
    write_measurements(work.series, chosen, path)
    return path


def write_volume(work: Work, chosen: list[SegmentMasks]) -> Path:
    """Write NIfTI and return its path; several files go into one zip."""
    folder = exports_folder(work)
    path = folder / export_name(work.opened.key, ".nii.gz")
    written = write_nifti(work.series, chosen, path)
    if len(written) == 1:
        return written[0]
    archive = folder / export_name(work.opened.key, ".nii.zip")
    with written_whole(archive) as unfinished, zipfile.ZipFile(unfinished, "w") as file:
        for volume in written:
            file.write(volume, volume.name)
    for volume in written:
        volume.unlink()
    return archive


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
    return work.entrance.settings.home / "exports" / work.opened.key


entrance = enter("export")
work = require_work(entrance)
banner(work.series.summary)
export(work)
