"""The operators as data: their inputs, attributes and modes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ...modes import RoundingMode

DOMAIN = 'qonnx.custom_op.general'
"""The domain of the operators, for `onnx.helper.make_node` and the opsets of a model."""
DOMAINS = DOMAIN, 'onnx.brevitas'  # qonnx reads both

# The first name is written, all are read.
ROUNDINGS: Mapping[RoundingMode, tuple[str, ...]] = {
    'RND_CONV': ('ROUND', 'HALF_EVEN'),
    'RND_INF': ('HALF_UP',),
    'RND_ZERO': ('HALF_DOWN',),
    'TRN': ('FLOOR',),
    'TRN_ZERO': ('DOWN',),
    'CEIL': ('CEIL',),
    'AWAY': ('UP',),
}
INPUTS = {
    'Quant': ('scale', 'zeropt', 'bitwidth'),
    'FloatQuant': ('scale', 'exponent_bitwidth', 'mantissa_bitwidth', 'exponent_bias', 'max_val'),
}
ATTRIBUTES = {
    'Quant': ('signed', 'narrow', 'rounding_mode'),
    'FloatQuant': ('has_inf', 'has_nan', 'has_subnormal', 'saturation', 'rounding_mode'),
}
# what every MinifloatQ is
FLAGS = {'has_inf': 0, 'has_nan': 0, 'has_subnormal': 1, 'saturation': 1}


class Node(NamedTuple):
    """An operator as plain data: its name, its inputs after the tensor, in their order, and its attributes."""

    op_type: str
    inputs: dict[str, float]
    attributes: dict[str, int | str]


def canonical(op_type: str) -> str:
    """The name in the tables above: newer versions of qonnx call the same operator IntQuant."""
    return 'Quant' if op_type == 'IntQuant' else op_type
