"""Lines of the log: what is told of events and of problems, and what is withheld."""

import json
import logging
import sys
import threading
from collections.abc import Iterator

import pytest

from core.home.event_log import JsonLine, LogForm, log_event, tell_events

PATIENT = "Mustermann^Erika"


@pytest.fixture(autouse=True)
def unchanged_logging() -> Iterator[None]:
    """Leave loggers and hooks as they were."""
    loggers = [logging.getLogger(), logging.getLogger("slicewise.events")]
    kept = [(one, one.handlers[:], one.level) for one in loggers]
    formatters = [(each, each.formatter) for one in loggers for each in one.handlers]
    hooks = sys.excepthook, threading.excepthook
    yield
    for one, handlers, level in kept:
        one.handlers[:] = handlers
        one.setLevel(level)
    for each, formatter in formatters:
        each.setFormatter(formatter)
    loggers[1].propagate = True
    sys.excepthook, threading.excepthook = hooks
    logging.captureWarnings(capture=False)


def lines(form: LogForm, capsys: pytest.CaptureFixture[str], event: str, **details: object) -> str:
    """What is written of one event."""
    tell_events(form)
    log_event(event, **details)  # type: ignore[arg-type]
    return capsys.readouterr().err


def test_an_event_is_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    line = json.loads(lines("json", capsys, "message", kind="mask", seconds=0.123456, tab=None))
    assert line.pop("time").endswith("+00:00")
    assert line == {"level": "info", "event": "message", "kind": "mask", "seconds": 0.1235}


def test_an_event_can_be_text(capsys: pytest.CaptureFixture[str]) -> None:
    line = lines("text", capsys, "message", kind="mask", seconds=0.5)
    assert line.rstrip().endswith("info message kind=mask seconds=0.5")


def test_events_are_not_told_by_default(capsys: pytest.CaptureFixture[str]) -> None:
    assert lines("problems", capsys, "message", kind="mask") == ""


@pytest.mark.parametrize(
    "text", [PATIENT, "/data/erika", "1.2.840.113619.2", "a@example.org", "two words", "19580312x"]
)
def test_texts_that_are_no_words_of_ours_are_withheld(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert json.loads(lines("json", capsys, "message", kind=text))["kind"] == "withheld"


def record(name: str) -> logging.LogRecord:
    """A record of an error that quotes a patient."""
    try:
        raise KeyError(PATIENT)
    except KeyError:
        return logging.LogRecord(
            name, logging.ERROR, "/any/sender.py", 12, "%s failed", (PATIENT,), sys.exc_info()
        )


def test_of_errors_elsewhere_the_type_and_the_place_are_told() -> None:
    line = json.loads(JsonLine().format(record("uvicorn.error")))
    assert (line["event"], line["error"]) == ("problem", "KeyError")
    assert line["at"].startswith(f"{__name__}:")
    assert PATIENT not in str(line)


def test_sentences_of_our_own_are_told() -> None:
    sentence = logging.LogRecord(
        "pages.x", logging.ERROR, "/x.py", 3, "The disk is full.", (), None
    )
    assert json.loads(JsonLine().format(sentence))["text"] == "The disk is full."


def test_an_error_that_ends_a_thread_is_a_line_without_its_text(
    capsys: pytest.CaptureFixture[str],
) -> None:
    tell_events("json")

    def fail() -> None:
        raise ValueError(PATIENT)

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    written = capsys.readouterr().err
    assert json.loads(written)["error"] == "ValueError"
    assert PATIENT not in written
