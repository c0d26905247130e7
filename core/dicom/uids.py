"""UIDs that Slicewise makes itself."""

import hashlib
import uuid


def derive_uid(*parts: object) -> str:
    """Make a UID from what it stands for: the same parts give the same UID (PS3.5 B.2)."""
    digest = hashlib.sha256("\0".join(map(str, parts)).encode()).digest()
    return f"2.25.{uuid.UUID(bytes=digest[:16], version=4).int}"
