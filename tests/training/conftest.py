"""A registry of real scans: hippocampi in two parts, two thirds of their patients for training."""

from pathlib import Path

import pytest

from core.training.registry.nifti_sources import find_pairs
from core.training.registry.preparation import PreparationOptions, prepare_registry
from tests.support.labelled_scans import write_decathlon

HIPPOCAMPI = 9


@pytest.fixture(scope="session")
def decathlon(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of nine MR scans with numbered labels."""
    volumes = sorted((shared_data / "volumes").glob("hippocampus_*.npz"))[:HIPPOCAMPI]
    return write_decathlon(tmp_path_factory.mktemp("scans") / "hippocampus", volumes)


@pytest.fixture(scope="session")
def registry(decathlon: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Registry of these scans."""
    folder = tmp_path_factory.mktemp("registries") / "registry"
    scans = find_pairs(decathlon, "hippocampus")
    outcomes = list(prepare_registry(scans, folder, PreparationOptions(shares=(0.6, 0.3, 0.1))))
    assert [outcome.status for outcome in outcomes] == ["prepared"] * HIPPOCAMPI
    return folder
