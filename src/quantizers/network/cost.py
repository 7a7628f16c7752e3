"""What the layers of a network cost in hardware, from formats and weights alone."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..formats import BlockQ, FixedQ
from ..formats.per_channel import Formats, PerChannel
from .exact import Array
from .graph import Layer


def magnitude_bits(weights: Array) -> Array:
    """The bits from the highest to the lowest 1 of the magnitude of each number, 0 of 0: 1 of 4, 3 of -0.625.

    These alone are a multiplier's by a constant (arXiv 2405.00645, section III).
    """
    mantissa, _ = np.frexp(np.abs(np.asarray(weights, np.float64)))
    integer = (mantissa * 2.0**53).astype(np.int64)
    lowest = np.log2((integer & -integer).clip(1))  # powers of two, of which the logarithm is exact
    return np.where(integer == 0, 0, 53 - lowest.astype(np.int64))


def multiplications(layer: Layer, weights: Mapping[str, Array]) -> int:
    """How many numbers one sample multiplies by a constant that is not 0."""
    return layer.operation.places(layer.shape) * sum(int(np.count_nonzero(array)) for array in _factors(layer, weights))


def ebops(layer: Layer, given: FixedQ, weights: Mapping[str, Array]) -> int:
    """Effective bit operations of the multiplications of one sample: the sum of `b_x * b_w`.

    `b_x` is the width of the numbers that are multiplied, without their sign, and `b_w` that of the constant, by
    `magnitude_bits`. Source: arXiv 2405.00645, section III, whose EBOPs count no adders either.
    """
    bits = sum(int(magnitude_bits(array).sum()) for array in _factors(layer, weights))
    return layer.operation.places(layer.shape) * (given.width - given.signed) * bits


def adder_bits(layer: Layer, total: FixedQ, weights: Mapping[str, Array]) -> int:
    """The bits of all adders of one sample: of each addition those of the sum, `total`.

    Sums of products have an addition less than products that are not 0, and one for a bias that is not 0. Source: the
    accumulator's part of the bit operations of arXiv 1804.10969, with the formats that there are in place of bounds.
    """
    named = {tensor: weights[f'{layer.name}.{tensor}'] for tensor in layer.weights}
    return layer.operation.additions(named, layer.shape) * total.bits


def memory_bits(formats: Formats, array: Array) -> int:
    """The bits of a tensor's numbers in their format, or in those of their channels; and of the scales of blocks."""
    if isinstance(formats, BlockQ):
        length = array.shape[formats.axis]
        scales = array.size // length * -(-length // formats.size)
        return int(array.size * formats.element.bits + scales * formats.scale.bits)
    if not isinstance(formats, PerChannel):
        return array.size * formats.bits
    return sum(spec.bits for spec in formats.specs) * (array.size // len(formats.specs))


def _factors(layer: Layer, weights: Mapping[str, Array]) -> list[Array]:
    """The constants by which the layer multiplies, each once at each place."""
    return [weights[f'{layer.name}.{tensor}'] for tensor in layer.operation.weights[:1] if tensor in layer.weights]
