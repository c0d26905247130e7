"""The one error of this package that people see."""


class DicomError(ValueError):
    """Input or output that cannot be used; the message is one sentence for people.

    The message names the place of the file and what to do, never anything of the patient.
    """
