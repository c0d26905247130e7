"""Which archive there is and how to reach it: archive.toml under SLICEWISE_HOME.

Secrets may stand in the environment instead of the file: SLICEWISE_ARCHIVE_PASSWORD,
SLICEWISE_ARCHIVE_TOKEN, SLICEWISE_ARCHIVE_CLIENT_SECRET and SLICEWISE_ARCHIVE_REFRESH_TOKEN.
"""

import ipaddress
import os
import tomllib
from collections.abc import Mapping
from dataclasses import field, fields
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from pydantic.dataclasses import dataclass

from core.dicom.errors import DicomError
from core.home.settings import ARCHIVE_FILE, ARCHIVE_SECRETS

FILE_NAME = "archive.toml"
"""Name of the file under SLICEWISE_HOME; SLICEWISE_ARCHIVE names another place."""

_AE_TITLE_LENGTH = 16
_CHECKED = ConfigDict(extra="forbid", hide_input_in_errors=True)


class ArchiveError(DicomError):
    """The archive cannot be used; the message is one sentence for people, without any patient."""


def _check_title(title: str) -> str:
    plain = title.isascii() and title.isprintable() and "\\" not in title
    if not title.strip() or len(title) > _AE_TITLE_LENGTH or not plain:
        raise ValueError(
            f"an AE title has 1 to {_AE_TITLE_LENGTH} plain characters, which "
            "dicom.called_ae and dicom.calling_ae must keep to"
        )
    return title


def _check_file(name: str) -> str:
    if name and not Path(name).expanduser().is_file():
        raise ValueError(f"there is no file {name}")
    return name


_AboveZero = Annotated[float, Field(gt=0, strict=True)]
_Port = Annotated[StrictInt, Field(gt=0, lt=65536)]
_Title = Annotated[StrictStr, AfterValidator(_check_title)]
_File = Annotated[StrictStr, AfterValidator(_check_file)]


@dataclass(frozen=True, config=_CHECKED)
class Basic:
    """User and password (RFC 7617)."""

    user: StrictStr
    password: StrictStr = field(default="", repr=False)


@dataclass(frozen=True, config=_CHECKED)
class Bearer:
    """A bearer token (RFC 6750), given, kept in a file, or asked for (RFC 6749).

    Parameters
    ----------
    token : str
        The token to begin with; the only one unless another way is given.
    token_file : str
        File that some other program renews; read again when the archive refuses the token.
    token_url : str
        Token endpoint. With `refresh_token` the grant is refresh_token, otherwise
        client_credentials.
    client_id, client_secret, refresh_token, scope : str
        What the token endpoint wants.
    """

    token: StrictStr = field(default="", repr=False)
    token_file: StrictStr = ""
    token_url: StrictStr = ""
    client_id: StrictStr = ""
    client_secret: StrictStr = field(default="", repr=False)
    refresh_token: StrictStr = field(default="", repr=False)
    scope: StrictStr = ""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not (self.token or self.token_file or self.token_url):
            raise ValueError("[bearer] needs token, token_file or token_url")
        return self


@dataclass(frozen=True, config=_CHECKED)
class Node:
    """Where C-STORE goes (PS3.7 9.1.1), for archives without STOW-RS.

    Parameters
    ----------
    host, port : str and int
        Address of the archive's DICOM service.
    called_ae, calling_ae : str
        Application entity titles of the archive and of Slicewise, at most 16 characters.
    tls : bool
        Encrypt by TLS (PS3.15 B.1), with the certificates of the archive.
    """

    host: StrictStr
    port: _Port
    called_ae: _Title
    calling_ae: _Title = "SLICEWISE"
    tls: StrictBool = False


@dataclass(frozen=True, config=_CHECKED)
class Cache:
    """How much of the archive is kept here, and for how many days after it was last opened."""

    gigabytes: _AboveZero = 20.0
    days: _AboveZero = 30.0


@dataclass(frozen=True, config=_CHECKED)
class Archive:
    """How to reach the archive.

    Parameters
    ----------
    url : str
        Base of its DICOMweb service (PS3.18); empty where there is C-STORE only.
    name : str
        What people call it.
    ca_bundle : str
        Certificates to trust, PEM, instead of the usual authorities. Verification cannot be
        turned off.
    client_certificate, client_key : str
        PEM files, where the archive wants to know its clients; the key may stand in the same file.
    qido_prefix, wado_prefix, stow_prefix : str
        Paths below `url`, where the services have paths of their own.
    proxy : str
        URL of a proxy.
    timeout_s : float
        Seconds without an answer after which to give up.
    unencrypted : bool
        Allow http:// and C-STORE without TLS beyond this machine. Logins are never sent that way.
    basic, bearer : Basic and Bearer, optional
        At most one.
    dicom : Node, optional
        Where C-STORE goes; preferred to STOW-RS where given.
    cache : Cache
        Bounds of what is kept here.
    """

    url: StrictStr = ""
    name: StrictStr = "archive"
    ca_bundle: _File = ""
    client_certificate: _File = ""
    client_key: _File = ""
    qido_prefix: StrictStr = ""
    wado_prefix: StrictStr = ""
    stow_prefix: StrictStr = ""
    proxy: StrictStr = ""
    timeout_s: _AboveZero = 60.0
    unencrypted: StrictBool = False
    basic: Basic | None = None
    bearer: Bearer | None = None
    dicom: Node | None = None
    cache: Cache = field(default_factory=Cache)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.url and self.dicom is None:
            raise ValueError("neither url nor [dicom] says where the archive is")
        if self.basic is not None and self.bearer is not None:
            raise ValueError("there is a [basic] and a [bearer] login; keep one")
        _check_url(self.url, "url", self)
        _check_url(self.bearer.token_url if self.bearer else "", "bearer.token_url", self)
        _check_node(self)
        if self.client_key and not self.client_certificate:
            raise ValueError("client_key needs client_certificate beside it")
        return self


