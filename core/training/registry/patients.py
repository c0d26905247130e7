"""Patients without their names: pseudonyms, and the split into training, validation and test."""

import hashlib
import hmac
import os
import secrets
from pathlib import Path
from typing import Final

from core.training.registry.index import Split

KEY: Final = "pseudonyms.key"
"""File with the secret that pseudonyms are made with. Whoever has it can try names out."""

_PSEUDONYM_DIGITS: Final = 16


def pseudonym_key(folder: Path) -> bytes:
    """Read the registry's secret, making one where there is none.

    Parameters
    ----------
    folder : Path
        The registry; must exist.

    Returns
    -------
    bytes
        The secret.
    """
    path = folder / KEY
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
    return path.read_bytes()


def pseudonym(key: bytes, *names: str) -> str:
    """Name something so that nobody without the key can tell what it was called.

    Parameters
    ----------
    key : bytes
        From `pseudonym_key`.
    *names : str
        What it is called, such as a patient's ID.

    Returns
    -------
    str
        16 hexadecimal digits, the same for the same names and key.
    """
    message = "\0".join(names).encode("utf-8", "surrogateescape")
    return hmac.new(key, message, hashlib.sha256).hexdigest()[:_PSEUDONYM_DIGITS]


def split_of(patient: str, shares: tuple[float, float, float], seed: int) -> Split:
    """Tell which part of the data a patient belongs to, whoever else there is.

    Parameters
    ----------
    patient : str
        The patient's ID as the source has it, so that every registry splits alike.
    shares : tuple of float
        Of training, validation and test; their sum is 1.
    seed : int
        Another seed splits otherwise.

    Returns
    -------
    {"train", "val", "test"}
        The part.
    """
    message = f"{seed}\0{patient}".encode("utf-8", "surrogateescape")
    place = int.from_bytes(hashlib.sha256(message).digest()[:8], "big") / 2**64
    if place < shares[0]:
        return "train"
    return "val" if place < shares[0] + shares[1] else "test"
