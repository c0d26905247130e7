"""Notes of sign-ins that were ended, which every process of the server finds."""

import stat
import time
from pathlib import Path

from core.home.ended_sign_ins import end_sign_in, has_ended

FOLDER = "ended-sign-ins"


def test_a_sign_in_has_ended_once_somebody_has_ended_it(tmp_path: Path) -> None:
    assert not has_ended(tmp_path, "ab12")
    end_sign_in(tmp_path, "ab12", time.time() + 3600)
    end_sign_in(tmp_path, "ab12", time.time() + 3600)
    assert has_ended(tmp_path, "ab12")
    assert not has_ended(tmp_path, "cd34")


def test_notes_of_sign_ins_that_have_expired_are_deleted(tmp_path: Path) -> None:
    end_sign_in(tmp_path, "old", time.time() - 1)
    end_sign_in(tmp_path, "new", time.time() + 3600)
    assert [note.name for note in (tmp_path / FOLDER).iterdir()] == ["new"]


def test_nobody_else_reads_who_has_signed_out(tmp_path: Path) -> None:
    end_sign_in(tmp_path, "ab12", time.time() + 3600)
    folder = tmp_path / FOLDER
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "ab12").stat().st_mode) == 0o600
