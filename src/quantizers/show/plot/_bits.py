"""Numbers by the weight of their leading bit, and what a format does to those of each weight."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._checks.capabilities import Capability, require
from ..._checks.shown import shown
from ...analysis.losses import Statistics, flushed, saturated
from ...analysis.streams import Finite, pieces
from ...formats import Quantizer, Spec

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

KINDS = ('in range', 'flushed to zero', 'out of range', 'out of range, to 0')
BEYOND = 12  # binades outside the format that are shown


class Counts:
    """Numbers by weight n, `2^n <= |x| < 2^(n+1)`, and by what became of them.

    `counts[n]` has how many there are of each of `KINDS`, which share no number.
    """

    def __init__(self) -> None:
        self.counts: defaultdict[int, NDArray[np.int_]] = defaultdict(lambda: np.zeros(len(KINDS), np.int_))
        self.zeros = self.count = 0

    def put(self, x: NDArray[np.float64], flushed: NDArray[np.bool_], outside: NDArray[np.bool_]) -> None:
        """Count finite numbers, one-dimensional: which became 0, and which were out of range."""
        kind = flushed + 2 * outside
        present = x != 0
        self.count += x.size
        self.zeros += int(np.count_nonzero(~present))
        weight = np.frexp(x[present])[1] - 1
        pairs, counts = np.unique(len(KINDS) * weight + kind[present], return_counts=True)
        for pair, count in zip(pairs.tolist(), counts.tolist(), strict=True):
            n, of = divmod(pair, len(KINDS))
            self.counts[n][of] += count

    @property
    def totals(self) -> list[int]:
        """How many in range, flushed to zero and out of range, among both those that are both, which are the last."""
        inside, to_zero, out, both = (sum(int(of[kind]) for of in self.counts.values()) for kind in range(len(KINDS)))
        return [self.zeros + inside, to_zero + both, out + both, both]

    def share(self, count: int) -> str:
        """A count as a share of all numbers."""
        return f'{100 * count / self.count:.2f} %'

    def shown(self, low: int, high: int) -> NDArray[np.float64]:
        """The share in % of each kind at each weight from `low` to `high`, what is beyond at the ends."""
        table = np.zeros((len(KINDS), high - low + 1))
        for n, counts in self.counts.items():
            table[:, min(max(n, low), high) - low] += counts
        return 100 * table / self.count

    def around(self, low: int, high: int) -> tuple[int, int]:
        """The lowest and the highest weight that are shown of the bits from `low` to `high` and of the numbers."""
        if not self.counts:
            return max(low, high - 2 * BEYOND), high
        least, most = min(self.counts), max(self.counts)
        least, most = max(least, low - BEYOND), min(most, high + BEYOND)
        # of a format of thousands of bits the part near the numbers
        return min(least, max(low, most - 4 * BEYOND)), max(most, min(high, least + 4 * BEYOND))


class Histogram(Counts):
    """What a format does to a tensor."""

    def __init__(self, spec: Spec) -> None:
        check_format(spec)
        super().__init__()
        self.spec = spec
        self.statistics = Statistics(spec)

    def add(self, x: NDArray[np.float64]) -> None:
        """Count finite numbers, one-dimensional."""
        q = self.spec(x)
        self.statistics.add(x, q)
        self.put(x, flushed(x, q), saturated(self.spec, x))

    def window(self) -> tuple[int, int]:
        """The lowest and the highest weight that are shown of the format and of the numbers."""
        return self.around(*self.spec.spacing.weights)


def histogram(x: ArrayLike, spec: Spec, name: str = 'x') -> Histogram:
    """The histogram of an array; ValueError, with its name, for one that is empty or not finite."""
    return histograms({name: x}, {name: spec})[name]


def histograms(tensors: Mapping[str, Any], specs: Mapping[str, Spec]) -> dict[str, Histogram]:
    """The histograms of arrays by name; ValueError, with the name, for one that is empty or not finite."""
    found = {name: (Histogram(specs[name]), Finite()) for name in tensors}
    for piece in pieces(tensors, None):
        of, finite = found[piece.name]
        values = piece.values[finite.where(piece.values)]
        if values.size:
            of.add(values)
    for name, (_, finite) in found.items():
        finite.check(name)
    return {name: of for name, (of, _) in found.items()}


def check_format(spec: object) -> None:
    """Refuse what is no format, and a format that cannot be drawn."""
    if not isinstance(spec, Quantizer):
        raise TypeError(f"'spec' must be a format: {shown(spec)}")
    require(spec, Capability.PICTURES)
