"""The scripts with which Streamlit shows fields and buttons, so that a page can fetch them ahead.

A browser asks for each when its field is first shown, such as in a menu. A script that could not be
fetched then, because the server was away, leaves an error in place of its field until the page is
loaded again.
"""

from functools import cache
from pathlib import Path

import streamlit

_FOLDER = Path(streamlit.__file__).parent / "static" / "static" / "js"
_FIELDS = (
    "Button",
    "Checkbox",
    "ColorPicker",
    "FileUploader",
    "NumberInput",
    "Progress",
    "Radio",
    "Selectbox",
    "Slider",
    "Spinner",
    "TextInput",
)


@cache
def field_addresses() -> list[str]:
    """Addresses of the scripts of fields that are first shown while a page is worked on.

    Returns
    -------
    list of str
        Paths on this server. Streamlit's file names hold what we do not know; a field whose script
        is not found is left out, and fetched when it is shown.
    """
    found = [next(_FOLDER.glob(f"{name}.*.js"), None) for name in _FIELDS]
    return [f"/static/js/{path.name}" for path in found if path is not None]
