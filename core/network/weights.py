"""Weights of the network: where they come from, and whether a file really holds them.

Our own files are safetensors, which hold numbers and text but no code, in half precision and with
a card of metadata. The published checkpoint is a PyTorch file; it is read with the loader that
refuses everything but tensors, and only after its licence was accepted.
"""

import pickle
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load, save
from torch import Tensor
from torch.nn import functional

from core.network.definition import UniverSeg
from core.network.guidance import GUIDANCE_CHANNELS

BUNDLED = Path(__file__).parent / "bundled" / "slicewise.safetensors"
"""The weights that come with Slicewise; their card stands beside them."""

PUBLISHED_FILE = "universeg_v1_nf64_ss64_STA.pt"
"""Name of the published checkpoint in its authors' release."""

PUBLISHED_LICENCE = "OpenRAIL++-M"

_FEATURES_FROM = "enc_blocks.0.cross.cross_conv.weight"
_GUIDANCE_FROM = "guidance_conv.weight"


class WeightsError(ValueError):
    """Weights cannot be used; the message says why and what to do."""


class LicenceNotAccepted(WeightsError):
    """The published checkpoint was asked for without accepting its licence."""


@dataclass(frozen=True)
class Weights:
    """A network with its parameters, and what is known of them.

    Attributes
    ----------
    network : UniverSeg
        In evaluation mode, float32, on the CPU.
    name : str
        What people and reports call these weights.
    card : Mapping of str to str
        Data, recipe, figures and licence, as far as the file states them.
    """

    network: UniverSeg
    name: str
    card: Mapping[str, str] = field(default_factory=dict)


def load_weights(source: str | Path = "default", *, accept_licence: bool = False) -> Weights:
    """Load the bundled weights or those of a file.

    Parameters
    ----------
    source : str or Path
        "default" for the bundled weights, or a file: safetensors with the network's parameter
        names, or the published checkpoint.
    accept_licence : bool
        Whether the person accepted the licence of the published checkpoint. It allows research
        use only, so it has to be accepted before that file is read.

    Returns
    -------
    Weights
        Ready for use.

    Raises
    ------
    LicenceNotAccepted
        If the file is a PyTorch checkpoint and its licence was not accepted.
    WeightsError
        If there is no such file, or it does not hold exactly this network's parameters.
    """
    path = BUNDLED if str(source) == "default" else Path(source)
    if not path.is_file():
        raise WeightsError(f'weights: no file {path}; give the path of a file, or "default"')
    if zipfile.is_zipfile(path):
        return _load_published(path, accept_licence)
    return _load_own(path)


def save_weights(network: UniverSeg, path: Path, card: Mapping[str, str]) -> None:
    """Write parameters in half precision, with their card, to a safetensors file.

    Parameters
    ----------
    network : UniverSeg
        The parameters.
    path : Path
        The file to write; its folder must exist.
    card : Mapping of str to str
        What is known of these weights: at least "name" and "licence", and usually data, recipe
        and figures.

    Raises
    ------
    WeightsError
        If the card lacks a name or a licence, or a parameter cannot be stored in half precision.
    """
    if missing := [key for key in ("name", "licence") if not card.get(key)]:
        raise WeightsError(f"card: lacks {' and '.join(missing)}; weights are stored with both")
    shape = {
        "features": str(network.features),
        "guidance_channels": str(network.guidance_channels),
    }
    path.write_bytes(save(_halves(network, str(path)), metadata=dict(card) | shape))


def weights_to_bytes(network: UniverSeg) -> bytes:
    """Write parameters in half precision as a safetensors file, without a card.

    The same parameters give the same bytes, which they do not beside metadata of several keys.

    Raises
    ------
    WeightsError
        If a parameter cannot be stored in half precision.
    """
    return save(_halves(network, "the network"))


