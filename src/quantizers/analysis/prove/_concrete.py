"""The law of one input: what its integers say of the bits of a float."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import inf
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from ..._maths.floats import FLOATS, compute_dtype, times_power
from ...backends.numpy import kernels as numpy_kernels
from ._floats import Input, Part, exponent_bits
from ._proof import Counterexample

if TYPE_CHECKING:
    from ..._maths.floats import Exact, FloatFormat
    from ._outcome import Cases, Outcome
    from ._question import Theorem

T = TypeVar('T')


def where(condition: bool, yes: T, no: T) -> T:
    """`yes` if `condition` else `no`."""
    return yes if condition else no


def input_of(bits: int, dtype: FloatFormat, part: Part) -> Input:
    """The fields of a float of a part."""
    mantissa = dtype.precision - 1
    field = bits >> mantissa & (2 * dtype.largest + 1)
    return Input(bool(bits >> mantissa + exponent_bits(dtype)), field, bits & ((1 << mantissa) - 1), dtype, part)


def float_of(bits: int, dtype: str) -> float:
    """The number of the bits of a dtype, as float64 has it."""
    if dtype == 'bfloat16':
        return float_of(bits << 16, 'float32')
    size = np.dtype(dtype).itemsize
    return float(np.frombuffer(bits.to_bytes(size, 'little'), f'<f{size}')[0])


def expected(cases: Cases, bits: int, dtype: str, part: Part, uniform: int | None = None) -> Exact | float | None:
    """What the law says of the float of these bits, which are of that part; Inf is a float, None NaN."""
    outcome = cases.outcome(where, input_of(bits, FLOATS[dtype], part), uniform)
    if outcome.same:
        x = float_of(bits, dtype)
        return Fraction(x) if abs(x) < inf else None
    if outcome.nan:
        return None
    return (-inf if outcome.negative else inf) if outcome.infinite else value(outcome)


def value(outcome: Outcome) -> Exact:
    """The number of an outcome that is one."""
    return times_power(-outcome.magnitude if outcome.negative else outcome.magnitude, outcome.exponent)


def samples(part: Part, dtype: FloatFormat, count: int, rng: np.random.Generator) -> Iterator[int]:
    """The bits of random floats of a part, both signs alike."""
    fields = rng.integers(part.first, part.last, count, endpoint=True)
    fractions, signs = rng.integers(0, 1 << dtype.precision - 1, count), rng.integers(0, 2, count)
    mantissa = dtype.precision - 1
    for field, fraction, sign in zip(fields.tolist(), fractions.tolist(), signs.tolist(), strict=True):
        yield sign << mantissa + exponent_bits(dtype) | field << mantissa | fraction


def tested(theorem: Theorem, open_: tuple[Part, ...], count: int) -> tuple[int, Counterexample | None]:
    """Test what NumPy makes of so many random inputs of parts; how many were tested, and the first difference."""
    rng, dtype, cases = np.random.default_rng(0), FLOATS[theorem.target], theorem.cases
    kernel = numpy_kernels.kernel(numpy_kernels.bind(theorem.law, theorem.widths, theorem.target))
    compute = np.dtype(compute_dtype(theorem.target))
    each, done = max(count // len(open_), 1), 0
    for part in open_:
        bits = [*samples(part, dtype, each, rng)]
        x = np.array([float_of(number, theorem.target) for number in bits], compute)
        with np.errstate(all='ignore'):
            results = kernel(x).tolist()
        for number, result in zip(bits, results, strict=True):
            right = expected(cases, number, theorem.target, part)
            if result != right and not (right is None and result != result):  # noqa: PLR0124
                return done, Counterexample(float_of(number, theorem.target), result, right)
            done += 1
    return done, None
