"""`python -m core convert`: segmentations from one form into another, on their series."""

import argparse
from pathlib import Path
from typing import get_args

from core.commands.cautions import print_cautions
from core.commands.choice import choose_series
from core.commands.outputs import check_outputs
from core.commands.whole_numbers import whole_number
from core.dicom.errors import DicomError, NeedsConsentError, NeedsResamplingError
from core.dicom.series import SeriesSummary
from core.formats.deidentified_writing import Dates
from core.formats.export_cautions import export_cautions
from core.formats.masks_read import MasksRead
from core.formats.numbers import LARGEST_INTEGER_STRING
from core.formats.reading import read_masks_with_cautions
from core.formats.segmentation_writing import Compression
from core.formats.writing import FORMATS, WritingOptions, format_known_by, write_masks
from core.home.settings import home_folder

FOLDERS = ("path",)
"""Arguments that a zip archive may stand for, too."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("path", type=Path, metavar="SERIES", help="folder, zip or file of a series")
    parser.add_argument(
        "input", type=Path, metavar="INPUT", help="DICOM-SEG, RTSTRUCT, or NIfTI label map"
    )
    parser.add_argument(
        "output", type=Path, metavar="OUTPUT", help="file to write: .dcm, .nii.gz, .csv or .zip"
    )
    parser.add_argument("--to", choices=FORMATS, help="form of OUTPUT, unless its ending says it")
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
        "--instance-number",
        type=whole_number(1, LARGEST_INTEGER_STRING),
        default=1,
        metavar="N",
        help="of a DICOM output",
    )
    parser.add_argument(
        "--allow-same-frame",
        action="store_true",
        help="accept an INPUT made on another series in the same frame of reference",
    )
    parser.add_argument(
        "--resample",
        action="store_true",
        help="put masks on another grid where they need one: NIfTI of slices in uneven steps, or "
        "an INPUT in NIfTI on another grid",
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
    form = arguments.to or format_known_by(arguments.output.name)
    if form is None:
        raise DicomError(f"{arguments.output.name} does not say what to write; add --to.")
    if (named := format_known_by(arguments.output.name)) and not _may_be_called(form, named):
        raise DicomError(
            f"{arguments.output.name} is the name of another form than {form}; choose a name that "
            f"ends in {FORMATS[form].ending}."
        )
    check_outputs([arguments.output], [arguments.input, *arguments.archives])
    summary = choose_series(arguments.path, arguments.series)
    read = _read(arguments, summary)
    options = WritingOptions(
        instance_number=arguments.instance_number,
        compression=arguments.compression,
        dates=arguments.dates,
        resample=arguments.resample,
        home=home_folder(),
    )
    print_cautions([*summary.problems, *summary.damaged, *read.cautions])
    print_cautions(export_cautions(form, summary, options, read.segments))
    try:
        files = write_masks(form, summary, read.segments, arguments.output, options)
    except NeedsResamplingError as error:
        raise DicomError(f"{str(error)[:-1]}; --resample does so.") from error
    for written in files:
        if written != arguments.output:
            print(written)
    return 0


def _may_be_called(form: str, named: str) -> bool:
    """Tell whether a file name that stands for one form ends as those of another do."""
    return FORMATS[form].ending.endswith(FORMATS[named].known_by)


def _read(arguments: argparse.Namespace, summary: SeriesSummary) -> MasksRead:
    """Read the input; where it needs consent, name the option that gives it."""
    try:
        return read_masks_with_cautions(
            arguments.input,
            summary,
            allow_same_frame=arguments.allow_same_frame,
            resample=arguments.resample,
        )
    except NeedsResamplingError as error:
        raise DicomError(f"{str(error)[:-1]}; --resample does so.") from error
    except NeedsConsentError as error:
        raise DicomError(f"{str(error)[:-1]}; --allow-same-frame uses it anyway.") from error
