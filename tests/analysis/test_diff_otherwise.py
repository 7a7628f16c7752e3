"""Causes that are no change of a format: each is named where it gives all numbers, and nowhere else."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest
from numpy.typing import NDArray

from quantizers import BinaryQ, FixedQ, MinifloatQ, diff

Q15 = FixedQ(16, 1, True, 'RND_CONV', 'SAT')
A = FixedQ(8, 3, True, 'RND', 'SAT')
RNG = np.random.default_rng(0)
X = np.concatenate([np.arange(-1000, 1000) / 512, RNG.uniform(-1.2, 1.2, 500)])
WORDS = ('rounded twice', 'times', 'zero point', 'delay', 'scale')


def cause(a: Any, b: NDArray[Any], x: NDArray[Any] = X) -> str:
    return str(diff(a, b, x).causes[0])


def no_cause(a: Any, b: Any, x: Any = X) -> bool:
    return not any(word in sentence for sentence in diff(a, b, x).causes for word in WORDS)


def one_off(b: NDArray[Any]) -> NDArray[Any]:
    """The numbers, the last of them another: nothing explains all of them any more."""
    b = b.copy()
    b[-1] += 0.25
    return b


@pytest.mark.parametrize('first', [FixedQ(12, 4, True, 'RND', 'SAT'), FixedQ(11, 4, True, 'TRN', 'SAT')])
def test_rounded_twice_through_a_wider_format(first: FixedQ) -> None:
    a = A if first.rounding == 'RND' else FixedQ(8, 3, True, 'RND_MIN_INF', 'SAT')
    b = a(first(X))
    assert cause(a, b).startswith('b is rounded twice: by a, and before that ')
    assert f'to {first.f} fraction bits by {first.rounding}' in cause(a, b)
    assert no_cause(a, one_off(b))


@pytest.mark.parametrize('dtype', ['bfloat16', 'float16', 'float32'])
@pytest.mark.parametrize('a', [A, MinifloatQ(3, 4)], ids=repr)
def test_rounded_twice_through_a_float(dtype: str, a: Any) -> None:
    beside = {'bfloat16': 2.0**-12, 'float16': 2.0**-16, 'float32': 2.0**-36}
    near = np.concatenate([X, np.arange(-99, 99) / 64 - beside[dtype]])
    before = near.astype(np.float32).astype(ml_dtypes.bfloat16) if dtype == 'bfloat16' else near.astype(dtype)
    b = a(before.astype(np.float64))
    assert f'to {dtype}' in cause(a, b, near)
    assert no_cause(a, one_off(b), near)


@pytest.mark.parametrize(
    ('n', 'words'), [(1, '1 fraction bit fewer'), (-2, '2 fraction bits more'), (7, '7 fraction bits fewer')]
)
def test_a_power_of_two(n: int, words: str) -> None:
    b = Q15(X) * 2.0**n
    assert cause(Q15, b) == f'b is a times 2^{n}, as where its codes are read with {words}'
    assert no_cause(Q15, one_off(b))
    assert no_cause(Q15, 3 * Q15(X))
    assert no_cause(Q15, -Q15(X))
    assert no_cause(A, [12.0], [1.5])  # one number is any multiple of another
    assert no_cause(A, [12.0, 0], [1.5, 0])


SCALES = {
    'b is a of x times 32767/32768': lambda x: Q15(x * 32767 / 32768),
    'b is a of x times 32768/32767': lambda x: Q15(x / 32767 * 32768),
    'b is a times 32767/32768': lambda x: Q15(x) * 32767 / 32768,
    'b is a times 32768/32767': lambda x: Q15.encode(x) / 32767,
    'b is a of x times 32767/32768, times 32768/32767': lambda x: np.clip(np.rint(x * 32767), -32768, 32767) / 32767,
}


@pytest.mark.parametrize('dtype', [np.float64, np.float32])
@pytest.mark.parametrize('words', SCALES)
def test_a_scale_of_the_largest_code(words: str, dtype: Any) -> None:
    b = SCALES[words](X).astype(dtype)
    assert cause(Q15, b) == f'{words}: as by a scale of 32767, not 32768'
    assert no_cause(Q15, one_off(b))
    assert no_cause(Q15, (SCALES[words](X) * 32767 / 32768 * 32766 / 32768).astype(dtype))


def test_a_scale_of_other_widths() -> None:
    assert cause(A, A.encode(X) / 127 * 4) == 'b is a times 128/127: as by a scale of 127, not 128'
    assert 'scale' not in cause(BinaryQ(), BinaryQ()(X) * 3)


def test_a_zero_point() -> None:
    assert cause(A, A(X) + 0.375) == 'b is a plus 0.375, as by a zero point'
    assert cause(A, A(X) - 100) == 'b is a minus 100, as by a zero point'
    codes = (A.encode(X).astype(int) + 128).astype(np.uint8)
    assert cause(A, codes) == 'b holds the codes of a plus 128, as by a zero point'
    assert no_cause(A, one_off(A(X) + 0.375))
    assert no_cause(A, A(X) + 0.375 * (X > 0))
    assert no_cause(A, [3.25, 3.25], [1.5, 1.5])  # one number is any other plus something


@pytest.mark.parametrize('n', [1, 3, 500])
def test_a_delay(n: int) -> None:
    late, early = np.roll(A(X), n), np.roll(A(X), -n)
    late[:n], early[-n:] = 0, 7
    elements = f'{n} element{"s" if n > 1 else ""}'
    share = f'as by a delay: {X.size - n:,} of {X.size:,} elements'
    assert cause(A, late) == f'b is a, {elements} later, {share}'
    assert cause(A, early) == f'b is a, {elements} earlier, {share}'
    assert no_cause(A, one_off(late))


def test_no_delay_is_named_that_chance_or_one_number_may_make() -> None:
    assert 'delay' not in str(diff(A, [0, 0.5, 2, -1.5, 2], [0.5, 2, -1.5, 2, 2.5]).causes)
    assert no_cause(A, np.concatenate([[3.0], np.ones(50)]), np.concatenate([np.ones(50), [2.0]]))
    x = RNG.uniform(-4, 4, 100)
    assert no_cause(A, np.concatenate([np.zeros(60), A(x)[:-60]]), x)


def test_what_a_change_of_the_format_explains_is_that_alone() -> None:
    assert cause(A, FixedQ(8, 3, True, 'TRN', 'SAT')(X)) == 'b differs by rounding TRN, not RND'
    assert no_cause(A, X)


def test_numbers_that_are_not_finite_stay_where_they_are() -> None:
    x = np.concatenate([X, [np.nan, np.inf, -np.inf]])
    assert cause(Q15, Q15(x) * 2, x).startswith('b is a times 2^1')
    assert cause(A, A(x) + 1, x) == 'b is a plus 1, as by a zero point'
    assert no_cause(A, np.where(np.isnan(x), 0, A(x) + 1), x)


def test_formats_beyond_float64_are_compared_all_the_same() -> None:
    wide = FixedQ(80, 10)
    x = RNG.normal(size=64)
    exact = wide.decode(wide.encode(x), exact=True)
    assert 'later, as by a delay: 62 of 64' in cause(wide, np.concatenate([exact[:2], exact[:-2]]), x)
    assert no_cause(wide, exact * 2, x)
