"""Sizes of files, for people."""


def shown_size(size: int) -> str:
    """Return a number of bytes as text, in kB (of 1000 bytes, begun ones counted) or in MB."""
    kilobytes = -(-size // 1000)
    return f"{kilobytes} kB" if kilobytes < 1000 else f"{size / 1e6:.1f} MB"
