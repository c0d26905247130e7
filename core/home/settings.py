"""Every setting of Slicewise that is an environment variable: read and checked in one place.

`docs/settings.md` lists them, with the keys of archive.toml (`core.pacs.settings`) and of recipes
(`core.training.settings`).
"""

import os
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field, SecretStr, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass
from sqlalchemy.engine import URL

from core.home.event_log import LogForm
from core.home.private_files import make_private
from core.home.proposal_place import IN_PROCESS, ProposalPlace, proposal_place

VARIABLES = {
    "SLICEWISE_HOME": "home",
    "SLICEWISE_DATABASE": "database",
    "SLICEWISE_WEIGHTS": "weights",
    "SLICEWISE_DEVICE": "device",
    "SLICEWISE_EDITOR": "editor",
    "SLICEWISE_UPLOAD_DAYS": "upload_lifetime",
    "SLICEWISE_UPLOAD_GIGABYTES": "upload_gigabytes",
    "SLICEWISE_EXPORT_DAYS": "export_lifetime",
    "SLICEWISE_DATA_ROOTS": "data_roots",
    "SLICEWISE_PEOPLE": "people",
    "SLICEWISE_METRICS_TOKEN": "metrics_token",
    "SLICEWISE_ADMINISTRATORS": "administrators",
    "SLICEWISE_PROPOSALS": "proposals",
    "SLICEWISE_PROPOSALS_TOKEN": "proposals_token",
    "SLICEWISE_PROPOSALS_FALLBACK": "proposals_fallback",
    "SLICEWISE_LOG": "log",
}
"""Variables of the app and the commands, and the settings they give; empty counts as not set."""

ARCHIVE_FILE = "SLICEWISE_ARCHIVE"
"""Variable that names another place for archive.toml; see `core.pacs.settings.read_archive`."""

ARCHIVE_SECRETS = {
    ("basic", "password"): "SLICEWISE_ARCHIVE_PASSWORD",
    ("bearer", "token"): "SLICEWISE_ARCHIVE_TOKEN",
    ("bearer", "client_secret"): "SLICEWISE_ARCHIVE_CLIENT_SECRET",
    ("bearer", "refresh_token"): "SLICEWISE_ARCHIVE_REFRESH_TOKEN",
}
"""Variables with secrets that archive.toml need not hold, by its section and key."""


_SHORTEST_SECRET = 16


class Editor(StrEnum):
    """What a person draws with."""

    SLICE_EDITOR = "Slice editor"
    SIMPLE = "Simple canvas"


class SettingsError(ValueError):
    """A setting that cannot be used; the message is one sentence for the person who set it."""


def _editor(value: object) -> object:
    if isinstance(value, Editor):
        return value
    named = {"slice-editor": Editor.SLICE_EDITOR, "simple": Editor.SIMPLE}
    if value not in named:
        raise ValueError(value)
    return named[str(value)]


def _lifetime(value: object) -> object:
    try:
        return timedelta(days=float(value)) if isinstance(value, str) else value
    except OverflowError as error:
        raise ValueError(value) from error


def _folders(value: object) -> object:
    return _existing_folders(value) if isinstance(value, str) else value


def _people(value: object) -> object:
    if not isinstance(value, str):
        return value
    names = tuple(one.strip().lower() for one in value.split(","))
    if any(not one or one == "@" or any(map(str.isspace, one)) for one in names):
        raise ValueError(value)
    return names


