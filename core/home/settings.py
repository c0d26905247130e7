"""Settings of the app, from the environment, checked once."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from core.annotation.database import default_url


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
    """

    home: Path
    database: str
    weights: str
    device: str
    editor: Editor = Editor.SLICE_EDITOR


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
    home = Path(environment.get("SLICEWISE_HOME") or Path.home() / ".slicewise").expanduser()
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
    )


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
