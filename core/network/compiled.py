"""Functions compiled for graphics cards, where many small operations wait for one another."""

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import torch

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


@functools.cache
def compiled(function: Callable[_Arguments, _Result]) -> Callable[_Arguments, _Result]:
    """Compile a function of tensors of any size, once in a process.

    Parameters
    ----------
    function : callable
        Without side effects.

    Returns
    -------
    callable
        The same; its first call takes seconds.
    """
    result: Callable[_Arguments, _Result] = torch.compile(function, dynamic=True)
    return result
