"""Modules of PyTorch as networks: every layer is PyTorch's own where nothing is rounded, and with formats by hooks."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from quantizers import FixedQ, PerChannel
from quantizers.network import Network

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")
INPUT = FixedQ(9, 4)
RESULT = FixedQ(9, 6, True, 'RND', 'SAT')
WEIGHT = FixedQ(5, 2, True, 'RND_CONV', 'SAT')


class Residual(nn.Module):
    """What is added to what comes in; the addition and the activation are no modules."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(4, 4, 3, padding=1), nn.BatchNorm2d(4, eps=0.25)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(x + self.norm(self.conv(x)))


class Joined(nn.Module):
    """Two inputs, of several axes, results side by side, two outputs, a module that is called twice."""

    def __init__(self) -> None:
        super().__init__()
        self.wide = nn.Conv1d(3, 3, 3, groups=3, stride=2, padding=2, dilation=2)
        self.small, self.twice = nn.Conv1d(2, 3, 2, padding='same', bias=False), nn.ReLU()
        self.pool, self.out = nn.MaxPool1d(3, stride=2), nn.Linear(3, 2)

    def forward(self, series: torch.Tensor, other: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        both = torch.cat([self.twice(self.wide(series)), self.twice(self.small(other))], 1)
        return self.pool(both), self.out(both.view(len(both), 5 * 2, 3))


def residual() -> nn.Module:
    return nn.Sequential(
        *(nn.Conv2d(2, 4, (3, 2), padding='same'), nn.BatchNorm2d(4, eps=0.25), nn.ReLU(), nn.MaxPool2d(2)),
        *(Residual(), nn.Dropout(), nn.Conv2d(4, 6, 2, padding=(0, 1), groups=1, bias=False), nn.Flatten()),
        *(nn.Linear(6 * 2 * 4, 5), nn.BatchNorm1d(5, eps=0.25)),
    )


MODULES = {
    'residual': (residual, [(2, 6, 6)]),
    'joined': (Joined, [(3, 9), (2, 5)]),
}


def made(name: str) -> tuple[nn.Module, list[torch.Tensor]]:
    """A module of weights of few bits, and scales that are powers of two, in float64; inputs on the grid of `INPUT`."""
    make, shapes = MODULES[name]
    module, numbers = make().double().eval(), np.random.default_rng(0)
    with torch.no_grad():
        for tensor in module.parameters():
            tensor.copy_(torch.tensor(numbers.integers(-7, 8, tensor.shape) / 4))
        for each in module.modules():
            if isinstance(each, nn.BatchNorm1d | nn.BatchNorm2d):
                each.running_mean.copy_(torch.tensor(numbers.integers(-3, 4, each.running_mean.shape) / 2))
                each.running_var.fill_(3.75)
    return module, [torch.tensor(INPUT(numbers.normal(0, 2, (20, *shape)))) for shape in shapes]


def loaded(name: str) -> tuple[Network, nn.Module, list[torch.Tensor]]:
    module, inputs = made(name)
    return Network.load(torch.export.export(module, tuple(x[:2] for x in inputs))), module, inputs


def arrays(network: Network, inputs: list[torch.Tensor]) -> Any:
    given = {name: x.numpy() for name, x in zip(network.inputs, inputs, strict=True)}
    return given if len(given) > 1 else next(iter(given.values()))


@pytest.mark.parametrize('fold', [False, True])
@pytest.mark.parametrize('name', MODULES)
def test_without_formats_it_is_pytorch(name, fold, tally):
    network, module, inputs = loaded(name)
    network = network.folded() if fold else network
    quantized = network.quantize({f'{each}.result': INPUT for each in network.inputs})
    trace, expected = quantized.trace(arrays(network, inputs)), module(*inputs)
    for each, result in network.trace(arrays(network, inputs)).items():
        np.testing.assert_array_equal(result, trace[each])
    for output, result in zip(network.outputs, expected if isinstance(expected, tuple) else [expected], strict=True):
        want = result.detach().numpy()
        assert trace[output].shape == want.shape
        got = np.asarray(trace[output], np.float64)
        tally('PyTorch', output, got.ravel(), got.ravel(), want.ravel())
    tally.check()


def test_names_are_paths_and_weights_are_pytorchs():
    network, module, _ = loaded('residual')
    assert list(network.layers) == [
        *('input', '0', '1', '2', '3', '4.conv', '4.norm', '4.add', '4.relu_1', '5', '6', '7', '8', '9')
    ]
    assert network.outputs == ('9',)
    assert network.layers['3'].shape == (4, 3, 3)
    own = {name: tensor.detach().numpy() for name, tensor in module.named_parameters()}
    for name in network.weights.keys() & own.keys():
        if not name.startswith(('1.', '4.norm', '9.')):  # of which there are a scale and a bias, and no weight
            np.testing.assert_array_equal(network.weights[name], own[name])
    assert '1.scale' in network.weights
    assert network.weights['1.scale'].tolist() == (own['1.weight'] / 2).tolist()
    assert not network.weights['0.weight'].flags.writeable


def test_several_inputs_and_a_module_that_is_called_twice():
    network, _, _ = loaded('joined')
    assert network.inputs == ('series', 'other')
    assert list(network.layers)[2:] == ['wide', 'twice.relu', 'small', 'twice.relu_1', 'cat', 'pool', 'view', 'out']


def test_layers_have_formats_as_hooks_give_them(tally):
    """PyTorch computes in float64, which holds every sum, with quantized weights and quantized results of modules."""
    network, module, inputs = loaded('residual')
    rows = PerChannel(0, [FixedQ(n, 2, True, 'RND', 'SAT') for n in range(3, 8)])
    specs = {'input.result': INPUT, '8.weight': rows}
    weights = {name: rows if name == '8.weight' else WEIGHT for name in network.weights}
    results = {f'{name}.result': RESULT for name in ('0', '1', '3', '4.conv', '4.norm', '6', '8', '9')}
    trace = network.quantize({**weights, **results, **specs}).trace(arrays(network, inputs))
    seen = {}
    with torch.no_grad():
        for name, each in module.named_modules():
            if isinstance(each, nn.BatchNorm1d | nn.BatchNorm2d):
                scale, shift = network.weights[f'{name}.scale'], network.weights[f'{name}.bias']
                each.weight.copy_(torch.tensor(2 * WEIGHT(scale)))  # as the deviation is 2
                each.bias.copy_(torch.tensor(WEIGHT(shift)) + each.running_mean * torch.tensor(WEIGHT(scale)))
            elif isinstance(each, nn.Conv2d | nn.Linear):
                for tensor, parameter in each.named_parameters():
                    parameter.copy_(torch.tensor(weights[f'{name}.{tensor}'](parameter.numpy())))
            if f'{name}.result' in results:
                each.register_forward_hook(lambda _module, _inputs, y, name=name: seen.setdefault(name, RESULT(y)))
    module(*inputs)
    for name, result in seen.items():
        got = np.asarray(trace[name], np.float64)
        assert len(np.unique(got)) > 5
        tally('PyTorch', name, got.ravel(), got.ravel(), result.detach().numpy().ravel())
    tally.check()


def test_what_layers_cost():
    network, _, _ = loaded('residual')
    rows = {row['name']: row for row in network.to_dict()['layers']}
    assert rows['0']['multiplications'] == 6 * 6 * 4 * 2 * 3 * 2
    assert rows['1']['multiplications'] == 4 * 6 * 6
    assert rows['8']['multiplications'] == 48 * 5
    for name in ('0', '8'):
        layer = network.layers[name]
        weight, bias = (layer.weights[each].copy() for each in ('weight', 'bias'))
        weight[1], bias[1] = 0, 0  # an output without a sum
        terms = [np.count_nonzero(row) + bool(b) for row, b in zip(weight, bias, strict=True)]
        additions = layer.operation.additions({'weight': weight, 'bias': bias}, layer.shape)
        assert additions == np.prod(layer.shape[1:]) * sum(max(n - 1, 0) for n in terms)
    joined = {row['name']: row for row in loaded('joined')[0].to_dict()['layers']}
    assert joined['wide']['multiplications'] == 3 * 5 * 3
    assert joined['small']['multiplications'] == 3 * 5 * 2 * 2


def test_the_report_counts_places_where_channels_come_first():
    network, _, _ = loaded('residual')
    report = {cost.name: cost for cost in network.report({'input.result': INPUT}).layers}
    for name, places in {'0': 36, '1': 36, '8': 1}.items():
        weight = network.weights[f'{name}.{"scale" if name == "1" else "weight"}']
        assert report[name].multiplications == places * np.count_nonzero(weight)
    bits = sum(len(bin(int(abs(w) * 4))[2:].rstrip('0')) for w in network.weights['0.weight'].ravel())
    assert report['0'].ebops == 36 * (INPUT.width - 1) * bits


class Sum(nn.Module):
    """Functions of PyTorch."""

    def __init__(self, function: Any) -> None:
        super().__init__()
        self.function, self.weight = function, nn.Parameter(torch.ones(4, 4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.function(self, x)


REFUSED = {
    'an operation': (nn.Sequential(nn.Linear(4, 4), nn.Softplus()), (3, 4), '1: must be one of linear, conv1d'),
    'training': (nn.BatchNorm1d(4).train(), (3, 4), 'must be exported after module.eval()'),
    'groups': (nn.Conv1d(4, 4, 1, groups=2), (3, 4, 5), "'groups' must be 1, or 4 with as many outputs: 2"),
    'padding': (nn.MaxPool1d(2, padding=1), (3, 4, 6), "'padding' must be 0, and 'dilation' 1"),
    'ceil': (nn.MaxPool1d(2, ceil_mode=True), (3, 4, 5), "'ceil_mode' must be False: True"),
    'a number': (Sum(lambda _, x: x + 1), (3, 4), 'must add two results of one shape'),
    'alpha': (Sum(lambda _, x: torch.add(x, x, alpha=2)), (3, 4), "'alpha' must be 1: 2"),
    'samples': (Sum(lambda _, x: x.permute(1, 0)), (3, 4), "permute: 'dims' must begin with 0, the samples: [1, 0]"),
    'axis': (Sum(lambda _, x: torch.cat([x, x], 2)), (3, 4, 5), "'dim' must be 1, the channels: 2"),
    'weight': (Sum(lambda _, x: nn.functional.linear(x, x)), (4, 4), "'weight' must be a parameter"),
}


@pytest.mark.parametrize('name', REFUSED)
def test_what_is_not_computed_is_refused_by_its_name(name):
    module, shape, message = REFUSED[name]
    module = module if name == 'training' else module.eval()
    with pytest.raises(ValueError, match=re.escape(message)):
        Network.load(torch.export.export(module, (torch.ones(shape),)))


def test_a_name_of_two_results_is_refused():
    class Named(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.x = nn.ReLU()

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.x(x)

    with pytest.raises(ValueError, match=r'^x: must be one result'):
        Network.load(torch.export.export(Named(), (torch.ones(2, 3),)))


def test_a_module_that_was_not_exported_is_refused():
    with pytest.raises(TypeError, match=re.escape('torch.export.export(module.eval(), (x,)): Linear')):
        Network.load(nn.Linear(2, 2))
