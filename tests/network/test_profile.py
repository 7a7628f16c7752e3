"""What the results of a network hold, counted in batches: the numbers of all samples at once, and little memory."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import dask
import dask.array as da
import numpy as np
import onnx
import pytest
from onnx import numpy_helper, parser

from oracles import reference
from oracles.command import Run, of_json, refused
from quantizers import FixedQ, MinifloatQ, PerChannel
from quantizers.network import Network, TensorProfile

MODEL = """
<ir_version: 8, opset_import: ["" : 18]>
small (float[N, 3] x, float[N, 2, 2] y) => (float[N, 4] out) {
    flat = Flatten (y)
    hidden = Gemm (x, W)
    active = Relu (hidden)
    out = Add (active, flat)
}
"""
FIELDS = 'width', 'integer', 'signed', 'rounding', 'overflow', 'saturation_bits'
SPECS = {'out.result': FixedQ(6, 3, True, 'RND', 'SAT'), 'x.result': FixedQ(4, 4, False, 'TRN', 'SAT')}


def made(weight: np.ndarray | None = None) -> onnx.ModelProto:
    model = parser.parse_model(MODEL)
    weight = np.linspace(-1, 1, 12).reshape(3, 4) if weight is None else weight
    model.graph.initializer.append(numpy_helper.from_array(weight.astype(np.float32), 'W'))
    return model


def samples(size: int = 200) -> dict[str, np.ndarray]:
    numbers = np.random.default_rng(0)
    x = numbers.normal(0, 2, (size, 3))
    x[::7] = 0
    return {'x': -np.abs(x), 'y': numbers.normal(0, 4, (size, 2, 2)).astype(np.float32)}


def test_what_is_counted_is_what_the_numbers_are():
    network, given = Network.load(made()), samples()
    profile = network.profile(given, SPECS)
    trace = network.trace(given)
    weight = network.weights['hidden.weight']
    np.testing.assert_array_equal(trace['hidden'], given['x'] @ weight)
    np.testing.assert_array_equal(trace['out'], np.maximum(trace['hidden'], 0) + given['y'].reshape(-1, 4))
    assert [tensor.name for tensor in profile.tensors] == [f'{n}.result' for n in ('x', 'y', 'hidden', 'active', 'out')]
    assert profile.samples == 200
    for tensor in profile.tensors:
        x = trace[tensor.name.removesuffix('.result')].astype(np.float64).ravel()
        assert (tensor.count, tensor.low, tensor.high) == (x.size, x.min(), x.max())
        assert tensor.zeros == (x == 0).sum()
        for exponent, count in tensor.histogram.items():
            magnitude = np.abs(x)
            assert count == ((magnitude >= 2.0**exponent) & (magnitude < 2.0 ** (exponent + 1))).sum()
        assert sum(tensor.histogram.values()) + tensor.zeros == x.size
        for share in (1.0, 0.99, 0.5, 0.25):
            bits = tensor.integer_bits(share)
            below = [(np.abs(x) < 2.0**n).mean() for n in (bits, bits - 1)]
            assert below[0] >= share
            assert below[1] < share or bits == min(tensor.histogram)  # which zeros alone are below
        spec = SPECS.get(tensor.name)
        assert tensor.spec == spec
        if spec is None:
            assert tensor.saturated is tensor.flushed is tensor.sqnr is None
            continue
        q = [reference.fixed_value(number, *(getattr(spec, field) for field in FIELDS)) for number in x.tolist()]
        error = sum((a - Fraction(b)) ** 2 for a, b in zip(q, x.tolist(), strict=True))
        expected = 10 * np.log10(float(sum(Fraction(b) ** 2 for b in x.tolist()) / error))
        assert tensor.sqnr == pytest.approx(expected, rel=1e-12)
        assert tensor.flushed == sum(a == 0 and b != 0 for a, b in zip(q, x.tolist(), strict=True))
        up = spec.rounding == 'RND'
        rounded = [np.floor(Fraction(b) / spec.eps + Fraction(up, 2)) * spec.eps for b in x.tolist()]
        assert tensor.saturated == sum(not spec.min <= r <= spec.max for r in rounded) > 0


@pytest.mark.parametrize(
    ('share', 'count'), [(0.9, 10), (0.9, 1000), (0.8, 100), (0.9999, 10_000), (1.0, 10), (0.0, 10)]
)
def test_a_share_is_the_number_that_is_written(share: float, count: int):
    few = round(count * (1 - share)) or 1  # are above
    profile = TensorProfile('x', count, 0.0, 8.0, 0, {0: count - few, 3: few}, None, None, None, None)
    assert profile.integer_bits(share) == (4 if share == 1 else 0 if share == 0 else 1)
    assert profile.integer_bits(share + (1 - share) / count) == 4
    for other in (-0.1, 90, np.nan):
        with pytest.raises(ValueError, match=r"^'share' must be from 0 to 1: "):
            profile.integer_bits(other)


def test_results_that_are_no_numbers_are_refused():
    weight = np.ones((3, 4))
    weight[1, 2] = np.nan
    with pytest.raises(ValueError, match=r'^hidden\.result: must be finite: there is NaN or Inf'):
        Network.load(made(weight)).profile(samples())


@pytest.mark.parametrize('given', [None, 3.0, {'x': 1.0, 'y': 2.0}, [None], iter([iter([1])])])
def test_what_has_no_samples_is_refused(given: object):
    with pytest.raises(TypeError, match=r"^'samples' must be arrays, batches of them, or a path: "):
        Network.load(made()).profile(given)


def test_a_format_that_the_network_came_with_may_be_of_another_kind():
    network = Network.load(made())
    own = {'x.result': MinifloatQ(3, 4), 'out.result': SPECS['out.result']}
    profile = Network(network.layers, network.outputs, own).profile(samples())
    assert {tensor.name: tensor.spec for tensor in profile.tensors if tensor.spec} == {'out.result': own['out.result']}
    with pytest.raises(ValueError, match=r'^x\.result: must be one FixedQ'):
        network.profile(samples(), own)


def test_batches_are_as_all_at_once(tmp_path, monkeypatch):
    from quantizers.analysis import profile as module

    network, given = Network.load(made()), samples()
    whole = network.profile(given, SPECS).to_dict()
    monkeypatch.setattr(module, 'AT_ONCE', 100)
    np.savez(tmp_path / 'a.npz', **given)
    np.savez_compressed(tmp_path / 'b.npz', **{name: np.asfortranarray(x) for name, x in given.items()})
    maps = {name: np.lib.format.open_memmap(tmp_path / name, 'w+', x.dtype, x.shape) for name, x in given.items()}
    for name, x in given.items():
        maps[name][:] = x
    batches = ({name: x[at : at + 33] for name, x in given.items()} for at in range(0, 200, 33))
    lists = {name: x.tolist() for name, x in given.items()}
    for source in (given, batches, maps, lists, tmp_path / 'a.npz', str(tmp_path / 'b.npz')):
        found = network.profile(source, SPECS).to_dict()
        for tensor, expected in zip(found['tensors'], whole['tensors'], strict=True):
            ratio = tensor.pop('sqnr')
            assert (None if ratio is None else pytest.approx(ratio, rel=1e-12)) == expected['sqnr']
            assert tensor == {key: value for key, value in expected.items() if key != 'sqnr'}
        assert found['samples'] == whole['samples']


def blocks(x: np.ndarray, *chunks: int) -> da.Array:
    return da.from_array(x, chunks=(*chunks, *x.shape[len(chunks) :]))


@pytest.mark.parametrize('scheduler', ['sync', 'threads', 'processes'])
def test_blocks_of_dask_are_counted_where_they_lie_and_added_up(scheduler, monkeypatch):
    network, given = Network.load(made()), samples(1000)
    given['x'][:120] = 0  # a block of zeros alone
    whole = network.profile(given, SPECS).to_dict()
    arrays = {'x': blocks(given['x'], 60), 'y': blocks(given['y'], 70, 1)}  # other chunks, and some inside a sample
    opened = []
    monkeypatch.setattr(da.Array, '__array__', lambda self, *args, **kwargs: opened.append(self.shape))
    with dask.config.set(scheduler=scheduler, num_workers=2):
        found = network.profile(arrays, SPECS).to_dict()
    assert opened == []  # nothing is computed here as a whole
    for tensor, expected in zip(found['tensors'], whole['tensors'], strict=True):
        ratio, wanted = tensor.pop('sqnr'), expected.pop('sqnr')
        assert ratio == (None if wanted is None else pytest.approx(wanted, rel=1e-12))
        assert tensor == expected
    assert found['samples'] == 1000


def test_one_dask_array_and_what_is_refused_of_it():
    opset = '<ir_version: 8, opset_import: ["" : 18]>'
    model = parser.parse_model(f'{opset} g (float[N, 3] x) => (float[N, 3] y) {{y = Relu (x)}}')
    network, x = Network.load(model), samples(50)['x']
    assert network.profile(blocks(x, 20)).to_dict() == network.profile(x).to_dict()
    x[30, 1] = np.nan
    with pytest.raises(ValueError, match="'inputs' must be finite, for x"):
        network.profile(blocks(x, 20))
    with pytest.raises(ValueError, match="'samples' must have a sample"):
        network.profile(blocks(x[:0], 1))


def test_a_bar_says_how_many_samples_were_computed(monkeypatch, capsys):
    import rich.console

    def terminal(**options: object) -> rich.console.Console:
        return console(**options, force_terminal=True, width=100)

    console = rich.console.Console
    monkeypatch.setattr(rich.console, 'Console', terminal)
    network, given = Network.load(made()), samples()
    quiet = network.profile(given, SPECS)
    assert capsys.readouterr() == ('', '')
    halves = [{name: x[at : at + 100] for name, x in given.items()} for at in (0, 100)]
    for source in (given, iter(halves)):
        loud = network.profile(source, SPECS, progress=True)
        assert [tensor.count for tensor in loud.tensors] == [tensor.count for tensor in quiet.tensors]
        assert 'computing: 200 samples' in capsys.readouterr().err
    network.profile({name: blocks(x, 50) for name, x in given.items()}, progress=True)
    assert '100% Completed' in capsys.readouterr().err


def test_numbers_of_one_sign_and_zeros_alone():
    network = Network.load(made(np.zeros((3, 4))))
    profile = network.profile({'x': np.array([[-3, -1, -1.5]]), 'y': np.full((1, 2, 2), 0.25)})
    assert [(tensor.low, tensor.high) for tensor in profile.tensors] == [
        (-3, -1),
        (0.25, 0.25),
        (0, 0),
        (0, 0),
        (0.25, 0.25),
    ]
    assert profile.tensors[2].histogram == {}
    assert profile.tensors[2].integer_bits() == 0


REFUSED = {
    'none': ([], {}, "'samples' must have a sample"),
    'a shape': ({'x': np.ones((2, 4)), 'y': np.ones((2, 2, 2))}, {}, "'inputs' must be samples of the shape (3,)"),
    'NaN': ({'x': np.full((2, 3), np.nan), 'y': np.ones((2, 2, 2))}, {}, "'inputs' must be finite, for x"),
    'lengths': ({'x': np.ones((2, 3)), 'y': np.ones((4, 2, 2))}, {}, "'inputs' must have as many samples each: [2, 4]"),
    'a format': (
        samples(),
        {'no.result': FixedQ(8, 3)},
        "'specs' has formats of what the network has not: 'no.result'",
    ),
    'channels': (samples(), {'x.result': PerChannel(1, [FixedQ(8, 3)] * 3)}, 'x.result: must be one FixedQ'),
}


@pytest.mark.parametrize('name', REFUSED)
def test_what_is_refused(name):
    given, specs, message = REFUSED[name]
    with pytest.raises(ValueError, match=re.escape(message)):
        Network.load(made()).profile(given, specs)


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run):
    monkeypatch.chdir(tmp_path)
    onnx.save(made(), 'm.onnx')
    np.savez('x.npz', **samples())
    Path('c.json').write_text(
        json.dumps({'version': 1, 'specs': {'out.result': 'fixed<6,3,RND,SAT>', 'hidden.weight': 'fixed<6,3>'}})
    )
    network = Network.load('m.onnx')
    code, out, err = run('profile', 'm.onnx', 'x.npz')
    assert (code, err) == (0, '')
    assert 'integer bits' in out
    assert 'saturated' not in out
    assert 'saturated' in run('profile', 'm.onnx', 'x.npz', '--config', 'c.json')[1]
    assert of_json(run, 'profile', 'm.onnx', 'x.npz') == network.profile('x.npz').to_dict()
    expected = network.profile('x.npz', {'out.result': 'fixed<6,3,RND,SAT>'}).to_dict()
    assert of_json(run, 'profile', 'm.onnx', 'x.npz', '--config', 'c.json') == expected
    assert expected['tensors'][-1]['sqnr'] > 0
    refused(run('profile', 'm.onnx', 'y.npz'), 'y.npz')
    np.savez('z.npz', x=np.ones((2, 3)))
    refused(run('profile', 'm.onnx', 'z.npz'), "z.npz: must have arrays of the inputs' names, 'x', 'y': 'x'")


LARGE = """
<ir_version: 8, opset_import: ["" : 18]>
large (float[N, 2, 256, 256] x) => (float[N, 8, 1, 1] out) {
    l0 = Conv <pads: ints = [1, 1, 1, 1]> (x, W)
    LAYERS
    out = GlobalAveragePool (l16)
}
""".replace('LAYERS', '\n'.join(f'l{n + 1} = Relu (l{n})' for n in range(16)))
MEMORY_OF_LAYERS = """
import resource, sys
import numpy as np
from quantizers.network import Network
network = Network.load(sys.argv[1])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
samples = np.broadcast_to(0.7, (int(sys.argv[2]), 2, 256, 256))
found = network.profile(samples, {'l16.result': 'fixed<8,3,RND,SAT>'})
numbers = sum(tensor.count for tensor in found.tensors)
unit = 1 if sys.platform == 'darwin' else 1024
print(8 * numbers, unit * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before))
"""


def memory(script, model, folder, samples):
    """How many bytes of results a script, in a process of its own, says that it counted, and how many it took."""
    onnx.save(model, folder / 'm.onnx')
    command = [sys.executable, '-c', script, str(folder / 'm.onnx'), str(samples)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return map(int, ran.stdout.split())


def test_memory_of_large_layers(tmp_path):
    """Of 73 MB of each sample; what is done with is let go of, and results are counted in parts."""
    model = parser.parse_model(LARGE)
    model.graph.initializer.append(numpy_helper.from_array(np.ones((8, 2, 3, 3), np.float32), 'W'))
    read, used = memory(MEMORY_OF_LAYERS, model, tmp_path, 2)
    assert read > 140e6
    assert used < 20e6


MEMORY = """
import resource, sys
import numpy as np
from quantizers.network import Network
network = Network.load(sys.argv[1])
network.profile({'x': np.ones((64, 3)), 'y': np.ones((64, 2, 2))}, {'out.result': 'fixed<8,3,RND,SAT>'})
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
size = int(sys.argv[2])  # of arrays that take no memory
samples = {'x': np.broadcast_to(0.7, (size, 3)), 'y': np.broadcast_to(0.7, (size, 2, 2))}
found = network.profile(samples, {'out.result': 'fixed<8,3,RND,SAT>'})
numbers = sum(tensor.count for tensor in found.tensors)
unit = 1 if sys.platform == 'darwin' else 1024
print(8 * numbers, unit * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before))
"""


def test_memory_does_not_grow_with_samples(tmp_path):
    """Of 200 MB of activations; 1 GB takes no more."""
    read, used = memory(MEMORY, made(), tmp_path, 1_400_000)
    assert read > 200e6
    assert used < 60e6
