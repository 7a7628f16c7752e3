"""Powers of two are exact for every exponent, and subnormal numbers count as zero just where the framework says so.

`exp2` is an ulp off for most integers on some backends, and `2^f` or `x * 2^f` may be no number of the dtype.
"""

from __future__ import annotations

import numpy as np
import pytest

from oracles import reference
from oracles.dtypes import subnormal
from oracles.reference import power_of_two
from quantizers import get_fixed_quantizer

# the exponents of the smallest subnormal and of the largest number
EXPONENTS = {np.float32: (-149, 127), np.float64: (-1074, 1023)}


@pytest.mark.parametrize('dtype', EXPONENTS)
def test_which_framework_flushes_subnormal_numbers(dtype, framework):
    """The exception that the other tests make is made by the framework's own addition."""
    tiny = np.finfo(dtype).tiny
    x = np.array([tiny / 2, tiny / 8, np.finfo(dtype).smallest_subnormal, tiny], dtype)
    for way in framework.ways:
        for size in (1, 10_000):
            many = np.tile(x, size)
            doubled = framework.array(framework.made(way, lambda x: x + x)(framework.tensor(many)))
            expected = np.where(subnormal(many), 0, many * 2) if framework.flushes else many * 2
            np.testing.assert_array_equal(doubled, expected)


@pytest.mark.parametrize('dtype', EXPONENTS)
@pytest.mark.parametrize(('rounding', 'overflow'), [('RND', 'SAT'), ('TRN', 'WRAP'), ('RND_CONV', 'SAT_ZERO')])
def test_every_power_of_two_is_a_step(rounding, overflow, dtype, framework):
    """`2^n` with the step `2^n`, with coarser steps that drop it, and half a step beside it."""
    first, last = EXPONENTS[dtype]
    n = np.arange(first, last + 1)
    quantize = get_fixed_quantizer(rounding, overflow)
    power = np.ldexp(dtype(1), n)
    ones = np.ones_like(n)
    for way in framework.ways:
        made = framework.made(way, quantize)

        def run(x, i, f, made=made):
            widths = (framework.tensor(width, np.float32) for width in (ones, i, f))
            return framework.array(made(framework.tensor(x), *widths))

        def check(got, expected, x, way=way):
            right = got == expected
            if framework.flushes:
                right |= (got == 0) & (subnormal(x) | subnormal(expected))
            assert right.all(), f'{way}: {got[~right][:5]} instead of {expected[~right][:5]} for 2^{n[~right][:5]}'

        for sign in (1, -1):
            check(run(sign * power, n + 1, -n), sign * power, power)
            check(run(sign * power, n + 3, -n + 2), sign * power, power)
            check(run(sign * power, ones * 2000, -n), sign * power, power)
            # a step of 2^(n+2) drops 2^n, but a negative one under TRN
            dropped = -np.ldexp(dtype(1), np.minimum(n + 2, last)) if (sign, rounding) == (-1, 'TRN') else power * 0
            within = n + 2 <= last
            check(np.where(within, run(sign * power, n + 9, -n - 2), dropped), dropped, power)


@pytest.mark.parametrize('dtype', EXPONENTS)
@pytest.mark.parametrize('overflow', ['SAT', 'SAT_SYM'])
def test_every_end_of_the_range(overflow, dtype, framework):
    """`2^i - 2^-f` and `-2^i` for each `i`, with 1 bit to all bits of the dtype in between."""
    first, last = EXPONENTS[dtype]
    limits = np.finfo(dtype)
    quantize = get_fixed_quantizer('RND', overflow)
    i, bits = (grid.ravel() for grid in np.meshgrid(np.arange(first + 1, last + 2), [1, 2, 3, 10, limits.nmant + 1]))
    fits = i - bits >= first
    i, bits = i[fits], bits[fits]
    # a product: 2^i may be beyond the dtype
    top = np.ldexp(2 - np.ldexp(dtype(1), 1 - bits), i - 1)
    with np.errstate(over='ignore'):
        bottom = -top if overflow == 'SAT_SYM' else -np.ldexp(dtype(1), i)
    for way in framework.ways:
        made = framework.made(way, quantize)
        for x, expected in ((limits.max, top), (-limits.max, bottom), (np.inf, top), (-np.inf, bottom)):
            widths = (framework.tensor(width, np.float32) for width in (np.ones_like(i), i, bits - i))
            got = framework.array(made(framework.tensor(np.full(i.shape, x, dtype)), *widths))
            # -2^i is no number where i is beyond the dtype: the largest is held instead
            right = (got == expected) | ((expected == -np.inf) & (got == -top))
            if framework.flushes:
                right |= (got == 0) & subnormal(expected)
            assert right.all(), f'{way}: {got[~right][:5]} instead of {expected[~right][:5]} for i = {i[~right][:5]}'


