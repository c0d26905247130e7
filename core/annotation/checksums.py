"""Checksums of mask versions, which tell a mask that changed on the disk from a drawn one."""

import hashlib
from collections.abc import Mapping
from typing import Any

from core.annotation.records import StoreDamaged

_DIGEST_BYTES = 8
_PLAIN = ("annotation_key", "segment_number", "slice_index", "version", "origin", "state", "pixels")


def mask_checksum(columns: Mapping[str, Any]) -> str:
    """Checksum of a version: of its place, its state and its pixels.

    Parameters
    ----------
    columns : mapping of str to object
        Of ``mask_version``.

    Returns
    -------
    str
        Sixteen hexadecimal digits.
    """
    digest = hashlib.blake2b(digest_size=_DIGEST_BYTES)
    digest.update("\n".join(str(columns[name]) for name in _PLAIN).encode())
    digest.update(b"\n" + (columns["runs"] or b""))
    return digest.hexdigest()


def check_mask(columns: Mapping[str, Any]) -> None:
    """Refuse a version that is not as it was written.

    Parameters
    ----------
    columns : mapping of str to object
        Of ``mask_version``.

    Raises
    ------
    StoreDamaged
        When its checksum does not fit.
    """
    if columns["checksum"] != mask_checksum(columns):
        raise StoreDamaged(
            f"The mask of segment {columns['segment_number']} on slice "
            f"{columns['slice_index'] + 1} was damaged on the disk; restore the annotation store "
            "from a backup."
        )
