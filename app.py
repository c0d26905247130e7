"""The server of Slicewise: `streamlit run app.py` serves navigation.py, with a check in front."""

import streamlit as st
from starlette.middleware import Middleware

from pages.server.request_checks import RequestChecks

app = st.App("navigation.py", middleware=[Middleware(RequestChecks)])
