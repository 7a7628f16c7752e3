"""What is done to a tensor: a law, by known widths and by tensors, with its gradients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..._maths import minifloat
from ..._maths.law import Law
from ..._maths.laws import MINIFLOAT
from .compiled import in_one_call
from .constants import ConstantsMaker
from .gradient import of_law
from .library import Library, Tensor

# by their names: ints, NumPy arrays of integers, and tensors of real numbers
Widths = Mapping[str, Any]


def quantize(library: Library, law: Law, x: Tensor, widths: Widths, seed: Any = None) -> Tensor:
    """`x`, a tensor of a floating dtype, by a law, in its own dtype; widths that are tensors get gradients.

    Args:
        seed: where random numbers come from, by which to round; None where rounding is not at random.
    """
    with library.on_device_of(x):
        target = library.dtype_of(x)
        xp = library.namespace(target)
        tensors = {name: widths[name] for name in law.widths if library.is_tensor(widths[name])}
        known = {name: widths[name] for name in law.widths if name not in tensors}
        uniform = None if seed is None else library.uniform(x, xp.dtype, seed)
        if library.compiles(law, x, tensors):
            return in_one_call(library, law, target, x, tensors, known, uniform)
        formulas = of_law(library, xp, law, ConstantsMaker(library, xp, law, known), tuple(known.values()))
        reals = {name: library.tensor(width, xp.dtype) for name, width in tensors.items()}
        return library.differentiable(formulas, x, reals, uniform)


def whole_numbers(library: Library, x: Tensor) -> Tensor:
    """`x` rounded half to even, straight-through, as `RoundingLaw('RND_CONV')` of no fraction bits does it.

    A few operations, since packages that learn widths ask for it at each use of one.
    """
    xp = library.namespace(library.dtype_of(x))
    value = xp.held(x)
    return x + xp.nan_as_zero(xp.rint(value) - value)  # NaN where x is not finite


def decompose(library: Library, x: Tensor, widths: Widths) -> tuple[Tensor, Tensor]:
    """The mantissa, with the gradient of the quantized value, and the exponent, which has none, of a minifloat."""
    with library.on_device_of(x):
        target = library.dtype_of(x)
        xp = library.namespace(target)
        q = library.tensor(quantize(library, MINIFLOAT, x, widths), xp.dtype)
        _, e, e0 = MINIFLOAT.whole(xp, 0, library.integers(widths['e']), library.integers(widths['e0']))
        emin, _ = minifloat.exponent_range(xp, e, e0)
        mantissa, exponent = minifloat.decomposed(xp, q, emin)
        return library.tensor(mantissa, target), library.tensor(exponent, target)
