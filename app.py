"""The server of Slicewise: `streamlit run app.py` serves navigation.py, with checks in front."""

import streamlit as st
from starlette.middleware import Middleware

from pages.server.editor_scripts import EDITOR_SCRIPTS
from pages.server.garbage_collection import exempt_what_is_loaded
from pages.server.request_checks import RequestChecks
from pages.server.scripts import SCRIPTS
from pages.server.upload_receiving import UploadReceiving

app = st.App(
    "navigation.py",
    routes=[*SCRIPTS, *EDITOR_SCRIPTS],
    middleware=[Middleware(RequestChecks), Middleware(UploadReceiving)],
)
exempt_what_is_loaded()
