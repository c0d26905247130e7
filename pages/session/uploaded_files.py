"""Uploaded files, which lie on the disk while Streamlit knows them by name."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import BinaryIO

from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.home.waiting_uploads import UploadKey
from pages.server.tabs import this_tab
from pages.server.upload_receiving import IN_ITS_PLACE, waiting_uploads


@contextmanager
def opened_upload(file: UploadedFile) -> Iterator[BinaryIO]:
    """Open what was uploaded.

    Parameters
    ----------
    file : UploadedFile
        Of a widget of this tab; it holds no content itself.

    Yields
    ------
    binary stream
        At its beginning.

    Raises
    ------
    DicomError
        When it is not there any more.
    """
    if file.getvalue() != IN_ITS_PLACE:  # without a server, as in tests of pages, Streamlit has it
        file.seek(0)
        yield file
        return
    with waiting_uploads().open(UploadKey(this_tab(), file.file_id)) as stream:
        yield stream


def named_uploads(files: Iterable[UploadedFile]) -> Iterator[tuple[str, BinaryIO]]:
    """Open uploaded files one after the other, each until the next one is asked for.

    Parameters
    ----------
    files : iterable of UploadedFile
        Of a widget of this tab.

    Yields
    ------
    name : str
        As the person's browser states it.
    stream : binary stream
        At its beginning.

    Raises
    ------
    DicomError
        When one is not there any more.
    """
    for file in files:
        with opened_upload(file) as stream:
            yield file.name, stream


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
        waiting_uploads().remove(UploadKey(this_tab(), file.file_id))
        held = context.uploaded_file_mgr if context is not None else None
        if context is not None and isinstance(held, MemoryUploadedFileManager):
            held.remove_file(context.session_id, file.file_id)
