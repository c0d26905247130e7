"""The format of a message to the browser: a JSON header and binary parts after it."""

import json
import struct
from collections.abc import Sequence
from typing import Any


def join_parts(header: dict[str, Any], parts: Sequence[bytes]) -> bytes:
    """Join a header and parts.

    Parameters
    ----------
    header : dict
        JSON; says how long each part is.
    parts : sequence of bytes
        In the order in which the header mentions them.

    Returns
    -------
    bytes
        Length of the header in four bytes (little-endian), header, parts.
    """
    text = json.dumps(header, separators=(",", ":"), allow_nan=False).encode()
    return b"".join([struct.pack("<I", len(text)), text, *parts])
