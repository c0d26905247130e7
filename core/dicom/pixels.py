"""Pixels of one file: decoded by pydicom's plug-ins, in modality units."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileDataset
from pydicom.encaps import generate_frames, get_frame
from pydicom.pixels import apply_color_lut, apply_modality_lut, get_decoder, iter_pixels
from pydicom.pixels.utils import as_pixel_options
from pydicom.uid import (
    UID,
    ExplicitVRLittleEndian,
    JPEG2000TransferSyntaxes,
    JPEGLSTransferSyntaxes,
    JPEGTransferSyntaxes,
)

from core.dicom.budgets import MAX_SAMPLES
from core.dicom.codestreams import stated_samples, stated_size
from core.dicom.decoding_processes import DecodingFailed, decode_frame
from core.dicom.errors import DicomError
from core.dicom.files import (
    file_label,
    integer_of,
    items_of,
    name_of,
    number_of,
    open_file,
    text_of,
)
from core.dicom.plain_frames import are_plain, contradiction, is_encapsulated, plain_frames
from core.dicom.series import SliceRecord, StoredPixels, Window

_CODESTREAM_SYNTAXES = frozenset(
    [
        *JPEGTransferSyntaxes,
        *JPEGLSTransferSyntaxes,
        *JPEG2000TransferSyntaxes,
    ]
)

_PLUGIN = "pylibjpeg"

# Weights of red, green and blue in luminance (ITU-R BT.601).
_LUMINANCE = np.array([0.299, 0.587, 0.114])


def read_frames(
    path: Path, records: Sequence[SliceRecord], rows: int, columns: int
) -> Iterator[np.ndarray]:
    """Decode frames of one file.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    records : sequence of SliceRecord
        The slices wanted from it, in this order.
    rows, columns : int
        Size that the slices must have.

    Yields
    ------
    numpy.ndarray, shape (rows, columns)
        Modality units: an integer type where the values are whole numbers, else floating point.

    Raises
    ------
    DicomError
        When the file is damaged or compressed in a way that cannot be decoded.
    """
    if len(records) == 1 and records[0].stored is not None:
        yield _read_stored(path, records[0].stored, rows, columns)
        return
    dataset = open_file(path)
    frames = [0 if record.frame is None else record.frame - 1 for record in records]
    with _decoding_errors(dataset, path):
        _check_pixel_data(dataset, path, rows, columns)
    align = _alignment(dataset)
    for frame, pixels in zip(frames, decoded_frames(dataset, path, indices=frames), strict=True):
        with _decoding_errors(dataset, path):
            values = modality_values(dataset, align(pixels), frame)
        if values.shape != (rows, columns):
            raise DicomError(
                f"{file_label(path)} decodes to {values.shape} pixels instead of "
                f"{rows} × {columns}; fetch it again from its source."
            )
        yield values


def _alignment(dataset: FileDataset) -> Callable[[np.ndarray], np.ndarray]:
    """Return what moves decoded pixels to the lowest bits where the header puts them higher.

    The header of `dataset` is changed so that pydicom leaves all bits as they are stored.
    """
    allocated, stored, highest = (
        integer_of(dataset, keyword) or 0 for keyword in ("BitsAllocated", "BitsStored", "HighBit")
    )
    shift = highest - stored + 1
    is_native = not is_encapsulated(dataset)
    if not (is_native and 0 < shift <= allocated - stored and stored > 0 and allocated in (8, 16)):
        return lambda pixels: pixels
    dataset.BitsStored, dataset.HighBit = allocated, allocated - 1
    return lambda pixels: _moved_down(pixels, stored, shift)


def _moved_down(pixels: np.ndarray, stored: int, shift: int) -> np.ndarray:
    """Move pixels down by `shift` bits, unless their bits show that they lie lowest already.

    They do where nothing lies above the lowest `stored` bits but something below `shift`; an
    overlay in the lowest bits has the pixels above it, and then they reach higher.
    """
    bits = 8 * pixels.itemsize
    raw = pixels.view(f"{pixels.dtype.byteorder}u{pixels.itemsize}")
    lies_lowest = not np.any(raw >> stored) and np.any(raw & ((1 << shift) - 1))
    # What lies above the stored bits goes out at the top; the way back down extends the sign.
    top = bits - stored - (0 if lies_lowest else shift)
    return (pixels << top) >> (bits - stored)


def _read_stored(path: Path, stored: StoredPixels, rows: int, columns: int) -> np.ndarray:
    """Decode one uncompressed frame from its place in the file."""
    # Not a bytearray, which would be filled with zeros first.
    content = np.empty(rows * columns * 2, np.uint8).data
    try:
        with path.open("rb", buffering=0) as file:
            state = os.fstat(file.fileno())
            if (state.st_size, state.st_mtime_ns) != (stored.file_bytes, stored.modified_ns):
                raise DicomError(_changed(path))
            file.seek(stored.offset)
            if file.readinto(content) != len(content):
                raise DicomError(_changed(path))
    except OSError as error:
        raise DicomError(
            f"{file_label(path)} cannot be opened: {error.strerror or error}."
        ) from error
    options: dict[str, Any] = {
        "rows": rows,
        "columns": columns,
        "number_of_frames": 1,
        "samples_per_pixel": 1,
        "bits_allocated": 16,
        "bits_stored": stored.bits_stored,
        "pixel_representation": int(stored.is_signed),
        "photometric_interpretation": stored.photometric_interpretation,
        "pixel_keyword": "PixelData",
        "view_only": True,
    }
    pixels, _ = get_decoder(ExplicitVRLittleEndian).as_array(content, **options)
    return _rescaled(pixels, stored.slope, stored.intercept)


def decoded_frames(
    dataset: FileDataset, path: Path, *, indices: Sequence[int] | None = None, raw: bool = False
) -> Iterator[np.ndarray]:
    """Decode frames one by one, compressed ones in another process with pydicom's plug-ins.

    Parameters
    ----------
    dataset : pydicom.dataset.FileDataset
        The instance.
    path : pathlib.Path
        Its file, for messages.
    indices : sequence of int, optional
        Frames wanted, from 0; by default all.
    raw : bool
        Leave colours as they are stored, instead of turning them into RGB.

    Yields
    ------
    numpy.ndarray, shape (rows, columns) or (rows, columns, samples)

    Raises
    ------
    DicomError
        When the pixel data is damaged, contradicts the header, or is compressed in a way that
        cannot be decoded.
    """
    if difference := contradiction(dataset):
        raise DicomError(
            f"{file_label(path)} {difference}; export it again from the program that made it."
        )
    if are_plain(dataset):
        frames = plain_frames(dataset, indices=indices, raw=raw)
    elif is_encapsulated(dataset):
        frames = _decompressed_frames(dataset, path, indices, raw)
    else:
        frames = iter_pixels(dataset, indices=indices, raw=raw)
    while True:
        with _decoding_errors(dataset, path):
            pixels = next(frames, None)
        if pixels is None:
            return
        yield pixels


def _decompressed_frames(
    dataset: FileDataset, path: Path, indices: Sequence[int] | None, raw: bool
) -> Iterator[np.ndarray]:
    options = as_pixel_options(dataset)
    held = {
        "number_of_frames": options["number_of_frames"],
        "extended_offsets": options.pop("extended_offsets", None),
    }
    plain_options = {
        name: value if isinstance(value, int) else str(value) for name, value in options.items()
    } | {"pixel_keyword": "PixelData"}
    codestreams = (
        generate_frames(dataset.PixelData, **held)
        if indices is None
        else (get_frame(dataset.PixelData, index, **held) for index in indices)
    )
    for codestream in codestreams:
        _check_codestream(codestream, dataset, path)
        yield decode_frame(
            codestream,
            str(dataset.file_meta.TransferSyntaxUID),
            plain_options,
            raw=raw,
            plugin=_plugin_for(dataset.file_meta),
        )


def _check_codestream(codestream: bytes, dataset: FileDataset, path: Path) -> None:
    """Compare what a compressed frame states of itself with what the header says."""
    # Run lengths state no size, and are bounded by rows and columns when decoded.
    if UID(str(dataset.file_meta.TransferSyntaxUID)) not in _CODESTREAM_SYNTAXES:
        return
    beginning = codestream[: 2**16]
    rows, columns = dataset.Rows, dataset.Columns
    if stated_size(beginning) not in ((rows, columns), None):
        raise DicomError(
            f"The compressed pixels of {file_label(path)} are not {rows} × {columns} as its "
            "header says; fetch it again from its source."
        )
    samples = stated_samples(beginning)
    if samples > MAX_SAMPLES:
        raise DicomError(
            f"The compressed pixels of {file_label(path)} state {samples} samples for each pixel, "
            "which is not credible; fetch it again from its source."
        )


def _plugin_for(file_meta: Dataset) -> str:
    """Name the plug-in to decode with: the same everywhere, whatever else is installed."""
    try:
        plugins = get_decoder(str(file_meta.TransferSyntaxUID)).available_plugins
    except NotImplementedError:  # pydicom says so again, in words, when it is asked to decode
        return ""
    return _PLUGIN if _PLUGIN in plugins else ""


@contextmanager
def _decoding_errors(dataset: FileDataset, path: Path) -> Iterator[None]:
    """Turn whatever decoders raise on damaged streams into one sentence."""
    try:
        yield
    except (DicomError, KeyboardInterrupt, SystemExit):
        raise
    except DecodingFailed as error:
        raise DicomError(_undecodable(dataset, path, is_excessive=error.is_excessive)) from error
    except BaseException as error:  # decoders written in Rust panic with a BaseException
        raise DicomError(_undecodable(dataset, path, is_excessive=False)) from error


def _undecodable(dataset: FileDataset, path: Path, *, is_excessive: bool) -> str:
    syntax = name_of(dataset.file_meta.TransferSyntaxUID) or "unknown transfer syntax"
    what = f"The pixels of {file_label(path)} ({syntax})"
    if is_excessive:
        return (
            f"{what} make the decoder crash, or take more memory or time than pixels of their "
            "size need: the file is damaged; fetch it again, uncompressed if need be."
        )
    return (
        f"{what} cannot be decoded: the file is damaged or compressed in a way that is not "
        "supported; fetch it again, uncompressed if need be."
    )


def modality_values(dataset: Dataset, pixels: np.ndarray, frame: int = 0) -> np.ndarray:
    """Turn decoded pixels into modality units (PS3.3 C.11.1, C.7.6.16.2.9 for multi-frame).

    Colour, true or by palette, becomes luminance.

    Parameters
    ----------
    dataset : pydicom.dataset.Dataset
        The instance that the pixels come from.
    pixels : numpy.ndarray, shape (rows, columns) or (rows, columns, 3)
        As decoded, in RGB where they are coloured.
    frame : int
        Index of the frame, from 0.
    """
    if text_of(dataset, "PhotometricInterpretation") == "PALETTE COLOR":
        pixels = apply_color_lut(pixels, dataset)[..., :3]
    if pixels.ndim == 3:
        return np.rint(pixels[..., :3] @ _LUMINANCE).astype(np.int64)
    if "ModalityLUTSequence" in dataset:
        return apply_modality_lut(pixels, dataset)
    transformation = functional_group(dataset, "PixelValueTransformationSequence", frame) or dataset
    return _rescaled(pixels, *rescaling(transformation))


def rescaling(dataset: Dataset) -> tuple[float, float]:
    """Return slope and intercept of the way to modality units (PS3.3 C.11.1.1.2)."""
    scaling = number_of(dataset, "DoseGridScaling")  # RT dose (PS3.3 C.8.8.3)
    if scaling:
        return scaling, 0.0
    slope = number_of(dataset, "RescaleSlope")
    # A slope of 0 would erase the image, and cannot be meant.
    return slope or 1.0, number_of(dataset, "RescaleIntercept") or 0.0


def _rescaled(pixels: np.ndarray, slope: float, intercept: float) -> np.ndarray:
    """Rescale; whole numbers in 16 bits where the results fit, which takes a tenth of the time."""
    if not (pixels.dtype.kind in "iu" and slope.is_integer() and intercept.is_integer()):
        return pixels * slope + intercept
    factor, offset = int(slope), int(intercept)
    if factor == 1 and offset == 0:
        return pixels
    ends = [int(end) * factor + offset for end in (pixels.min(), pixels.max())]
    limits = np.iinfo(np.int16)
    if pixels.itemsize == 2 and limits.min <= min(ends) and max(ends) <= limits.max:
        # Sums and products wrap around at 2**16, and come back to the right place in the end.
        short_factor, short_offset = np.array([factor, offset], np.int64).astype(np.int16)
        values = pixels.view(f"{pixels.dtype.byteorder}i2")
        return values + short_offset if factor == 1 else values * short_factor + short_offset
    return pixels.astype(np.int64 if pixels.itemsize > 2 else np.int32) * factor + offset


def windows(dataset: Dataset, frame: int = 0) -> tuple[Window, ...]:
    """Return the windows that a file suggests for one of its frames (PS3.3 C.11.2)."""
    source = functional_group(dataset, "FrameVOILUTSequence", frame) or dataset
    centers, widths, names = (
        _strings(source, keyword)
        for keyword in ("WindowCenter", "WindowWidth", "WindowCenterWidthExplanation")
    )
    found = []
    for index, (center, width) in enumerate(zip(centers, widths, strict=False)):
        try:
            window = Window(float(center), float(width), names[index] if index < len(names) else "")
        except ValueError:
            continue
        if np.isfinite(window.center) and 0 < window.width < np.inf:
            found.append(window)
    return tuple(found)


def functional_group(dataset: Dataset, sequence: str, frame: int) -> Dataset | None:
    """Return a frame's item of a functional group, its own or the shared one; None without."""
    per_frame = items_of(dataset, "PerFrameFunctionalGroupsSequence")
    shared = items_of(dataset, "SharedFunctionalGroupsSequence")
    for holder in [*per_frame[frame : frame + 1], *shared[:1]]:
        items = items_of(holder, sequence)
        if len(items):
            return items[0]
    return None


def _strings(dataset: Dataset, keyword: str) -> list[str]:
    text = text_of(dataset, keyword)
    return [part.strip(" '\"") for part in text.strip("[]").split(",")] if text else []


def _check_pixel_data(dataset: FileDataset, path: Path, rows: int, columns: int) -> None:
    """Compare what the header states with what the file holds, before memory is taken for it."""
    if not any(name in dataset for name in ("PixelData", "FloatPixelData", "DoubleFloatPixelData")):
        raise DicomError(
            f"{file_label(path)} is cut short: its pixel data is not complete; "
            "fetch it again from its source."
        )
    if (dataset.get("Rows"), dataset.get("Columns")) != (rows, columns):
        raise DicomError(_changed(path))


def _changed(path: Path) -> str:
    return f"{file_label(path)} has changed since it was found; look for series again."
