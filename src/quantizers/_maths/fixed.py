"""Fixed point: the constants of a format in the numbers of a dtype, and its quantization."""

from __future__ import annotations

from .floats import FloatFormat
from .namespace import Namespace, Number, Power
from .overflow import overflowed
from .rounding import STICKY, to_integer, to_integer_at_random
from .view import once

CLIPPING = ('SAT', 'SAT_SYM')  # the modes that clip before they round


class Step:
    """What rounding needs of whole `f`: each constant is made when a formula asks for it.

    Args:
        coarse: whether some `f` is negative, so that scaling up may underflow.
        guarded: whether `|x| * 2^f` may overflow.
    """

    def __init__(self, xp: Namespace, f: Number, *, coarse: bool, guarded: bool) -> None:
        self._xp, self._f = xp, f
        self.coarse, self.guarded = coarse, guarded

    @once
    def up(self) -> Power:
        """The power `f`."""
        return self._xp.power(self._f)

    @once
    def down(self) -> Power:
        """The power `-f`."""
        return self._xp.power(-self._f)

    @once
    def eps(self) -> Number:
        """The number `2^-f`."""
        return self._xp.power2(-self._f)


class Grid(Step):
    """What the modes need of whole `k, i, f` (`i` at least `-f`) and N: numbers, or powers for `xp.scale`.

    Args:
        inexact: whether some value of the format may be no number of the dtype of the result.
    """

    def __init__(
        self,
        xp: Namespace,
        k: Number,
        i: Number,
        f: Number,
        overflow: str,
        saturation_bits: int,
        *,
        coarse: bool,
        guarded: bool,
        inexact: bool,
    ) -> None:
        super().__init__(xp, f, coarse=coarse, guarded=guarded)
        self._k, self._i = k, i
        self._symmetric = overflow == 'SAT_SYM'
        self._saturation_bits = saturation_bits
        self.inexact = inexact

    @once
    def signed(self) -> Number:
        """A bool, or an array of them."""
        return bool(self._k) if isinstance(self._k, int) else self._k > 0

    @once
    def max(self) -> Number:
        """The largest value, or the nearest number of the result's dtype below it."""
        return largest_below(self._xp, self._i, -self._f, self._xp.target)

    @once
    def min(self) -> Number:
        """The smallest value, or the nearest number of the result's dtype above it."""
        if self._symmetric:
            return self._xp.where(self.signed, -self.max, 0)
        return self._lowest(self._xp.target, self.max)

    @once
    def lowest(self) -> Number:
        """The smallest value, in the dtype that is computed in."""
        return self._lowest(self._xp.compute, self._highest)

    @once
    def low(self) -> Number:
        """A rounded value below this overflows: the smallest value, but -Inf where the dtype ends before the format."""
        beyond = self._i > self._xp.compute.largest
        return self._xp.where(self.signed, self._xp.where(beyond, float('-inf'), self.lowest), 0)

    @once
    def high(self) -> Number:
        """A rounded value above this overflows; see `low`."""
        return self._xp.where(self._i > self._xp.compute.largest + 1, float('inf'), self._highest)

    @once
    def limit(self) -> Number:
        """From here on an input has no bit that the wrapping modes keep or look at."""
        return self._xp.power2(self._xp.compute.precision + self._k + self._i)

    @once
    def span(self) -> Power:
        """The power `k + i`: one turn of WRAP."""
        return self._xp.power(self._k + self._i)

    @once
    def per_span(self) -> Power:
        """The power `-(k + i)`."""
        return self._xp.power(-self._k - self._i)

    @once
    def per_top(self) -> Power:
        """The power `-i`."""
        return self._xp.power(-self._i)

    @once
    def share(self) -> Number:
        """How much of a span `2^i` is: a half where signed, else all."""
        return self._xp.where(self.signed, self._xp.half, 1.0)

    @once
    def part(self) -> Power:
        """The power `k + i - N`: the bits that N saturation bits leave."""
        return self._xp.power(self._part)

    @once
    def per_part(self) -> Power:
        """The power `-(k + i - N)`."""
        return self._xp.power(-self._part)

    @once
    def part_value(self) -> Number:
        """The number `2^(k + i - N)`."""
        return self._xp.power2(self._xp.minimum(self._part, self._xp.compute.largest))

    @once
    def top_part(self) -> Number:
        """`2^i` less one part."""
        return _difference(self._xp, self._i, self._part)

    @once
    def top(self) -> Number:
        """`2^i`, of which the dtype of the result may have no larger one."""
        return self._xp.power2(self._xp.minimum(self._i, self._xp.target.largest))

    @once
    def _highest(self) -> Number:
        """The largest value, in the dtype that is computed in."""
        if self._xp.compute == self._xp.target:
            return self.max
        return largest_below(self._xp, self._i, -self._f, self._xp.compute)

    @once
    def _part(self) -> Number:
        return self._k + self._i - self._saturation_bits

    def _lowest(self, dtype: FloatFormat, highest: Number) -> Number:
        # 2^i is on the grid of every step, and a number of the dtype, or beyond it
        bound = self._xp.where(self._i > dtype.largest, highest, self._xp.power2(self._i))
        return self._xp.where(self.signed, -bound, 0)


