"""The errors of this package, which people see."""


class DicomError(ValueError):
    """Input or output that cannot be used; the message is one sentence for people.

    The message names the place of the file and what to do, never anything of the patient.
    """


class NeedsConsentError(DicomError):
    """Something of another series that would fit in space, if the person says that it may."""
