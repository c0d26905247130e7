"""`python -m core convert`: segmentations from one form into another, on their series."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from core.commands.choice import choose_series
from core.dicom.errors import DicomError
from core.dicom.files import file_label, open_header, text_of
from core.dicom.reading import read_series
from core.dicom.series import SeriesSummary
from core.formats.csv_writing import write_measurements
from core.formats.deidentified_writing import Dates, burned_in_warning, write_deidentified
from core.formats.nifti_reading import read_nifti
from core.formats.nifti_writing import write_nifti
from core.formats.png_writing import write_pictures
from core.formats.segmentation_reading import read_segmentation
from core.formats.segmentation_writing import Compression, write_segmentation
from core.formats.structure_set_reading import read_structure_set
from core.formats.structure_set_writing import write_structure_set
from core.home.secret import home_secret
from core.home.settings import home_folder
from core.segments.segment_masks import SegmentMasks

ENDINGS = {
    ".dcm": "seg",
    ".nii": "nifti",
    ".nii.gz": "nifti",
    ".csv": "csv",
    ".zip": "png",
}
"""What is written by default, by the ending of the output."""

FORMS = ("seg", "labelmap", "rtstruct", "nifti", "csv", "png", "deidentified")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("path", type=Path, metavar="SERIES", help="folder or file of the series")
    parser.add_argument(
        "input", type=Path, metavar="INPUT", help="DICOM-SEG, RTSTRUCT, or NIfTI label map"
    )
    parser.add_argument(
        "output", type=Path, metavar="OUTPUT", help="file to write: .dcm, .nii.gz, .csv or .zip"
    )
    parser.add_argument("--to", choices=FORMS, help="form of OUTPUT, unless its ending says it")
    parser.add_argument(
        "--compression",
        choices=get_args(Compression),
        default="none",
        help="of a DICOM segmentation",
    )
    parser.add_argument(
        "--dates",
        choices=get_args(Dates),
        default="remove",
        help="of a de-identified copy: removed, or moved by the same days for each patient",
    )
    parser.add_argument(
        "--instance-number", type=int, default=1, metavar="N", help="of a DICOM output"
    )
    parser.add_argument(
        "--allow-same-frame",
        action="store_true",
        help="accept an INPUT made on another series in the same frame of reference",
    )
    parser.add_argument("--series", metavar="UID", help="which series, where there are several")


def run(arguments: argparse.Namespace) -> int:
    """Read the segments onto the series, and write them in another form.

    Parameters
    ----------
    arguments : argparse.Namespace
        From `add_arguments`.

    Returns
    -------
    int
        0; the output is complete.

    Raises
    ------
    DicomError
        When the input does not fit the series or the output cannot be written; then nothing is.
    """
    form = arguments.to or _form_of(arguments.output)
    if arguments.output.resolve() == arguments.input.resolve():
        raise DicomError("INPUT and OUTPUT must be different files.")
    if not arguments.output.parent.is_dir():
        raise DicomError(f"{arguments.output.parent} is no folder; create it or choose another.")
    summary = choose_series(arguments.path, arguments.series)
    read = _read(arguments.input, summary, arguments.allow_same_frame)
    segments = [one for one in read if one.masks]
    if not segments:
        raise DicomError(f"{file_label(arguments.input)} marks no pixel.")
    _write(form, summary, segments, arguments)
    return 0


def _form_of(path: Path) -> str:
    endings = [ending for ending in ENDINGS if path.name.lower().endswith(ending)]
    if not endings:
        raise DicomError(f"{path.name} does not say what to write; add --to.")
    return ENDINGS[max(endings, key=len)]


def _read(path: Path, summary: SeriesSummary, allow_same_frame: bool) -> list[SegmentMasks]:
    if path.name.lower().endswith((".nii", ".nii.gz")):
        return read_nifti(path, summary)
    header, _ = open_header(path, ("Modality",))
    if text_of(header, "Modality") == "RTSTRUCT":
        return read_structure_set(path, summary, allow_same_frame=allow_same_frame)
    return read_segmentation(path, summary, allow_same_frame=allow_same_frame)


def _write(
    form: str,
    summary: SeriesSummary,
    segments: Sequence[SegmentMasks],
    arguments: argparse.Namespace,
) -> None:
    path, number = arguments.output, arguments.instance_number
    if form in ("seg", "labelmap"):
        write_segmentation(
            summary,
            segments,
            path,
            instance_number=number,
            kind="LABELMAP" if form == "labelmap" else "BINARY",
            compression=arguments.compression,
        )
    elif form == "rtstruct":
        write_structure_set(summary, segments, path, instance_number=number)
    elif form == "nifti":
        for written in write_nifti(summary, segments, path):
            if written != path:
                print(written)
    elif form == "csv":
        write_measurements(summary, segments, path)
    else:
        if warning := burned_in_warning(summary):
            print(f"Caution: {warning}", file=sys.stderr)
        if form == "png":
            write_pictures(read_series(summary), segments, path)
            return
        home = home_folder()
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_deidentified(
            summary,
            segments,
            path,
            secret=home_secret(home),
            dates=arguments.dates,
            compression=arguments.compression,
        )
