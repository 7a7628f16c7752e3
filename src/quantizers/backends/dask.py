"""dask: an array is quantized block by block, by the library of its blocks, when it is computed."""

from __future__ import annotations

from typing import Any

import dask.array as da

from .precision import no_precision_warning, warn_if_inexact


class DaskBackend:
    """Quantizes dask arrays lazily: the result has the shape and the chunks of the input, unknown ones too."""

    def quantize(
        self,
        spec: Any,
        x: Any,
        *,
        out: Any = None,
        training: bool = False,
        seed_gen: Any = None,
        threads: int | None = 1,
    ) -> Any:
        """See `FixedQ.__call__`."""
        if not isinstance(x, da.Array):
            raise TypeError(f"'x' must be a dask array; to_dask_array() of a collection gives one: {type(x).__name__}")
        if out is not None:
            raise ValueError(f"'out' must be None for dask arrays, which are lazy: {type(out).__name__}")
        if training:
            raise ValueError("'training' must be False for dask arrays, which have no gradients: True")
        if threads != 1:
            raise ValueError(f"'threads' must be 1 for dask arrays: dask quantizes blocks at a time itself: {threads}")
        # an empty array, by which all that is wrong with the dtype shows before anything is computed
        meta = quantize(x._meta, spec)
        warn_if_inexact(spec, meta.real.dtype.name, stacklevel=3)
        return da.map_blocks(quantize, x, spec=spec, meta=meta)


backend = DaskBackend()


def quantize(block: Any, spec: Any) -> Any:
    """A block, quantized. dask names its tasks after this function."""
    with no_precision_warning():
        return spec(block)
