"""hypothesis strategies for specs."""

from __future__ import annotations

from hypothesis import strategies as st

from oracles.reference import OF_AP_FIXED, ROUNDINGS
from quantizers import BinaryQ, FixedQ, MinifloatQ, TernaryQ

STOCHASTIC = ('S_RND', 'S_RND_CONV')


@st.composite
def fixed(draw: st.DrawFn, max_width: int = 4096, roundings: tuple[str, ...] = OF_AP_FIXED) -> FixedQ:
    width, signed = draw(st.integers(1, max_width)), draw(st.booleans())
    overflows = ['WRAP', 'SAT', 'SAT_ZERO']
    overflows += ['WRAP_SM'] if signed else []
    overflows += ['SAT_SYM'] if not signed or width > 1 else []
    overflow = draw(st.sampled_from(overflows))
    bits = draw(st.integers(0, width - 1)) if overflow.startswith('WRAP') else 0
    integer = draw(st.integers(-4096, 4096) | st.integers(-2, min(width + 2, 4096)))
    return FixedQ(width, integer, signed, draw(st.sampled_from(roundings)), overflow, bits)


minifloat = st.builds(MinifloatQ, st.integers(0, 52), st.integers(1, 11), st.integers(-4096, 4096))
specs = fixed(roundings=ROUNDINGS) | fixed(roundings=STOCHASTIC) | minifloat | st.just(BinaryQ()) | st.just(TernaryQ())
