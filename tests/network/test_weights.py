"""Weights survive their file, and a file that is not what it should be says so."""

import os
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from core.network.definition import UniverSeg
from core.network.guidance import GUIDANCE_CHANNELS
from core.network.weights import (
    BUNDLED,
    PUBLISHED_FILE,
    LicenceNotAccepted,
    WeightsError,
    load_weights,
    save_weights,
    weights_from_bytes,
    weights_to_bytes,
)

CARD = {"name": "trial", "licence": "Apache-2.0", "recipe": "none"}


def guided_network() -> UniverSeg:
    torch.manual_seed(4)
    network = UniverSeg(8, GUIDANCE_CHANNELS)
    torch.nn.init.normal_(network.guidance_conv.weight)
    return network


def test_weights_and_their_card_survive_the_file_in_half_precision(tmp_path: Path) -> None:
    network, path = guided_network(), tmp_path / "trial.safetensors"
    save_weights(network, path, CARD)
    loaded = load_weights(path)
    assert loaded.name == "trial"
    assert loaded.card == CARD | {"features": "8", "guidance_channels": str(GUIDANCE_CHANNELS)}
    for name, values in network.state_dict().items():
        found = loaded.network.state_dict()[name]
        assert found.dtype == torch.float32
        assert torch.equal(found, values.half().float()), name
    assert not loaded.network.training
    assert [file.name for file in tmp_path.iterdir()] == ["trial.safetensors"]


def test_weights_of_fewer_guidance_channels_do_not_heed_the_newer_ones(tmp_path: Path) -> None:
    torch.manual_seed(4)
    older, path = UniverSeg(8, guidance_channels=4), tmp_path / "older.safetensors"
    torch.nn.init.normal_(older.guidance_conv.weight)
    save_weights(older, path, CARD)
    network = load_weights(path).network
    assert network.guidance_channels == GUIDANCE_CHANNELS
    query, guidance = torch.rand(1, 1, 16, 16), torch.rand(1, GUIDANCE_CHANNELS, 16, 16)
    support = torch.rand(2, 1, 3, 1, 16, 16)
    older.load_state_dict({name: own.half().float() for name, own in older.state_dict().items()})
    expected = older(query, *support, guidance[:, :4])
    torch.testing.assert_close(network(query, *support, guidance), expected, atol=1e-5, rtol=1e-4)


def test_the_bundled_weights_load_and_take_the_guidance_of_this_version() -> None:
    weights = load_weights()
    assert weights.network.guidance_channels == GUIDANCE_CHANNELS
    assert weights.card["licence"]
    assert BUNDLED.stat().st_size < 4_000_000


@pytest.fixture
def published_file(tmp_path: Path) -> Path:
    """A file made as the published checkpoint is: the state dict of the network, random here."""
    torch.manual_seed(5)
    path = tmp_path / PUBLISHED_FILE
    torch.save(UniverSeg().state_dict(), path)
    return path


def test_the_published_checkpoint_needs_its_licence_accepted(published_file: Path) -> None:
    with pytest.raises(LicenceNotAccepted, match="research use only"):
        load_weights(published_file)


def test_the_published_checkpoint_loads_once_its_licence_is_accepted(published_file: Path) -> None:
    weights = load_weights(published_file, accept_licence=True)
    assert weights.name == published_file.stem
    assert (weights.network.features, weights.network.guidance_channels) == (64, 0)
    expected = torch.load(published_file, weights_only=True)
    assert all(
        torch.equal(values, expected[name]) for name, values in weights.network.state_dict().items()
    )


class _RunsCode:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (os.environ["SLICEWISE_TEST_TRAP"],)


def test_a_checkpoint_with_code_in_it_is_refused_and_the_code_does_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trap = tmp_path / "the code ran"
    monkeypatch.setenv("SLICEWISE_TEST_TRAP", str(trap))
    path = tmp_path / "evil.pt"
    torch.save({"weight": _RunsCode()}, path)
    with pytest.raises(WeightsError, match="holds more than numbers"):
        load_weights(path, accept_licence=True)
    assert not trap.exists()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="nowhere"):
        load_weights(tmp_path / "nowhere.safetensors")


@pytest.mark.parametrize("content", [b"", b"hello", b"\xff" * 64, b"PK\x03\x04 no zip"])
def test_a_file_that_is_no_weights_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "weights.safetensors"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match="neither a safetensors file nor"):
        load_weights(path)


def test_a_truncated_file_is_refused(tmp_path: Path, published_file: Path) -> None:
    whole = tmp_path / "whole.safetensors"
    save_weights(guided_network(), whole, CARD)
    for path in (whole, published_file):
        part = tmp_path / f"part{path.suffix}"
        part.write_bytes(path.read_bytes()[:-100])
        with pytest.raises(WeightsError):
            load_weights(part, accept_licence=True)


def test_parameters_that_do_not_fit_are_named(tmp_path: Path) -> None:
    path = tmp_path / "odd.safetensors"
    good = UniverSeg(8).state_dict()
    name = "dec_blocks.1.cross.cross_conv.weight"
    for change, message in [
        ({name: torch.zeros(8, 31, 3, 3)}, rf"{name} has shape \(8, 31, 3, 3\); expected"),
        ({"extra.weight": torch.zeros(3)}, "unknown parameters extra.weight"),
        ({name: torch.full((8, 32, 3, 3), torch.nan)}, "not finite"),
        ({name: torch.zeros(8, 32, 3, 3, dtype=torch.int32)}, "not finite numbers"),
    ]:
        save_file(good | change, path)
        with pytest.raises(WeightsError, match=message):
            load_weights(path)
    save_file({other: values for other, values in good.items() if other != name}, path)
    with pytest.raises(WeightsError, match=f"lacks the parameters {name}"):
        load_weights(path)
    save_file({"something": torch.zeros(2)}, path)
    with pytest.raises(WeightsError, match="holds no UniverSeg network"):
        load_weights(path)


def test_weights_without_name_or_licence_or_beyond_half_precision_are_not_written(
    tmp_path: Path,
) -> None:
    network = guided_network()
    with pytest.raises(WeightsError, match="lacks licence"):
        save_weights(network, tmp_path / "w.safetensors", {"name": "w"})
    bias = network.out_conv.conv.bias
    assert bias is not None
    with torch.no_grad():
        bias.fill_(1e6)
    with pytest.raises(WeightsError, match=r"out_conv.conv.bias"):
        save_weights(network, tmp_path / "w.safetensors", CARD)
    assert list(tmp_path.iterdir()) == []


def test_parameters_are_the_same_bytes_however_often_they_are_written() -> None:
    network = load_weights().network
    contents = {weights_to_bytes(network) for _ in range(20)}
    assert len(contents) == 1
    read = weights_from_bytes(contents.pop(), "read").network
    for name, values in network.state_dict().items():
        assert torch.equal(values.half(), read.state_dict()[name].half())
