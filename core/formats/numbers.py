"""Numbers of series and instances, as an integer string can hold them."""

LARGEST_INTEGER_STRING = 2**31 - 1
"""PS3.5 6.2, VR IS."""


def series_number_behind(number: int | None, offset: int) -> int:
    """Return the number of a series that is made from images.

    Parameters
    ----------
    number : int or None
        Of the series of the images.
    offset : int
        Added to it, so that the new series sorts behind the images of the study.

    Returns
    -------
    int
        `offset` alone where the sum is no integer string.
    """
    behind = offset + max(0, number or 0)
    return behind if behind <= LARGEST_INTEGER_STRING else offset
