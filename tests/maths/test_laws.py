"""Laws: the same one on every binding, with no more constants than a mode asks for."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from quantizers._maths import exact
from quantizers._maths.floats import FLOATS
from quantizers._maths.law import ALL_CAUTIONS, Cautions, Law
from quantizers._maths.laws import BINARY, MINIFLOAT, TERNARY, FixedLaw, RoundingLaw
from quantizers._maths.view import View
from quantizers.backends.numpy import kernels as numpy_kernels
from quantizers.backends.program import scalar
from quantizers.modes import Overflow, Rounding, deterministic

ROUNDINGS = sorted({deterministic(mode.value) for mode in Rounding})
OVERFLOWS = [mode.value for mode in Overflow]
LAWS: list[tuple[Law, tuple[int, ...]]] = [
    *((FixedLaw(rounding, overflow), (1, 2, 3)) for rounding in ROUNDINGS for overflow in OVERFLOWS),
    *((FixedLaw('RND_CONV', overflow, n), (1, 2, 3)) for overflow in ('WRAP', 'WRAP_SM') for n in (1, 3)),
    *((FixedLaw('RND', overflow), (0, 9, -2)) for overflow in OVERFLOWS if overflow != 'WRAP_SM'),
    (RoundingLaw('RND'), (3,)),
    (MINIFLOAT, (2, 3, 0)),
    (MINIFLOAT, (0, 1, 1)),
    (BINARY, ()),
    (TERNARY, (1, 1, 0)),
]
NUMBERS = np.unique(np.concatenate([np.arange(-200, 201) / 32, [-1e9, -1e-9, 1e-9, 1e9]]))


@pytest.mark.parametrize(('law', 'widths'), LAWS, ids=str)
def test_a_law_is_the_same_in_blocks_in_one_number_and_in_exact_arithmetic(law: Law, widths: tuple[int, ...]) -> None:
    bound = numpy_kernels.bind(law, widths, 'float64')
    blocks = numpy_kernels.kernel(bound)(NUMBERS)
    exactly = law.exact(*widths)
    of_number: Any = scalar.kernel(bound)
    assert blocks.tolist() == [float(exactly(Fraction(x))) for x in NUMBERS.tolist()]
    assert blocks.tolist() == [of_number(x) for x in NUMBERS.tolist()]


class Asked(View):
    """Constants that say which of them were asked for."""

    def __init__(self, constants: Any) -> None:
        super().__init__(constants, lambda constant: constant)

    @property
    def names(self) -> set[str]:
        return {name for name, value in vars(self).items() if name[0] != '_' and not isinstance(value, bool)}


def asked(law: Law, widths: tuple[int, ...], cautions: Cautions) -> set[str]:
    xp = numpy_kernels.namespace('float32', cautions.extreme)
    constants = Asked(law.constants(xp, cautions, *widths))
    with np.errstate(all='ignore'):
        law.forward(xp, NUMBERS.astype(np.float32), constants)
    return constants.names


@pytest.mark.parametrize(
    ('law', 'names'),
    [
        (FixedLaw('RND', 'SAT'), 'up down min max'),
        (FixedLaw('TRN', 'SAT_SYM'), 'up down min max'),
        (FixedLaw('RND', 'SAT_ZERO'), 'up down limit low high'),
        (FixedLaw('TRN', 'WRAP'), 'up down limit span per_span'),
        (FixedLaw('TRN', 'WRAP', 1), 'up down limit low high part per_part top_part lowest'),
        (RoundingLaw('RND'), 'up down'),
    ],
    ids=str,
)
def test_a_mode_makes_no_more_constants_than_it_needs(law: Law, names: str) -> None:
    widths = (3,) if isinstance(law, RoundingLaw) else (1, 2, 3)
    assert asked(law, widths, Cautions()) == set(names.split())


def test_scaling_that_may_overflow_needs_no_constant_more() -> None:
    assert asked(FixedLaw('RND', 'SAT'), (1, 2, 3), ALL_CAUTIONS) == {'up', 'down', 'min', 'max'}


def test_a_constant_is_made_once() -> None:
    made: list[int] = []
    view = View(FixedLaw('RND', 'SAT').constants(exact.NAMESPACE, Cautions(), 1, 2, 3), lambda c: made.append(1) or c)
    assert view.max == view.max == 4 - Fraction(1, 8)
    assert len(made) == 1
    with pytest.raises(AttributeError):
        view._nothing  # noqa: B018


@pytest.mark.parametrize('cautions', ALL_CAUTIONS._fields)
def test_cautions_are_those_of_the_widths(cautions: str) -> None:
    float32 = FLOATS['float32']
    fixed = FixedLaw('RND', 'WRAP')
    careful: dict[str, tuple[Law, tuple[int, ...]]] = {
        'extreme': (fixed, (1, 90, 20)),
        'coarse': (fixed, (1, 9, -2)),
        'inexact': (fixed, (1, 20, 20)),
        'subnormal': (MINIFLOAT, (3, 8, 0)),
        'vanishing': (MINIFLOAT, (3, 2, -400)),
        'endless': (MINIFLOAT, (3, 8, 0)),
    }
    law, widths = careful[cautions]
    assert getattr(law.cautions(np, float32, float32, *widths), cautions)
    for law, widths in ((fixed, (1, 2, 3)), (MINIFLOAT, (2, 3, 0)), (BINARY, ())):
        assert not any(law.cautions(np, float32, float32, *widths))


def test_widths_that_count() -> None:
    assert FixedLaw('RND', 'SAT').whole(exact, 1, -9, 4) == (1, -4, 4)
    assert FixedLaw('RND', 'SAT').whole(np, 1, np.array([-9, 2]), 4)[1].tolist() == [-4, 2]
    assert MINIFLOAT.whole(exact, 3, 99, 0) == (3, 16, 0)


def test_gradients_are_closed_forms() -> None:
    """At one number inside, one above and one below: arXiv 2405.00645, section 3."""
    law, xp = FixedLaw('RND', 'SAT'), numpy_kernels.namespace('float64', False)
    constants = law.constants(xp, Cautions(), 1, 2, 3)
    x = np.array([1.3, 9.0, -9.0])
    q = law.forward(xp, x, constants)
    of = law.gradients(xp, x, q, constants)
    ln2 = math.log(2)
    assert of['x'](np.ones(3)).tolist() == [1, 0, 0]
    np.testing.assert_allclose(of['f'](np.ones(3)), [ln2 * (1.3 - 1.25), ln2 / 8, 0])
    np.testing.assert_allclose(of['i'](np.ones(3)), [0, ln2 * 4, -ln2 * 4])
