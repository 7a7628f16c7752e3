"""Floats of the Algorithmic C headers, compiled: the formats that are read from their types have all of their bits."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from oracles.float_cases import inputs, same
from oracles.vendor import FLAGS, ac_headers, compiled
from quantizers import FieldError, FloatQ, convert, formats, parse_type

SOURCE = Path(__file__).parents[1] / 'oracles' / 'ac_floats.cpp'
SHAPES = [(8, 4), (8, 5), (6, 3), (16, 5), (19, 8), (24, 11)]
STD_ROUNDINGS = ('RND_CONV', 'TRN_ZERO', 'RND_INF', 'RND_CONV_ODD')
TYPES = {
    'ac_ieee_float<binary16>': 'OF_DOUBLE(binary16_, ac_ieee_float<binary16>)',
    'ac_ieee_float<binary32>': 'OF_DOUBLE(binary32_, ac_ieee_float<binary32>)',
    'ac_ieee_float<binary64>': 'OF_DOUBLE(binary64_, ac_ieee_float<binary64>)',
    'ac::bfloat16': 'OF_DOUBLE(bfloat16_, ac::bfloat16)',
}
TWOS_COMPLEMENT = [(6, 2, 4), (12, 1, 5), (5, 7, 3)]
ROUNDINGS = ('TRN', 'TRN_ZERO', 'RND', 'RND_ZERO', 'RND_INF', 'RND_MIN_INF', 'RND_CONV', 'RND_CONV_ODD')


@pytest.fixture(scope='module')
def vendor(kept: Callable[[str], Path]) -> Callable[[str, NDArray[Any], Any], NDArray[Any]]:
    """Calls a function of oracles/ac_floats.cpp."""
    made = [f'STD_FLOAT({w}, {e}, {rounding})' for w, e in SHAPES for rounding in STD_ROUNDINGS]
    made += [f'AC_FLOAT({w}, {i}, {e}, {rounding})' for w, i, e in TWOS_COMPLEMENT for rounding in ROUNDINGS]
    made += ['OF_FLOAT(bfloat16_float, ac::bfloat16)', *TYPES.values()]
    options = (*FLAGS, '-isystem', str(ac_headers()), f'-DFUNCTIONS={" ".join(made)}')
    (path,) = compiled(SOURCE, [options], kept('ac_floats'), *sorted(ac_headers().glob('*.h')))
    library = ctypes.CDLL(str(path))

    def call(name: str, x: NDArray[Any], dtype: Any) -> NDArray[Any]:
        x = np.ascontiguousarray(x, np.float64)
        result = np.empty(x.shape, dtype)
        pointers = [ctypes.c_void_p(array.ctypes.data) for array in (x, result)]
        getattr(library, name)(pointers[0], ctypes.c_int64(x.size), pointers[1])
        return result

    return call


def compare(tally: Any, vendor: Any, name: str, spec: FloatQ, x: NDArray[Any]) -> None:
    """Every NaN is one; all other bits count."""
    bits, ours = vendor(name, x, np.uint64) & np.uint64((1 << spec.bits) - 1), spec.encode(x)
    got, theirs = spec.decode(ours), spec.decode(bits.astype(ours.dtype))
    tally.note('ac_std_float.h', f'{name}: {spec}', x, got, theirs, same(got, theirs))


@pytest.mark.parametrize(('width', 'exponent'), SHAPES)
def test_ac_std_float(width: int, exponent: int, vendor: Any, tally: Any) -> None:
    spec = parse_type(f'ac_std_float<{width}, {exponent}>')
    assert isinstance(spec, FloatQ)
    for rounding in STD_ROUNDINGS:
        modes = {'rounding': rounding, 'overflow': 'SAT_NONE'}  # to Inf, but from zero to the largest
        compare(
            tally,
            vendor,
            f'std_float_{width}_{exponent}_{rounding}',
            FloatQ.from_config(spec.get_config() | modes),
            inputs(spec, np.float64),
        )
    compare(tally, vendor, f'std_float_{width}_{exponent}_RND_CONV', spec, inputs(spec, np.float64))
    tally.check()


def ties() -> NDArray[np.float64]:
    """Some float32 of all sizes, what is midway between two, and its neighbours: `inputs` lists too many of them."""
    with np.errstate(all='ignore'):
        low = np.random.default_rng(0).integers(0, 1 << 32, 1000, np.uint32).view(np.float32)
        midway = (low.astype(np.float64) + np.nextafter(low, np.float32(np.inf))) / 2
        beside = [np.nextafter(midway, to) for to in (-np.inf, np.inf)]
        return np.concatenate([low, midway, *beside, [0.0, -0.0, 2.0**128, 1e300, 5e-324, -1e-46, np.inf, -np.inf]])


@pytest.mark.parametrize('name', TYPES)
def test_ieee_floats_and_bfloat16(name: str, vendor: Any, tally: Any) -> None:
    spec = parse_type(name)
    assert isinstance(spec, FloatQ)
    x = ties() if spec.bits > 24 else inputs(spec, np.float64)
    compare(tally, vendor, TYPES[name].partition('(')[2].partition(',')[0], spec, x)
    if name == 'ac::bfloat16':
        with np.errstate(over='ignore'):
            x = x.astype(np.float32)
        compare(tally, vendor, 'bfloat16_float', spec, x)
        assert spec(1.999) != formats.BFLOAT16(1.999)
    tally.check()


@pytest.mark.parametrize(('width', 'integer', 'exponent'), TWOS_COMPLEMENT)
def test_ac_float_is_such_a_float_in_another_range(
    width: int, integer: int, exponent: int, vendor: Any, tally: Any
) -> None:
    """Its mantissa is in two's complement: below there is one value more, which no sign and mantissa have."""
    lowest = integer - 2 - (1 << exponent - 1)
    step = 2.0 ** (integer - width + (1 << exponent - 1) - 1)
    low, high = -(2.0 ** (width - 1)) * step, (2.0 ** (width - 1) - 1) * step
    for rounding in ROUNDINGS:
        spec = FloatQ(exponent + 1, width - 2, 1 - lowest, rounding=rounding)  # type: ignore[arg-type]
        x = inputs(spec, np.float64)
        x = x[np.isfinite(x)]
        got = vendor(f'float_{width}_{integer}_{exponent}_{rounding}', x, np.float64)
        tally('ac_float.h', spec, x, np.clip(spec(x), low, high), got)
    tally.check()


