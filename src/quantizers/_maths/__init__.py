"""The formulas of every format, once: pure functions of a namespace `xp` of plain primitives.

`xp` offers floor, ceil, trunc, rint (ties to even), abs, minimum, maximum, where, clip and

- `power2(n)`: the number `2^n`; Inf above the dtype's range, 0 below it.
- `power(n)` and `scale(x, power(n))`: `x * 2^n`, exact, for whole `n`; `sticky_scale` is the same, but where `x * 2^n`
  is too small for the dtype it is a number near 0 on `x`'s side, never 0.
- `kept(x)`: `x`, as a number that no compiler may merge with what is added to it.
- `leading_power(x)`: `2^floor(log2 |x|)`, 0 for 0.
- `precision`, `smallest`, `largest`: significand bits, and the exponents of the smallest subnormal and of the largest
  number, of the floating dtype that the result must belong to; `compute_precision`: the bits that inputs can have.
- `half`: the number 1/2.

No array library is imported here; a backend binds `xp` to one.
"""
