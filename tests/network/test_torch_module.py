"""Networks as modules of PyTorch to train on: the bits of the exact inference, gradients, state, and back again."""

from __future__ import annotations

import copy
import io
import pickle
import re
from typing import Any

import numpy as np
import pytest
import torch
from onnx import numpy_helper, parser
from torch import nn

from quantizers import FixedQ, PerChannel
from quantizers.network import Network

MODEL = """
<ir_version: 8, opset_import: ["" : 18]>
images (float[N, 3, 8, 6] x, float[N, 5] y) => (float[N, 4] out, float[N, 4, 3, 2] small) {
    first = Conv <pads: ints = [1, 0, 0, 1], strides: ints = [1, 1]> (x, W1, b1)
    norm = BatchNormalization (first, gamma, beta, mean, var)
    wide = Conv <group: int = 4> (norm, W2)
    active = Relu (wide)
    zeros = Constant <value_ints: ints = [0, 0, 0, 1, 0, 0, 0, 0]> ()
    padded = Pad (active, zeros)
    small = MaxPool <kernel_shape: ints = [2, 2], strides: ints = [2, 2]> (padded)
    both = Concat <axis: int = 1> (small, small)
    largest = GlobalMaxPool (both)
    shape = Constant <value_ints: ints = [0, 8]> ()
    flat = Reshape (largest, shape)
    last = Transpose <perm: ints = [0, 2, 3, 1]> (small)
    rows = Flatten (last)
    side = Gemm (y, W3, b3)
    hidden = Gemm <transB: int = 1> (flat, W4)
    of_rows = MatMul (rows, W5)
    sum = Add (hidden, side)
    out = Add (sum, of_rows)
}
"""
SHAPES = {
    'W1': (4, 3, 2, 3), 'b1': (4,), 'gamma': (4,), 'beta': (4,), 'mean': (4,), 'W2': (4, 1, 2, 2), 'W3': (5, 4),
    'b3': (4,), 'W4': (4, 8), 'W5': (24, 4),
}  # fmt: skip
WEIGHT = FixedQ(5, 2, True, 'RND', 'SAT')
RESULT = FixedQ(9, 5, True, 'RND', 'SAT')


def network() -> Network:
    made, numbers = parser.parse_model(MODEL), np.random.default_rng(0)
    weights = {name: numbers.normal(size=shape) for name, shape in SHAPES.items()} | {'var': np.full(4, 1.5)}
    made.graph.initializer.extend(numpy_helper.from_array(w.astype('f4'), name) for name, w in weights.items())
    return Network.load(made)


def specs(of: Network) -> dict[str, Any]:
    """Of all weights, one of them per channel, of inputs and of all results but one; no accumulators."""
    channels = PerChannel(0, [FixedQ(n, 2, True, 'RND', 'SAT') for n in range(3, 7)])
    weights = {name: channels if name == 'first.weight' else WEIGHT for name in of.weights}
    results = {name: RESULT for name in of.tensors if name.endswith('.result') and name != 'wide.result'}
    return weights | results | {'active.result': FixedQ(8, 3, False, 'TRN', 'WRAP')}


def samples(of: Network, size: int = 50, spread: float = 2) -> dict[str, np.ndarray]:
    numbers = np.random.default_rng(1)
    return {name: numbers.normal(0, spread, (size, *of.layers[name].shape)).astype('f4') for name in of.inputs}


def outputs(module: nn.Module, x: dict[str, np.ndarray]) -> Any:
    return module(*(torch.tensor(a) for a in x.values()))


def test_it_has_the_bits_of_the_exact_inference_where_float32_holds_them(tally):
    made, x = network(), samples(network())
    module = made.to_torch(specs(made)).eval()
    expected = made.quantize(specs(made))(x)
    for name, got in zip(made.outputs, outputs(module, x), strict=True):
        values = got.detach().double().numpy()
        assert len(np.unique(values)) > 20
        tally('PyTorch', name, values.ravel(), values.ravel(), expected[name].ravel())
    tally.check()
    floats = made.to_torch({f'{name}.result': FixedQ(24, 6) for name in made.inputs})
    for name, got in zip(made.outputs, outputs(floats, x), strict=True):
        np.testing.assert_allclose(got.detach().numpy(), made.trace(x)[name], rtol=1e-4, atol=1e-4)


