"""What `make prove` proves: of each law the widths that reach each branch of its formula, in every dtype."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from quantizers import FloatQ
from quantizers._maths.floats import FLOATS, times_power
from quantizers._maths.laws import BINARY, MINIFLOAT, TERNARY, FixedLaw, RoundingLaw
from quantizers.analysis.prove._integer_codes import Codes
from quantizers.analysis.prove._question import Theorem
from quantizers.analysis.prove._relations import Relation
from quantizers.analysis.prove._solver import PROVED, Answer, Solver
from quantizers.analysis.prove._theorem import decide
from quantizers.formats import named
from quantizers.formats.specials import SPECIALS

from .reference import ROUNDINGS, overflow_modes

INTEGERS = 'integers'
WIDTHS = range(1, 25)
DTYPES = ('float64', 'float32', 'float16', 'bfloat16')
CLIPPING = ('SAT', 'SAT_SYM', 'SAT_ZERO')
WRAPPING = ('WRAP', 'WRAP_SM')

# k, i, f, and why
SHAPES: dict[str, list[tuple[int, int, int, str]]] = {
    'float64': [
        (1, 2, 5, ''),
        (0, 3, 5, ''),
        (1, 7, 8, 'clipping alone'),
        (1, 12, -5, 'clipping alone: a coarse step'),
        (1, -1023, 1030, 'clipping alone: a step below the normal numbers'),
        (1, 1020, -1013, 'clipping alone: the largest numbers'),
        (1, 20, 40, 'clipping alone: wider than the dtype'),
    ],
    'float32': [
        (1, 2, 5, ''),
        (0, 3, 5, ''),
        (1, 7, 8, ''),
        (1, 12, -5, 'a coarse step'),
        (1, -123, 130, 'a step below the normal numbers'),
        (1, 15, 24, 'wider than the dtype'),
        (1, 0, 0, 'one bit'),
        (0, 8, 8, 'clipping alone'),
        (1, 11, 12, 'clipping alone'),
        (1, -3, 10, 'clipping alone: a fraction'),
        (1, -180, 187, 'clipping alone: all values are below the numbers of the dtype'),
        (0, 127, -120, 'clipping alone: the largest numbers'),
        (1, 120, -113, 'clipping alone: the largest numbers but some'),
    ],
    'float16': [
        (1, 2, 5, ''),
        (0, 3, 5, ''),
        (1, 7, 8, 'wider than the dtype'),
        (1, 0, 30, 'a step below the numbers of the dtype'),
        (1, 0, 0, 'one bit'),
        (1, 1, 2, 'clipping alone'),
        (0, 8, 8, 'clipping alone: wider than the dtype'),
        (1, 9, -3, 'clipping alone: a coarse step'),
        (1, -12, 20, 'clipping alone: subnormal values'),
        (0, 20, -12, 'clipping alone: values beyond the dtype'),
    ],
    'bfloat16': [
        (1, 2, 5, ''),
        (0, 3, 5, ''),
        (1, -123, 130, 'a step below the normal numbers'),
        (1, 7, 8, 'clipping alone: wider than the dtype'),
        (1, 9, -3, 'clipping alone: a coarse step'),
    ],
}
# m, e, e0
MINIFLOATS = [
    *((1, 2, 1), (3, 2, 1), (2, 3, 1), (3, 4, 0), (2, 5, 0)),
    *((0, 1, 0), (0, 4, 0), (5, 3, -3), (10, 5, 1), (7, 8, 0), (2, 3, -20), (2, 3, -140), (30, 3, 0), (-1, 3, 0)),
]


class AllCodes(NamedTuple):
    """The formula of codes for all widths that have the modes."""

    signed: bool
    rounding: str
    overflow: str
    saturation_bits: int

    def ask(self, solver: Solver) -> Answer:
        """Whether it is the law."""
        for width in WIDTHS:
            if (self.overflow, self.saturation_bits) in overflow_modes(width, self.signed):
                answer = Codes(width, *self).ask(solver)
                if answer.verdict != 'proved':
                    return answer
        return PROVED


class Row(NamedTuple):
    """One theorem of the table.

    Attributes:
        dtype: that of inputs and results, or INTEGERS.
        of: what it is of; rows of one come one after the other, in one process.
        column: the rounding mode, or '' where there is none to choose.
    """

    dtype: str
    of: str
    column: str
    theorem: Theorem | Relation | AllCodes

    @property
    def key(self) -> str:
        """What says which it is."""
        return f'{self.dtype}: {self.of}: {self.column}'

    @property
    def wraps(self) -> bool:
        """Whether numbers wrap, which takes longest."""
        return isinstance(self.theorem, Theorem) and getattr(self.theorem.law, 'wraps', False)

    def decide(self, solver: Solver) -> tuple[Answer, str]:
        """The answer, and, where it is open, of which share of the inputs it is proved."""
        if not isinstance(self.theorem, Theorem):
            return self.theorem.ask(solver), ''
        decision, dtype = decide(self.theorem, solver), FLOATS[self.dtype]
        if not decision.open:
            return decision.answer, ''
        every = sum(part.count(dtype) for part in self.theorem.cases.parts())
        return decision.answer, f'{100 * decision.proved(self.theorem) / every:.1f} % of inputs'


def shape_name(k: int, i: int, f: int) -> str:
    """As C++ has it."""
    return f'ap_{"" if k else "u"}fixed<{k + i + f}, {k + i}>'


def held(dtype: str, k: int, i: int, f: int) -> bool:
    """Whether the dtype has all values of a format."""
    return FLOATS[dtype].holds(times_power(1, -f), times_power(1, i), i + f)


def overflows(k: int, i: int, f: int, why: str) -> Iterator[tuple[str, int]]:
    """All modes, or those that clip."""
    if not why.startswith('clipping alone'):
        width = k + i + f
        yield from ((mode, n) for mode in WRAPPING[: 1 + k] for n in range(min(4, width)))
    yield from ((mode, 0) for mode in CLIPPING if mode != 'SAT_SYM' or i + f > 0)


def fixed_rows(dtype: str) -> Iterator[Row]:
    """Fixed point, each shape with all modes."""
    for k, i, f, why in SHAPES[dtype]:
        for overflow, n in overflows(k, i, f, why):
            of = f'{shape_name(k, i, f)}, {overflow}{f" {n}" if n else ""}'
            for rounding in ROUNDINGS:
                theorem = Theorem(FixedLaw(rounding, overflow, n), (k, i, f), dtype, nearly=not held(dtype, k, i, f))
                yield Row(dtype, of, rounding, theorem)


def other_rows(dtype: str) -> Iterator[Row]:
    """Rounding alone, at random, and what is no fixed point."""
    for f in (5, -3):
        for rounding in ROUNDINGS:
            yield Row(dtype, f'{f} fraction bits and no range', rounding, Theorem(RoundingLaw(rounding), (f,), dtype))
    for rounding in ('RND', 'RND_CONV'):
        yield Row(
            dtype,
            'at random: 5 fraction bits and no range',
            f'S_{rounding}',
            Theorem(RoundingLaw(rounding), (5,), dtype, random=True),
        )
        for overflow, n in (('SAT', 0), ('SAT_SYM', 0), ('SAT_ZERO', 0), ('WRAP_SM', 0), ('WRAP_SM', 2)):
            of = f'at random: {shape_name(1, 2, 5)}, {overflow}{f" {n}" if n else ""}'
            yield Row(
                dtype, of, f'S_{rounding}', Theorem(FixedLaw(rounding, overflow, n), (1, 2, 5), dtype, random=True)
            )
    for m, e, e0 in MINIFLOATS:
        yield Row(dtype, f'ap_minifloat<{m}, {e}, {e0}>', '', Theorem(MINIFLOAT, (m, e, e0), dtype, nearly=True))
    yield Row(dtype, 'BinaryQ()', '', Theorem(BINARY, (), dtype))
    yield Row(dtype, 'TernaryQ()', '', Theorem(TERNARY, (1, 1, 0), dtype))


def float_rows(dtype: str) -> Iterator[Row]:
    """Floats by their names; of one of each way to have special codes all roundings and overflows."""
    for name, spec in {**named.NUMPY, 'Binary8p3se': named.p3109('Binary8p3se')}.items():
        if FLOATS[dtype].holds(spec.eps, spec.max, spec.mantissa_bits + 1) and spec.bits <= 16:
            yield float_row(dtype, name, spec)
    if dtype not in ('float16', 'float32'):
        return
    for rounding in ROUNDINGS:
        for specials, kind in SPECIALS.items():
            for overflow in kind.overflows:
                spec = FloatQ(3, 2, 3, specials, rounding, overflow)
                yield float_row(dtype, f'FloatQ(3, 2, 3), {specials}, {overflow}', spec)
        unsigned = FloatQ(4, 2, 8, 'p3109_extended', rounding, 'SAT_NONE', signed=False)
        yield float_row(dtype, 'FloatQ(4, 2, 8), p3109_extended, SAT_NONE, without sign', unsigned)
        exponents = FloatQ(4, 0, 8, 'p3109', rounding, 'SAT_NONE')
        yield float_row(dtype, 'FloatQ(4, 0, 8), p3109, SAT_NONE', exponents)
        for zero in (True, False):
            of = f'FloatQ.power_of_two(4, 0){"" if zero else ", without 0"}'
            yield float_row(dtype, of, FloatQ.power_of_two(4, 0, zero=zero, rounding=rounding))


def float_row(dtype: str, of: str, spec: FloatQ) -> Row:
    """That of a float, and of an element of blocks."""
    return Row(dtype, of, spec.rounding, Theorem(spec.law, spec.law_widths, dtype))


def relation_rows(dtype: str) -> Iterator[Row]:
    """What users rely on, of one format each."""
    shape = 1, 2, 5
    for overflow in (*CLIPPING, *WRAPPING[: 0 if dtype == 'float64' else 2]):
        for rounding in ROUNDINGS:
            theorem = Theorem(FixedLaw(rounding, overflow), shape, dtype)
            of = f'{shape_name(*shape)}, {overflow}'
            yield Row(dtype, f'idempotent: {of}', rounding, Relation(theorem, 'idempotent'))
            if overflow in ('SAT', 'SAT_SYM'):
                yield Row(dtype, f'monotone: {of}', rounding, Relation(theorem, 'monotone'))
            if overflow == 'SAT_SYM' and rounding in ('TRN_ZERO', 'RND_INF', 'RND_ZERO', 'RND_CONV'):
                yield Row(dtype, f'odd: {of}', rounding, Relation(theorem, 'odd'))
    for what in ('idempotent', 'monotone', 'odd'):
        yield Row(dtype, f'{what}: ap_minifloat<3, 4, 0>', '', Relation(Theorem(MINIFLOAT, (3, 4, 0), dtype), what))


def code_rows() -> Iterator[Row]:
    """The formula of codes that no float holds, on integers."""
    for signed in (True, False):
        for overflow, n in overflow_modes(WIDTHS[-1], signed):
            name = f'ap_{"" if signed else "u"}fixed'
            of = f'codes of {name} of 1 to {WIDTHS[-1]} bits, {overflow}{f" {n}" if n else ""}'
            for rounding in ROUNDINGS:
                yield Row(INTEGERS, of, rounding, AllCodes(signed, rounding, overflow, n))


def of_floats(dtype: str) -> Iterator[Row]:
    """All of a dtype."""
    for made in (fixed_rows, other_rows, float_rows, relation_rows):
        yield from made(dtype)


def rows() -> list[Row]:
    """All, the hardest first: what may wrap takes longest, the wider the dtype the longer."""
    floats = [row for dtype in DTYPES for row in of_floats(dtype)]
    return sorted([*floats, *code_rows()], key=lambda row: (not row.wraps, (*DTYPES, INTEGERS).index(row.dtype)))
