"""Importing masks from a segmentation, a structure set or a label map into the open series."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.annotation.import_storing import store_import
from core.annotation.importing import ImportedSegment, ImportPlan, ImportWay
from core.annotation.store import AnnotationStore, StoreError, VersionConflict
from core.audit.entries import Action
from core.dicom.errors import DicomError, NeedsConsentError, NeedsResamplingError
from core.dicom.files import file_label
from core.dicom.series import SeriesSummary
from core.dicom.shown_names import isolated, printable
from core.dicom.slice_names import slice_names
from core.formats.imported_segments import Meaning, imported_segments
from core.formats.masks_read import MasksRead
from core.formats.reading import NIFTI_ENDINGS, read_masks_with_cautions
from core.projects.guarding import store_for
from core.projects.visibility import require_editing
from pages.session.audit_log import record
from pages.session.chosen_series import (
    ChosenSeries,
    chosen_or_none,
    chosen_summary,
    open_store,
)
from pages.session.gate import Entrance
from pages.session.uploaded_files import opened_upload, release_uploaded
from pages.views.dialog_button import dialog_button
from pages.views.formatting import count, plain
from pages.views.import_preview import choose_ways

_OPEN = "import-masks.open"
_CONSENT = "import-masks.consent"
_READ = "import-masks.read"
_TOLD = "import-masks.told"

_MEANINGS: dict[Meaning, str] = {
    Meaning.AS_STATED: "As stated in the file",
    Meaning.REVIEWED: "Checked: examples for the model",
    Meaning.PROPOSED: "Proposals: to be reviewed",
}


@dataclass(frozen=True, eq=False)
class _FileRead:
    """What was read of a file, kept until it is imported."""

    key: tuple[str, ...]
    segments: list[ImportedSegment]
    cautions: tuple[str, ...]


def import_button(name: str) -> None:
    """Show a button that opens the import, which `show_mask_import` shows.

    Parameters
    ----------
    name : str
        Tells it from other such buttons; letters and hyphens.
    """
    dialog_button(
        "Import masks…",
        ":material/upload_file:",
        f"import-masks-{name}",
        "Adds masks from a DICOM segmentation, an RT structure set or a NIfTI label map.",
        _OPEN,
    )


def show_mask_import(entrance: Entrance) -> None:
    """Show the import where it was asked for; called by the page itself, not within a fragment."""
    if told := st.session_state.pop(_TOLD, None):
        st.toast(told, icon=":material/check:", duration="long")
    if entrance.arrived:
        _forget()
    if not st.session_state.get(_OPEN):
        return
    chosen = chosen_or_none(entrance)
    summary = chosen_summary(entrance, chosen)
    if chosen is not None and summary is not None:
        _import_dialog(entrance, chosen, summary)


def _give_consent(file_id: str) -> None:
    st.session_state[_CONSENT] = file_id


def _forget() -> None:
    for name in (_OPEN, _CONSENT, _READ):
        st.session_state.pop(name, None)


@st.dialog("Import masks", width="large", on_dismiss=_forget)
def _import_dialog(entrance: Entrance, chosen: ChosenSeries, summary: SeriesSummary) -> None:
    file = st.file_uploader(
        "DICOM segmentation, RT structure set or NIfTI label map", key="import-masks-file"
    )
    meaning: Meaning = st.selectbox(
        "Masks count as",
        list(_MEANINGS),
        format_func=lambda value: _MEANINGS[value],
        key="import-masks-meaning",
        help="Slicewise's own files tell of each slice whether it was drawn, accepted, corrected "
        "or proposed. In others, MANUAL is drawn, SEMIAUTOMATIC accepted, AUTOMATIC a proposal.",
    )
    if file is None:
        return
    key = chosen.annotation_key
    try:
        read = _file_read(summary, file, meaning)
        store = store_for(open_store(entrance.settings.database), entrance.person)
        require_editing(store, key, entrance.person)
        store.open_annotation(key, slice_names(summary), summary.rows, summary.columns)
    except (NeedsConsentError, NeedsResamplingError) as error:
        st.warning(plain(_with_own_name(str(error), file)), icon=":material/help:")
        st.button(
            "Use anyway",
            key="import-masks-consent",
            on_click=_give_consent,
            args=(file.file_id,),
            width="stretch",
        )
        return
    except (DicomError, StoreError) as error:
        st.error(plain(_with_own_name(str(error), file)), icon=":material/error:")
        return
    for caution in read.cautions:
        st.warning(plain(_with_own_name(caution, file)), icon=":material/warning:")
    plans = choose_ways(store, key, read.segments)
    if not any(plan.changes for plan in plans):
        is_skipped = any(plan.way is ImportWay.SKIP for plan in plans)
        st.info(
            "Nothing is chosen."
            if is_skipped
            else "Everything in this file is here already: nothing would change.",
            icon=":material/check:",
        )
        return
    if st.button("Import", type="primary", width="stretch", key="import-masks-do"):
        _import(entrance, chosen, store, plans, file)


def _import(
    entrance: Entrance,
    chosen: ChosenSeries,
    store: AnnotationStore,
    plans: list[ImportPlan],
    file: UploadedFile,
) -> None:
    try:
        store_import(store, chosen.annotation_key, plans, person=entrance.person)
        detail = count(sum(len(plan.changes) for plan in plans), "mask")
        key = chosen.opened.key
        record(entrance, store, Action.MASKS_IMPORTED, subject=key, detail=detail)
    except VersionConflict:
        st.error("The series was changed meanwhile. Look at the preview again.")
        return
    except StoreError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    done = [plan for plan in plans if plan.changes]
    names = ", ".join(plain(plan.item.segment.label) for plan in done)
    slices = sum(len(plan.changes) for plan in done)
    st.session_state[_TOLD] = f"Imported {names}: {count(slices, 'mask')}. One undo takes it back."
    _forget()
    release_uploaded([file])
    st.switch_page("pages/annotate.py")


def _file_read(summary: SeriesSummary, file: UploadedFile, meaning: Meaning) -> _FileRead:
    """Read a file once for as long as the import is open."""
    consent = st.session_state.get(_CONSENT) == file.file_id
    key = (summary.uid, file.file_id, str(consent), str(meaning))
    kept: _FileRead | None = st.session_state.get(_READ)
    if kept is None or kept.key != key:
        with st.spinner("Reading…"):
            read = _read(summary, file, consent=consent)
        kept = _FileRead(key, imported_segments(read.segments, meaning), read.cautions)
        st.session_state[_READ] = kept
    return kept


def _read(summary: SeriesSummary, file: UploadedFile, *, consent: bool) -> MasksRead:
    """Read an uploaded file under a neutral name, because its own may identify the patient."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / _neutral_name(file)
        path.parent.mkdir()
        with opened_upload(file) as content, path.open("wb") as copy:
            shutil.copyfileobj(content, copy)
        return read_masks_with_cautions(path, summary, allow_same_frame=consent, resample=consent)


def _neutral_name(file: UploadedFile) -> Path:
    # The ending tells NIfTI, and says nothing of anybody.
    ending = next((end for end in NIFTI_ENDINGS if file.name.lower().endswith(end)), "")
    return Path("upload") / f"masks{ending}"


def _with_own_name(text: str, file: UploadedFile) -> str:
    """Put the name that the person knows in place of the neutral one."""
    return text.replace(file_label(_neutral_name(file)), isolated(printable(file.name)))
