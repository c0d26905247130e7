"""`python -m core info PATH`: list the series in a folder or file."""

import argparse
from pathlib import Path

from core.dicom.reading import find_with_rest
from core.dicom.series import SeriesSummary

FOLDERS = ("path",)
"""Arguments that a zip archive may stand for, too."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("path", type=Path, metavar="PATH", help="folder, zip archive or DICOM file")


def run(arguments: argparse.Namespace) -> int:
    """Print one block for each series, without anything that identifies the patient.

    Parameters
    ----------
    arguments : argparse.Namespace
        From `add_arguments`.

    Returns
    -------
    int
        0.

    Raises
    ------
    DicomError
        If there is no series.
    """
    findings = find_with_rest(arguments.path)
    print("\n\n".join(_described(summary) for summary in findings.series))
    rest = [f"no images    {findings.passed_over}"] if findings.passed_over else []
    rest += [f"caution      {sentence}" for sentence in findings.cautions]
    if rest:
        print("", *rest, sep="\n")
    return 0


def _described(summary: SeriesSummary) -> str:
    lines = [
        f"series       {summary.uid}",
        f"modality     {summary.modality}",
        f"description  {summary.series_description or '–'}",
        f"slices       {summary.slices} of {summary.rows} × {summary.columns} pixels",
        f"spacing      {_spacing(summary)}",
    ]
    return "\n".join(
        lines + [f"caution      {problem}" for problem in summary.problems + summary.damaged]
    )


def _spacing(summary: SeriesSummary) -> str:
    """Name the distances that the files state, and those that they do not."""
    between_rows, between_columns = summary.pixel_spacing
    between_slices = "unknown between slices"
    if summary.slices == 1:
        is_stated = summary.geometry.has_thickness
        between_slices = (
            f"{summary.slice_spacing:.4g} mm thick" if is_stated else "unknown thickness"
        )
    elif summary.geometry.in_patient:
        between_slices = f"{summary.slice_spacing:.4g} mm between slices"
    if not summary.geometry.has_pixel_size:
        return f"{between_slices}, unknown size of a pixel"
    return f"{between_slices}, {between_rows:.4g} × {between_columns:.4g} mm per pixel"
