"""Real validation during training, with the bundled weights in the place of those in training."""

from pathlib import Path

import numpy as np
import pytest
import torch

from core.network import processor
from core.network.definition import UniverSeg
from core.network.weights import load_weights
from core.training.validation import real_validation, synthetic_scores


@pytest.fixture(scope="module")
def network() -> UniverSeg:
    return load_weights().network


def test_pictures_and_volumes_are_judged(
    shared_data: Path, tmp_path: Path, network: UniverSeg
) -> None:
    content = np.load(shared_data / "volumes" / "hippocampus_001.npz")
    np.savez(
        tmp_path / "one.npz",
        image=content["image"],
        spacing=content["spacing"],
        mask_whole=content["mask_whole"],
    )
    validate = real_validation(
        pairs=[shared_data / "pairs" / "btcv.npz"], volumes=[tmp_path / "one.npz"]
    )
    assert validate is not None
    scores = validate(network)
    assert set(scores) == {"pairs", "volumes_unguided", "volumes_guided"}
    assert scores["pairs"] > 0.5
    assert scores["volumes_guided"] > 0.7
    assert scores["volumes_guided"] > scores["volumes_unguided"]


def test_patients_kept_for_validation_are_judged(registry: Path, network: UniverSeg) -> None:
    validate = real_validation(registry=registry)
    assert validate is not None
    scores = validate(network)
    assert set(scores) == {
        "registry_population",
        "registry_volume",
        "registry_volume_guided",
        "registry_taught",
        "registry_taught_guided",
    }
    assert scores["registry_volume_guided"] > scores["registry_volume"]


def test_without_data_there_is_no_validation() -> None:
    assert real_validation() is None


def test_volumes_too_flat_to_judge_are_refused(tmp_path: Path) -> None:
    mask = np.ones((4, 16, 16), np.uint8)
    np.savez(tmp_path / "flat.npz", image=mask, spacing=np.ones(3), mask_block=mask)
    with pytest.raises(ValueError, match="12 slices or more"):
        real_validation(volumes=[tmp_path])


def test_batches_are_made_in_float32_where_the_network_computes_in_bfloat16(
    network: UniverSeg, registry: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processor, "bfloat16_is_faster", lambda device: True)
    assert synthetic_scores(network, torch.device("cpu"), seed=1)["synthetic_volume_guided"] > 0.5
    validate = real_validation(registry=registry)
    assert validate is not None
    assert validate(network)["registry_volume_guided"] > 0.5
