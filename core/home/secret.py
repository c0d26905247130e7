"""The key that belongs to a SLICEWISE_HOME, for names that nobody else can trace back."""

import hashlib
import os
import secrets
from pathlib import Path

from core.dicom.errors import DicomError

_BYTES = 32


def home_secret(home: Path) -> bytes:
    """Return the key of a home, made on first use and readable by its owner alone.

    Parameters
    ----------
    home : pathlib.Path
        SLICEWISE_HOME; it must exist.

    Raises
    ------
    DicomError
        When the file holds something else, such as nothing: names made with that could be traced
        back by everybody.
    """
    path = home / "secret"
    if not path.exists():
        unfinished = path.with_suffix(f".{secrets.token_hex(4)}.tmp")
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as f:
            f.write(secrets.token_bytes(_BYTES))
            f.flush()
            os.fsync(f.fileno())
        try:
            path.hardlink_to(unfinished)  # fails where another process was first
        except FileExistsError:
            pass
        finally:
            unfinished.unlink()
    secret = path.read_bytes()
    if len(secret) != _BYTES:
        raise DicomError(
            f"{path} holds no key of {_BYTES} bytes; restore it from a copy, or delete it to get a "
            "new one, with which pages and de-identified copies get other names."
        )
    return secret


def opaque_name(home: Path, text: str) -> str:
    """Name for a text, always the same in one home, that tells nobody what the text is.

    Parameters
    ----------
    home : pathlib.Path
        SLICEWISE_HOME; it must exist.
    text : str
        Such as the name of a person.

    Returns
    -------
    str
        24 hexadecimal digits.
    """
    return hashlib.blake2b(text.encode(), digest_size=12, key=home_secret(home)).hexdigest()
