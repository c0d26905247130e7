"""Uploaded files, which Streamlit holds in memory for as long as their tab is open."""

from collections.abc import Iterable

from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile


def release_uploaded(files: Iterable[UploadedFile]) -> None:
    """Let go of uploaded files that have been stored.

    Parameters
    ----------
    files : iterable of UploadedFile
        Of a widget that is empty from now on.
    """
    context = get_script_run_ctx(suppress_warning=True)
    for file in files:
        file.close()
        held = context.uploaded_file_mgr if context is not None else None
        if context is not None and isinstance(held, MemoryUploadedFileManager):
            held.remove_file(context.session_id, file.file_id)
