"""Writing masks of a series in any format: the table of formats, which pages and commands share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from core.annotation.contributors import NOBODY, Contributors
from core.dicom.reading import read_series
from core.dicom.series import Series, SeriesSummary
from core.formats.csv_writing import write_measurements
from core.formats.deidentified_writing import Dates, write_deidentified
from core.formats.nifti_writing import write_nifti
from core.formats.png_writing import write_pictures
from core.formats.segmentation_writing import Compression, Kind, write_segmentation
from core.formats.structure_set_writing import write_structure_set
from core.home.private_files import make_private
from core.home.secret import home_secret
from core.segments.segment_masks import SegmentMasks


@dataclass(frozen=True)
class WritingOptions:
    """What can be chosen about a file; each format takes what concerns it.

    Parameters
    ----------
    instance_number : int
        Of a DICOM object, from 1.
    people : Contributors
        Who drew, adjudicated and reviewed, for DICOM objects; a de-identified copy names nobody.
    reading : str
        Which of several readings of the series it is, for DICOM objects; "" where there is one.
    weights : str, optional
        Weights that took part, for a DICOM segmentation.
    kind : {"BINARY", "LABELMAP"}
        Of a DICOM segmentation.
    compression : {"none", "deflated", "jpeg2000"}
        Of a DICOM segmentation.
    write_empty_slices : bool
        Whether a DICOM segmentation has frames for slices without a mask.
    dates : {"remove", "shift"}
        What becomes of dates in a de-identified copy.
    resample : bool
        Whether NIfTI of slices in uneven steps is resampled to an even grid.
    home : pathlib.Path, optional
        Folder that holds the key of pseudonyms, SLICEWISE_HOME; a de-identified copy needs it.
    """

    instance_number: int = 1
    people: Contributors = NOBODY
    reading: str = ""
    weights: str | None = None
    kind: Kind = "BINARY"
    compression: Compression = "none"
    write_empty_slices: bool = False
    dates: Dates = "remove"
    resample: bool = False
    home: Path | None = None


Writer = Callable[
    [Series | SeriesSummary, Sequence[SegmentMasks], Path, WritingOptions], list[Path]
]
"""Called with the series, its segments, the file to write, and options; returns the files written.
"""


@dataclass(frozen=True)
class Format:
    """A format that masks can be written in.

    Parameters
    ----------
    write : callable
        See `Writer`.
    ending : str
        Of files that are named automatically.
    known_by : tuple of str
        Endings of file names that stand for this format where none is named.
    label, use : str
        Name and purpose on the Export page; "" where another format stands for it there.
    modality : str
        Of a DICOM object, which is numbered among the others of its kind; "" for anything else.
    shows_pixels : bool
        Whether the pixels of the images are part of it, and with them any text burned in.
    hides_series : bool
        Whether its name must not hold the key of the series.
    """

    write: Writer
    ending: str
    known_by: tuple[str, ...] = ()
    label: str = ""
    use: str = ""
    modality: str = ""
    shows_pixels: bool = False
    hides_series: bool = False


def _one_file(
    write: Callable[[Series | SeriesSummary, Sequence[SegmentMasks], Path], None],
) -> Writer:
    """Adapt a function that writes one file and has nothing to choose."""

    def writer(
        series: Series | SeriesSummary,
        segments: Sequence[SegmentMasks],
        path: Path,
        options: WritingOptions,
    ) -> list[Path]:
        write(series, segments, path)
        return [path]

    return writer


def _segmentation(
    series: Series | SeriesSummary,
    segments: Sequence[SegmentMasks],
    path: Path,
    options: WritingOptions,
) -> list[Path]:
    write_segmentation(
        series,
        segments,
        path,
        people=options.people,
        reading=options.reading,
        weights=options.weights,
        instance_number=options.instance_number,
        write_empty_slices=options.write_empty_slices,
        kind=options.kind,
        compression=options.compression,
    )
    return [path]


def _label_map(
    series: Series | SeriesSummary,
    segments: Sequence[SegmentMasks],
    path: Path,
    options: WritingOptions,
) -> list[Path]:
    return _segmentation(series, segments, path, replace(options, kind="LABELMAP"))


def _structure_set(
    series: Series | SeriesSummary,
    segments: Sequence[SegmentMasks],
    path: Path,
    options: WritingOptions,
) -> list[Path]:
    write_structure_set(
        series,
        segments,
        path,
        people=options.people,
        reading=options.reading,
        instance_number=options.instance_number,
    )
    return [path]


def _nifti(
    series: Series | SeriesSummary,
    segments: Sequence[SegmentMasks],
    path: Path,
    options: WritingOptions,
) -> list[Path]:
    return write_nifti(series, segments, path, resample=options.resample)


def _pictures(series: Series | SeriesSummary, segments: Sequence[SegmentMasks], path: Path) -> None:
    whole = series if isinstance(series, Series) else read_series(series)
    write_pictures(whole, segments, path)


def _deidentified(
    series: Series | SeriesSummary,
    segments: Sequence[SegmentMasks],
    path: Path,
    options: WritingOptions,
) -> list[Path]:
    if options.home is None:
        raise ValueError("options.home: got None, expected the folder that holds the secret")
    make_private(options.home)
    write_deidentified(
        series,
        segments,
        path,
        secret=home_secret(options.home),
        dates=options.dates,
        kind=options.kind,
        compression=options.compression,
        weights=options.weights,
    )
    return [path]


FORMATS: dict[str, Format] = {
    "seg": Format(
        _segmentation,
        ".dcm",
        known_by=(".dcm",),
        label="DICOM-SEG",
        use="For archives and viewers.",
        modality="SEG",
    ),
    "labelmap": Format(_label_map, ".dcm", modality="SEG"),
    "nifti": Format(
        _nifti,
        ".nii.gz",
        known_by=(".nii", ".nii.gz"),
        label="NIfTI",
        use="For research tools; same voxel grid as the images.",
    ),
    "rtstruct": Format(
        _structure_set,
        ".rtstruct.dcm",
        label="RTSTRUCT",
        use="Contours for treatment planning systems.",
        modality="RTSTRUCT",
    ),
    "png": Format(
        _one_file(_pictures),
        ".png.zip",
        known_by=(".zip",),
        label="PNG",
        use="A zip with a picture of each slice and a black-and-white picture of each mask.",
        shows_pixels=True,
    ),
    "csv": Format(
        _one_file(write_measurements),
        ".csv",
        known_by=(".csv",),
        label="CSV",
        use="A table of areas and volumes.",
    ),
    "deidentified": Format(
        _deidentified,
        ".deidentified.zip",
        label="de-identified copy",
        use="A zip of the images and the segmentation without patient identifiers (PS3.15, "
        "Basic Profile). Text burned into images is not removed.",
        shows_pixels=True,
        hides_series=True,
    ),
}
"""Every format by its name, in the order in which the Export page offers them."""


def format_known_by(file_name: str) -> str | None:
    """Return the name of the format that the ending of a file name stands for; None for none."""
    for name, form in FORMATS.items():
        if file_name.lower().endswith(form.known_by):
            return name
    return None


def write_masks(
    form: str,
    series: Series | SeriesSummary,
    segments: Sequence[SegmentMasks],
    path: Path,
    options: WritingOptions,
) -> list[Path]:
    """Write masks of a series in one of `FORMATS`.

    Parameters
    ----------
    form : str
        Name of the format.
    series : Series or SeriesSummary
        What was annotated; its files must still be there.
    segments : sequence of SegmentMasks
        At least one.
    path : pathlib.Path
        Where to write; replaced if it exists.
    options : WritingOptions
        What else can be chosen.

    Returns
    -------
    list of pathlib.Path
        The files written: `path`, or several beside it where one cannot hold all segments.

    Raises
    ------
    DicomError
        When the format cannot hold the segments, or something cannot be read or written.
    """
    return FORMATS[form].write(series, segments, path, options)
