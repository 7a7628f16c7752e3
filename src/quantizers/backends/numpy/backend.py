"""NumPy: which kernel quantizes an array."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..._maths.floats import compute_dtype
from ..blocks import Blocks
from ..precision import no_precision_warning, warn_if_inexact
from ..subnormals import flushed, subnormals_kept
from . import blocks
from . import kernels as numpy_kernels
from .binding import binding_for
from .inputs import as_array, as_real_array, exact_number, float_name
from .integers import integer_values
from .kernels import Kernel
from .run import BLOCK, apply, by_parts, check_out, masked_as, to_float
from .spec import FEW, kernels_of, spec_kernel
from .xp import Array


class NumpyBackend:
    """Quantizes NumPy arrays, Python numbers and lists."""

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
        if flushed():
            with subnormals_kept():
                return self.quantize(spec, x, out=out, training=training, seed_gen=seed_gen, threads=threads)
        if training:
            if spec.stochastic and isinstance(seed_gen, np.random.Generator):
                if out is not None:
                    raise ValueError(f"'out' must be None where a generator draws: {type(out).__name__}")
                return self._drawn(spec, as_array(x), seed_gen)
            refuse_training()
        kernels, kind = kernels_of(spec), type(x)
        if out is None and kind in kernels.of_numbers:
            of_number = kernels.of_numbers[kind](x)
            if of_number is not None:
                return of_number
        array = x if kind is np.ndarray else as_array(x)
        if out is None and type(array) is np.ndarray:
            if array.size <= FEW and array.dtype in kernels.of_few:
                of_few = kernels.of_few[array.dtype](array)
                if of_few is not None:
                    return of_few
            elif FEW < array.size <= BLOCK and array.dtype in kernels.of_blocks:
                return kernels.of_blocks[array.dtype](array.reshape(-1)).reshape(array.shape)
        if array.dtype.kind == 'c':
            return self._parts(spec, array, out, threads)
        if array.dtype == object:
            return self._exact(spec, array, out)
        array = as_real_array(array)
        name = float_name(array)
        kernel = self.kernel(spec, name, array.size)
        warn_if_inexact(spec, name, stacklevel=3)
        kernels.learn(spec, kind, array, name)
        return apply(kernel, array, name, out, self._large(spec), threads)

    def by_blocks(self, spec: Blocks, x: object, *, training: bool = False, seed_gen: object = None) -> Array:
        """See `BlockQ.__call__`."""
        generator = seed_gen if training and spec.stochastic and isinstance(seed_gen, np.random.Generator) else None
        if training and generator is None:
            refuse_training()
        with subnormals_kept():
            return blocks.by_blocks(spec, x, generator)

    def kernel(self, spec: Any, name: str, size: int) -> Kernel:
        """The kernel of a spec for the dtype `name`, the best one for `size` elements."""
        kernels = kernels_of(spec)
        key = name, binding_for(size)
        if key not in kernels.bound:
            kernels.bound[key] = kernel = spec_kernel(spec, *key)
            if key[1] is binding_for(0) and compute_dtype(name) == name:
                kernels.of_blocks[np.dtype(name)] = kernel
        return kernels.bound[key]

    def _parts(self, spec: Any, x: Array, out: Any, threads: int | None) -> Any:
        """The real and the imaginary part of each number, by themselves."""
        if out is not None:
            check_out(out, x.shape, x.dtype.name)
        warn_if_inexact(spec, x.real.dtype.name, stacklevel=4)
        with no_precision_warning():
            return by_parts(lambda part: self.quantize(spec, part, threads=threads), x, out)

    def _drawn(self, spec: Any, x: Array, seed_gen: np.random.Generator) -> Array:
        """As in training, by random numbers of a generator of NumPy's."""
        if x.dtype.kind == 'c':
            return by_parts(lambda part: self._drawn(spec, part, seed_gen), x)
        x = as_real_array(x)
        name, law = float_name(x), spec.law.in_training
        compute, dtype = np.dtype(compute_dtype(name)), x.dtype if x.dtype.name == name else np.dtype(name)
        warn_if_inexact(spec, name, stacklevel=4)
        widths = dict(zip(spec.law.widths, spec.law_widths, strict=True))
        kernel = numpy_kernels.kernel(numpy_kernels.bind(law, tuple(widths[own] for own in law.widths), name))
        numbers = np.asarray(x).astype(compute, copy=False).reshape(-1)
        uniform = seed_gen.random(numbers.shape, compute.type)
        with np.errstate(all='ignore'):
            result = kernel(numbers, None, uniform).astype(dtype, copy=False)
        return masked_as(x, result.reshape(x.shape))

    def _exact(self, spec: Any, x: Array, out: Any) -> Any:
        """Numbers of Python, each exactly as it is; the nearest float64 towards 0 of what it becomes."""
        if out is not None:
            check_out(out, x.shape, 'float64')
        warn_if_inexact(spec, 'float64', stacklevel=4)
        quantize = exact_of(spec)
        # a zero has the sign that a format gives it, which an exact 0 has lost
        zeros = [float(self.quantize(spec, zero)) for zero in (0.0, -0.0)]

        def value(item: Any) -> float:
            number = exact_number(item)
            if isinstance(number, float):
                return float(self.quantize(spec, number))
            return to_float(quantize(number)) or zeros[number < 0]

        with no_precision_warning():
            values = [value(item) for item in np.asarray(x).reshape(-1).tolist()]
        result = np.array(values, np.float64).reshape(x.shape)
        if out is not None:
            np.asarray(out)[...] = result
        return masked_as(x, result, out)

    def _large(self, spec: Any) -> Callable[[Array], Array] | None:
        """The quantizer of a spec for integers that float64 cannot hold."""
        if not spec.law.needs_all_bits:
            return None
        return lambda x: integer_values(
            spec.law, x, spec.law_widths, lambda y, *_: self.kernel(spec, 'float64', y.size)(y)
        )


backend = NumpyBackend()


def exact_of(spec: Any) -> Callable[[Any], Any]:
    """The quantizer of a spec in exact arithmetic, for one int or Fraction."""
    return spec.law.exact(*spec.law_widths)  # type: ignore[no-any-return]


def refuse_training() -> None:
    """Refuse `training=True`."""
    raise ValueError(
        "'training' must be False for NumPy arrays, but with a numpy.random.Generator as 'seed_gen' for stochastic "
        'rounding of a spec; in Keras use quantizers.get_fixed_quantizer: True'
    )
