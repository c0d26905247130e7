"""The server starts for one person on its machine, and for others only with sign-in."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.app_server import ROOT, Server
from tests.support.drawn_series import new_home
from tests.support.ports import free_port
from tests.support.signed_in import with_sign_in

_WITHIN_S = 120


def refused(tmp_path: Path, *options: str) -> str:
    """What the server says when it does not start."""
    command = [sys.executable, "-m", "streamlit", "run", "app.py"]
    port = ("--server.port", str(free_port()))
    result = subprocess.run(
        [*command, *port, *options],
        cwd=ROOT,
        env=os.environ | {"SLICEWISE_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        timeout=_WITHIN_S,
    )
    assert result.returncode != 0
    assert "Traceback" not in result.stderr
    return result.stderr.strip().splitlines()[-1]


@pytest.mark.parametrize("address", ["0.0.0.0", "::", ""])
def test_beyond_this_machine_it_refuses_to_start_without_sign_in(
    tmp_path: Path, address: str
) -> None:
    assert refused(tmp_path, f"--server.address={address}") == (
        "Slicewise listens beyond this machine, where people must sign in: set up [auth] in "
        ".streamlit/secrets.toml as docs/sign-in.md says, or set server.address to 127.0.0.1."
    )


def test_under_the_name_of_a_proxy_it_refuses_to_start_without_sign_in(tmp_path: Path) -> None:
    assert refused(tmp_path, "--server.allowedHosts=slicewise.example.org") == (
        "server.allowedHosts names slicewise.example.org, which leads here from beyond this "
        "machine, where people must sign in: set up [auth] in .streamlit/secrets.toml as "
        "docs/sign-in.md says, or leave only names of this machine."
    )


def test_a_mistake_in_the_sign_in_is_told_at_the_start(tmp_path: Path) -> None:
    secrets = tmp_path / "secrets.toml"
    secrets.write_text('[auth]\nredirect_uri = "https://slicewise.example.org/"\n')
    assert refused(tmp_path, "--secrets.files", str(secrets)) == (
        "[auth] needs cookie_secret, a text; docs/sign-in.md shows an example."
    )


def test_with_sign_in_it_starts_beyond_this_machine(tmp_path: Path) -> None:
    server = with_sign_in(Server(new_home(tmp_path)), 1, "no provider answers")
    server.options += ("--server.address", "0.0.0.0")
    server.start().kill()
    server.check_log()


def test_for_one_person_on_this_machine_it_starts_without(tmp_path: Path) -> None:
    server = Server(new_home(tmp_path)).start()
    server.kill()
    server.check_log()
