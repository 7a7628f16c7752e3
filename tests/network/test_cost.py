"""What a network costs: bits of constants, EBOPs, adders and memory, against loops over every multiplication."""

from __future__ import annotations

import math
import re
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from quantizers import FixedQ, MinifloatQ, PerChannel, formats, memory_files
from quantizers.network import NetworkReport, QuantizedNetwork
from quantizers.network.cost import magnitude_bits, memory_bits
from quantizers.network.graph import Layer, frozen
from quantizers.network.operations import Add, Dense, Same, Scale
from quantizers.network.windows import Convolution


def bits_of(number: float) -> int:
    """The digits of a magnitude from the first to the last 1, in exact arithmetic."""
    numerator = abs(Fraction(number)).numerator  # odd, or a power of two times an odd one
    return len(bin(numerator)[2:].rstrip('0'))


def test_bits_of_constants() -> None:
    assert magnitude_bits(np.array([0, 1, 4, -0.625, 3, -3.5, 2.0**-60])).tolist() == [0, 1, 1, 3, 2, 3, 1]
    numbers = np.random.default_rng(0)
    several = [
        numbers.normal(size=500),
        np.ldexp(numbers.integers(-500, 500, 500), numbers.integers(-90, 90, 500)),
        numbers.normal(size=500).astype(np.float32),
        [5e-324, 2.0**1023, np.nextafter(1, 2), 1e300],
    ]
    for x in several:
        assert magnitude_bits(np.asarray(x)).tolist() == [bits_of(float(n)) for n in x]


def network() -> tuple[dict[str, Layer], dict[str, Any]]:
    """An image, a convolution, one of each channel alone, a batch normalization, a sum, a dense layer."""
    numbers = np.random.default_rng(1)

    def some(*shape: int) -> Any:
        return numbers.integers(-5, 6, shape) * numbers.integers(0, 2, shape) / 8

    pads = ((1, 1), (1, 1))
    ones, square = (1, 1), (3, 3)
    layers = [
        Layer('x', 'InputLayer', Same(), (), (5, 5, 2)),
        Layer(
            'c', 'Conv2D', Convolution(ones, ones, pads, square), ('x',), (5, 5, 4),
            frozen({'weight': some(3, 3, 2, 4), 'bias': some(4)}),
        ),
        Layer(
            'd', 'DepthwiseConv2D', Convolution(ones, ones, pads, square, depthwise=True), ('c',), (5, 5, 4),
            frozen({'weight': some(3, 3, 4, 1)}),
        ),
        Layer('s', 'BatchNormalization', Scale(), ('d',), (5, 5, 4), frozen({'scale': some(4), 'bias': some(4)})),
        Layer('a', 'Add', Add(), ('s', 'c'), (5, 5, 4)),
        Layer('o', 'Dense', Dense(), ('a',), (5, 5, 3), frozen({'weight': some(4, 3), 'bias': np.zeros(3)})),
    ]  # fmt: skip
    specs = {
        'x.result': FixedQ(7, 3),
        'c.result': FixedQ(9, 4, signed=False),
        'c.weight': FixedQ(6, 2),
        'd.accum': FixedQ(20, 10),
        'a.result': FixedQ(8, 4),
        'o.weight': PerChannel(1, [FixedQ(4, 1), FixedQ(5, 1), FixedQ(6, 1)]),
        'o.bias': MinifloatQ(3, 4),
    }
    return {layer.name: layer for layer in layers}, specs


def test_every_multiplication_and_addition_counts() -> None:
    layers, specs = network()
    quantized = QuantizedNetwork(layers, ('o',), specs)
    report = quantized.report()
    costs = {cost.name: cost for cost in report.layers}
    places = 25
    for name, given in (('c', 'x'), ('d', 'c'), ('o', 'a')):
        weight = quantized.weights[f'{name}.weight']
        bias = quantized.weights.get(f'{name}.bias', np.zeros(weight.shape[-2 if name == 'd' else -1]))
        columns = weight.reshape(-1, bias.size)
        spec, total = quantized.formats[given], quantized.accumulators[name]
        products = ebops = adders = 0
        for column, constant in zip(columns.T, bias, strict=True):
            terms = [n for n in column if n]
            products += len(terms)
            ebops += sum((spec.bits - spec.signed) * bits_of(n) for n in terms)
            adders += max(len(terms) + bool(constant) - 1, 0) * total.bits
        cost = costs[name]
        assert (cost.multiplications, cost.ebops, cost.adders) == (places * products, places * ebops, places * adders)
        assert cost.ebops_with_adders == places * (ebops + adders) > cost.ebops > 0
        assert cost.accumulator == total
        assert cost.zeros == (weight == 0).sum() + (bias == 0).sum() * (f'{name}.bias' in quantized.weights)
    assert costs['d'].accumulator == FixedQ(20, 10)
    scale, shift = (quantized.weights[f's.{n}'] for n in ('scale', 'bias'))
    wide = quantized.formats['d'].width - quantized.formats['d'].signed
    assert costs['s'].ebops == places * wide * sum(map(bits_of, scale[scale != 0]))
    assert costs['s'].multiplications == places * np.count_nonzero(scale)
    both = np.count_nonzero((scale != 0) & (shift != 0))
    assert costs['s'].adders == places * both * quantized.formats['s'].bits
    assert costs['a'].adders == 5 * 5 * 4 * (quantized.formats['s'] + quantized.formats['c']).bits
    assert (costs['x'].ebops_with_adders, costs['x'].memory, costs['x'].weight) == (0, 0, None)


