"""The server of Slicewise: `streamlit run app.py` serves navigation.py, with checks in front."""

import os
import sys

import streamlit as st
from starlette.middleware import Middleware

from core.home.event_log import tell_events
from core.home.settings import SettingsError, read_settings
from core.network.freed_memory import share_heaps
from pages.server.editor_scripts import EDITOR_SCRIPTS
from pages.server.garbage_collection import collect_at_intervals, exempt_what_is_loaded
from pages.server.health import HEALTH
from pages.server.metrics import METRICS
from pages.server.people_here import PEOPLE_HERE
from pages.server.request_checks import RequestChecks
from pages.server.request_log import RequestLog
from pages.server.scripts import SCRIPTS
from pages.server.shown_files import ShownFileChecks
from pages.server.shutdown import storing_at_the_end
from pages.server.sign_in_checks import SignInChecks
from pages.server.sign_in_settings import check_start
from pages.server.upload_receiving import UploadReceiving

share_heaps()
try:
    tell_events(read_settings(os.environ).log)
    check_start()
except SettingsError as error:
    sys.exit(str(error))

app = st.App(
    "navigation.py",
    routes=[*SCRIPTS, *EDITOR_SCRIPTS, *PEOPLE_HERE, *HEALTH, *METRICS],
    lifespan=storing_at_the_end,
    middleware=[
        Middleware(RequestLog),
        Middleware(RequestChecks),
        Middleware(SignInChecks),
        Middleware(ShownFileChecks),
        Middleware(UploadReceiving),
    ],
)
exempt_what_is_loaded()
collect_at_intervals()
