"""Functions of arrays of NumPy on arrays of dask, block by block."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

Function = TypeVar('Function', bound=Callable[..., Any])


def lazily(function: Function) -> Function:
    """Let a function of a format and an array take dask's arrays, and give one of the same chunks: nothing is computed.

    What is wrong with a dtype shows at once, what is wrong with an element when its block is computed.
    """

    @wraps(function)
    def call(spec: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
        dask = sys.modules.get('dask.array')  # which whoever has such an array has imported
        if dask is None or not isinstance(x, dask.Array):
            return function(spec, x, *args, **kwargs)
        # of an empty array
        meta = function(spec, x._meta, *args, **kwargs)
        return dask.map_blocks(call, spec, x, *args, **kwargs, meta=meta)

    return call  # type: ignore[return-value]
