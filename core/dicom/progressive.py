"""Reading a series in the background, so that slices can be looked at before the last is there."""

from pathlib import Path
from threading import Condition, Thread

import numpy as np

from core.dicom.errors import DicomError
from core.dicom.reading import check_readable, fill_volume, read_slice, suggested_windows
from core.dicom.series import Series, SeriesSummary


class SeriesReading:
    """A series whose slices are decoded by a thread, from the middle one outwards.

    Any number of threads may ask for slices and wait for the end.

    Parameters
    ----------
    summary : SeriesSummary
        From `find_series`.
    leave_out_damaged : bool
        As in `read_series`.
    folder : pathlib.Path, optional
        Where a file holds the volume; by default it lies in memory.

    Raises
    ------
    DicomError
        At once where `read_series` would refuse the series by its headers alone.
    """

    def __init__(
        self, summary: SeriesSummary, *, leave_out_damaged: bool = False, folder: Path | None = None
    ) -> None:
        check_readable(summary, leave_out_damaged=leave_out_damaged)
        self.summary = summary
        self._changed = Condition()
        self._volume: np.ndarray | None = None
        self._is_ready = np.zeros(summary.slices, bool)
        self._series: Series | None = None
        self._error: BaseException | None = None
        self._folder = folder
        Thread(target=self._read, name="series reading", daemon=True).start()

    @property
    def done(self) -> int:
        """Slices decoded so far."""
        return int(self._is_ready.sum())

    @property
    def is_finished(self) -> bool:
        """Whether reading has ended, with the whole series or with an error."""
        return self._series is not None or self._error is not None

    @property
    def is_closed(self) -> bool:
        """Whether the pixels were let go of."""
        return isinstance(self._error, _ClosedError)

    def slice(self, index: int) -> np.ndarray:
        """Return one slice now, whether its turn has come or not.

        Returns
        -------
        numpy.ndarray, shape (rows, columns)
            Modality units.

        Raises
        ------
        DicomError
            When its file cannot be read.
        """
        with self._changed:
            if self._volume is not None and self._is_ready[index]:
                return self._volume[index].copy()
        return read_slice(self.summary, index)

    def wait(self, seconds: float) -> bool:
        """Wait for the end for so many seconds at most; return `is_finished`."""
        with self._changed:
            return self._changed.wait_for(lambda: self.is_finished, seconds)

    def result(self) -> Series:
        """Wait for the end and return the whole series.

        Raises
        ------
        DicomError
            When a file is damaged, is gone, has changed, or cannot be decoded, or it was closed.
        """
        with self._changed:
            self._changed.wait_for(lambda: self.is_finished)
            if self._series is not None:
                return self._series
            assert self._error is not None
            raise self._error

    def close(self) -> None:
        """Stop reading after the slice it is at, and let go of the pixels.

        Who waits for the end, or asks for the result later, gets an error. A tab that was closed
        may keep this object long after.
        """
        with self._changed:
            self._error = _ClosedError("The series was closed; open it again.")
            self._series = self._volume = None
            self._changed.notify_all()

    def _read(self) -> None:
        try:
            windows = suggested_windows(self.summary)
            first = self.summary.slices // 2
            for index, volume in fill_volume(self.summary, first, self._folder):
                with self._changed:
                    if self.is_closed:
                        return
                    self._volume = volume
                    self._is_ready[index] = True
                    self._changed.notify_all()
            with self._changed:
                if self._volume is not None:
                    self._series = Series(self.summary, self._volume, windows)
        except BaseException as error:  # raised again where somebody waits for the result
            with self._changed:
                self._error = self._error or error
        finally:
            with self._changed:
                self._changed.notify_all()


class _ClosedError(DicomError):
    """The pixels of a series were let go of."""
