"""Exported files under SLICEWISE_HOME, a folder for each series; old ones are deleted."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

# As `core.formats.export_files` names them: what stands behind the time is the kind of the file.
# Up to 0.2 the time was told to the second.
_NAME = re.compile(r"slicewise-[0-9a-f]{8}-\d{8}-\d{6}(?:-\d{6})?(\..+)")


def exports_of(home: Path, key: str) -> Path:
    """Return the folder of the exports of an annotation; it need not exist.

    Parameters
    ----------
    home : pathlib.Path
        SLICEWISE_HOME.
    key : str
        Stands for the annotation.
    """
    return home / "exports" / key


def delete_old_exports(
    home: Path, lifetime: timedelta, *, now: datetime | None = None
) -> list[Path]:
    """Delete exports that are older than they may be.

    The newest of each kind of a series stays: its number is what the next one counts from.

    Parameters
    ----------
    home : pathlib.Path
        SLICEWISE_HOME.
    lifetime : datetime.timedelta
        How long they are kept.
    now : datetime.datetime, optional
        With a zone; the present by default.

    Returns
    -------
    list of pathlib.Path
        Files that are gone. One that cannot be deleted stays for the next time.
    """
    now = now or datetime.now(UTC)
    deleted = []
    for path in _all_but_the_newest(home / "exports"):
        try:
            if now - datetime.fromtimestamp(path.stat().st_mtime, UTC) > lifetime:
                path.unlink()
                deleted.append(path)
        except OSError:  # somebody else may be deleting it
            continue
    return deleted


def _all_but_the_newest(exports: Path) -> list[Path]:
    newest: dict[tuple[Path, str], Path] = {}
    others = []
    # The time stands in the name, and sorts like a text within a kind.
    for path in sorted(exports.glob("*/slicewise-*"), key=lambda path: path.name.split("-")[2:]):
        if (name := _NAME.fullmatch(path.name)) is None:
            continue
        kind = path.parent, name[1]
        if kind in newest:
            others.append(newest[kind])
        newest[kind] = path
    return others