def _administrators(value: object) -> object:
    names = _people(value)
    if isinstance(names, tuple) and any(str(one).startswith("@") for one in names):
        raise ValueError(value)
    return names


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
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
    upload_gigabytes : float
        How much the copies of all uploads may take together, in 10⁹ bytes
        (``SLICEWISE_UPLOAD_GIGABYTES``).
    export_lifetime : datetime.timedelta
        How long exported files are kept (``SLICEWISE_EXPORT_DAYS``, which may be a fraction).
    data_roots : tuple of pathlib.Path
        Server folders that people may open, with links resolved (``SLICEWISE_DATA_ROOTS``,
        separated like PATH). Folders that do not exist are left out.
    people : tuple of str
        Who may sign in (``SLICEWISE_PEOPLE``, separated by commas): names, and domains of addresses
        that begin with "@", in small letters; everybody whom the provider knows where it is empty.
    metrics_token : pydantic.SecretStr, optional
        What Prometheus has to send to read figures (``SLICEWISE_METRICS_TOKEN``).
    administrators : tuple of str
        Who creates projects and reads the whole audit log in the browser, where people sign in
        (``SLICEWISE_ADMINISTRATORS``, separated by commas): names, in small letters. Where it is
        empty, everybody creates projects, and nobody reads the whole log there.
    proposals : ProposalPlace
        Where proposals are computed (``SLICEWISE_PROPOSALS``).
    proposals_token : pydantic.SecretStr, optional
        What a proposal service is called with (``SLICEWISE_PROPOSALS_TOKEN``).
    proposals_fallback : str
        ``in-process`` where this process computes while the service is gone
        (``SLICEWISE_PROPOSALS_FALLBACK``); else blank, and proposals wait for it.
    log : str
        What the server writes to its standard error (``SLICEWISE_LOG``), see `core.home.event_log`.
    """

    home: Path
    database: str
    weights: str = "default"
    device: Literal["auto", "cpu", "cuda"] = "auto"
    editor: Annotated[Editor, BeforeValidator(_editor)] = Editor.SLICE_EDITOR
    upload_lifetime: (
        Annotated[timedelta, BeforeValidator(_lifetime), Field(gt=timedelta(0))] | None
    ) = None
    upload_gigabytes: Annotated[float, Field(gt=0)] = 64.0
    export_lifetime: Annotated[timedelta, BeforeValidator(_lifetime), Field(gt=timedelta(0))] = (
        timedelta(days=30)
    )
    data_roots: Annotated[tuple[Path, ...], BeforeValidator(_folders)] = ()
    people: Annotated[tuple[str, ...], BeforeValidator(_people)] = ()
    metrics_token: Annotated[SecretStr, Field(min_length=_SHORTEST_SECRET)] | None = None
    administrators: Annotated[tuple[str, ...], BeforeValidator(_administrators)] = ()
    proposals: Annotated[ProposalPlace, BeforeValidator(proposal_place)] = IN_PROCESS
    proposals_token: Annotated[SecretStr, Field(min_length=_SHORTEST_SECRET)] | None = None
    proposals_fallback: Literal["", "in-process"] = ""
    log: LogForm = "problems"


_EXPECTED = {
    "device": "SLICEWISE_DEVICE must be auto, cpu or cuda",
    "editor": "SLICEWISE_EDITOR must be slice-editor or simple",
    "upload_lifetime": "SLICEWISE_UPLOAD_DAYS must be a positive number of days",
    "upload_gigabytes": "SLICEWISE_UPLOAD_GIGABYTES must be a positive number",
    "export_lifetime": "SLICEWISE_EXPORT_DAYS must be a positive number of days",
    "people": "SLICEWISE_PEOPLE must be names such as a@example.org or @example.org, with commas",
    "metrics_token": "SLICEWISE_METRICS_TOKEN must be a secret of 16 characters or more",
    "log": "SLICEWISE_LOG must be problems, text or json",
    "administrators": "SLICEWISE_ADMINISTRATORS must be names such as a@example.org, with commas",
    "proposals": (
        "SLICEWISE_PROPOSALS must be in-process, processes:N, ray+https://HOST:PORT, or "
        "ray+http://HOST:PORT of this machine"
    ),
    "proposals_token": "SLICEWISE_PROPOSALS_TOKEN must be a secret of 16 characters or more",
    "proposals_fallback": "SLICEWISE_PROPOSALS_FALLBACK must be in-process",
}


def read_settings(environment: Mapping[str, str], **chosen: str | None) -> Settings:
    """Read and check the settings.

    Parameters
    ----------
    environment : mapping of str to str
        Such as ``os.environ``.
    **chosen : str or None
        Settings by their names here, which count instead where they are given.

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
    given: dict[str, object] = {
        field: environment[name] for name, field in VARIABLES.items() if environment.get(name)
    }
    given |= {field: value for field, value in chosen.items() if value}
    given["home"] = home.resolve()
    given.setdefault("database", default_url(home.resolve()))
    try:
        settings = TypeAdapter(Settings).validate_python(given)
    except ValidationError as error:
        field = str(error.errors()[0]["loc"][0])
        raise SettingsError(f"{_EXPECTED[field]}; start Slicewise again.") from None
    if settings.proposals.address and settings.proposals_token is None:
        raise SettingsError(
            "SLICEWISE_PROPOSALS names a service, which SLICEWISE_PROPOSALS_TOKEN must have the "
            "secret of; start Slicewise again."
        )
    return settings


def proposals_token(environment: Mapping[str, str]) -> str:
    """Return what a proposal service is called with, for the service itself.

    Raises
    ------
    SettingsError
        If it is not set, or too short.
    """
    token = environment.get("SLICEWISE_PROPOSALS_TOKEN", "")
    if len(token) < _SHORTEST_SECRET:
        raise SettingsError(f"{_EXPECTED['proposals_token']}; start the service again.")
    return token


def home_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the folder for everything Slicewise keeps: SLICEWISE_HOME, by default ~/.slicewise.

    It need not exist.
    """
    return Path(environment.get("SLICEWISE_HOME") or "~/.slicewise").expanduser()


def data_roots(environment: Mapping[str, str] = os.environ) -> list[Path]:
    """Return the server folders that people may open, as `Settings` has them."""
    return _existing_folders(environment.get("SLICEWISE_DATA_ROOTS", ""))


def _existing_folders(paths: str) -> list[Path]:
    """Return those of the folders that exist, with links resolved.

    Parameters
    ----------
    paths : str
        Separated like PATH.
    """
    return [
        Path(path).resolve() for path in paths.split(os.pathsep) if path and Path(path).is_dir()
    ]


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


def _make_writable(home: Path) -> None:
    try:
        make_private(home)
    except PermissionError as error:
        raise SettingsError(
            f"SLICEWISE_HOME is {home}, which belongs to somebody else in part; choose another, "
            "or make it yours, and start Slicewise again."
        ) from error
    except OSError as error:
        raise SettingsError(
            f"SLICEWISE_HOME is {home}, which is no folder that can be written to; choose another "
            "and start Slicewise again."
        ) from error
    if not os.access(home, os.W_OK | os.X_OK):
        raise SettingsError(
            f"SLICEWISE_HOME is {home}, which cannot be written to; choose another and start "
            "Slicewise again."
        )
