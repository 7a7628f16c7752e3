"""What a proof found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from typing_extensions import TypedDict

from ..._checks.numbers import Number, nearest_float, number
from ..._maths.floats import Exact
from ...formats import Spec

DType = Literal['float64', 'float32', 'float16', 'bfloat16']


class CounterexampleData(TypedDict):
    """An input, as a number and in hexadecimal, what became of it, and what should have; null is NaN."""

    x: Number
    hex: str
    result: Number | None
    expected: Number | None


class ProofData(TypedDict):
    """What a proof found; `proved` and `tested` are numbers of inputs. `other` is the type that is compared with."""

    type: str
    other: str | None
    dtype: str
    verdict: Literal['proved', 'refuted', 'undecided']
    seconds: float
    inputs: int
    proved: int
    tested: int
    counterexample: CounterexampleData | None


@dataclass(frozen=True)
class Counterexample:
    """An input that becomes something else than it should.

    Attributes:
        x: the input, as it is.
        result: what the formula makes of it, or the first of two formats.
        expected: what the law says, or the second format; None is NaN.
    """

    x: float
    result: float | Exact | None
    expected: Exact | float | None

    def __str__(self) -> str:
        return f'{self.x!r} ({self.x.hex()}) becomes {_text(self.result)} instead of {_text(self.expected)}'

    def to_dict(self) -> CounterexampleData:
        """As plain data, numbers rounded to float64."""
        result, expected = (None if value is None else nearest_float(value) for value in (self.result, self.expected))
        return {'x': self.x, 'hex': self.x.hex(), 'result': result, 'expected': expected}


@dataclass(frozen=True)
class Proof:
    """What was found of a format in a dtype.

    Attributes:
        spec: the format.
        dtype: the name of the dtype of its inputs and results.
        verdict: proved for all inputs; refuted by a counterexample; or undecided, as the time was over.
        seconds: how long it took.
        inputs: how many there are, Inf and NaN among them.
        proved: for how many of these it is proved.
        tested: how many of the others were tested instead, without a difference.
        counterexample: the input that refutes it, or None.
        other: the format that was to be the same, or None where the formula was to be as the law says.
    """

    spec: Spec
    dtype: str
    verdict: Literal['proved', 'refuted', 'undecided']
    seconds: float
    inputs: int
    proved: int
    tested: int = 0
    counterexample: Counterexample | None = None
    other: Spec | None = None

    def __str__(self) -> str:
        every = f'all {self.inputs:,} {self.dtype}'
        took = f'in {self.seconds:.1f} s'
        if self.verdict == 'proved':
            return f'{"the same" if self.other else "proved"} for {every} {took}'
        if self.verdict == 'refuted' and self.other:
            return f'different {took}, from this input on: {self.counterexample}'
        if self.verdict == 'refuted':
            why = '' if self.spec.fits(self.dtype) else f'; {self.dtype} does not hold all values of the type'
            return f'refuted {took}: {self.counterexample}{why}'
        if self.other:
            return f'not decided in {self.seconds:.0f} s; the same for {self.proved:,} of {every}'
        return (
            f'not decided in {self.seconds:.0f} s; proved for {self.proved:,} of {every}, and tested on '
            f'{self.tested:,} of the others instead, without a difference'
        )

    def to_dict(self) -> ProofData:
        """As plain data."""
        return {
            'type': self.spec.label,
            'other': None if self.other is None else self.other.label,
            'dtype': self.dtype,
            'verdict': self.verdict,
            'seconds': self.seconds,
            'inputs': self.inputs,
            'proved': self.proved,
            'tested': self.tested,
            'counterexample': None if self.counterexample is None else self.counterexample.to_dict(),
        }


def _text(value: float | Exact | None) -> str:
    return 'NaN' if value is None or value != value else number(value)  # noqa: PLR0124