@pytest.mark.parametrize('dtype', EXPONENTS)
@pytest.mark.parametrize(('rounding', 'signs'), [('TRN', [-1]), ('CEIL', [1]), ('AWAY', [1, -1]), ('TO_ODD', [1, -1])])
def test_a_small_number_is_never_lost_by_a_mode_that_makes_a_step_of_it(rounding, signs, dtype, framework):
    """-1e-30 is `-2^-f` under TRN, whatever `f` is, where its scaled value is subnormal too."""
    last = EXPONENTS[dtype][1]
    limits = np.finfo(dtype)
    f = np.arange(1 - last, 101)
    widths = [framework.tensor(width, np.float32) for width in (np.ones_like(f), np.full_like(f, last), f)]
    for way in framework.ways:
        quantize = framework.made(way, get_fixed_quantizer(rounding, 'SAT'))
        for magnitude in (dtype(1e-30), limits.tiny, dtype(1e-7)):
            for x in (sign * magnitude for sign in signs):
                steps = [reference.rounded(reference.exact(x) * power_of_two(n), rounding) for n in f.tolist()]
                assert all(steps)
                expected = [float(step * power_of_two(-n)) for step, n in zip(steps, f.tolist(), strict=True)]
                got = framework.array(quantize(framework.tensor(np.full(f.shape, x, dtype)), *widths))
                np.testing.assert_array_equal(got, np.array(expected, dtype), err_msg=f'{way}, {x}')


@pytest.mark.parametrize('dtype', EXPONENTS)
def test_rounding_alone_to_extreme_fraction_bits_that_are_known(dtype, framework):
    """A compiler that multiplied the constant factors of `2^f` with one another would reach Inf or 0."""
    last, limits = EXPONENTS[dtype][1], np.finfo(dtype)
    x = [1.7 * limits.tiny, -3 * limits.tiny, 1e-30, -1e-20, 0.1, -1.0, 123.456, 0.97 * limits.max, -limits.max / 3]
    x = np.array(x, dtype)
    quantizer = get_fixed_quantizer('TRN', 'WRAP')
    for f in (last + 22, last + 3, last, last - 1, 100, -100, 1 - last, -last):
        steps = [reference.rounded(reference.exact(number) * power_of_two(f), 'TRN') for number in x]
        wanted = [step * power_of_two(-f) for step in steps]
        # what is rounded down past the largest number is -Inf
        expected = np.array([float(v) if abs(v) <= reference.exact(limits.max) else -np.inf for v in wanted], dtype)
        for way in framework.ways:
            for quantize in (
                lambda x, f=f: quantizer.round(x, f),
                lambda x, f=f: quantizer(x, 1, 8, f, training=True),
            ):
                got = framework.array(framework.made(way, quantize)(framework.tensor(x)))
                np.testing.assert_array_equal(got, expected, err_msg=f'{way}, 2^-{f}')


def test_widths_in_float32_variables_do_not_make_float64_results_coarser(framework):
    import keras

    x = np.array([1 / 3, -1e-9, 123.456, 2.0**-40, 1 - 2.0**-50])
    with framework.precision(np.float64):
        f = keras.Variable(np.full(5, 45), dtype='float32')
        i = keras.Variable(7.0, dtype='float32')
        for way in framework.ways:
            quantize = framework.made(way, lambda x: get_fixed_quantizer('RND', 'SAT')(x, 1, i, f))
            got = framework.array(quantize(framework.tensor(x)))
            assert got.dtype == np.float64
            np.testing.assert_array_equal(got, np.floor(x * 2**45 + 0.5) / 2**45, err_msg=way)