def test_types_are_read_and_written() -> None:
    for text in ('ac_std_float<8, 4>', 'ac_std_float<24, 11>', *TYPES):
        spec = parse_type(text)
        assert convert(spec, 'ac') == text
        assert parse_type(text.replace(' ', '').upper(), 'ac') == spec
    assert parse_type('ac_std_float<16, 5>') == formats.FLOAT16
    assert convert(formats.BFLOAT16, 'ac') == 'ac_std_float<16, 8>'
    assert convert(formats.E5M2, 'ac') == 'ac_std_float<8, 5>'
    for spec in (formats.E4M3FN, formats.FloatQ(4, 3, 8, 'ieee', overflow='INF'), formats.FloatQ(4, 3, 7, 'ieee')):
        with pytest.raises(ValueError, match=r"the dialect 'ac' cannot say .*: its floats are those of IEEE 754"):
            convert(spec, 'ac')
    for text in ('ac_std_float<8, 8>', 'ac_std_float<8, 0>', 'ac_std_float<99, 70>', 'ac_ieee_float<binary80>'):
        with pytest.raises(FieldError, match='must be'):
            parse_type(text)
    with pytest.raises(ValueError, match="no known type: its mantissa is in two's complement, which no spec says"):
        parse_type('ac_float<12, 2, 5>')
