"""A real PostgreSQL server on a free port of the loopback interface, for tests and benchmarks."""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError

from tests.support.ports import free_port

_DEBIAN = "/usr/lib/postgresql"
_STARTS_WITHIN_S = 60
_TEMPORARY = tempfile.gettempdir()  # as it is before an app under test sets a private folder


def server_programs() -> Path | None:
    """Folder of the programs of the newest server that is installed; None where there is none."""
    folders = [path.parent for path in Path(_DEBIAN).glob("*/bin/postgres")]
    if folders:
        return max(folders, key=lambda folder: float(folder.parent.name))
    found = shutil.which("postgres")
    return Path(found).resolve().parent if found else None


@dataclass
class PostgreSQL:
    """A server with a cluster of its own, which can be stopped and started again.

    It runs as an ordinary person, because it refuses to run as root.

    Attributes
    ----------
    programs : pathlib.Path
        Folder of ``initdb`` and ``postgres``.
    waits_for_disk : bool
        Whether a commit is on the disk when it returns, as PostgreSQL has it unless told otherwise.
        Tests that kill no server go without it, because they are faster so.
    """

    programs: Path
    waits_for_disk: bool = False
    port: int = field(default_factory=free_port)
    folder: Path = field(
        default_factory=lambda: Path(tempfile.mkdtemp("", "postgresql-", _TEMPORARY))
    )
    password: str = field(default_factory=lambda: secrets.token_hex(16))
    process: subprocess.Popen[bytes] | None = None

    def create(self) -> "PostgreSQL":
        """Make the cluster and start the server."""
        password = self.folder / "password"
        password.write_text(self.password)
        if self._account is not None:
            for path in (self.folder, password):
                shutil.chown(path, self._account)
        subprocess.run(
            [
                self.programs / "initdb",
                *("--pgdata", self.folder / "cluster", "--username", "slicewise"),
                *("--auth", "scram-sha-256", "--pwfile", password),
                *("--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"),
            ],
            check=True,
            capture_output=True,
            user=self._account,
            cwd=self.folder,
        )
        return self.start()

    def start(self) -> "PostgreSQL":
        """Start the server and wait until it answers."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    self.programs / "postgres",
                    *("-D", self.folder / "cluster", "-p", str(self.port)),
                    *("-h", "127.0.0.1", "-k", ""),
                    *("-c", f"fsync={'on' if self.waits_for_disk else 'off'}"),
                ],
                stdout=log,
                stderr=log,
                user=self._account,
                cwd=self.folder,
            )
        deadline = time.monotonic() + _STARTS_WITHIN_S
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                said = (self.folder / "log").read_text()
                raise RuntimeError(f"PostgreSQL did not start:\n{said}")
            time.sleep(0.05)
        return self

    def stop(self) -> None:
        """End the server and every connection to it; what is committed stays."""
        if self.process is not None:
            self.process.send_signal(signal.SIGQUIT)  # at once, as after a power cut
            self.process.wait()
            self.process = None

    def remove(self) -> None:
        """End the server and delete its cluster."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str = "postgres") -> str:
        """Address of a database, for SQLAlchemy."""
        return URL.create(
            "postgresql+psycopg",
            username="slicewise",
            password=self.password,
            host="127.0.0.1",
            port=self.port,
            database=database,
        ).render_as_string(hide_password=False)

    def new_database(self, template: str = "template1") -> str:
        """Make a database, which is a copy of another one; its name."""
        name = f"slicewise_{uuid.uuid4().hex}"
        self._execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop_database(self, name: str) -> None:
        """Delete a database, whoever uses it."""
        self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _execute(self, statement: str) -> None:
        engine = create_engine(self.url(), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)
        engine.dispose()

    def _answers(self) -> bool:
        try:
            self._execute("SELECT 1")
        except OperationalError:
            return False
        return True

    @property
    def _account(self) -> str | None:
        """Whose processes those of the server are; None for this one's."""
        if os.geteuid() != 0:
            return None
        names = {account.pw_name for account in pwd.getpwall()}
        return "postgres" if "postgres" in names else "nobody"
