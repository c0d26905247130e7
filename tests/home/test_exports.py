"""Exports are deleted once they are old, all but the newest of each kind."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from core.home.exports import delete_old_exports, exports_of

MONTH = timedelta(days=30)
FORM, EARLIER_FORM = "%Y%m%d-%H%M%S-%f", "%Y%m%d-%H%M%S"


def exported(home: Path, series: str, ending: str, days: float, form: str = FORM) -> Path:
    """A file as it was exported so many days ago."""
    time = datetime.now(UTC) - timedelta(days=days)
    path = exports_of(home, series) / f"slicewise-0123abcd-{time:{form}}{ending}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"masks")
    os.utime(path, (time.timestamp(), time.timestamp()))
    return path


def test_old_files_go_and_the_newest_of_each_kind_and_series_stays(tmp_path: Path) -> None:
    old = [exported(tmp_path, "one", ".seg.dcm", days) for days in (90, 60)]
    old.insert(0, exported(tmp_path, "one", ".seg.dcm", 120, EARLIER_FORM))
    kept = [
        exported(tmp_path, "one", ".seg.dcm", 40),
        exported(tmp_path, "one", ".nii.gz", 90),
        exported(tmp_path, "two", ".seg.dcm", 90),
        exported(tmp_path, "two", ".nii.gz", 10),
        exported(tmp_path, "two", ".nii.gz", 5),
    ]
    others = exports_of(tmp_path, "one") / "notes.txt"
    others.write_text("mine", encoding="utf-8")
    os.utime(others, (0, 0))
    assert delete_old_exports(tmp_path, MONTH) == old
    assert all(path.exists() for path in (*kept, others))
    assert delete_old_exports(tmp_path, MONTH) == []


def test_a_home_without_exports_is_left_alone(tmp_path: Path) -> None:
    assert delete_old_exports(tmp_path, MONTH) == []
    assert list(tmp_path.iterdir()) == []
