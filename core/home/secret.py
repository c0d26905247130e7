"""The key that belongs to a SLICEWISE_HOME, for names that nobody else can trace back."""

import secrets
from pathlib import Path

_BYTES = 32


def home_secret(home: Path) -> bytes:
    """Return the key of a home, made on first use and readable by its owner alone.

    Parameters
    ----------
    home : pathlib.Path
        SLICEWISE_HOME; it must exist.
    """
    path = home / "secret"
    if not path.exists():
        unfinished = path.with_suffix(f".{secrets.token_hex(4)}.tmp")
        unfinished.touch(mode=0o600)
        unfinished.write_bytes(secrets.token_bytes(_BYTES))
        try:
            path.hardlink_to(unfinished)  # fails where another process was first
        except FileExistsError:
            pass
        finally:
            unfinished.unlink()
    return path.read_bytes()
