"""A page of the values of a format, ascending, of any width."""

from __future__ import annotations

from typing import Any

from ...formats import Spec
from ._number import Number, decimal
from ._result import Base, code_facts, outcome, value_of

ROWS = 64
ROWS_OF_WIDE = 8  # of more than 64 bits: a row has thousands of digits


def page(spec: Spec, start: int | None, x: Number | None, base: Base) -> dict[str, Any]:
    """The values from rank `start` on, or else around what `x` becomes; 0 is the rank of the smallest value.

    Ranks are text: there may be more of them than JavaScript can count.
    """
    total = spec.codec.count
    rows = ROWS if spec.bits <= 64 else ROWS_OF_WIDE
    last = max(0, (total - 1) // rows * rows)
    code = None if x is None else outcome(spec, x).code
    here = None if code is None else spec.codec.rank_of(code)
    if start is None:
        start = 0 if here is None else here // rows * rows
    start = min(max(start, 0), last)
    listed = [_row(spec, rank, rank == here, base) for rank in range(start, min(start + rows, total))]
    ranks = {'first': 0, 'previous': max(0, start - rows), 'next': min(start + rows, last), 'last': last}
    if here is not None:
        ranks['here'] = here // rows * rows
    return {
        'shown': _shown(start, len(listed), total),
        'rows': listed,
        'starts': {name: hex(rank) for name, rank in ranks.items() if rank != start},
    }


def _row(spec: Spec, rank: int, here: bool, base: Base) -> dict[str, Any]:
    code = spec.codec.code_at(rank)
    value = value_of(spec, code)
    return {'value': decimal(value), **code_facts(spec, code, value, base), 'here': here}


def _shown(start: int, rows: int, total: int) -> str:
    if total < 1 << 64:
        return f'{start + 1:,} to {start + rows:,} of {total:,}'
    # beyond 64 bits all are fixed point, which lacks one value at most
    power = (total + 1).bit_length() - 1
    return f'{rows} of 2^{power}{"" if total == 1 << power else " - 1"}'
