"""A server of the app for a test, which can be killed and started again."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
_STARTS_WITHIN_S = 60
_STOPS_WITHIN_S = 60
# Streamlit closing a connection at the moment in which the browser does: no error of a page.
_CLOSED_BY_BROWSER = re.compile(
    r"^Exception in ASGI application$((?!^Exception in).)*?"
    r"^starlette\.websockets\.WebSocketDisconnected: Cannot call [^\n]*$",
    re.DOTALL | re.MULTILINE,
)


@dataclass
class Server:
    """A server process with a folder of its own.

    Attributes
    ----------
    home : pathlib.Path
        Its SLICEWISE_HOME.
    port : int
        Where it listens on 127.0.0.1.
    editor : str
        What people draw with: "slice-editor" or "simple".
    script : str
        What Streamlit is to run.
    database : str, optional
        Address of the store; by default the file in its home.
    options : tuple of str
        Further options of Streamlit.
    variables : dict of str to str
        Further variables of its environment.
    """

    home: Path
    port: int = field(default_factory=lambda: free_port())
    editor: str = "slice-editor"
    script: str = "app.py"
    database: str | None = None
    options: tuple[str, ...] = ()
    variables: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Address of the first page."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """What the server printed."""
        return self.home.parent / f"{self.home.name}.log"

    def start(self) -> "Server":
        """Start it and wait until it answers."""
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("SLICEWISE_")
        }
        environment |= {
            "SLICEWISE_HOME": str(self.home),
            "SLICEWISE_DEVICE": "cpu",
            "SLICEWISE_EDITOR": self.editor,
            "SLICEWISE_DATABASE": self.database or "",
        } | self.variables
        command = [sys.executable, "-m", "streamlit", "run", self.script]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--server.port", str(self.port), *self.options],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + _STARTS_WITHIN_S
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the server did not start: {self.log.read_text()}")
            time.sleep(0.1)
        return self

    def kill(self) -> None:
        """End it with SIGKILL, which gives it no chance to tidy up."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None

    def stop(self) -> None:
        """Tell it to stop, and wait until it has."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(_STOPS_WITHIN_S)
            self.process = None

    def check_log(self) -> None:
        """Fail if a page ever ended with an error that it did not expect."""
        log = _CLOSED_BY_BROWSER.sub("", self.log.read_text())
        assert "Traceback" not in log, log

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False
