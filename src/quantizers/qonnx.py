"""QONNX's operators `Quant` and `FloatQuant`: which of them a spec is, and which spec one of them is.

=================================  ==================================================================================
here                               in QONNX
=================================  ==================================================================================
`FixedQ`, `TernaryQ`               `Quant`: `scale` 2^-f, `zeropt` 0, `bitwidth` the width, `signed`
`RND_CONV`, `RND_INF`, `RND_ZERO`  `rounding_mode` `ROUND` (also read: `HALF_EVEN`), `HALF_UP`, `HALF_DOWN`
`TRN`, `TRN_ZERO`, `CEIL`, `AWAY`  `rounding_mode` `FLOOR`, `DOWN`, `CEIL`, `UP`
`SAT`, `SAT_SYM`                   `narrow` 0, 1; without a sign only `SAT`, 0
`MinifloatQ(m, e, e0)`             `FloatQuant`: `scale` 1, `exponent_bias` 2^(e-1) - e0, `max_val` the largest value
=================================  ==================================================================================

Ties go away from zero under HALF_UP and towards zero under HALF_DOWN, for both signs. Nothing else has a counterpart;
each refusal names the field, the rule, the value and the way out. A `TernaryQ` is read back as the `FixedQ` that it is.

qonnx computes in float32. Its results equal those here, with these exceptions:

- formats of more than 24 bits beside the sign, or more than 23 where ties go up or down (HALF_UP, HALF_DOWN);
- under HALF_UP the largest float32 below half a step becomes a whole step;
- FLOOR and a scale above 1: a negative number so small that its quotient is 0 becomes 0;
- FloatQuant makes NaN of Inf, and without mantissa bits perhaps of numbers just below 2^128; `MinifloatQ` saturates.

Source: qonnx 1.0.0, `qonnx.custom_op.general.intquant` and `floatquant`, where this was seen.

>>> from quantizers import FixedQ
>>> node = FixedQ(8, 3, True, 'RND_CONV', 'SAT').to_qonnx()
>>> node.op_type, node.inputs
('Quant', {'scale': 0.03125, 'zeropt': 0.0, 'bitwidth': 8.0})
>>> from_qonnx(*node)
FixedQ(8, 3, True, 'RND_CONV', 'SAT')
"""

from .exchange.qonnx._graph import make_node, read_node
from .exchange.qonnx._operators import DOMAIN, Node
from .exchange.qonnx._read import from_qonnx
from .exchange.qonnx._write import to_qonnx

__all__ = ['DOMAIN', 'Node', 'from_qonnx', 'make_node', 'read_node', 'to_qonnx']
