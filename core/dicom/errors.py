"""Errors of reading and writing DICOM; people see their sentences."""


class DicomError(ValueError):
    """Input or output that cannot be used; the message is one sentence for people.

    The message names the place of the file and what to do, never anything of the patient.
    """


class NeedsConsentError(DicomError):
    """Something of another series that would fit in space, if the person says that it may."""


class NeedsResamplingError(DicomError):
    """Masks of another grid, which can be used if the person wants them resampled."""


class NotAnImageError(DicomError):
    """A sound DICOM object that holds no image to annotate, so it can be passed over.

    `kind` names what it is, as in a count of such files.
    """

    def __init__(self, message: str, kind: str) -> None:
        super().__init__(message)
        self.kind = kind


class DamagedError(DicomError):
    """A broken image file, with the key of its series; None where its header names none."""

    def __init__(self, message: str, series_key: str | None) -> None:
        super().__init__(message)
        self.series_key = series_key
