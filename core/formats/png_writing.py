"""Writing images and masks as stacks of PNG files, for ultrasound, photographs and other tools."""

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from pydicom.dataset import FileDataset
from pydicom.pixels import apply_color_lut

from core.dicom.errors import DicomError
from core.dicom.files import integer_of, open_file, open_header, text_of
from core.dicom.pixels import decoded_frames
from core.dicom.series import Series
from core.display.grey import automatic_window, to_grey
from core.home.whole_files import written_whole
from core.segments.segment_masks import SegmentMasks
from core.segments.spreadsheet_text import without_formula

INDEX = "segments.csv"
"""Name of the table in the archive that says which folder holds which segment."""


def write_pictures(
    series: Series, segments: Sequence[SegmentMasks], path: Path, *, with_images: bool = True
) -> None:
    """Write a zip of PNG files, all of the size of the slices.

    `images/0001.png` … are the slices, in colour where the files are, else in grey as the first
    window shows them; `segment-1/0001.png` … the masks of a segment, 255 where it is and 0
    elsewhere; slices without the segment have one, too. A table names the segments, for file names
    tell nothing.

    Parameters
    ----------
    series : Series
        With its pixels.
    segments : sequence of SegmentMasks
        At least one.
    path : pathlib.Path
        Where to write the zip.
    with_images : bool
        Whether the slices themselves go into it; they may show the patient's name.

    Raises
    ------
    DicomError
        When there is nothing to write, a file of a colour series cannot be read any more, or
        `path` cannot be written.
    """
    if not segments:
        raise DicomError("There is no segment to export; draw one first.")
    ordered = sorted(segments, key=lambda masks: masks.segment.number)
    shape = series.volume.shape[1:]
    with (
        written_whole(path) as unfinished,
        # PNG is compressed already.
        zipfile.ZipFile(unfinished, "w", zipfile.ZIP_STORED) as archive,
    ):
        archive.writestr(INDEX, _index(ordered))
        if with_images:
            for index, picture in enumerate(_pictures(series)):
                archive.writestr(f"images/{index + 1:04d}.png", _png(picture))
        for masks in ordered:
            for index in range(len(series.volume)):
                mask = masks.masks.get(index, np.zeros(shape, bool))
                name = f"segment-{masks.segment.number}/{index + 1:04d}.png"
                archive.writestr(name, _png(mask.astype(np.uint8) * 255))


def _pictures(series: Series) -> Iterator[np.ndarray]:
    """Yield the slices in 8 bits, shape (rows, columns) or (rows, columns, 3)."""
    window = next(iter(series.windows), None) or automatic_window(series.volume)
    path, dataset = None, None
    for record, values in zip(series.slices, series.volume, strict=True):
        if path != record.path:
            path = record.path
            header, _ = open_header(path, ("PhotometricInterpretation",))
            # A file of many frames is opened once; grey ones have been decoded already.
            grey = text_of(header, "PhotometricInterpretation").startswith("MONOCHROME")
            dataset = None if grey else open_file(path)
        if dataset is None:
            yield to_grey(values, window, inverted=series.inverted)
        else:
            yield _colours(dataset, path, (record.frame or 1) - 1)


def _colours(dataset: FileDataset, path: Path, frame: int) -> np.ndarray:
    """Decode one frame in red, green and blue, 8 bits each."""
    pixels = next(decoded_frames(dataset, path, indices=[frame]))
    bits = integer_of(dataset, "BitsStored") or 8 * pixels.itemsize
    if text_of(dataset, "PhotometricInterpretation") == "PALETTE COLOR":
        pixels = apply_color_lut(pixels, dataset)
        bits = 8 * pixels.itemsize
    return (pixels[..., :3] >> max(0, bits - 8)).astype(np.uint8)


def _index(segments: Sequence[SegmentMasks]) -> str:
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(("folder", "label", "scheme", "code", "meaning", "red", "green", "blue"))
    for masks in segments:
        segment = masks.segment
        code = segment.type.scheme, segment.type.value, segment.type.meaning
        texts = [without_formula(one) for one in (segment.label, *code)]
        table.writerow((f"segment-{segment.number}", *texts, *segment.color))
    return text.getvalue()


def _png(picture: np.ndarray) -> bytes:
    content = io.BytesIO()
    Image.fromarray(picture).save(content, "PNG")
    return content.getvalue()
