"""Adding masks from a segmentation, a structure set or a label map to the open series."""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.annotation.seeding import seed_annotation
from core.annotation.states import SliceState
from core.annotation.store import StoreError
from core.dicom.errors import DicomError, NeedsConsentError, NeedsResamplingError
from core.dicom.files import file_label
from core.dicom.series import SeriesSummary
from core.dicom.shown_names import printable
from core.formats.masks_read import MasksRead
from core.formats.reading import NIFTI_ENDINGS, read_masks_with_cautions
from pages.session.gate import Entrance
from pages.session.uploaded_files import opened_upload
from pages.session.work import chosen_summary, open_store, slice_names
from pages.views.formatting import count, plain

_CONSENT = "import-masks.consent"
_DRAWN, _PROPOSED = "Drawn: examples for the model", "Proposals: to be reviewed"


def offer_mask_import(entrance: Entrance) -> None:
    """Offer to add masks from a file to the open series; show nothing where none is open."""
    summary = chosen_summary(entrance)
    if summary is None:
        return
    with st.container(border=True, key="import-masks"):
        st.subheader("Masks for the open series")
        with st.form("import-masks-form", border=False):
            file = st.file_uploader(
                "DICOM segmentation, RT structure set or NIfTI label map",
                key="import-masks-file",
                help="Added as new segments. Existing segments do not change.",
            )
            meaning = st.radio("Add as", (_DRAWN, _PROPOSED), key="import-masks-meaning")
            pressed = st.form_submit_button("Add masks", width="stretch")
        consent = bool(st.session_state.pop(_CONSENT, False))
        if (pressed or consent) and file is not None:
            state = SliceState.DRAWN if meaning == _DRAWN else SliceState.PROPOSED
            _add(entrance, summary, file, state, consent=consent)


def _give_consent() -> None:
    st.session_state[_CONSENT] = True


def _add(
    entrance: Entrance,
    summary: SeriesSummary,
    file: UploadedFile,
    state: SliceState,
    *,
    consent: bool,
) -> None:
    try:
        read = _read(summary, file, consent=consent)
        store = open_store(entrance.settings.database)
        store.open_series(summary.uid, slice_names(summary), summary.rows, summary.columns)
        added = seed_annotation(
            store,
            summary.uid,
            [(segment.segment, segment.masks) for segment in read.segments],
            state=state,
            person=entrance.person,
        )
    except (NeedsConsentError, NeedsResamplingError) as error:
        st.warning(plain(_with_own_name(str(error), file)), icon=":material/help:")
        st.button("Use anyway", key="import-masks-consent", on_click=_give_consent, width="stretch")
        return
    except (DicomError, StoreError) as error:
        st.error(plain(_with_own_name(str(error), file)), icon=":material/error:")
        return
    slices = sum(len(segment.masks) for segment in read.segments)
    names = ", ".join(plain(segment.label) for segment in added)
    st.success(f"Added {names}: {count(slices, 'mask')}.", icon=":material/check:")
    for caution in read.cautions:
        st.warning(plain(_with_own_name(caution, file)), icon=":material/warning:")
    st.page_link("pages/annotate.py", label="Continue annotating", icon=":material/draw:")


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
    return text.replace(file_label(_neutral_name(file)), printable(file.name))
