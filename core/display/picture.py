"""A slice as a picture: grey values, masks over it, the sides of the patient; previews."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import binary_erosion

from core.dicom.reading import read_slice, suggested_windows
from core.dicom.series import SeriesSummary
from core.display.grey import automatic_window, to_grey

_DASH = 7  # picture pixels
_LETTER_SIZE = 18  # picture pixels


@dataclass(frozen=True, eq=False)
class Layer:
    """A mask to show over a slice.

    Attributes
    ----------
    mask : numpy.ndarray, shape (rows, columns)
        Bool.
    color : tuple of int
        Red, green, blue, each 0 to 255.
    opacity : float
        Of the filling, 0 (outline only) to 1.
    dashed : bool
        Whether the outline is dashed: the sign of a proposal nobody has accepted.
    """

    mask: NDArray[np.bool_]
    color: tuple[int, int, int]
    opacity: float
    dashed: bool = False


def picture_size(
    rows: int, columns: int, pixel_spacing: tuple[float, float], longest: int
) -> tuple[int, int]:
    """Size at which a slice is shown, with the true proportions of the patient.

    Parameters
    ----------
    rows, columns : int
        Pixels of the slice.
    pixel_spacing : tuple of float
        Between rows, between columns, in mm.
    longest : int
        Picture pixels of the longer side.

    Returns
    -------
    tuple of int
        Width and height in picture pixels.
    """
    height, width = rows * pixel_spacing[0], columns * pixel_spacing[1]
    scale = longest / max(height, width)
    return max(1, round(width * scale)), max(1, round(height * scale))


def draw_slice(
    grey: NDArray[np.uint8],
    size: tuple[int, int],
    layers: Sequence[Layer] = (),
    letters: tuple[str, str, str, str] = ("", "", "", ""),
) -> Image.Image:
    """Draw a slice with its masks.

    Parameters
    ----------
    grey : numpy.ndarray, shape (rows, columns)
        Gray values 0 to 255.
    size : tuple of int
        Width and height of the picture.
    layers : sequence of Layer
        Drawn in this order, the last on top.
    letters : tuple of str
        The patient's sides at the left, right, top and bottom edge.

    Returns
    -------
    PIL.Image.Image
        RGB.
    """
    enlarged = Image.fromarray(grey).resize(size, Image.Resampling.BICUBIC)
    pixels = np.repeat(np.asarray(enlarged)[:, :, np.newaxis], 3, axis=2)
    for layer in layers:
        _paint(pixels, layer)
    picture = Image.fromarray(pixels)
    _write_letters(picture, letters)
    return picture


def png(picture: Image.Image) -> bytes:
    """Encode a picture quickly and without loss."""
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG", compress_level=1)
    return buffer.getvalue()


def thumbnail(summary: SeriesSummary, size: int = 128) -> bytes:
    """Draw the middle slice of a series in its true proportions.

    Parameters
    ----------
    summary : SeriesSummary
        From `find_series`; only one slice is decoded.
    size : int
        Longer side in pixels.

    Returns
    -------
    bytes
        PNG.

    Raises
    ------
    DicomError
        When the slice cannot be decoded.
    """
    return slice_picture(summary, read_slice(summary, summary.slices // 2), size)


def slice_picture(summary: SeriesSummary, values: np.ndarray, size: int) -> bytes:
    """Draw a slice in its true proportions, in the window that its series suggests.

    Parameters
    ----------
    summary : SeriesSummary
        Of its series.
    values : numpy.ndarray, shape (rows, columns)
        Modality units.
    size : int
        Longer side in pixels.

    Returns
    -------
    bytes
        PNG.
    """
    window = next(iter(suggested_windows(summary)), None) or automatic_window(values)
    image = Image.fromarray(to_grey(values, window, inverted=summary.inverted))
    shape = picture_size(summary.rows, summary.columns, summary.pixel_spacing, size)
    return png(image.resize(shape, Image.Resampling.BILINEAR))


def _paint(pixels: NDArray[np.uint8], layer: Layer) -> None:
    """Blend a mask into RGB pixels [height, width, 3] in place."""
    if not layer.mask.any():
        return
    height, width = pixels.shape[:2]
    rows, columns = layer.mask.shape
    mask = layer.mask[
        np.arange(height)[:, np.newaxis] * rows // height,
        np.arange(width)[np.newaxis, :] * columns // width,
    ]
    color = np.array(layer.color, dtype=np.float32)
    if layer.opacity > 0:
        below = pixels[mask].astype(np.float32)
        pixels[mask] = (below + (color - below) * layer.opacity).astype(np.uint8)
    outline = mask & ~binary_erosion(mask, iterations=2)
    if layer.dashed:
        # A chequerboard breaks an outline into dashes whichever way it runs.
        squares = np.add.outer(np.arange(height) // _DASH, np.arange(width) // _DASH)
        outline &= squares % 2 == 0
    pixels[outline] = layer.color


def _write_letters(picture: Image.Image, letters: tuple[str, str, str, str]) -> None:
    left, right, top, bottom = letters
    width, height = picture.size
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(_LETTER_SIZE)
    for text, position, anchor in (
        (left, (6, height / 2), "lm"),
        (right, (width - 6, height / 2), "rm"),
        (top, (width / 2, 6), "mt"),
        (bottom, (width / 2, height - 6), "mb"),
    ):
        if text:
            draw.text(
                position, text, "#f4e9a8", font, anchor=anchor, stroke_width=1, stroke_fill="black"
            )