def weights_from_bytes(content: bytes, name: str) -> Weights:
    """Read what `weights_to_bytes` wrote.

    Parameters
    ----------
    content : bytes
        May come from elsewhere.
    name : str
        What to call these weights.

    Raises
    ------
    WeightsError
        If it does not hold exactly this network's parameters.
    """
    try:
        tensors = load(content)
    except (SafetensorError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise WeightsError(f"weights: {name} is no safetensors file, or it is damaged") from error
    return Weights(_network_from(tensors, name), name)


def _halves(network: UniverSeg, source: str) -> dict[str, Tensor]:
    halves = {
        name: values.detach().to("cpu", torch.float16).contiguous()
        for name, values in network.state_dict().items()
    }
    _require_finite(halves, source)
    return halves


def _load_own(path: Path) -> Weights:
    try:
        with safe_open(path, framework="pt") as file:
            card = dict(file.metadata() or {})
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise WeightsError(
            f"weights: {path} is neither a safetensors file nor a PyTorch checkpoint, "
            "or it is damaged"
        ) from error
    return Weights(_network_from(tensors, str(path)), card.get("name", path.stem), card)


def _load_published(path: Path, accept_licence: bool) -> Weights:
    if not accept_licence:
        raise LicenceNotAccepted(
            f"weights: {path.name} is a published checkpoint whose licence ({PUBLISHED_LICENCE}) "
            "allows research use only; accept it first"
        )
    try:
        loaded = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, ValueError, EOFError, KeyError) as error:
        raise WeightsError(
            f"weights: {path} is damaged or holds more than numbers, and was not read"
        ) from error
    if not isinstance(loaded, Mapping) or not all(
        isinstance(name, str) and isinstance(values, Tensor) for name, values in loaded.items()
    ):
        raise WeightsError(f"weights: {path} does not hold a list of named parameters")
    card = {"name": path.stem, "licence": PUBLISHED_LICENCE}
    return Weights(_network_from(loaded, str(path)), path.stem, card)


def _network_from(tensors: Mapping[str, Tensor], source: str) -> UniverSeg:
    """Build the network that the tensors fit; its width and guidance follow from their shapes."""
    first = tensors.get(_FEATURES_FROM)
    if first is None or first.ndim != 4:
        raise WeightsError(
            f"weights: {source} holds no UniverSeg network (no parameter {_FEATURES_FROM} of "
            "4 dimensions)"
        )
    guidance = tensors.get(_GUIDANCE_FROM)
    guidance_channels = 0 if guidance is None or guidance.ndim != 4 else guidance.shape[1]
    with torch.device("meta"):
        network = UniverSeg(first.shape[0], guidance_channels)
    expected = network.state_dict()
    if missing := sorted(expected.keys() - tensors.keys()):
        raise WeightsError(f"weights: {source} lacks the parameters {_some(missing)}")
    if unknown := sorted(tensors.keys() - expected.keys()):
        raise WeightsError(f"weights: {source} holds unknown parameters {_some(unknown)}")
    for name, values in tensors.items():
        if values.shape != expected[name].shape:
            raise WeightsError(
                f"weights: {source}: parameter {name} has shape {tuple(values.shape)}; expected "
                f"{tuple(expected[name].shape)}"
            )
    _require_finite(tensors, source)
    parameters = {name: values.to(torch.float32, copy=True) for name, values in tensors.items()}
    if 0 < guidance_channels < GUIDANCE_CHANNELS:
        # Channels are only ever appended: what older weights do not know, they do not heed.
        wanting = GUIDANCE_CHANNELS - guidance_channels
        parameters[_GUIDANCE_FROM] = functional.pad(
            parameters[_GUIDANCE_FROM], (0, 0, 0, 0, 0, wanting)
        )
        with torch.device("meta"):
            network = UniverSeg(network.features, GUIDANCE_CHANNELS)
    network.load_state_dict(parameters, assign=True)
    return network.eval().requires_grad_(False)


def _require_finite(tensors: Mapping[str, Tensor], source: str) -> None:
    for name, values in tensors.items():
        if not values.is_floating_point() or not values.isfinite().all():
            raise WeightsError(
                f"weights: {source}: parameter {name} holds values that are not finite numbers"
            )


def _some(names: list[str]) -> str:
    """Name at most three."""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more
