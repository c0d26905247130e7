"""Name and version of the program, as files state who made them."""

from importlib import metadata

PRODUCT = "Slicewise"
"""Manufacturer and model of what is written."""


def software_version() -> str:
    """Return the version of Slicewise that is installed."""
    try:
        return metadata.version("slicewise")
    except metadata.PackageNotFoundError:
        return "not installed"
