"""The methods of proposing."""

from typing import Final, Literal, get_args

MethodName = Literal["auto", "interpolation"]
"""What a method is called on the command line and in reports: the network, which is told what the
other methods say, or the interpolation of shapes alone, which leaves slices beyond the examples."""

METHODS: Final[tuple[MethodName, ...]] = get_args(MethodName)
"""Every method."""


def uses_network(method: MethodName) -> bool:
    """Whether a method asks the network."""
    return method == "auto"
