"""Formats by widths that are numbers or arrays: which kernel quantizes an array, and how constants reach each block."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable
from contextlib import suppress
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from .._maths.floats import UNBOUNDED, compute_dtype
from .._maths.law import Law
from ..backends.numpy import kernels as numpy_kernels
from ..backends.numpy.binding import Binding, binding_for
from ..backends.numpy.integers import integer_values
from ..backends.numpy.kernels import Kernel, bind
from ..backends.numpy.run import BLOCK, apply, redo_large, run
from ..backends.numpy.xp import Array
from ._widths import given_sign_bits, given_width, integers

# up to here the constants of all formats in a range of widths are made, whether they occur or not
MAX_FORMATS = 1 << 12
# elements of a row whose constants are made for all of them
MAX_ROW = 1 << 17
# elements of widths that are known again by their numbers
MAX_KNOWN = 1 << 12


class Family:
    """All formats of one law and dtype, which differ in their widths alone."""

    def __init__(self, law: Law, name: str) -> None:
        self.law, self.name = law, name
        self._known = lru_cache(maxsize=64)(lambda *keys: Formats(self, map(_of_key, keys)))

    def __call__(self, array: Array, *widths: Any) -> Array:
        """Quantize by widths as a user gives them; `array` is as `as_real_array` gives it."""
        keys = [_key(width) for width in widths]
        return (Formats(self, widths) if None in keys else self._known(*keys))(array)

    def kernel(self, binding: Binding, *widths: Any) -> Kernel:
        """The kernel for widths that are ints or integer arrays."""
        return binding.kernel(bind(self.law, widths, self.name))  # type: ignore[no-any-return]


@lru_cache(maxsize=256)
def family(law: Law, name: str) -> Family:
    """The formats of a law for results of the dtype `name`."""
    return Family(law, name)


def _key(width: Any) -> Hashable:
    """What tells a width from all others; None where it is too large for that, or nothing of NumPy's."""
    if type(width) is int or type(width) is float:
        return width
    if isinstance(width, int | float | np.integer):  # equal to a number of Python, and as good as that
        return width.item() if isinstance(width, np.generic) else None
    if type(width) is not np.ndarray or width.size > MAX_KNOWN or width.dtype.kind not in 'fiub':
        return None
    return width.dtype, width.shape, width.tobytes()


def _of_key(key: Any) -> Any:
    if not isinstance(key, tuple):
        return key
    dtype, shape, numbers = key
    return np.frombuffer(numbers, dtype).reshape(shape)


