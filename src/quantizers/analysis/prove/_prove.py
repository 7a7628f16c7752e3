"""A proof for a user: of a format in a dtype, or that two formats are the same."""

from __future__ import annotations

import time
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np

from ..._checks.capabilities import Capability, require
from ..._checks.errors import ExtraError
from ..._checks.shown import shown
from ..._maths.floats import FLOATS, float_format
from ...backends.plan import check_steps
from ._concrete import expected, float_of, tested
from ._proof import Counterexample, Proof

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from ...formats import Spec

TESTS = 10_000  # of what is not decided


def prove(spec: Spec, dtype: DTypeLike = 'float32', *, timeout: float = 60, same_as: Spec | None = None) -> Proof:
    """Prove that a format gives what its law says for every float of a dtype, or find one for which it does not.

    The formulas that run are proved, by an SMT solver, equal to the law, which stands a second time in integers alone;
    see the manual, "Proofs". A stochastic rounding is that of inference.

    Args:
        spec: the format.
        dtype: float64, float32, float16 or bfloat16: the dtype of inputs and results.
        timeout: seconds; after them, what is not decided is tested on some 10,000 inputs.
        same_as: another format, of which is to be proved that its law gives the same value for every input; the sign
            of a zero does not count.

    Raises ExtraError, an ImportError, without bitwuzla (`pip install 'quantizers[prove]'`); TypeError for another
    dtype; ValueError for a timeout that is not above 0, for a step that is above the dtype's numbers, and for a format
    that has no law in integers.

    >>> from quantizers import FixedQ
    >>> prove(FixedQ(8, 3, True, 'RND', 'SAT'), 'float16').verdict
    'proved'
    """
    name = dtype if isinstance(dtype, str) and dtype == 'bfloat16' else np.dtype(dtype).name
    float_format(name)
    if not timeout > 0:
        raise ValueError(f"'timeout' must be seconds, more than 0: {shown(timeout)}")
    for format_ in (spec, *([] if same_as is None else [same_as])):
        require(format_, Capability.PROVE)
        check_steps(format_.law, format_.law.whole(np, *format_.law_widths), name)
    if find_spec('bitwuzla') is None:
        raise ExtraError("proofs need bitwuzla, an SMT solver: pip install 'quantizers[prove]'")
    return _formula(spec, name, timeout) if same_as is None else _both(spec, same_as, name, timeout)


def _formula(spec: Spec, name: str, timeout: float) -> Proof:
    from ._question import Theorem
    from ._solver import Solver
    from ._theorem import decide

    start = time.monotonic()
    theorem = Theorem(spec.law, spec.law_widths, name)
    inputs = sum(part.count(FLOATS[name]) for part in theorem.cases.parts())
    decision = decide(theorem, Solver(timeout))
    proved, example, count = decision.proved(theorem), None, 0
    verdict = decision.answer.verdict
    if decision.refuted is not None:
        bits, made, *_ = decision.answer.bits
        right = expected(theorem.cases, bits, name, decision.refuted)
        example, proved = Counterexample(float_of(bits, name), float_of(made, theorem.compute), right), 0
    elif decision.open:
        count, example = tested(theorem, decision.open, TESTS)
        verdict = verdict if example is None else 'refuted'
    return Proof(spec, name, verdict, time.monotonic() - start, inputs, proved, count, example)


def _both(spec: Spec, other: Spec, name: str, timeout: float) -> Proof:
    from ._same import compare
    from ._solver import Solver

    start = time.monotonic()
    verdict, example, proved, inputs = compare(spec, other, name, Solver(timeout))
    return Proof(spec, name, verdict, time.monotonic() - start, inputs, proved, 0, example, other)