def test_gradients_reach_every_weight_and_training_lowers_the_loss():
    made, x = network(), samples(network(), spread=0.25)
    wide = ('hidden.result', 'of_rows.result', 'sum.result', 'out.result')
    fine = {**specs(made), **dict.fromkeys(wide, FixedQ(12, 7))}
    module = made.to_torch(fine)
    target = torch.tensor(made.trace(x)['out'] / 2, dtype=torch.float32)
    optimizer = torch.optim.Adam(module.parameters(), 0.01)
    losses = []
    for _ in range(20):
        optimizer.zero_grad()
        loss = torch.square(outputs(module, x)[0] - target).mean()
        loss.backward()
        losses.append(float(loss.detach()))
        for name, parameter in module.named_parameters():
            assert parameter.grad.abs().sum() > 0, name
        optimizer.step()
    assert losses[-1] < 0.8 * losses[0]
    tuned = made.with_weights(module)  # which goes on from there
    got = outputs(module.eval(), x)[0].detach().double().numpy()
    np.testing.assert_array_equal(got, tuned.quantize(fine)(x)['out'])
    assert (tuned.weights['first.weight'] != made.weights['first.weight']).mean() > 0.9
    assert not np.array_equal(got, made.quantize(fine)(x)['out'])


def test_its_state_has_the_names_of_the_weights():
    made, x = network(), samples(network())
    module, other = made.to_torch(specs(made)).eval(), made.to_torch(specs(made)).eval()
    assert set(module.state_dict()) == set(made.weights)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.mul_(1.5)
    file = io.BytesIO()
    torch.save(module.state_dict(), file)
    file.seek(0)
    other.load_state_dict(torch.load(file))
    whole = pickle.loads(pickle.dumps(copy.deepcopy(module)))
    exported = torch.export.export(module, tuple(torch.tensor(a) for a in x.values())).module()
    for a, b, c, d in zip(*(outputs(each, x) for each in (module, other, whole, exported)), strict=True):
        assert torch.equal(a, b)
        assert torch.equal(a, c)
        assert torch.equal(a, d)
    for name, weight in made.with_weights(module.state_dict()).weights.items():
        np.testing.assert_array_equal(weight, (made.weights[name].astype('f4') * np.float32(1.5)).astype('f8'))
    assert 'Convolution, weight=' in repr(module)


def test_paths_of_modules_are_paths_again():
    block = nn.Sequential(nn.Linear(3, 4), nn.Sequential(nn.ReLU(), nn.Linear(4, 2))).eval()
    made = Network.load(torch.export.export(block, (torch.ones(2, 3),)))
    module = made.to_torch({'input.result': FixedQ(8, 3)})
    assert [*module.state_dict()] == [*block.state_dict()]
    block.load_state_dict(module.state_dict())  # what was trained on goes into the module that it came from


def test_a_stochastic_format_draws_in_training_alone():
    made, x = network(), samples(network())
    module = made.to_torch(specs(made) | {'out.result': FixedQ(6, 5, True, 'S_RND', 'SAT')})
    assert not torch.equal(outputs(module, x)[0], outputs(module, x)[0])
    assert torch.equal(outputs(module.eval(), x)[0], outputs(module, x)[0])


def test_what_does_not_fit_is_refused():
    made = network()
    weights = dict(made.weights)
    for source, message in (
        ({**weights, 'first.wait': np.ones(3)}, "must have the weights of the network, and no others: 'first.wait'"),
        ({n: w for n, w in weights.items() if n != 'first.bias'}, "and no others: 'first.bias'"),
        ({**weights, 'first.bias': np.ones(5)}, 'must have first.bias of the shape (4,): (5,)'),
    ):
        with pytest.raises(ValueError, match=re.escape(message)):
            made.with_weights(source)
    with pytest.raises(TypeError, match='must be a mapping, or what to_keras or to_torch made: list'):
        made.with_weights([1])
    renamed = parser.parse_model(MODEL.replace('side', 'half'))
    renamed.graph.initializer.extend(
        numpy_helper.from_array(np.ones(shape, 'f4'), name) for name, shape in {**SHAPES, 'var': (4,)}.items()
    )
    other = Network.load(renamed)
    with pytest.raises(ValueError, match="half: must have another name: 'half' is one of a module"):
        other.to_torch({f'{name}.result': RESULT for name in other.inputs})
