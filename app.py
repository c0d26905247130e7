"""The server of Slicewise: `streamlit run app.py` serves navigation.py, with checks in front."""

import streamlit as st
from starlette.middleware import Middleware

from pages.server.request_checks import RequestChecks
from pages.server.upload_receiving import UploadReceiving

app = st.App("navigation.py", middleware=[Middleware(RequestChecks), Middleware(UploadReceiving)])
