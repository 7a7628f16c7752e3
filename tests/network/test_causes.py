"""A comparison of two networks names the layer that was planted to be wrong, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from quantizers import FixedQ, PerChannel
from quantizers.network import QuantizedNetwork
from quantizers.network.graph import Layer, frozen
from quantizers.network.operations import Dense, Relu, Same
from quantizers.network.windows import Convolution

Layers = dict[str, Layer]
Specs = dict[str, Any]
WEIGHT, RESULT = FixedQ(8, 2, True, 'RND', 'SAT'), FixedQ(9, 4, True, 'TRN', 'SAT')
ONES = (1, 1)


def network() -> tuple[Layers, Specs]:
    """A convolution, ReLU, and three dense layers of which two are alike."""
    numbers = np.random.default_rng(0)

    def some(*shape: int) -> Any:
        return numbers.normal(0, 0.6, shape)

    def dense(name: str, before: str) -> Layer:
        return Layer(name, 'Dense', Dense(), (before,), (4, 4, 5), frozen({'weight': some(5, 5), 'bias': some(5)}))

    layers = [
        Layer('x', 'InputLayer', Same(), (), (4, 4, 2)),
        Layer(
            'conv', 'Conv2D', Convolution(ONES, ONES, ((1, 1), (1, 1)), (3, 3)), ('x',), (4, 4, 5),
            frozen({'weight': some(3, 3, 2, 5), 'bias': some(5)}),
        ),
        Layer('relu', 'relu', Relu(), ('conv',), (4, 4, 5)),
        dense('first', 'relu'),
        dense('second', 'first'),
        Layer('last', 'Dense', Dense(), ('second',), (4, 4, 3), frozen({'weight': some(5, 3)})),
    ]  # fmt: skip
    named = {layer.name: layer for layer in layers}
    tensors = [tensor for layer in layers for tensor in layer.tensors if not tensor.endswith('accum')]
    specs = {tensor: RESULT if tensor.endswith('result') else WEIGHT for tensor in tensors}
    return named, {**specs, 'x.result': FixedQ(8, 3, True, 'RND', 'SAT'), 'second.accum': FixedQ(14, 6)}


def spec(name: str, **changes: Any) -> Callable[[Layers, Specs], None]:
    """Another format."""
    return lambda layers, specs: specs.update({name: replace(specs[name], **changes)})


def weights(name: str, change: Callable[[Mapping[str, Any]], dict[str, Any]]) -> Callable[[Layers, Specs], None]:
    """Other weights."""

    def fault(layers: Layers, specs: Specs) -> None:
        layers[name] = replace(layers[name], weights=frozen({**layers[name].weights, **change(layers[name].weights)}))

    return fault


def stale(tensor: str, *index: int) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """One number of a weight that is another one."""

    def change(weights: Mapping[str, Any]) -> dict[str, Any]:
        changed = weights[tensor].copy()
        changed[index] += 0.3
        return {tensor: changed}

    return change


def exchanged(layers: Layers, specs: Specs) -> None:
    layers['second'] = replace(layers['second'], weights=layers['first'].weights)


def left_out(layers: Layers, specs: Specs) -> None:
    layers['relu'] = replace(layers['relu'], operation=Same())


def unsaid(layers: Layers, specs: Specs) -> None:
    """As hls4ml, where nothing is said of an accumulator, that would hold more."""
    specs['last.accum'] = FixedQ(16, 6)


FAULTS: dict[str, tuple[Callable[[Layers, Specs], None], str]] = {
    'one bit less of a result': (
        spec('first.result', width=8), 'first.result: b differs by 4 fraction bits, not 5 (too few)'
    ),
    'one bit less of a weight': (
        spec('conv.weight', width=7), 'conv.weight: b differs by 5 fraction bits, not 6 (too few)'
    ),
    'RND for TRN': (spec('last.result', rounding='RND'), 'last.result: b differs by rounding RND, not TRN'),
    'TRN for RND of a weight': (
        spec('first.weight', rounding='TRN'), 'first.weight: b differs by rounding TRN, not RND'
    ),
    'WRAP for SAT': (
        spec('first.result', overflow='WRAP'), 'first.result: b differs by overflow WRAP (wraps), not SAT (saturates)'
    ),
    'symmetric saturation': (
        spec('conv.result', overflow='SAT_SYM'),
        'conv.result: b differs by overflow SAT_SYM (saturates symmetrically), not SAT (saturates)',
    ),
    'an integer bit less': (
        spec('first.result', width=8, integer=3),
        'first.result: b differs by integer 3, not 4 (one off, as where the sign bit is counted or not)',
    ),
    'a stale weight': (weights('first', stale('weight', 2, 1)), 'first.weight: b has {} at [2, 1], not {}'),
    'a stale weight of a convolution': (
        weights('conv', stale('weight', 0, 2, 1, 3)), 'conv.weight: b has {} at [0, 2, 1, 3], not {}'
    ),
    'a stale bias': (weights('first', stale('bias', 4)), 'first.bias: b has {} at [4], not {}'),
    'a wrong accumulator': (
        spec('second.accum', width=13), 'second.accum: b differs by 7 fraction bits, not 8 (too few)'
    ),
    'an accumulator that nobody said': (
        unsaid, 'last.accum: b sums in that of hls4ml where none is said, ap_fixed<16, 6>, not in {}'
    ),
    'a bias left out': (weights('second', lambda w: {'bias': 0 * w['bias']}), 'second.bias: b has none, or zeros'),
    'a sign': (weights('last', lambda w: {'weight': -w['weight']}), 'last.weight: b has it with the other sign'),
    'weights of another layer': (exchanged, 'second: b has the weights of first'),
    'a layer left out': (left_out, 'relu: b has what it takes, as if it was left out'),
    'not quantized': (
        lambda layers, specs: specs.pop('last.weight'), 'last.weight: b has it as it was trained, not quantized'
    ),
    'nothing quantized': (
        lambda layers, specs: [specs.pop(f'conv.{tensor}') for tensor in ('weight', 'bias')],
        'conv: b has all its weights as they were trained, not quantized',
    ),
    'the input': (spec('x.result', rounding='TRN'), 'x.result: b differs by rounding TRN, not RND'),
}  # fmt: skip


@pytest.mark.parametrize('name', FAULTS)
def test_ten_faults_and_more_are_named(name: str) -> None:
    fault, said = FAULTS[name]
    layers, specs = network()
    ours = QuantizedNetwork(layers, ('last',), specs)
    other_layers, other_specs = dict(layers), dict(specs)
    fault(other_layers, other_specs)
    theirs = QuantizedNetwork(other_layers, ('last',), other_specs)
    x = np.random.default_rng(1).normal(0, 2, (60, 4, 4, 2))
    comparison = ours.compare(x, theirs.trace(x))
    assert comparison.first is not None
    layer, _, tensor = said.partition(':')[0].partition('.')
    assert comparison.first.name == layer
    if '{} at' in said:
        index = tuple(int(n) for n in said.partition('[')[2].partition(']')[0].split(', '))
        pair = [network.weights[f'{layer}.{tensor}'][index] for network in (theirs, ours)]
        assert pair[0] != pair[1]
        said = said.format(*pair)
    said = said.format(ours.accumulators[layer].label) if '{}' in said else said
    assert any(cause == said or cause.startswith(f'{said}; or ') for cause in comparison.causes), comparison.causes
    assert len(comparison.causes) <= 2  # where another cause gives the same numbers it is said
    assert comparison.to_dict()['causes'] == [*comparison.causes]
    assert f'  {comparison.causes[0]}' in repr(comparison).splitlines()


def test_what_no_change_explains_says_where_it_lies() -> None:
    layers, specs = network()
    ours = QuantizedNetwork(layers, ('last',), specs)
    x = np.random.default_rng(1).normal(0, 9, (60, 4, 4, 2))
    trace = {name: result.copy() for name, result in ours.trace(x).items()}
    high = trace['conv'] == RESULT.max
    trace['conv'][high] = np.random.default_rng(2).integers(-9, 9, high.sum()) / 4 + 1 / 64
    causes = ours.compare(x, trace).causes
    lie = ('differing inputs: rounded above the largest value, 7.96875', 'between two values of a')
    assert len(causes) >= 2
    assert all(any(part in cause for part in lie) and cause.startswith('conv.result: ') for cause in causes)
    assert any(lie[0] in cause for cause in causes)
    assert ours.compare(x, ours).causes == ()
    # a reference in floating point is not quantized at all
    assert ours.compare(x, {'x': x}).causes == ('x.result: b is x itself, not quantized',)


def test_causes_of_formats_that_change_nothing_else() -> None:
    """A weight per channel has no single change; what floats do not hold is searched for, too."""
    layers, specs = network()
    specs['first.weight'] = PerChannel(1, [WEIGHT] * 5)
    ours = QuantizedNetwork(layers, ('last',), specs)
    theirs = QuantizedNetwork(layers, ('last',), {**specs, 'first.weight': replace(WEIGHT, width=6)})
    x = np.random.default_rng(1).normal(0, 2, (20, 4, 4, 2))
    comparison = ours.compare(x, theirs)
    assert comparison.first is not None
    assert comparison.first.name == 'first'
    assert all(cause.startswith('first') for cause in comparison.causes)
    wide = {**specs, 'x.result': FixedQ(40, 3), 'conv.weight': FixedQ(40, 2), 'conv.result': FixedQ(90, 10)}
    ours, x = QuantizedNetwork(layers, ('last',), wide), x[:2]
    theirs = QuantizedNetwork(layers, ('last',), {**wide, 'conv.weight': FixedQ(39, 2)})
    assert 'conv.weight: b differs by 37 fraction bits, not 38 (too few)' in ours.compare(x, theirs).causes
