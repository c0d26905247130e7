"""Every setting of Slicewise that is an environment variable: read and checked in one place.

`docs/settings.md` lists them, with the keys of archive.toml (`core.pacs.settings`) and of recipes
(`core.training.settings`).
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from sqlalchemy.engine import URL

ARCHIVE_FILE = "SLICEWISE_ARCHIVE"
"""Variable that names another place for archive.toml; see `core.pacs.settings.read_archive`."""

ARCHIVE_SECRETS = {
    ("basic", "password"): "SLICEWISE_ARCHIVE_PASSWORD",
    ("bearer", "token"): "SLICEWISE_ARCHIVE_TOKEN",
    ("bearer", "client_secret"): "SLICEWISE_ARCHIVE_CLIENT_SECRET",
    ("bearer", "refresh_token"): "SLICEWISE_ARCHIVE_REFRESH_TOKEN",
}
"""Variables with secrets that archive.toml need not hold, by its section and key."""


class Editor(StrEnum):
    """What a person draws with."""

    SLICE_EDITOR = "Slice editor"
    SIMPLE = "Simple canvas"


class SettingsError(ValueError):
    """A setting that cannot be used; the message is one sentence for the person who set it."""


@dataclass(frozen=True)
class Settings:
    """What the person who runs the server decides.

    Attributes
    ----------
    home : pathlib.Path
        Folder of everything the app keeps: uploads, annotations, exports (``SLICEWISE_HOME``).
    database : str
        SQLAlchemy URL of the annotation store (``SLICEWISE_DATABASE``); SQLite in `home` unless
        set.
    weights : str
        Name or path of the weights (``SLICEWISE_WEIGHTS``).
    device : str
        ``auto``, ``cpu`` or ``cuda`` (``SLICEWISE_DEVICE``).
    editor : Editor
        What people draw with until they choose otherwise: the slice editor, or the simple canvas
        where ``SLICEWISE_EDITOR`` is ``simple``.
    upload_lifetime : datetime.timedelta, optional
        How long copies of uploads are kept (``SLICEWISE_UPLOAD_DAYS``, which may be a fraction);
        None for as long as nobody deletes them.
    """

    home: Path
    database: str
    weights: str
    device: str
    editor: Editor = Editor.SLICE_EDITOR
    upload_lifetime: timedelta | None = None


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read and check the settings.

    Parameters
    ----------
    environment : mapping of str to str
        Such as ``os.environ``.

    Returns
    -------
    Settings
        With `home` existing and writable.

    Raises
    ------
    SettingsError
        If a setting cannot be used.
    """
    home = home_folder(environment)
    _make_writable(home)
    device = environment.get("SLICEWISE_DEVICE") or "auto"
    if device not in ("auto", "cpu", "cuda"):
        raise SettingsError("SLICEWISE_DEVICE must be auto, cpu or cuda; start Slicewise again.")
    editors = {"slice-editor": Editor.SLICE_EDITOR, "simple": Editor.SIMPLE}
    editor = editors.get(environment.get("SLICEWISE_EDITOR") or "slice-editor")
    if editor is None:
        raise SettingsError(
            "SLICEWISE_EDITOR must be slice-editor or simple; start Slicewise again."
        )
    return Settings(
        home=home.resolve(),
        database=environment.get("SLICEWISE_DATABASE") or default_url(home.resolve()),
        weights=environment.get("SLICEWISE_WEIGHTS") or "default",
        device=device,
        editor=editor,
        upload_lifetime=_lifetime(environment.get("SLICEWISE_UPLOAD_DAYS")),
    )


def home_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the folder for everything Slicewise keeps: SLICEWISE_HOME, by default ~/.slicewise.

    It need not exist.
    """
    return Path(environment.get("SLICEWISE_HOME") or "~/.slicewise").expanduser()


def data_roots(environment: Mapping[str, str] = os.environ) -> list[Path]:
    """Return the server folders that people may open, with links resolved.

    They are configured in SLICEWISE_DATA_ROOTS, separated like PATH. Folders that do not exist
    are left out.
    """
    configured = environment.get("SLICEWISE_DATA_ROOTS", "").split(os.pathsep)
    return [Path(root).resolve() for root in configured if root and Path(root).is_dir()]


def default_url(home: Path) -> str:
    """Address of the annotation store where SLICEWISE_DATABASE is not set.

    Parameters
    ----------
    home : pathlib.Path
        SLICEWISE_HOME.

    Returns
    -------
    str
        SQLAlchemy URL of the SQLite database in it, for `core.annotation.database.open_database`.
    """
    return URL.create("sqlite", database=str(home / "annotations.db")).render_as_string()


def _lifetime(days: str | None) -> timedelta | None:
    if not days:
        return None
    try:
        lifetime = timedelta(days=float(days))
    except (ValueError, OverflowError):
        lifetime = timedelta(0)
    if lifetime <= timedelta(0):
        raise SettingsError(
            "SLICEWISE_UPLOAD_DAYS must be a positive number of days; start Slicewise again."
        )
    return lifetime


def _make_writable(home: Path) -> None:
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise SettingsError(
            f"SLICEWISE_HOME is {home}, which cannot be made a folder; choose another and start "
            "Slicewise again."
        ) from error
    if not os.access(home, os.W_OK | os.X_OK):
        raise SettingsError(
            f"SLICEWISE_HOME is {home}, which cannot be written to; choose another and start "
            "Slicewise again."
        )
