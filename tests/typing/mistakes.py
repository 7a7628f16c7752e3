"""A user's mistakes, which mypy strict reports on the marked lines; the comment names the error code."""

from __future__ import annotations

import numpy as np

from quantizers import (
    BinaryQ,
    FixedQ,
    MinifloatQ,
    Overflow,
    TernaryQ,
    choose,
    get_fixed_quantizer,
    get_fixed_quantizer_np,
    parse_type,
    result_type,
)

FixedQ('8', 3)  # error: arg-type
FixedQ(8, 3.5)  # error: arg-type
FixedQ(8, 3, True, 'RND', None)  # error: arg-type
FixedQ(8)  # error: call-arg
FixedQ(8, 3, True, 'RND', 'SAT', 0, 'fixed')  # error: call-arg
MinifloatQ(2, 3).width  # error: attr-defined
FixedQ(8, 3).width = 9  # error: misc
number: int = FixedQ(8, 3).cpp_type  # error: assignment
parse_type(8)  # error: arg-type
FixedQ(8, 3) + 1  # error: operator
FixedQ(8, 3) * TernaryQ()  # error: operator
-BinaryQ()  # error: operator
result_type.dot([8, 3], [1, 2])  # error: list-item
FixedQ(8, 3, rounding='RDN')  # error: arg-type
FixedQ(8, 3, True, 'SAT')  # error: arg-type
FixedQ(8, 3, True, 'RND', 'SATURATE')  # error: arg-type
FixedQ(8, 3, True, Overflow.SAT)  # error: arg-type
FixedQ.from_kif(1, 2, 5, 'AP_RDN')  # error: arg-type
get_fixed_quantizer('RDN')  # error: arg-type
get_fixed_quantizer_np('RND', 'RND')  # error: arg-type
choose([1], width=8, rounding='RDN')  # error: arg-type
integers: int = FixedQ(8, 3)(np.zeros(3))  # error: assignment
FixedQ(8, 3)(np.zeros(3), thread=2)  # error: call-overload
