"""3×3 convolutions as the engine uses them: packed once, with what follows fused into them.

Maps are [n, height, width, channels] here, the layout in which processors and graphics cards
convolve fastest, and the one in which a sum over maps runs over contiguous memory.
"""

import torch
from torch import Tensor
from torch.nn import functional

from core.network.definition import NEGATIVE_SLOPE


class Convolution:
    """A 3×3 convolution that keeps height and width.

    Parameters
    ----------
    weight : Tensor
        [out, in, 3, 3], in the precision and on the device to compute with.
    bias : Tensor, optional
        [out], likewise.
    fused : bool
        Use oneDNN's fused convolutions; see `fusing_available`.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None, *, fused: bool) -> None:
        self._weight = weight.contiguous(memory_format=torch.channels_last)
        self._bias = bias
        self._fused = fused
        self._packed: dict[tuple[int, int], Tensor] = {}

    def __call__(self, maps: Tensor) -> Tensor:
        """Convolve [n, height, width, in]; gives [n, height, width, out]."""
        if self._fused:
            return self._pointwise(maps, "none", [])
        return _inner(functional.conv2d(_outer(maps), self._weight, self._bias, padding=1))

    def activated(self, maps: Tensor) -> Tensor:
        """Convolve and apply the LeakyReLU."""
        if self._fused:
            return self._pointwise(maps, "leaky_relu", [NEGATIVE_SLOPE])
        return functional.leaky_relu_(self(maps), NEGATIVE_SLOPE)

    def added_to(self, total: Tensor, maps: Tensor) -> Tensor:
        """Convolve and add to total, whose memory is used for the result."""
        if not self._fused:
            return total.add_(self(maps))
        return _inner(
            torch.ops.mkldnn._convolution_pointwise_(
                _outer(total), _outer(maps), self._packed_for(maps), self._bias,
                [1, 1], [1, 1], [1, 1], 1, "add", 1.0, None, [], None,
            )
        )  # fmt: skip

    def _pointwise(self, maps: Tensor, operation: str, scalars: list[float]) -> Tensor:
        return _inner(
            torch.ops.mkldnn._convolution_pointwise(
                _outer(maps), self._packed_for(maps), self._bias,
                [1, 1], [1, 1], [1, 1], 1, operation, scalars, "",
            )
        )  # fmt: skip

    def _packed_for(self, maps: Tensor) -> Tensor:
        """The weight in the layout that oneDNN chooses for maps of this height and width."""
        size = (maps.shape[1], maps.shape[2])
        if size not in self._packed:
            self._packed[size] = torch.ops.mkldnn._reorder_convolution_weight(
                self._weight, [1, 1], [1, 1], [1, 1], 1, list(_outer(maps).shape)
            )
        return self._packed[size]


def fusing_available(device: torch.device, dtype: torch.dtype) -> bool:
    """Whether this build of PyTorch, on this machine, offers oneDNN's fused convolutions."""
    return (
        device.type == "cpu"
        and torch.backends.mkldnn.is_available()
        and hasattr(torch.ops.mkldnn, "_convolution_pointwise_")
        and hasattr(torch.ops.mkldnn, "_reorder_convolution_weight")
        and (dtype == torch.float32 or torch.ops.mkldnn._is_mkldnn_bf16_supported())
    )


def _outer(maps: Tensor) -> Tensor:
    """View [n, height, width, channels] as PyTorch's [n, channels, height, width]."""
    return maps.permute(0, 3, 1, 2)


def _inner(maps: Tensor) -> Tensor:
    """View [n, channels, height, width] as [n, height, width, channels], contiguous."""
    return maps.permute(0, 2, 3, 1).contiguous()
