"""Settings of the libraries that handle DICOM, which hold for the whole process.

Importing a module of Slicewise changes none of them; whatever starts a process does, by one call.
"""

import logging
import warnings

import pydicom

# pydicom and highdicom report the values of odd elements, which may be the patient's; the HTTP
# libraries log addresses, and a search has the patient in its address; pynetdicom names the object
# that it sends. What matters to people ends in a list of problems or in an error.
_SILENT_LOGGERS = ("pydicom", "highdicom", "pynetdicom", "dicomweb_client", "retrying", "urllib3")
_SILENT_MODULES = ("pydicom", "highdicom")


def configure_libraries() -> None:
    """Keep what identifies a patient out of logs and warnings, and read odd values as they are.

    Every entry point calls this once before any work: the command line, each page, the benchmarks
    and the tests. Calling it again changes nothing.
    """
    pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
    for name in _SILENT_LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    for name in _SILENT_MODULES:
        warnings.filterwarnings("ignore", module=name)