class Formats:
    """Formats of a family, by widths that are numbers or broadcast with what is quantized."""

    def __init__(self, of: Family, widths: Iterable[Any]) -> None:
        self._of = of
        # in the dtypes that they have, as loops read them
        self._given = {
            name: given_sign_bits(value) if name == 'k' else given_width(name, value)
            for name, value in zip(of.law.widths, widths, strict=True)
        }
        self._shape = np.broadcast_shapes(*(width.shape for width in self._given.values()))
        for name in of.law.selectors:  # formulas are shorter for one than for both
            self._given[name] = _alike(self._given[name])
        if of.law.bits_set_aside:
            of.law.check(np, *self._widths)
        self._kernels: dict[Binding, Kernel] = {}
        # of the last call, as the next one's shapes are mostly the same
        self._loop: Callable[[Array], Array] | None = None
        self._loop_shape: tuple[int, ...] = ()
        self._shapes: tuple[tuple[int, ...], tuple[int, ...]] | None = None

    @cached_property
    def _widths(self) -> tuple[Any, ...]:
        """As integers; ints, where all are numbers."""
        return tuple(whole if whole.ndim else whole.item() for whole in map(integers, self._given.values()))

    def _kernel(self, binding: Binding) -> Kernel:
        if binding not in self._kernels:
            self._kernels[binding] = self._of.kernel(binding, *self._widths)
        return self._kernels[binding]

    def __call__(self, array: Array) -> Array:
        """Quantize an array."""
        name = self._of.name
        if self._shape == ():
            return apply(self._kernel(binding_for(array.size)), array, name, None, self._of_integers)
        shape = self._broadcast(array.shape)
        source, binding = np.asarray(array), binding_for(math.prod(shape))
        if shape != array.shape:
            source = np.broadcast_to(source, shape)
        if binding is not numpy_kernels:
            result = self._compiled(binding, source).astype(name, copy=False)
        elif source.size <= BLOCK:
            result = self._kernel(binding)(source.astype(compute_dtype(name), copy=False)).astype(name, copy=False)
        else:
            result = np.empty(shape, array.dtype if array.dtype.name == name else name)
            with np.errstate(all='ignore'):
                _fill(self._of, source, result, tuple(_padded(width, len(shape)) for width in self._widths))
        if source.dtype.kind in 'iu':
            redo_large(source, result, self._of_integers, *map(np.asarray, self._widths))
        if isinstance(array, np.ma.MaskedArray):
            return np.ma.MaskedArray(result, mask=np.broadcast_to(np.ma.getmaskarray(array), shape).copy())
        return result

    def _broadcast(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        if self._shapes is None or self._shapes[0] != shape:
            self._shapes = shape, np.broadcast_shapes(shape, self._shape)
        return self._shapes[1]

    def _compiled(self, binding: Binding, source: Array) -> Array:
        """By a loop, kept for arrays of the same shape."""
        if self._loop is None or self._loop_shape != source.shape:
            widths = {name: width if width.ndim else integers(width).item() for name, width in self._given.items()}
            self._loop, self._loop_shape = (
                binding.prepared(self._of.law, self._of.name, source.shape, widths),
                source.shape,
            )
        return self._loop(source)

    def _of_integers(self, x: Array, *widths: Any) -> Array:
        """Integers in one axis that float64 cannot hold, and their widths where these are arrays."""
        law = self._of.law
        return integer_values(law, x, widths or self._widths, _of_floats(law))


def _of_floats(law: Law) -> Callable[..., Array]:
    return family(law, 'float64')


def _alike(width: Array) -> Array:
    """Its one number, where all are that."""
    if width.ndim and width.size and (width == width.flat[0]).all():
        return np.asarray(width.flat[0])
    return width


def _padded(width: Any, axes: int) -> Array:
    array: Array = np.asarray(width)
    return array.reshape((1,) * (axes - array.ndim) + array.shape)


def _fill(formats: Family, source: Array, result: Array, widths: tuple[Array, ...]) -> None:
    """Quantize into `result`; all have the same number of axes."""
    if all(w.size == 1 for w in widths):
        run(formats.kernel(numpy_kernels, *(w.item() for w in widths)), source, result)
        return
    row = math.prod(source.shape[1:])
    if source.shape[0] > 1 and row <= MAX_ROW and all(w.shape[0] == 1 for w in widths):
        _fill_rows(formats.kernel(numpy_kernels, *widths), source, result)
    elif row > BLOCK or source.shape[0] == 1:
        for index in range(source.shape[0]):
            _fill(formats, source[index], result[index], tuple(w[index if w.shape[0] > 1 else 0] for w in widths))
    else:
        _fill_elements(formats, source, result, widths)


def _fill_rows(kernel: Kernel, source: Array, result: Array) -> None:
    """The constants are the same in each row of the first axis."""
    compute = compute_dtype(result.dtype.name)
    rows = max(1, BLOCK // math.prod(source.shape[1:]))
    for start in range(0, source.shape[0], rows):
        part = slice(start, start + rows)
        result[part] = kernel(source[part].astype(compute, copy=False))


def _fill_elements(formats: Family, source: Array, result: Array, widths: tuple[Array, ...]) -> None:
    """The constants are another in each element: they are made once for all that share them, and looked up."""
    lows = [int(w.min()) for w in widths]
    counts = [int(w.max()) - low + 1 for w, low in zip(widths, lows, strict=True)]
    kernel = None
    if math.prod(counts) <= MAX_FORMATS:
        each = [low + n.reshape(-1) for low, n in zip(lows, np.indices(counts), strict=True)]
        with suppress(ValueError):  # for a format that need not occur
            kernel = formats.kernel(numpy_kernels, *each)
    if kernel is None:
        each, widths = _occurring(widths)
        lows, counts = [0], [each[0].size]
        kernel = formats.kernel(numpy_kernels, *each)
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
