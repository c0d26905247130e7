"""What a server tells of its work: one line for each event, without patient data.

No name, path, address or UID can get into a line. Details are numbers, words of ours and random
identifiers; of what other packages log, only the place in their code and the type of an error is
told where lines are JSON, since their texts may quote a file.
"""

import json
import logging
import re
import sys
import threading
from datetime import UTC, datetime
from types import TracebackType
from typing import Literal

LogForm = Literal["problems", "text", "json"]
"""Warnings and errors alone, as Python prints them; every event as text, or as a JSON object."""

Detail = str | int | float | None

_EVENTS = logging.getLogger("slicewise.events")
_DETAILS = "slicewise_details"
_SAFE_TEXT = re.compile(r"[a-z][a-z-]{0,39}|[0-9a-f]{8,32}")
_WITHHELD = "withheld"
_OWN_PACKAGES = ("core.", "pages.")


def log_event(event: str, **details: Detail) -> None:
    """Tell that something has happened.

    Parameters
    ----------
    event : str
        Which kind of thing, such as ``export-created``.
    **details : str, int, float or None
        Numbers, seconds among them, words of our own in small letters, and random identifiers in
        hexadecimal digits. Any other text is withheld; None is left out.
    """
    if _EVENTS.isEnabledFor(logging.INFO):
        told = {name: _safe(value) for name, value in details.items() if value is not None}
        _EVENTS.info(event, extra={_DETAILS: told})


def _safe(value: Detail) -> Detail:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, str) and not _SAFE_TEXT.fullmatch(value):
        return _WITHHELD
    return value


def tell_events(form: LogForm) -> None:
    """Set up the logs of this process; call it once, where a server starts.

    Parameters
    ----------
    form : {"problems", "text", "json"}
        What is written to the standard error.
    """
    if form == "problems":
        return
    _EVENTS.setLevel(logging.INFO)
    _EVENTS.propagate = False
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLine() if form == "json" else _TextLine())
    _EVENTS.addHandler(handler)
    if form == "json":
        logging.getLogger().addHandler(logging.StreamHandler())
        logging.captureWarnings(capture=True)
        use_json_if_asked_for()
        sys.excepthook = _log_uncaught
        threading.excepthook = lambda failed: _log_uncaught(
            failed.exc_type, failed.exc_value, failed.exc_traceback
        )


def use_json_if_asked_for() -> None:
    """Have all loggers that there are by now write lines of JSON, those of other packages too.

    Nothing happens where `tell_events` was not called with "json".
    """
    if not any(isinstance(one.formatter, JsonLine) for one in _EVENTS.handlers):
        return
    loggers = [logging.getLogger(), *map(logging.getLogger, logging.root.manager.loggerDict)]
    for handler in {handler for logger in loggers for handler in logger.handlers}:
        handler.setFormatter(JsonLine())


def _log_uncaught(
    kind: type[BaseException], error: BaseException | None, trace: TracebackType | None
) -> None:
    if not issubclass(kind, KeyboardInterrupt):
        logging.getLogger().error("", exc_info=(kind, error or kind(), trace))


class JsonLine(logging.Formatter):
    """Writes a record as one line of JSON, as the module says."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record."""
        return json.dumps(_fields(record), separators=(",", ":"))


class _TextLine(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        """Write an event, with its details after it."""
        time, level, event, *details = _fields(record).items()
        told = " ".join(f"{name}={value}" for name, value in details)
        return f"{time[1]} {level[1]} {event[1]} {told}".rstrip()


def _fields(record: logging.LogRecord) -> dict[str, Detail]:
    time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    head: dict[str, Detail] = {"time": time, "level": record.levelname.lower()}
    if record.name == _EVENTS.name:
        return {**head, "event": record.msg, **getattr(record, _DETAILS)}
    problem: dict[str, Detail] = {"event": "problem", "at": f"{record.module}:{record.lineno}"}
    if record.exc_info and record.exc_info[0] is not None:
        problem["error"] = record.exc_info[0].__name__
        trace = record.exc_info[2]
        while trace is not None:  # where it was raised is what helps
            code = trace.tb_frame.f_globals.get("__name__", "")
            problem["at"], trace = f"{code}:{trace.tb_lineno}", trace.tb_next
    if record.name.startswith(_OWN_PACKAGES):
        problem["text"] = record.getMessage()
    return {**head, **problem}
