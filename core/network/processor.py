"""Where and in which precision to compute, by what the machine offers and a person chose."""

import importlib.util
from contextlib import AbstractContextManager
from dataclasses import dataclass

import torch

from core.network.steps import PORTABLE, Steps

_PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16}

_FIRST_BFLOAT16_CAPABILITY = (8, 0)


@dataclass(frozen=True)
class Limits:
    """How much is computed at once.

    Attributes
    ----------
    chunk_pixels : int
        Pairs × height × width of the maps of a chunk; see `core.network.arithmetic`.
    group_pixels : int
        Pairs × height × width of the pictures of all queries computed together.
    """

    chunk_pixels: int
    group_pixels: int


def choose_device(device: str = "auto") -> torch.device:
    """Choose where to compute.

    Parameters
    ----------
    device : str
        "auto" (a CUDA GPU if there is one), "cpu" or "cuda".

    Returns
    -------
    torch.device
        The choice.

    Raises
    ------
    ValueError
        If the device is unknown or not in this machine.
    """
    if device not in ("auto", "cpu", "cuda"):
        raise ValueError(f'device: got "{device}"; expected auto, cpu or cuda')
    if device == "cuda" and not torch.cuda.is_available():
        raise ValueError(
            "device: cuda was asked for, but PyTorch finds no CUDA GPU here; use cpu or auto"
        )
    if device == "cpu" or not torch.cuda.is_available():
        return torch.device("cpu")
    return torch.device("cuda")


def choose_precision(precision: str, device: torch.device) -> torch.dtype:
    """Choose the precision to compute in.

    Parameters
    ----------
    precision : str
        "auto" (bfloat16 where it is faster), "float32" or "bfloat16".
    device : torch.device
        Where it will be computed.

    Returns
    -------
    torch.dtype
        float32 or bfloat16.

    Raises
    ------
    ValueError
        If the precision is unknown.
    """
    if precision == "auto":
        return torch.bfloat16 if bfloat16_is_faster(device) else torch.float32
    if precision not in _PRECISIONS:
        raise ValueError(f'precision: got "{precision}"; expected auto, float32 or bfloat16')
    return _PRECISIONS[precision]


def bfloat16_is_faster(device: torch.device) -> bool:
    """Whether a device has instructions for bfloat16; without them float32 is faster.

    On x86 these are AVX512-BF16 and AMX; NVIDIA's GPUs have them since compute capability 8.0.
    """
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= _FIRST_BFLOAT16_CAPABILITY
    return any(
        getattr(torch.cpu, question, bool)()
        for question in ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    )


def mixed_precision(device: torch.device) -> torch.autocast:
    """Compute in bfloat16 where a device has instructions for it, and in float32 elsewhere.

    Without such instructions every product is converted back and forth: on a processor with AVX2
    alone, the gradients of a batch take nine times as long in bfloat16 (4.6 s instead of 0.53 s).

    Parameters
    ----------
    device : torch.device
        Where it will be computed.

    Returns
    -------
    torch.autocast
        To be entered around the computation.
    """
    return torch.autocast(device.type, torch.bfloat16, enabled=bfloat16_is_faster(device))


def choose_steps(device: torch.device) -> Steps:
    """Choose what computes the steps between the convolutions.

    On a processor they are compiled where Numba is installed; PyTorch's own operations do the
    same, slower.
    """
    if device.type == "cpu" and importlib.util.find_spec("numba"):
        from core.network import kernels  # takes a second, and only here is it needed

        kernels.start_threads()
        return kernels.COMPILED
    return PORTABLE


def choose_limits(device: torch.device, features: int, precision: torch.dtype) -> Limits:
    """Choose how much to compute at once.

    A processor's cache holds the maps of a chunk. A graphics card is to be kept busy instead, with
    as many pairs as fit in half of the memory that is free: a pair keeps less than one value of
    every channel for a pixel of its picture.

    Parameters
    ----------
    device : torch.device
        Where it will be computed.
    features : int
        Channels of the network's maps.
    precision : torch.dtype
        Of the maps.

    Returns
    -------
    Limits
        For any size of pictures.
    """
    if device.type == "cpu":
        return Limits(chunk_pixels=8 * 64 * 64, group_pixels=96 * 128 * 128)
    free, _ = torch.cuda.mem_get_info(device)
    group_pixels = free // 2 // (features * precision.itemsize)
    return Limits(chunk_pixels=min(256 * 64 * 64, group_pixels // 4), group_pixels=group_pixels)


def full_float32() -> AbstractContextManager[None]:
    """Compute float32 in full: without this, graphics cards round to TF32 before convolving."""
    return torch.backends.cudnn.flags(enabled=True, allow_tf32=False)
