"""Series that are annotated in the store, as whoever proposes finds and reads them."""

from collections.abc import Callable
from dataclasses import dataclass

from core.dicom.reading import read_series
from core.dicom.series import Series, SeriesSummary


@dataclass(frozen=True)
class AnnotatedSeries:
    """A series, and the annotation of it that is meant.

    Attributes
    ----------
    annotation_key : str
        Key of the annotation.
    find : callable
        Returns the summary of the series; raises DicomError where its files cannot be used.
    leave_out_damaged : bool
        Whether to do without its damaged files, as it was opened to be annotated.
    """

    annotation_key: str
    find: Callable[[], SeriesSummary]
    leave_out_damaged: bool = False

    def read(self, summary: SeriesSummary) -> Series:
        """Read its pixels, by what `find` returned; raises DicomError where that cannot be done."""
        return read_series(summary, leave_out_damaged=self.leave_out_damaged)
