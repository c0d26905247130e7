"""What a tab without a screen keeps of what its page shows, and how it asks for an offered file."""

import secrets
from dataclasses import dataclass

from streamlit.proto.BackMsg_pb2 import BackMsg


@dataclass(frozen=True)
class ShownMask:
    """What the editor shows of the segment on a slice: version, state, run-length code."""

    version: int
    state: str
    code: bytes


@dataclass(frozen=True)
class Button:
    """A button of the page: how a run is told that it was pressed, and by which fragment."""

    element: str
    fragment: str
    disabled: bool


def file_request(session: str, offered: str) -> bytes:
    """Return the message by which a browser asks for a file that is made ready when it is wanted.

    Parameters
    ----------
    session : str
        Of the tab, as the server has named it.
    offered : str
        By what the download button knows the file.
    """
    message = BackMsg()
    message.backend_operation_request.request_id = secrets.token_hex(8)
    message.backend_operation_request.session_id = session
    message.backend_operation_request.deferred_file.file_id = offered
    return bytes(message.SerializeToString())
