"""Bit widths that are arrays: which elements share constants, and how these reach each block."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from typing import Any

import numpy as np

from .._backends import _numpy_kernels
from .._backends._binding import Binding, binding_for
from .._backends._numpy import float_name
from .._backends._numpy_integers import integer_values
from .._backends._numpy_kernels import Kernel, bind
from .._backends._numpy_run import BLOCK, apply, in_one_pass, redo_large, run
from .._backends._numpy_xp import Array
from .._maths.floats import UNBOUNDED, compute_dtype
from .._maths.law import Law

# up to here the constants of all formats in a range of widths are made, whether they occur or not
MAX_FORMATS = 1 << 12
# elements of a row whose constants are made for all of them
MAX_ROW = 1 << 17


class Family:
    """The kernels of all formats of one law and dtype, which differ in their widths alone."""

    def __init__(self, law: Law, name: str) -> None:
        self.law, self.name = law, name
        self._of_numbers = lru_cache(maxsize=256)(self._kernel)

    def kernel(self, binding: Binding, *widths: Array) -> Kernel:
        """The kernel for widths that are integer arrays."""
        return self._kernel(binding, *widths)

    def of_numbers(self, binding: Binding, *widths: int) -> Kernel:
        """The kernel for widths that are ints, made once."""
        return self._of_numbers(binding, *widths)

    def _kernel(self, binding: Binding, *widths: Any) -> Kernel:
        return binding.kernel(bind(self.law, widths, self.name))  # type: ignore[no-any-return]

    def of_integers(self, x: Array, *widths: Any) -> Array:
        """Integers in one axis that float64 cannot hold, and their widths, ints or arrays."""
        return integer_values(self.law, x, widths, _of_floats(self.law))


def _of_floats(law: Law) -> Callable[..., Array]:
    return lambda x, *widths: quantize(family(law, 'float64'), x, tuple(map(np.asarray, widths)))


@lru_cache(maxsize=256)
def family(law: Law, name: str) -> Family:
    """The kernels of a law for results of the dtype `name`."""
    return Family(law, name)


def quantize(kernels: Family, array: Array, widths: tuple[Array, ...]) -> Array:
    """Quantize by widths that are integer arrays and broadcast with `array`, which is as `as_real_array` gives it."""
    name = float_name(array)
    if all(w.ndim == 0 for w in widths):
        numbers = [int(w) for w in widths]
        kernel = kernels.of_numbers(binding_for(array.size), *numbers)
        return apply(kernel, array, name, None, lambda x: kernels.of_integers(x, *numbers))
    shape = np.broadcast_shapes(array.shape, *(w.shape for w in widths))
    source = np.broadcast_to(np.asarray(array), shape)
    result = np.empty(shape, array.dtype if array.dtype.name == name else name)
    if result.size:
        padded = tuple(w.reshape((1,) * (len(shape) - w.ndim) + w.shape) for w in widths)
        with np.errstate(all='ignore'):
            _fill(kernels, source, result, padded)
        redo_large(source, result, kernels.of_integers, *padded)
    if isinstance(array, np.ma.MaskedArray):
        mask = np.broadcast_to(np.ma.getmaskarray(array), shape)
        return np.ma.MaskedArray(result, mask=mask.copy())
    return result


def _fill(kernels: Family, source: Array, result: Array, widths: tuple[Array, ...]) -> None:
    """Quantize into `result`; all have the same number of axes."""
    binding = binding_for(source.size)
    if all(w.size == 1 for w in widths):
        run(kernels.of_numbers(binding, *(w.item() for w in widths)), source, result)
        return
    row = math.prod(source.shape[1:])
    if source.shape[0] > 1 and row <= MAX_ROW and all(w.shape[0] == 1 for w in widths):
        _fill_rows(kernels.kernel(binding, *widths), source, result)
    elif row > BLOCK or source.shape[0] == 1:
        for index in range(source.shape[0]):
            _fill(kernels, source[index], result[index], tuple(w[index if w.shape[0] > 1 else 0] for w in widths))
    else:
        _fill_elements(kernels, source, result, widths)


def _fill_rows(kernel: Kernel, source: Array, result: Array) -> None:
    """The constants are the same in each row of the first axis."""
    if in_one_pass(kernel, source, result):
        return
    compute = compute_dtype(result.dtype.name)
    rows = max(1, BLOCK // math.prod(source.shape[1:]))
    for start in range(0, source.shape[0], rows):
        part = slice(start, start + rows)
        result[part] = kernel(source[part].astype(compute, copy=False))


def _fill_elements(kernels: Family, source: Array, result: Array, widths: tuple[Array, ...]) -> None:
    """The constants are another in each element: they are made once for all that share them, and looked up."""
    lows = [int(w.min()) for w in widths]
    counts = [int(w.max()) - low + 1 for w, low in zip(widths, lows, strict=True)]
    kernel = None
    if math.prod(counts) <= MAX_FORMATS:
        formats = [low + n.reshape(-1) for low, n in zip(lows, np.indices(counts), strict=True)]
        with suppress(ValueError):  # for a format that need not occur
            kernel = kernels.kernel(_numpy_kernels, *formats)
    if kernel is None:
        formats, widths = _occurring(widths)
        lows, counts = [0], [formats[0].size]
        kernel = kernels.kernel(_numpy_kernels, *formats)
    read_only = ['readonly', 'contig', 'aligned', 'nbo']
    arrays = [source, *(np.broadcast_to(w, source.shape) for w in widths), result]
    blocks = np.nditer(  # type: ignore[call-overload]  # its hints lack `contig`
        arrays,
        ['external_loop', 'buffered'],
        [*(read_only for _ in arrays[1:]), ['writeonly']],
        [np.dtype(compute_dtype(result.dtype.name)), *(w.dtype for w in widths), result.dtype],
        casting='unsafe',
        buffersize=BLOCK,
    )
    with blocks:
        for read, *own, write in blocks:
            at = own[0] - lows[0]
            for width, low, count in zip(own[1:], lows[1:], counts[1:], strict=True):
                at = at * count + (width - low)
            write[...] = kernel(read, at)


def _occurring(widths: tuple[Array, ...]) -> tuple[list[Array], tuple[Array]]:
    """The formats that occur, as an array of each width, and which of them each element has."""
    reach = 2 * UNBOUNDED + 1
    key = np.zeros((1,) * widths[0].ndim, np.int64)
    for w in widths:
        key = key * reach + (w + UNBOUNDED)
    found, which = np.unique(key, return_inverse=True)
    formats = []
    for _ in widths:
        found, width = np.divmod(found, reach)
        formats.append(width - UNBOUNDED)
    return formats[::-1], (which.reshape(key.shape),)
