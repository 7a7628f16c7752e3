"""From a spec to an operator."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import singledispatch

from ..._checks.capabilities import Capability, require
from ..._checks.shown import shown
from ..._maths.floats import times_power
from ...formats import FixedFormat, Format, MinifloatQ, Quantizer
from ._operators import FLAGS, INPUTS, ROUNDINGS, Node


def to_qonnx(spec: Format) -> Node:
    """The operator that `spec` is; `spec.to_qonnx()` is the same.

    Raises ValueError for what QONNX cannot say: RND, RND_MIN_INF, RND_CONV_ODD, TO_ODD and the
    stochastic roundings; WRAP, WRAP_SM and
    SAT_ZERO; SAT_SYM without a sign, which is SAT there; one bit with a sign, and `BinaryQ`, as QONNX makes 1 of 0; a
    step outside 2^-126 .. 2^127; and of minifloats what it does not compute exactly: more than 10 mantissa bits, a step
    below 2^-124, a largest exponent above 126.
    """
    if not isinstance(spec, Quantizer):
        raise TypeError(f"'spec' must be a FixedQ, MinifloatQ, BinaryQ or TernaryQ: {shown(spec)}")
    require(spec, Capability.QONNX)
    broken = next(iter(_broken(spec)), None)
    if broken:
        raise ValueError(f'QONNX cannot say {spec!r}: {broken}')
    return operator(spec)


_UNREGISTERED = 'the kind {!r}, which says that it can be an operator of QONNX, must register which'


@singledispatch
def operator(spec: Format) -> Node:
    """The operator of a spec that is one; a kind that has operators registers a function here and in `_broken`."""
    raise NotImplementedError(_UNREGISTERED.format(spec.kind))


@singledispatch
def _broken(spec: Format) -> Iterable[str]:
    """The rules that a spec breaks."""
    raise NotImplementedError(_UNREGISTERED.format(spec.kind))


@_broken.register
def _(spec: FixedFormat) -> Iterable[str]:
    if spec.rounding not in ROUNDINGS:
        yield f"'rounding' must be one of {', '.join(ROUNDINGS)}: {spec.rounding}"
    if spec.signed and spec.overflow not in ('SAT', 'SAT_SYM'):
        yield f"'overflow' must be SAT or SAT_SYM: {spec.overflow}"
    if not spec.signed and spec.overflow != 'SAT':
        yield f"'overflow' must be SAT, of a format without a sign: {spec.overflow}"
    if spec.signed and spec.width == 1:
        yield "'width' must be at least 2, of a format with a sign: 1 (Quant makes -1 and 1 of it; use TernaryQ)"
    if not -127 <= spec.f <= 126:
        yield f"'width' - 'integer' must be from -127 to 126, as the scale is a float32: {spec.f}"


@operator.register
def _(spec: FixedFormat) -> Node:
    return Node(
        'Quant',
        {'scale': math.ldexp(1.0, -spec.f), 'zeropt': 0.0, 'bitwidth': float(spec.width)},
        {
            'signed': spec.k,
            'narrow': int(spec.overflow == 'SAT_SYM'),
            'rounding_mode': ROUNDINGS[spec.rounding][0],
        },
    )


@_broken.register
def _(spec: MinifloatQ) -> Iterable[str]:
    """The rules that a spec breaks.

    qonnx finds the exponent as `floor(log2(|x| + 2^-126))` and the step by `exp2`, in float32. Just below a power of
    two that exponent may be one too large. Within these rules no harm comes of it, even where log2 is off by four
    units in the last place, as vectorized ones are: such numbers round to the power of two anyway.
    """
    if spec.mantissa_bits > 10:
        yield f"'mantissa_bits' must be at most 10: {spec.mantissa_bits}"
    if spec.eps < times_power(1, -124):
        yield f"the step must be at least 2^-124, by a larger 'exponent_zero': 2^{spec.emin - spec.mantissa_bits}"
    if spec.emax > 126:
        yield f"the largest exponent must be at most 126, by a smaller 'exponent_zero': {spec.emax}"


@operator.register
def _(spec: MinifloatQ) -> Node:
    m, e, e0 = spec.mantissa_bits, spec.exponent_bits, spec.exponent_zero
    values = 1.0, float(e), float(m), float((1 << (e - 1)) - e0), float(spec.max)
    return Node('FloatQuant', dict(zip(INPUTS['FloatQuant'], values, strict=True)), {**FLAGS, 'rounding_mode': 'ROUND'})
