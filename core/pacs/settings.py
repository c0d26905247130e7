"""Which archive there is and how to reach it: archive.toml under SLICEWISE_HOME.

Secrets may stand in the environment instead of the file: SLICEWISE_ARCHIVE_PASSWORD,
SLICEWISE_ARCHIVE_TOKEN, SLICEWISE_ARCHIVE_CLIENT_SECRET and SLICEWISE_ARCHIVE_REFRESH_TOKEN.
"""

import ipaddress
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, get_type_hints
from urllib.parse import urlsplit

from core.dicom.errors import DicomError
from core.home.settings import ARCHIVE_FILE, ARCHIVE_SECRETS

FILE_NAME = "archive.toml"
"""Name of the file under SLICEWISE_HOME; SLICEWISE_ARCHIVE names another place."""

_AE_TITLE_LENGTH = 16

_T = TypeVar("_T")


class ArchiveError(DicomError):
    """The archive cannot be used; the message is one sentence for people, without any patient."""


@dataclass(frozen=True)
class Basic:
    """User and password (RFC 7617)."""

    user: str
    password: str = field(default="", repr=False)


@dataclass(frozen=True)
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

    token: str = field(default="", repr=False)
    token_file: str = ""
    token_url: str = ""
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    scope: str = ""


@dataclass(frozen=True)
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

    host: str
    port: int
    called_ae: str
    calling_ae: str = "SLICEWISE"
    tls: bool = False


@dataclass(frozen=True)
class Cache:
    """How much of the archive is kept here, and for how many days after it was last opened."""

    gigabytes: float = 20.0
    days: float = 30.0


@dataclass(frozen=True)
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
        Allow http:// beyond this machine. Logins are never sent that way.
    basic, bearer : Basic and Bearer, optional
        At most one.
    dicom : Node, optional
        Where C-STORE goes; preferred to STOW-RS where given.
    cache : Cache
        Bounds of what is kept here.
    """

    url: str = ""
    name: str = "archive"
    ca_bundle: str = ""
    client_certificate: str = ""
    client_key: str = ""
    qido_prefix: str = ""
    wado_prefix: str = ""
    stow_prefix: str = ""
    proxy: str = ""
    timeout_s: float = 60.0
    unencrypted: bool = False
    basic: Basic | None = None
    bearer: Bearer | None = None
    dicom: Node | None = None
    cache: Cache = field(default_factory=Cache)


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
    archive = _parsed(Archive, table, path, "")
    _check(archive, path)
    return archive


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


def _parsed(kind: type[_T], table: Mapping[str, Any], path: Path, prefix: str) -> _T:
    """Build a dataclass from a table, checking the type of every value."""
    hints = get_type_hints(kind)
    values: dict[str, Any] = {}
    for key, value in table.items():
        where = f"{prefix}{key}"
        if key not in hints:
            known = ", ".join(sorted(hints))
            raise ArchiveError(f"{path}: unknown key {where}; known are {known}.")
        section = _SECTIONS.get(key) if kind is Archive else None
        if section is not None:
            if not isinstance(value, dict):
                raise ArchiveError(f"{path}: {where} must be a table, written as [{where}].")
            values[key] = _parsed(section, value, path, f"{where}.")
        else:
            values[key] = _checked(value, hints[key], where, path)
    try:
        return kind(**values)
    except TypeError:
        needed = ", ".join(f"{prefix}{key}" for key in hints if key not in values)
        raise ArchiveError(f"{path}: something is missing; add {needed}.") from None


_SECTIONS: dict[str, type] = {"basic": Basic, "bearer": Bearer, "dicom": Node, "cache": Cache}


def _checked(value: Any, kind: type, where: str, path: Path) -> Any:
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if type(value) is not kind:
        expected = {str: "text", float: "a number", int: "a whole number", bool: "true or false"}
        raise ArchiveError(f"{path}: {where} must be {expected[kind]}.")
    return value


def _check(archive: Archive, path: Path) -> None:
    if not archive.url and archive.dicom is None:
        raise ArchiveError(f"{path}: neither url nor [dicom] says where the archive is.")
    if archive.basic is not None and archive.bearer is not None:
        raise ArchiveError(f"{path}: there is a [basic] and a [bearer] login; keep one.")
    for url, what in (
        (archive.url, "url"),
        (archive.bearer.token_url if archive.bearer else "", "bearer.token_url"),
    ):
        _check_url(url, what, archive, path)
    if archive.bearer is not None and not (
        archive.bearer.token or archive.bearer.token_file or archive.bearer.token_url
    ):
        raise ArchiveError(f"{path}: [bearer] needs token, token_file or token_url.")
    for file in (archive.ca_bundle, archive.client_certificate, archive.client_key):
        if file and not Path(file).expanduser().is_file():
            raise ArchiveError(f"{path}: there is no file {file}.")
    if archive.client_key and not archive.client_certificate:
        raise ArchiveError(f"{path}: client_key needs client_certificate beside it.")
    if archive.timeout_s <= 0 or archive.cache.gigabytes <= 0 or archive.cache.days <= 0:
        raise ArchiveError(f"{path}: timeout_s, cache.gigabytes and cache.days must be above 0.")
    if archive.dicom is not None:
        _check_node(archive.dicom, path)


def _check_url(url: str, what: str, archive: Archive, path: Path) -> None:
    if not url:
        return
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        host = ""
    if not host or parts.scheme not in ("http", "https") or parts.username or parts.query:
        raise ArchiveError(
            f"{path}: {what} must look like https://host/path, without login and question mark."
        )
    if parts.scheme == "https" or _is_this_machine(host):
        return
    if archive.basic is not None or archive.bearer is not None:
        raise ArchiveError(f"{path}: {what} would send the login unencrypted; use https.")
    if not archive.unencrypted:
        raise ArchiveError(
            f"{path}: {what} would send patient data unencrypted; use https, or say "
            "unencrypted = true where the network itself is protected."
        )


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _check_node(node: Node, path: Path) -> None:
    if not 0 < node.port < 65536:
        raise ArchiveError(f"{path}: dicom.port must be between 1 and 65535.")
    for title in (node.called_ae, node.calling_ae):
        plain = title.isascii() and title.isprintable() and "\\" not in title
        if not title.strip() or len(title) > _AE_TITLE_LENGTH or not plain:
            raise ArchiveError(
                f"{path}: an AE title has 1 to {_AE_TITLE_LENGTH} plain characters, which "
                "dicom.called_ae and dicom.calling_ae must keep to."
            )
