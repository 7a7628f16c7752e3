"""What is measured: calls that do the same piece of work, by who does it. For test_speed.py and compare.py."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
from common import Array, Calls, load
from timing import Call

from quantizers import (
    AffineQ,
    BinaryQ,
    FixedArray,
    FixedQ,
    FloatQ,
    MinifloatQ,
    Spec,
    TernaryQ,
    float_quantize_np,
    get_fixed_quantizer_np,
)
from quantizers.formats import Quantizer
from quantizers.formats.named import NUMPY
from quantizers.formats.named_blocks import BLOCKS

OLD = Path(__file__).parents[1] / 'build/quantizers-1.2.2/quantizers'  # where `make bench` puts it
BINDINGS = {'plain': 'plain', 'compiled': 'compiled'}
# the roundings and overflows of all, as fxpmath calls them
ROUNDINGS = {
    'TRN': 'floor',
    'TRN_ZERO': 'fix',
    'RND': 'nearest_posinf',
    'RND_MIN_INF': 'nearest_neginf',
    'RND_INF': 'nearest_away',
    'RND_ZERO': 'nearest_zero',
    'RND_CONV': 'around',
}
OVERFLOWS = {'WRAP': 'wrap', 'SAT': 'saturate'}
MODES = product(
    ROUNDINGS, [(o, 0) for o in ('WRAP', 'SAT', 'SAT_SYM', 'SAT_ZERO', 'WRAP_SM')] + [('WRAP', 1), ('WRAP_SM', 1)]
)
OCP = {(1, 2, 1): 'float4_e2m1fn', (3, 2, 1): 'float6_e2m3fn', (2, 3, 1): 'float6_e3m2fn', (3, 4, 1): 'float8_e4m3fn'}
FP8 = 'float8_e4m3fn', 'float8_e5m2', 'float8_e4m3', 'float8_e3m4', 'float8_e4m3fnuz', 'float8_e5m2fnuz'
SPECS: tuple[Spec, ...] = (
    *(FixedQ(8, 4, True, rounding, *overflow) for rounding, overflow in MODES),
    *(FixedQ(8, 4, False, 'RND_CONV', overflow) for overflow in ('WRAP', 'SAT', 'SAT_ZERO')),
    *(FixedQ(16, 6, True, 'RND', overflow) for overflow in ('WRAP', 'SAT')),
    *(MinifloatQ(*shape) for shape in [*OCP, (2, 5, 0), (7, 8, 0)]),
    BinaryQ(),
    TernaryQ(),
)


def quantize(spec: Spec, x: Array, out: Array) -> Calls:
    """`x` to the values of `spec`; `copy`, and what ends in `out`, write into the array `out`."""
    # a spec keeps the kernels of small arrays, of the binding that made them
    plain, compiled = copy(spec), copy(spec)
    calls: Calls = {
        'copy': ('plain', lambda: np.copyto(out, x)),
        'plain': ('plain', lambda: plain(x)),
        'plain out': ('plain', lambda: plain(x, out=out)),
        'compiled': ('compiled', lambda: compiled(x)),
        'compiled out': ('compiled', lambda: compiled(x, out=out)),
        'all cores out': ('compiled', lambda: compiled(x, out=out, threads=None)),
    }
    return calls | {name: ('plain', call) for name, call in others(spec, x).items()}


def others(spec: Spec, x: Array) -> dict[str, Call]:
    """The same work by other packages, from an array of floats to an array of floats, where they have the format."""
    if isinstance(spec, BinaryQ | TernaryQ):
        return {'1.2.2': partial(getattr(load(OLD / 'binary/binary_ops_np.py'), f'{spec.kind}_quantize_np'), x)}
    if isinstance(spec, MinifloatQ):
        return _other_minifloats(spec, x)
    if isinstance(spec, FloatQ):
        return _other_floats(spec.label, x)
    calls: dict[str, Call] = {}
    bits = {'int_bits': spec.integer, 'frac_bits': spec.f}
    if not spec.saturation_bits and spec.overflow != 'SAT_ZERO':
        if spec.overflow != 'WRAP_SM' or spec.rounding in ('RND', 'RND_CONV'):
            make = load(OLD / 'fixed_point/fixed_point_ops_np.py').get_fixed_quantizer_np
            calls['1.2.2'] = partial(make(spec.rounding, spec.overflow), x, spec.k, spec.i, spec.f)
        if spec.signed and spec.overflow in OVERFLOWS:
            from apytypes import APyFixedArray, OverflowMode, QuantizationMode
            from fxpmath import Fxp

            modes = getattr(QuantizationMode, spec.rounding), getattr(OverflowMode, spec.overflow)
            wide = partial(APyFixedArray.from_float, x, int_bits=16, frac_bits=48)
            calls['apytypes'] = lambda: wide().cast(**bits, quantization=modes[0], overflow=modes[1]).to_numpy()
            names = {'rounding': ROUNDINGS[spec.rounding], 'overflow': OVERFLOWS[spec.overflow]}
            calls['fxpmath'] = lambda: Fxp(x, True, spec.width, spec.f, **names).get_val()
    return calls


def _other_minifloats(spec: MinifloatQ, x: Array) -> dict[str, Call]:
    import ml_dtypes
    from gfloat import Domain, FormatInfo, RoundMode, round_ndarray

    m, e, e0 = shape = spec.mantissa_bits, spec.exponent_bits, spec.exponent_zero
    layout = {'is_signed': True, 'has_nz': True, 'has_subnormals': True, 'is_twos_complement': False}
    finite = {'domain': Domain.Finite, 'num_high_nans': 0}
    info = FormatInfo(spec.cpp_type, spec.bits, m + 1, bias=1 - spec.emin, **layout, **finite)
    calls: dict[str, Call] = {
        '1.2.2': partial(load(OLD / 'minifloat/float_point_ops_np.py').float_quantize_np, x, m, e, e0),
        'gfloat': partial(round_ndarray, info, x, RoundMode.TiesToEven, sat=True),
    }
    if shape in OCP:
        theirs = np.dtype(getattr(ml_dtypes, OCP[shape]))
        calls['ml_dtypes'] = lambda: x.astype(theirs).astype(x.dtype)
    return calls


def fp8() -> dict[str, FloatQ]:
    """FP8 as NumPy's and ml_dtypes' users name it."""
    return {name: NUMPY[name] for name in FP8}


def other_kinds() -> dict[str, Quantizer]:
    """A few of each kind that has no rows of its own: wider floats, powers of two, affine integers, blocks."""
    few: dict[str, Quantizer] = {name: NUMPY[name] for name in ('float16', 'bfloat16')}
    few |= {repr(spec): spec for spec in (FloatQ.power_of_two(4, 0), AffineQ(8, 0.1, 3))}
    return few | BLOCKS


def quantize_anew(spec: Quantizer, x: Array, out: Array) -> Calls:
    """`x` to the values of any kind, to a new array, as blocks fill none that is given."""
    plain, compiled = copy(spec), copy(spec)
    return {
        'copy': ('plain', lambda: np.copyto(out, x)),
        'plain': ('plain', lambda: plain(x)),
        'compiled': ('compiled', lambda: compiled(x)),
    }


def _other_floats(name: str, x: Array) -> dict[str, Call]:
    import gfloat.formats
    import ml_dtypes

    theirs = np.dtype(getattr(ml_dtypes, name))
    calls: dict[str, Call] = {'ml_dtypes': lambda: x.astype(theirs).astype(x.dtype)}
    infos = {'float8_e4m3fn': gfloat.formats.format_info_ocp_e4m3, 'float8_e5m2': gfloat.formats.format_info_ocp_e5m2}
    if name in infos:
        calls['gfloat'] = partial(gfloat.round_ndarray, infos[name], x, gfloat.RoundMode.TiesToEven)
    return calls


def widths(x: Array) -> Iterator[tuple[str, Calls]]:
    """`x` to bit widths that are numbers, one for each column, or one for each element.

    Names are who does it and how many widths there are; `copy` copies all arrays that are read.
    """
    rng = np.random.default_rng(1)
    fixed = [('TRN', 'WRAP'), ('RND', 'SAT'), ('RND_CONV', 'SAT_SYM'), ('RND_INF', 'SAT_ZERO'), ('RND_CONV', 'WRAP_SM')]
    former = load(OLD / 'fixed_point/fixed_point_ops_np.py').get_fixed_quantizer_np
    functions = {}
    for r, o in fixed:
        theirs = None if o == 'SAT_ZERO' else former(r, o)
        functions[f'fixed {r} {o}'] = get_fixed_quantizer_np(r, o), theirs, [(1, 2), (2, 5), (3, 6)]
    theirs = load(OLD / 'minifloat/float_point_ops_np.py').float_quantize_np
    functions['minifloat'] = float_quantize_np, theirs, [(2, 5), (3, 6), (0, 2)]
    for name, (ours, theirs, spans) in functions.items():
        shapes = {'scalar': (), 'channel': x.shape[-1:], 'element': x.shape}
        drawn = {what: [rng.integers(*span, shape) for span in spans] for what, shape in shapes.items()}
        drawn['scalar'] = [sum(span) // 2 for span in spans]
        calls: Calls = {}
        for what, arrays in drawn.items():
            for who, binding in BINDINGS.items():
                calls[f'{who} {what}'] = binding, partial(ours, x, *arrays)
            if theirs is not None:
                calls[f'1.2.2 {what}'] = 'plain', partial(theirs, x, *arrays)
            calls[f'copy {what}'] = 'plain', partial(_copy, [(np.empty_like(a), a) for a in (x, *arrays)])
        yield name, calls


def values(size: int) -> Iterator[tuple[str, Calls]]:
    """An operation of arrays that compute: the same one of int64, ours, and that of apytypes.

    apytypes has no `//` and `%`; its `<<` moves the point, as `scaled` does here.
    """
    from apytypes import APyFixedArray, OverflowMode, QuantizationMode

    rng, side = np.random.default_rng(0), int(size**0.5 / 4)
    specs = FixedQ(16, 6), FixedQ(16, 6), FixedQ(12, 6)
    a, b, c = (FixedArray(rng.integers(1, 1 << spec.width - 1, size), spec) for spec in specs)
    square = a[: side * side].reshape(side, side)
    i, j, k, m = (np.array(array.codes) for array in (a, b, c, square))
    p, q, r, s = (
        APyFixedArray.from_float(array.values, int_bits=array.spec.integer, frac_bits=array.spec.f)
        for array in (a, b, c, square)
    )
    narrow = FixedQ(8, 3, True, 'RND', 'SAT')
    modes = {'quantization': QuantizationMode.RND, 'overflow': OverflowMode.SAT}
    rows: dict[str, tuple[Call, Call, Call | None]] = {
        'a + b': (lambda: i + j, lambda: a + b, lambda: p + q),
        'a + c, another step': (lambda: i + k, lambda: a + c, lambda: p + r),
        'a * c': (lambda: i * k, lambda: a * c, lambda: p * r),
        'a / c': (lambda: i // k, lambda: a / c, lambda: p / r),
        'a // c': (lambda: i // k, lambda: a // c, None),
        'a % c': (lambda: i % k, lambda: a % c, None),
        '-a': (lambda: -i, lambda: -a, lambda: -p),
        'abs(a)': (lambda: abs(i), lambda: abs(a), lambda: abs(p)),
        'a < c': (lambda: i < k, lambda: a < c, lambda: p < r),
        'a << 3': (lambda: i << 3, lambda: a << 3, None),
        'a.scaled(3)': (i.copy, lambda: a.scaled(3), lambda: p << 3),
        'a.sum()': (i.sum, a.sum, p.sum),
        'a @ c': (lambda: i @ k, lambda: a @ c, lambda: p @ r),
        'm @ m': (lambda: m @ m, lambda: square @ square, lambda: s @ s),
        'a.cast': (
            lambda: np.clip((i + 16) >> 5, -128, 127),
            lambda: a.cast(narrow),
            lambda: p.cast(int_bits=narrow.integer, frac_bits=narrow.f, **modes),
        ),
    }
    for name, calls in rows.items():
        named = zip(('int64', 'ours', 'apytypes'), calls, strict=True)
        yield name, {who: ('', call) for who, call in named if call is not None}


def _copy(pairs: list[tuple[Array, Array]]) -> None:
    for to, source in pairs:
        np.copyto(to, source)


def codes(x: Array, writer: str, reader: str) -> Iterator[tuple[str, Calls]]:
    """The methods `writer`, from `x`, and `reader`, from what it made; and a copy of the floats of each."""
    for spec in (FixedQ(8, 4, True, 'RND', 'SAT'), FixedQ(16, 6, True, 'RND_CONV'), MinifloatQ(3, 4), BinaryQ()):
        written = getattr(spec, writer)(x)
        read = getattr(spec, reader)(written)
        calls: Calls = {}
        for name, source, floats in ((writer, x, x), (reader, written, read)):
            calls[f'{name} copy'] = 'plain', partial(np.copyto, np.empty_like(floats), floats)
            calls |= {
                f'{name} {what}': (used, partial(getattr(copy(spec), name), source)) for what, used in BINDINGS.items()
            }
        yield spec.cpp_type, calls
