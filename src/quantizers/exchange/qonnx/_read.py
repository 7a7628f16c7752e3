"""From an operator to a spec."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from ..._checks.fields import boolean, integer_between
from ..._checks.shown import shown
from ..._maths.floats import times_power
from ...formats import MAX_BITS, FixedQ, MinifloatQ
from ...modes import RoundingMode
from ._operators import ATTRIBUTES, FLAGS, INPUTS, ROUNDINGS, canonical


def from_qonnx(op_type: str, inputs: Mapping[str, Any], attributes: Mapping[str, Any]) -> FixedQ | MinifloatQ:
    """The spec that an operator is: `from_qonnx(*spec.to_qonnx())` is `spec` (a `TernaryQ` as its `FixedQ`).

    Args:
        op_type: `Quant` (`IntQuant` is the same) or `FloatQuant`.
        inputs: the numbers under the names that `Node.inputs` has, or arrays of one element.
        attributes: as in `Node.attributes`; `rounding_mode` in any case, ROUND if it is missing.

    Raises ValueError for anything else: another operator, a scale that is no power of two, scales for each
    channel, a zero point, codes for Inf or NaN, a missing or unknown name.
    """
    op_type = canonical(op_type)
    if op_type not in INPUTS:
        why = ' (it gives 1 at 0, where BinaryQ gives -1)' if op_type == 'BipolarQuant' else ''
        raise ValueError(f"'op_type' must be Quant, IntQuant or FloatQuant: {shown(op_type)}{why}")
    attributes = {'rounding_mode': 'ROUND', **attributes}
    for what, given, known in (('input', inputs, INPUTS), ('attribute', attributes, ATTRIBUTES)):
        if set(given) != set(known[op_type]):
            raise ValueError(
                f'{op_type} must have the {what}s {", ".join(known[op_type])}: {", ".join(map(str, given))}'
            )
    numbers = {name: _number(name, inputs[name]) for name in INPUTS[op_type]}
    flags = {name: boolean(name, value) for name, value in attributes.items() if name != 'rounding_mode'}
    rounding = _rounding(attributes['rounding_mode'])
    return (_fixed if op_type == 'Quant' else _minifloat)(numbers, flags, rounding)


def _number(name: str, value: object) -> Fraction:
    array = np.asarray(value)
    if array.size != 1 or array.dtype.kind not in 'fiu':
        raise ValueError(
            f'{name!r} must be one number (a spec is one format: read channels one by one): {shown(value)}'
        )
    number = array.item()
    if not math.isfinite(number):
        raise ValueError(f'{name!r} must be finite: {number}')
    return Fraction(number if isinstance(number, int) else float(number))


def _whole(name: str, number: Fraction, low: int, high: int) -> int:
    return integer_between(name, int(number) if number.denominator == 1 else float(number), low, high)


def _rounding(value: object) -> RoundingMode:
    text = value.decode('utf-8', 'replace') if isinstance(value, bytes) else value
    for rounding, names in ROUNDINGS.items():
        if isinstance(text, str) and text.upper() in names:
            return rounding
    known = ', '.join(name for names in ROUNDINGS.values() for name in names)
    raise ValueError(f"'rounding_mode' must be one of {known}: {shown(value)}")


def _fixed(numbers: dict[str, Fraction], flags: dict[str, bool], rounding: RoundingMode) -> FixedQ:
    scale, signed, narrow = numbers['scale'], flags['signed'], flags['narrow']
    width = _whole('bitwidth', numbers['bitwidth'], 1, MAX_BITS)
    f = scale.denominator.bit_length() - scale.numerator.bit_length()
    if scale != times_power(1, -f):
        raise ValueError(f"'scale' must be a power of two, as fixed point has no other steps: {float(scale)}")
    if numbers['zeropt']:
        raise ValueError(f"'zeropt' must be 0, as fixed point has no zero point: {float(numbers['zeropt'])}")
    if narrow and not signed:
        raise ValueError("'narrow' must be 0 where 'signed' is 0: 1 (without the largest code it is no format here)")
    if width == 1 and signed:
        raise ValueError("'bitwidth' must be at least 2 where 'signed' is 1: 1 (-1 and 1; BinaryQ differs at 0)")
    return FixedQ(width, width - f, signed, rounding, 'SAT_SYM' if narrow else 'SAT')


def _minifloat(numbers: dict[str, Fraction], flags: dict[str, bool], rounding: RoundingMode) -> MinifloatQ:
    if numbers['scale'] != 1:
        raise ValueError(
            "'scale' must be 1 (one of 2^n is a change of n in 'exponent_bias', and of 2^n in 'max_val'): "
            f'{float(numbers["scale"])}'
        )
    for name, value in flags.items():
        if value != FLAGS[name]:
            raise ValueError(f'{name!r} must be {FLAGS[name]}, as it is of every MinifloatQ: {value:d}')
    if rounding != 'RND_CONV':
        raise ValueError(
            f"'rounding_mode' must be ROUND or HALF_EVEN, as a MinifloatQ rounds: {ROUNDINGS[rounding][0]}"
        )
    e = _whole('exponent_bitwidth', numbers['exponent_bitwidth'], 1, 11)
    m = _whole('mantissa_bitwidth', numbers['mantissa_bitwidth'], 0, 52)
    zero = 1 << (e - 1)
    spec = MinifloatQ(m, e, zero - _whole('exponent_bias', numbers['exponent_bias'], zero - MAX_BITS, zero + MAX_BITS))
    if numbers['max_val'] < spec.max:
        raise ValueError(
            f"'max_val' must be at least {spec.max}, the largest value of {spec!r}: {float(numbers['max_val'])}"
        )
    return spec
