"""Global settings of libraries: untouched by imports, set by one call."""

import logging
import subprocess
import sys
import warnings
from pathlib import Path

import pydicom

from core.dicom.configuration import configure_libraries

ROOT = Path(__file__).resolve().parents[2]

# Libraries set up themselves when they are first imported, so they are imported first.
IMPORT_ALL = """
import importlib, logging, pkgutil, warnings
import alembic, dicomanonymizer, dicomweb_client, highdicom, nibabel, numba, pydicom, pynetdicom
import requests, scipy.special, skimage.segmentation, sqlalchemy, streamlit
import torch, torch.utils.flop_counter

def state():
    return {
        "pydicom": dict(vars(pydicom.config.settings)),
        "root logger": (logging.root.level, list(logging.root.handlers)),
        "silent modules": [one for one in warnings.filters if one[0] == "ignore" and one[3]],
        # Numba starts its threads when it is first asked, and sets OpenMP's number, which is also
        # PyTorch's, to that of the processors, whatever OMP_NUM_THREADS says.
        "threads": (numba.get_num_threads(), torch.get_num_threads()),
    }

def levels():
    loggers = logging.root.manager.loggerDict.items()
    return {name: one.level for name, one in loggers if isinstance(one, logging.Logger)}

before, levels_before = state(), levels()
imported = 0
for package in ("core", "pages"):
    folder = importlib.import_module(package).__path__
    for module in pkgutil.walk_packages(folder, f"{package}."):
        # The scripts directly under pages/ are run, not imported; so is Alembic's env.py. Ray is
        # installed beside the app only.
        is_script = module.name.startswith("pages.") and module.name.count(".") == 1
        is_elsewhere = ".migrations." in module.name or module.name.endswith(".ray_service")
        if module.ispkg or not (is_script or is_elsewhere):
            importlib.import_module(module.name)
            imported += 1
after, levels_after = state(), levels()
assert after == before, (before, after)
changed = {name for name in levels_before if levels_after[name] != levels_before[name]}
assert not changed, changed
print(imported)
"""


def test_importing_any_module_changes_no_setting_of_a_library() -> None:
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 100


def test_one_call_keeps_patients_out_of_logs_and_warnings() -> None:
    configure_libraries()
    configure_libraries()
    assert pydicom.config.settings.reading_validation_mode == pydicom.config.IGNORE
    for name in ("pydicom", "highdicom", "pynetdicom", "dicomweb_client", "retrying", "urllib3"):
        assert not logging.getLogger(f"{name}.part").isEnabledFor(logging.ERROR)
    silenced = [one[3].pattern for one in warnings.filters if one[0] == "ignore" and one[3]]
    assert silenced.count("pydicom") == silenced.count("highdicom") == 1
