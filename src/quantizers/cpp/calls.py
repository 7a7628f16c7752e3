"""Types that other packages write as calls of Python: QKeras' quantizers and the formats of apytypes.

`quantized_bits` counts `integer` without the sign bit, rounds to even and saturates: `quantizers.py` of QKeras 0.9.
HGQ2 has functions of the same names that count `bits` without the sign bit, too; these are not meant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .._checks.shown import shown
from ..formats import FixedQ, FloatQ, Spec
from ..modes import deterministic
from .constructors import arguments

Value = int | float | str | None
Makers = Mapping[str, tuple[Callable[..., Spec], str]]


def called(text: str, makers: Makers) -> Spec | None:
    """The spec that a call means; None for a call of something else."""
    name, positional, named = arguments(text) or ('', [], {})
    made = makers.get(name.lower())
    if made is None:
        return None
    make, known = made
    try:
        return make(*positional, **named)
    except TypeError:  # of how many there are, and their names
        raise ValueError(f'{name!r} takes {known}') from None


def _plain(field: str, value: Value, *plain: Value) -> None:
    if value not in plain:
        raise ValueError(f'{field!r} must be {plain[0]}, as no format has another one: {shown(value)}')


def _quantized_bits(
    bits: int = 8,
    integer: int = 0,
    symmetric: int = 0,
    keep_negative: int = True,
    alpha: Value = None,
    use_stochastic_rounding: int = False,
) -> FixedQ:
    _plain('alpha', alpha, 1, None)
    if keep_negative and bits == 1:
        raise ValueError('a sign of one bit, for which 0 is 1, is no format: BinaryQ() takes 0 for -1')
    signed = bool(keep_negative)
    rounding, overflow = _stochastic(use_stochastic_rounding), 'SAT_SYM' if symmetric and signed else 'SAT'
    return FixedQ(bits, integer + signed, signed, rounding, overflow)  # type: ignore[arg-type]  # names as they are


def _quantized_relu(
    bits: int = 8,
    integer: int = 0,
    use_sigmoid: int = 0,
    negative_slope: float = 0,
    use_stochastic_rounding: int = False,
) -> FixedQ:
    _plain('use_sigmoid', use_sigmoid, 0)
    _plain('negative_slope', negative_slope, 0)
    return FixedQ(bits, integer, False, _stochastic(use_stochastic_rounding), 'SAT')  # type: ignore[arg-type]


def _stochastic(flag: int) -> str:
    return 'S_RND_CONV' if flag else 'RND_CONV'


def _apyfixed(*, bits: int | None = None, int_bits: int | None = None, frac_bits: int | None = None) -> FixedQ:
    if (bits, int_bits, frac_bits).count(None) != 1:
        raise TypeError
    if int_bits is None:
        return FixedQ(bits, bits - frac_bits)  # type: ignore[arg-type, operator]  # which are not None
    return FixedQ(int_bits + frac_bits if bits is None else bits, int_bits)  # type: ignore[operator]


def _apyfloat(exp_bits: int, man_bits: int, bias: int | None = None) -> FloatQ:
    usual = (1 << max(exp_bits - 1, 0)) - 1
    return FloatQ(exp_bits, man_bits, usual if bias is None else bias, 'ieee', 'RND_CONV', 'INF')


QKERAS: Makers = {
    'quantized_bits': (_quantized_bits, 'bits, integer, symmetric, keep_negative, alpha, use_stochastic_rounding'),
    'quantized_relu': (_quantized_relu, 'bits, integer, use_sigmoid, negative_slope, use_stochastic_rounding'),
}
APYTYPES: Makers = {
    'apyfixed': (_apyfixed, 'two of bits, int_bits, frac_bits'),
    'apyfloat': (_apyfloat, 'exp_bits, man_bits, bias'),
}


def says_qkeras(spec: FixedQ) -> bool:
    """Whether QKeras has it: what rounds to even and saturates, but for a sign alone."""
    if deterministic(spec.rounding) != 'RND_CONV':
        return False
    return spec.overflow in ('SAT', 'SAT_SYM') and spec.width > 1 if spec.signed else spec.overflow == 'SAT'


def written_qkeras(spec: FixedQ) -> str:
    """`quantized_bits` of what has a sign, else `quantized_relu`."""
    last = ',use_stochastic_rounding=1' if spec.stochastic else ''
    if not spec.signed:
        return f'quantized_relu({spec.width},{spec.integer}{last})'
    return f'quantized_bits({spec.width},{spec.integer - 1},{int(spec.overflow == "SAT_SYM")}{last})'


def written_apyfloat(spec: Spec) -> str | None:
    """`APyFloat` of what is such a float."""
    config = spec.get_config()
    if not {'exponent_bits', 'mantissa_bits', 'bias'} <= config.keys():
        return None
    e, m, bias = config['exponent_bits'], config['mantissa_bits'], config['bias']
    usual = bias == (1 << e - 1) - 1
    text = f'APyFloat(exp_bits={e}, man_bits={m}{"" if usual else f", bias={bias}"})'
    return text if called(text, APYTYPES) == spec else None