def test_memory_is_that_of_the_formats() -> None:
    layers, specs = network()
    costs = {cost.name: cost for cost in QuantizedNetwork(layers, ('o',), specs).report().layers}
    assert costs['o'].memory == 4 * (4 + 5 + 6) + 3 * 8
    exact = QuantizedNetwork(layers, ('o',), specs).config()
    assert costs['c'].memory == 72 * 6 + 4 * exact['c.bias'].bits
    assert memory_bits(PerChannel(-1, [FixedQ(4, 1), FixedQ(8, 1)]), np.zeros((3, 2))) == 36


def test_the_report_shows_itself() -> None:
    layers, specs = network()
    report = QuantizedNetwork(layers, ('o',), specs).report()
    data = report.to_dict()
    total = data['total']
    for key in ('multiplications', 'ebops', 'ebops_with_adders', 'memory'):
        assert total[key] == getattr(report, key) == sum(row[key] for row in data['layers'])
    assert total['weights'] == 72 + 4 + 36 + 4 + 4 + 12 + 3
    zeros = sum(row['zeros'] * n for row, n in zip(data['layers'], (0, 76, 36, 8, 0, 15), strict=True) if n)
    assert math.isclose(total['zeros'] * total['weights'], zeros)
    assert data['layers'][5]['weight'] == '3 types by axis 1, 4 to 6 bits'
    assert [*report.to_dataframe()['ebops']] == [row['ebops'] for row in data['layers']]
    assert repr(report).endswith(f'{report.memory:,} bits of weights, {total["zeros"]:.1%} of 135 weights are 0')
    lines = report.to_markdown().splitlines()
    assert lines[0].startswith('| layer | result | EBOPs | with adders |')
    assert lines[1].startswith('| --- | --- | ---: | ---: |')
    assert lines[2].startswith('| x | ap\\_fixed\\<7, 3\\> |  |  |')
    assert len(lines) == 2 + 6 + 2
    assert NetworkReport(()).to_dict()['total']['zeros'] is None


def test_the_whole_configuration_computes_the_same() -> None:
    layers, specs = network()
    first = QuantizedNetwork(layers, ('o',), specs)
    again = QuantizedNetwork(layers, ('o',), first.config())
    x = np.random.default_rng(3).normal(0, 2, (20, 5, 5, 2))
    for layer, result in first.trace(x).items():
        np.testing.assert_array_equal(result, again.trace(x)[layer])
    assert set(first.config()) == {tensor for layer in layers.values() for tensor in layer.tensors}
    assert {n: first.config()[n] for n in specs} == specs
    assert again.accumulators == first.accumulators


@pytest.mark.parametrize(
    ('spec', 'bits'),
    [
        (FixedQ(6, 2), 3 * 40 * 6),
        (PerChannel(0, [FixedQ(n, 1) for n in (2, 3, 9)]), 40 * (2 + 3 + 9)),
        (formats.MXFP4, 3 * 40 * 4 + 3 * 2 * 8),  # the second block of each row is a short one
    ],
    ids=str,
)
def test_the_memory_of_a_weight(spec, bits):
    assert memory_bits(spec, np.zeros((3, 40))) == bits


def test_blocks_are_no_words_of_a_memory():
    with pytest.raises(
        ValueError, match=re.escape("'w': the kind 'block' cannot give codes, raw bits and memory files")
    ):
        memory_files.to_texts({'w': formats.MXFP4}, {'w': np.zeros(4)}, 'readmemh')