def read_archive(home: Path, environment: Mapping[str, str] = os.environ) -> Archive | None:
    """Read and check the settings of the archive.

    Parameters
    ----------
    home : pathlib.Path
        SLICEWISE_HOME.
    environment : mapping of str to str
        May name the file (SLICEWISE_ARCHIVE) and hold secrets.

    Returns
    -------
    Archive or None
        None where no archive is set up.

    Raises
    ------
    ArchiveError
        When the file cannot be read, says something unknown or contradictory, or holds secrets
        that other users of the machine may read.
    """
    named = environment.get(ARCHIVE_FILE)
    path = Path(named).expanduser() if named else home / FILE_NAME
    if not named and not path.exists():
        return None
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ArchiveError(f"{path} cannot be read: {error.strerror or error}.") from None
    except ValueError as error:
        raise ArchiveError(f"{path} is not sound TOML: {error}.") from None
    _check_privacy(path, table)
    for (section, key), variable in ARCHIVE_SECRETS.items():
        if environment.get(variable) and isinstance(table.get(section), dict):
            table[section][key] = environment[variable]
    try:
        return TypeAdapter(Archive).validate_python(table)
    except ValidationError as error:
        raise ArchiveError(f"{path}: {_sentence(error)}.") from None


def require_archive(home: Path) -> Archive:
    """Return the archive, or raise ArchiveError where none is set up; see `read_archive`."""
    archive = read_archive(home)
    if archive is None:
        raise ArchiveError(
            f"No archive is set up: write {home / FILE_NAME} as docs/archive.md describes."
        )
    return archive


def _check_privacy(path: Path, table: Mapping[str, Any]) -> None:
    secret = any(
        isinstance(table.get(section), dict) and key in table[section]
        for section, key in ARCHIVE_SECRETS
    )
    if secret and os.name == "posix" and path.stat().st_mode & 0o077:
        raise ArchiveError(
            f"{path} holds a secret that other users may read; make it private: chmod 600 {path}"
        )


_SECTIONS: dict[str, type] = {"basic": Basic, "bearer": Bearer, "dicom": Node, "cache": Cache}

_EXPECTED = {
    "string_type": "text",
    "float_type": "a number",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "greater_than": "above {gt:g}",
    "less_than": "below {lt:g}",
}


def _sentence(error: ValidationError) -> str:
    """Put the first thing that is wrong in one sentence, which repeats no value."""
    problems = error.errors(include_url=False, include_input=False)
    first = problems[0]
    where = ".".join(str(part) for part in first["loc"])
    section = str(first["loc"][0]) if first["loc"] else ""
    context = first.get("ctx", {})
    if first["type"] == "missing":
        needed = [".".join(map(str, one["loc"])) for one in problems if one["type"] == "missing"]
        return f"something is missing; add {', '.join(needed)}"
    if first["type"] == "unexpected_keyword_argument":
        kind = Archive if len(first["loc"]) == 1 else _SECTIONS[section]
        return (
            f"unknown key {where}; known are {', '.join(sorted(one.name for one in fields(kind)))}"
        )
    if where == "dicom.port" and first["type"] in ("greater_than", "less_than"):
        return "dicom.port must be between 1 and 65535"
    if first["type"] in _EXPECTED:
        return f"{where} must be {_EXPECTED[first['type']].format(**context)}"
    if first["type"] == "dataclass_type":
        return f"{where} must be a table, written as [{where}]"
    return str(context.get("error") or first["msg"])


def _check_url(url: str, what: str, archive: Archive) -> None:
    if not url:
        return
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        host = ""
    if not host or parts.scheme not in ("http", "https") or parts.username or parts.query:
        raise ValueError(
            f"{what} must look like https://host/path, without login and question mark"
        )
    stays_here = _is_this_machine(host) and not archive.proxy
    if parts.scheme == "https" or stays_here:
        return
    if archive.basic is not None or archive.bearer is not None:
        raise ValueError(f"{what} would send the login unencrypted; use https")
    if not archive.unencrypted:
        raise ValueError(
            f"{what} would send patient data unencrypted; use https, or say "
            "unencrypted = true where the network itself is protected"
        )


def _check_node(archive: Archive) -> None:
    """Ask for the same consent as for http://, since C-STORE sends the same patient data."""
    node = archive.dicom
    if node is None or node.tls or archive.unencrypted or _is_this_machine(node.host):
        return
    raise ValueError(
        "dicom.host would get patient data unencrypted; say tls = true in [dicom], or "
        "unencrypted = true where the network itself is protected"
    )


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
