"""Formats and laws on the tensors of one library: what users give becomes tensors, of a dtype that has formulas."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._checks.capabilities import Capability, require
from ..._maths.floats import FLOATS
from .. import backend_for
from ..blocks import Blocks
from ..precision import warn_if_inexact
from . import blocks, kernels
from .library import Library, Tensor

if TYPE_CHECKING:
    from ..._maths.law import Law

_PARTS = {'complex64': 'float32', 'complex128': 'float64'}
# what NumPy and libraries make arrays and tensors of
_PLAIN = (bool, int, float, complex, list, tuple, np.ndarray, np.generic)


class TensorBackend:
    """Quantizes the tensors of a library; it is found by their type, whatever Keras runs on."""

    _frames = 3  # between the user and the warning

    def __init__(self, library: Library) -> None:
        self.library = library
        self._by_law = library.as_written(kernels.quantize)
        self._whole_numbers = library.as_written(kernels.whole_numbers)
        self._in_blocks = library.as_written(blocks.quantize)
        self._warn = library.at_trace_time(warn_if_inexact)
        self._warn_of_fields = library.at_trace_time(_warn_of_fields)

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
        if out is not None:
            raise ValueError(f"'out' must be None for tensors, which are never changed in place: {type(out).__name__}")
        if threads != 1:
            raise ValueError(f"'threads' must be 1 for tensors: their framework has threads of its own: {threads}")
        require(spec, Capability.TENSORS)
        tensor = self.own('x', x)
        law = spec.law.in_training if training else spec.law
        seed = seed_of(spec.rounding, seed_gen) if training and spec.stochastic else None
        result = self.by_law(law, tensor, dict(zip(spec.law.widths, spec.law_widths, strict=True)), seed)
        dtype = self._floating(self.library.dtype_of(tensor))
        if self.library.compiling():  # which has of a format that it makes itself the fields alone
            kind, fields = spec.__reduce__()
            self._warn_of_fields(kind, fields, dtype)
        else:
            self._warn(spec, dtype, stacklevel=self._frames)
        return result

    def by_law(self, law: Law, x: Tensor, widths: Mapping[str, Any], seed: object = None) -> Tensor:
        """`x`, a tensor of this library, by a law."""
        return self._by_parts(lambda real: self._by_law(self.library, law, real, widths, seed), x, widths)

    def by_blocks(self, spec: Blocks, x: object, *, training: bool = False, seed_gen: object = None) -> Tensor:
        """See `BlockQ.__call__`."""
        tensor = self.real(self.own('x', x))
        seed = seed_of(spec.rounding, seed_gen) if training and spec.stochastic else None
        return self._in_blocks(self.library, spec, tensor, training, seed)

    def whole_numbers(self, x: Tensor) -> Tensor:
        """`x`, a tensor of this library, rounded half to even, straight-through."""
        return self._by_parts(lambda real: self._whole_numbers(self.library, real), x, {})

    def _by_parts(self, quantize: Callable[[Tensor], Tensor], x: Tensor, widths: Mapping[str, Any]) -> Tensor:
        """By what quantizes real numbers; of complex ones both parts at once, to which widths are to broadcast."""
        if 'complex' not in self.library.dtype_of(x):
            return quantize(self.real(x))
        axes = max((len(width.shape) for width in widths.values() if not isinstance(width, int)), default=0)
        parts = self.library.parts(x)
        for _ in range(len(parts.shape), axes + 1):
            parts = parts[:, None]
        result = quantize(parts)
        return self.library.joined(result[0], result[1])

    def tensor(self, x: object) -> Tensor:
        """`x`, a tensor, a variable, a number, a list or a NumPy array, as a tensor of this library.

        Raises TypeError for a tensor of another library, and for anything else.
        """
        tensor = self.own('x', x)
        if tensor is not None:
            return tensor
        if not isinstance(x, _PLAIN):
            raise TypeError(f"'x' must be a tensor, a NumPy array, a number or a list: {type(x).__qualname__}")
        return self.made_of(x)

    def own(self, name: str, value: object) -> Tensor | None:
        """A tensor, or a variable, as a tensor of this library; None for what is neither.

        Raises TypeError for a tensor of another library.
        """
        if self.library.is_tensor(value):
            return value
        theirs = backend_for(value)
        if not isinstance(theirs, TensorBackend):
            return None
        tensor = theirs.value_of(value)
        if not self.library.is_tensor(tensor):
            raise TypeError(
                f'{name!r} must be of {self.library.name}, as other arguments are, or an array of NumPy: '
                f'a tensor of {theirs.library.name}'
            )
        return tensor

    def made_of(self, x: object) -> Tensor:
        """A number, a list or a NumPy array as a tensor."""
        return self.library.made_of(x)

    def take(self, x: Tensor, indices: Sequence[int], axis: int) -> Tensor:
        """As `numpy.take`."""
        return self.library.taken(x, indices, axis)

    def concatenate(self, tensors: Sequence[Tensor], axis: int) -> Tensor:
        """As `numpy.concatenate`."""
        return self.library.concatenated(tensors, axis)

    def value_of(self, value: Any) -> Tensor:
        """A value of this library's types as a tensor."""
        return self.library.made_of(value)

    def real(self, tensor: Tensor) -> Tensor:
        """A tensor of a floating dtype that formulas are computed in, or cast to it. TypeError for complex numbers."""
        name = self.library.dtype_of(tensor)
        dtype = self._floating(name)
        if dtype not in FLOATS or 'complex' in name:
            raise TypeError(f"'x' must be a tensor of real numbers of at most 64 bits: dtype {name}")
        return tensor if dtype == name else self.library.tensor(tensor, dtype)

    def _floating(self, name: str) -> str:
        """The dtype in which numbers of a dtype are computed, or the parts of complex ones."""
        if name in FLOATS:
            return name
        if name in _PARTS:
            return _PARTS[name]
        if name.startswith('float8'):  # all of whose numbers float32 has
            return 'float32'
        return self.library.default_float() if name == 'bool' or 'int' in name else name


def seed_of(rounding: str, seed_gen: object) -> Any:
    """`seed_gen`, refused where a stochastic mode is to draw from nothing."""
    if seed_gen is None:
        raise ValueError(
            f"'seed_gen' must be an int, or a generator of the array's library, for {rounding} in training: None"
        )
    return seed_gen


def _warn_of_fields(kind: type, fields: tuple[Any, ...], dtype: str) -> None:
    warn_if_inexact(kind(*fields), dtype, stacklevel=4)
