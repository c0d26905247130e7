"""The methods of proposing: whether the network is asked, and how its opinion is weighted."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

MethodName = Literal["auto", "network", "interpolation"]
"""What a method is called on the command line and in reports."""


@dataclass(frozen=True)
class Method:
    """How the opinions on a slice are combined.

    Attributes
    ----------
    uses_network : bool
        Whether the network is asked; without it, slices beyond the examples are left alone.
    network_share : float or None
        Weight of the network beside the interpolation, in [0, 1]; None where leaving examples out
        decides.
    """

    uses_network: bool
    network_share: float | None


METHODS: Mapping[MethodName, Method] = {
    "auto": Method(uses_network=True, network_share=None),
    "network": Method(uses_network=True, network_share=1.0),
    "interpolation": Method(uses_network=False, network_share=0.0),
}
"""Every method by name."""