def largest_below(xp: Namespace, n: Number, step: Number, dtype: FloatFormat, missing: int = 0) -> Number:
    """The largest multiple of `2^step` below `2^n` that is a number of `dtype`; 0 where there is none above 0.

    Args:
        missing: how many multiples do not count, from the largest on; those left are in its binade.
    """
    n = xp.minimum(n, dtype.largest + 1)
    last_bit = xp.maximum(xp.maximum(step, n - dtype.precision), dtype.smallest)
    if not missing:
        return _difference(xp, n, last_bit)
    bits = xp.ceil(xp.power2(step - last_bit) * (1 + missing))
    return xp.power2(n - 1) * (2 - bits * xp.power2(last_bit - n + 1))


def _difference(xp: Namespace, n: Number, m: Number) -> Number:
    """`2^n - 2^m`, 0 for `m >= n`; as a product, since 2^n may be above the dtype's numbers and 2^(m-1) below them."""
    return xp.power2(n - 1) * (2 - xp.power2(xp.minimum(m - n, 0) + 1))


def round_to_step(xp: Namespace, x: Number, step: Step, rounding: str, uniform: Number = None) -> Number:
    """`x` rounded to a multiple of the step; exact for every finite `x`.

    Args:
        uniform: where given, numbers drawn evenly from `[0, 1)`, by which to round up or down at random.
    """
    y = xp.sticky_scale(x, step.up) if step.coarse and rounding in STICKY else xp.scale(x, step.up)
    whole = to_integer(xp, rounding, y) if uniform is None else to_integer_at_random(xp, y, uniform)
    value = xp.scale(whole, step.down)
    if not step.guarded:
        return value
    # a number of so many steps is a whole one, or beyond the dtype
    return xp.where(xp.large(y), x, value)


def quantize(
    xp: Namespace,
    x: Number,
    grid: Grid,
    rounding: str,
    overflow: str,
    saturation_bits: int,
    *,
    bounded: bool = False,
    uniform: Number = None,
) -> Number:
    """`x` quantized.

    Args:
        bounded: whether every `|x|` is known to be below `grid.limit`.
        uniform: see `round_to_step`.
    """
    if overflow in CLIPPING:
        # rounding is monotone and keeps the ends: clipping first gives the same, and scaling cannot overflow
        return round_to_step(xp, xp.clip(x, grid.min, grid.max), grid, rounding, uniform)
    near = x if bounded else xp.clip(x, -grid.limit, grid.limit)
    value = round_to_step(xp, near, grid, rounding, uniform)
    result = overflowed(xp, value, near, grid, overflow, saturation_bits)
    if bounded or (overflow == 'SAT_ZERO' and not grid.guarded):
        return result
    # there are compilers that take x * 0 for 0
    return xp.where(xp.abs(x) == float('inf'), 0 if overflow == 'SAT_ZERO' else float('nan'), result)
