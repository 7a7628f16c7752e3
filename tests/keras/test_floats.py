"""Floats with special codes: the bits of NumPy on every backend, eager and compiled; the gradients of minifloats."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from oracles.dtypes import BFLOAT16, subnormal
from oracles.float_cases import OTHERS, OVERFLOWS, ROUNDINGS, inputs, same, with_modes
from quantizers import FloatQ, MinifloatQ, PrecisionWarning, formats
from quantizers.backends.keras.backend import backend

NAMES = 'Binary5p1se', 'Binary5p1uf', 'Binary6p3ue', 'Binary8p3se', 'Binary8p1sf'
NAMED = [
    *(formats.E4M3FN, formats.E5M2, formats.E4M3FNUZ, formats.E2M1, formats.E8M0FNU, formats.FLOAT16, formats.BFLOAT16),
    *map(formats.p3109, NAMES),
    *OTHERS,
]


def specs(dtype: Any) -> list[FloatQ]:
    """Each format as it is, and, in float32, some of them in all modes."""
    able = [spec for spec in NAMED if spec.fits(np.dtype(dtype).name)]
    if dtype is not np.float32:
        return able[::3]
    of_modes = [
        with_modes(spec, rounding, overflow)
        for spec in (formats.E5M2, formats.p3109('Binary5p1se'), formats.p3109('Binary6p3ue'))
        for n, rounding in enumerate(ROUNDINGS)
        for overflow in OVERFLOWS[n % 3 :: 3]
    ]
    return [*able, *filter(None, of_modes)]


@pytest.mark.parametrize(
    'dtype', [np.float32, np.float64, np.float16, BFLOAT16], ids=lambda dtype: np.dtype(dtype).name
)
def test_floats_are_those_of_numpy(dtype: Any, framework: Any, tally: Any) -> None:
    """In one compiled function; subnormal numbers may be zero."""
    chosen = specs(dtype)
    numbers = [inputs(spec, np.float32 if np.dtype(dtype).itemsize < 4 else dtype) for spec in chosen]
    with np.errstate(all='ignore'):
        several = [x.astype(dtype) for x in numbers]
    most = max(x.size for x in several)

    def together(*tensors: Any) -> list[Any]:
        return [spec(x) for spec, x in zip(chosen, tensors, strict=True)]

    tensors = [framework.tensor(np.resize(x, most)) for x in several]
    for way in framework.ways:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore', category=PrecisionWarning)
            results = framework.made(way, together)(*tensors)
            wanted = [spec(x) for spec, x in zip(chosen, several, strict=True)]
        for spec, x, want, result in zip(chosen, several, wanted, results, strict=True):
            got = framework.array(result)[: x.size]
            assert got.dtype == dtype
            right = same(got.astype(np.float64), want.astype(np.float64))
            if framework.flushes:
                right |= subnormal(x) | subnormal(want.astype(np.longdouble), got.dtype)
            tally.note(f'{framework.name} {way}, float', f'{way}, {spec}', x, got, want, right)
    tally.check()


def test_gradients_are_straight_through(framework: Any) -> None:
    x = np.array([0.0, 0.3, -0.3, 500, -1e9, 1e-9, 1e30], np.float32)
    g = np.linspace(1, 2, x.size, dtype=np.float32)
    for spec in (formats.E5M2, formats.E4M3FN, formats.p3109('Binary8p1ue')):
        for way in framework.ways:
            value, (to_x,) = framework.vjp(way, spec, [framework.tensor(x)], framework.tensor(g))
            np.testing.assert_array_equal(value, spec(x))
            np.testing.assert_array_equal(to_x, g)


def test_gradients_to_widths_are_those_of_a_minifloat(framework: Any) -> None:
    """Where both have the same results; a width learns nothing of what became Inf or NaN."""
    x = np.array([0.3, -0.7, 1e-3, 7.7, 200, 470, 1e3, -1e9, np.inf, np.nan], np.float32)
    widths = [np.full(x.shape, width, np.float32) for width in (3, 4, 1)]
    g = framework.tensor(np.ones_like(x))

    def gradients(law: Any) -> list[Any]:
        def function(x: Any, m: Any, e: Any, e0: Any) -> Any:
            return backend.by_law(law, x, {'m': m, 'e': e, 'e0': e0})

        tensors = [framework.tensor(array) for array in (x, *widths)]
        return framework.vjp('eager', function, tensors, g)[1]

    mini, spec = MinifloatQ(3, 4, 1), FloatQ(4, 3, 7, 'fn', overflow='NAN')
    assert spec.law_widths == mini.law_widths
    own, others = gradients(spec.law), gradients(mini.law)
    inside = np.abs(x) <= float(spec.max)
    assert inside.sum() == 5
    for ours, theirs in zip(own, others, strict=True):
        np.testing.assert_array_equal(ours[inside], theirs[inside])
        assert np.isfinite(ours).all()
    assert all((ours[~inside] == 0).all() for ours in own[1:])
    assert (own[0] == 1).all()


def test_stochastic_rounding_is_unbiased(framework: Any) -> None:
    spec = FloatQ(4, 3, 7, 'fn', 'S_RND')
    x = np.full(20_000, 17.25, np.float32)
    got = framework.array(spec(framework.tensor(x), training=True, seed_gen=7))
    assert set(got.tolist()) == {16.0, 18.0}
    assert abs(float(got.mean()) - 17.25) < 0.05
    assert set(framework.array(spec(framework.tensor(x))).tolist()) == {18.0}
