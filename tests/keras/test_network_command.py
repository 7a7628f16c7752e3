"""The command on whole networks: from a model and samples to formats, headers, a project of hls4ml, and comparisons."""

from __future__ import annotations

import json
import re
import sys
import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from oracles import networks
from oracles.command import Run, of_json, refused, wrote
from oracles.screens import NETWORK, SCREENS, of_network, screens
from quantizers import FixedQ, PerChannel, QuantizerConfig, choose, memory_files
from quantizers.cpp import header
from quantizers.exchange.hls4ml import project
from quantizers.network import Network

pytestmark = pytest.mark.filterwarnings('ignore:__array__ implementation:DeprecationWarning')


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> keras.Model:
    """One whose layers nobody named, in `m.keras`, and samples in `x.npy` and `x.csv`; the test is in their folder."""
    monkeypatch.chdir(tmp_path)
    keras.utils.clear_session()
    keras.utils.set_random_seed(4)
    x = keras.Input((6,))
    hidden = layers.Dense(5, activation='relu')(x)
    made = keras.Model(x, layers.Dense(3)(layers.BatchNormalization()(hidden)))
    made.save('m.keras')
    samples = np.random.default_rng(5).normal(0, 1, (70, 6)).round(3)
    np.save('x.npy', samples)
    np.savetxt('x.csv', samples, delimiter=',')
    return made


@pytest.fixture
def config(model: keras.Model, run: Run) -> QuantizerConfig:
    assert run('choose', 'm.keras', 'x.npy', '--width', 7, '-o', 'c.json')[0] == 0
    return QuantizerConfig.load('c.json')


def test_choose(model: keras.Model, run: Run) -> None:
    expected = choose(model, np.load('x.npy'), width=7)
    for samples in ('x.npy', 'x.csv'):
        code, out, err = run('choose', 'm.keras', samples, '--width', 7, '-o', 'c.json')
        assert (code, err) == (0, wrote('c.json'))
        assert QuantizerConfig.load('c.json') == expected.config()
        assert 'input_layer.result' in out
    assert [*choose('m.keras', 'x.npy', width=7)] == [*expected]
    model.save('m.h5')
    assert [*choose('m.h5', sqnr=30)] == [*choose(model, sqnr=30)]
    assert of_json(run, 'choose', 'm.keras', 'x.npy', '--sqnr', 20)['choices'][0]['tensor'] == 'dense.weight'


def test_quantize_and_emit(config: QuantizerConfig, run: Run) -> None:
    network = Network.load('m.keras')
    expected = network.quantize(config).weights
    code, out, err = run('quantize', 'c.json', 'm.keras', '-o', 'q')
    assert (code, err) == (0, wrote('q/m.npz and q/m.h'))
    assert 'batch_normalization.scale' in out
    with np.load('q/m.npz') as arrays:
        assert set(arrays.files) == set(expected)
        for name, array in expected.items():
            np.testing.assert_array_equal(arrays[name], array)
    assert run('emit', 'c.json', 'm.keras', '-o', 'm.h')[::2] == (0, wrote('m.h'))
    assert Path('m.h').read_text() == Path('q/m.h').read_text() == header(config, network.weights)
    assert run('emit', 'c.json', 'm.keras', '-o', '-') == (0, header(config, network.weights), '')
    for form, ending in (('readmemh', 'mem'), ('coe', 'coe'), ('c', 'h')):
        folder = Path('memory', form)
        code, _, err = run('emit', 'c.json', 'q/m.npz', '-o', 'm.h', '--memory', folder, '--format', form)
        assert code == 0
        assert err == wrote('m.h', folder)
        assert len([*folder.iterdir()]) == len(expected)
        for name, array in expected.items():
            back = memory_files.read(config[name], folder / f'{name.replace(".", "_")}.{ending}', form)  # type: ignore[arg-type]
            np.testing.assert_array_equal(back, array.ravel())
    found = of_json(run, 'emit', 'c.json', 'm.keras', '-o', 'n.h', '--memory', 'n')
    assert found['names'] == [*config]
    assert found['wrote'][:2] == ['n.h', 'n/dense_weight.mem']
    assert of_json(run, 'quantize', 'c.json', 'm.keras', '-o', 'q')['tensors'][0]['tensor'] == 'dense.weight'


def test_memory_files_of_channels(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    each = PerChannel(1, [FixedQ(4, 1, True, 'RND'), FixedQ(6, 3, True, 'RND')])
    w = np.random.default_rng(0).normal(0, 1, (3, 2))
    QuantizerConfig({'w': each}).save('c.json')
    np.savez('w.npz', w=w)
    assert run('emit', 'c.json', 'w.npz', '-o', 'w.h', '--memory', 'memory')[0] == 0
    assert isinstance(each.joined, FixedQ)
    np.testing.assert_array_equal(memory_files.read(each.joined, 'memory/w.mem', 'readmemh'), each(w).ravel())
    with pytest.raises(ValueError, match="no spec for the tensor 'v'"):
        memory_files.to_texts({'w': each}, {'v': w}, 'coe')
    with pytest.raises(ValueError, match="'w': 'x' must have 2 channels on axis 1"):
        memory_files.to_texts({'w': each}, {'w': w.T}, 'coe')


def test_compare(config: QuantizerConfig, run: Run) -> None:
    network = Network.load('m.keras')
    quantized, x = network.quantize(config), np.load('x.npy')
    np.savez('same.npz', **quantized.trace(x))
    for samples in ('x.npy', 'x.csv'):
        code, out, err = run('compare', 'c.json', 'm.keras', samples, '--against', 'same.npz')
        assert (code, err) == (0, '')
        assert out.endswith(f'{sum(a.size for a in quantized.trace(x).values()):,} results, no difference\n')
    assert run('compare', 'c.json', 'm.keras', 'x.npy', '--against', 'c.json')[0] == 0
    fewer = {**config, 'dense_relu.result': FixedQ(5, 2, False)}
    QuantizerConfig(fewer).save('d.json')
    code, out, err = run('compare', 'd.json', 'm.keras', 'x.npy', '--against', 'c.json')
    assert (code, err) == (1, '')
    found = network.quantize(fewer).compare(x, quantized)
    said = [str(found.first), *(f'  {cause}' for cause in found.causes)]
    assert out.splitlines()[-len(said) :] == said
    assert any(cause.startswith('dense_relu.result: b differs by ') for cause in found.causes)
    data = of_json(run, 'compare', 'd.json', 'm.keras', 'x.npy', '--against', 'c.json')
    assert (data['first'], data['causes']) == ('dense_relu', [*found.causes])
    assert data['layers'] == json.loads(json.dumps(found.to_dict()['layers']).replace('Infinity', '"inf"'))
    # with the model in floating point, which differs
    against_float = of_json(run, 'compare', 'c.json', 'm.keras', 'x.npy')
    assert [layer['name'] for layer in against_float['layers']] == [*network.layers]
    assert 15 < against_float['layers'][-1]['sqnr'] < 60
    assert against_float == of_json(run, 'compare', 'c.json', 'm.keras', 'x.npy', '--against', 'm.keras')
    assert len(quantized.compare(x, keras.saving.load_model('m.keras')).layers) == 5
    with pytest.raises(TypeError, match="'reference' must be results by the names of layers"):
        quantized.compare(x, 5)  # type: ignore[arg-type]


def test_floating_point_is_that_of_the_layers(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In formats that lose next to nothing every layer is Keras', of several inputs by name, in more than a batch."""
    monkeypatch.chdir(tmp_path)
    networks.made('joined').save('m.keras')
    network = Network.load('m.keras')
    numbers = np.random.default_rng(6)
    arrays = {name: numbers.normal(0, 1, (300, *network.layers[name].shape)) for name in network.inputs}
    np.savez('x.npz', **arrays)
    QuantizerConfig({f'{name}.result': FixedQ(30, 8, True, 'RND') for name in network.inputs}).save('c.json')
    data = of_json(run, 'compare', 'c.json', 'm.keras', 'x.npz')
    assert {layer['name'] for layer in data['layers']} == set(network.layers)
    assert min(layer['sqnr'] for layer in data['layers']) > 100
    assert run('choose', 'm.keras', 'x.npz', '--width', 9, '-o', 'd.json')[0] == 0
    assert QuantizerConfig.load('d.json') == choose(networks.made('joined'), arrays, width=9).config()
    np.savez('y.npz', vector=arrays['vector'], serie=arrays['series'])
    refused(
        run('compare', 'c.json', 'm.keras', 'y.npz'),
        "y.npz: must have arrays of the inputs' names, 'vector', 'series': 'vector', 'serie'",
    )
    np.savez('y.npz', vector=arrays['vector'], series=arrays['series'][1:])
    refused(run('compare', 'c.json', 'm.keras', 'y.npz'), 'y.npz: must have as many samples of each input')


def test_report(config: QuantizerConfig, run: Run) -> None:
    report = Network.load('m.keras').report(config)
    assert of_json(run, 'report', 'c.json', 'm.keras') == report.to_dict()
    assert run('report', 'c.json', 'm.keras', '--markdown') == (0, report.to_markdown(), '')
    code, out, err = run('report', 'c.json', 'm.keras')
    assert (code, err) == (0, '')
    assert out.splitlines()[-1].startswith(f'EBOPs: {report.ebops:,}, with adders {report.ebops_with_adders:,}; ')
    assert run('report', 'c.json', 'm.keras', '--markdown', '--json')[0] == 2


def test_screens_are_those_that_are_stored(tmp_path: Path) -> None:
    """After a change that is meant: python tests/oracles/screens.py, and look at them."""
    assert screens(120, tmp_path, NETWORK, of_network) == (SCREENS / 'network.txt').read_text('utf-8')


def lambdas() -> None:
    keras.Sequential([keras.Input((6,)), layers.Lambda(lambda x: 2 * x)]).save('lambda.keras')


def test_what_is_wrong_is_one_line(config: QuantizerConfig, run: Run) -> None:
    lambdas()
    Path('text.keras').write_text('{}')
    with zipfile.ZipFile('zip.keras', 'w') as archive:
        archive.writestr('config.json', '{}')
    Path('none.h5').write_bytes(b'')
    for name, message in (
        ('missing.keras', 'missing.keras: No such file or directory'),
        ('lambda.keras', 'lambda.keras: not a model that Keras reads: '),
        ('text.keras', 'text.keras: not a model that Keras reads: '),
        ('zip.keras', 'zip.keras: not a model that Keras reads: '),
        ('none.h5', 'none.h5: not a model that Keras reads: '),
    ):
        refused(run('compare', 'c.json', name, 'x.npy'), message)
        refused(run('report', 'c.json', name), message)
        refused(run('hls4ml', 'c.json', name, '-o', 'prj'), message)
        refused(run('choose', name, 'x.npy', '--width', 8), message)
        refused(run('quantize', 'c.json', name, '-o', 'q'), message)
        refused(run('emit', 'c.json', name, '-o', 'h.h', '--memory', 'm'), message)
    np.save('bad.npy', np.zeros((3, 5)))
    Path('bad.csv').write_text('1, 2, 3, 4, 5, 6, 7')
    np.save('nan.npy', np.full((3, 6), np.nan))
    Path('folder').mkdir()
    for arguments, message in (
        (('c.json', 'x.npy', 'x.npy'), "'source' must be a file .keras, .h5 or .onnx: 'x.npy'"),
        (('c.json', 'm.keras', 'bad.npy'), 'bad.npy: must be samples of the shape (6,) for input_layer: (3, 5)'),
        (('c.json', 'm.keras', 'bad.csv'), 'bad.csv: must have the numbers of whole samples, of the shape (6,): 7'),
        (('c.json', 'm.keras', 'nan.npy'), "'inputs' must be finite, for input_layer: there is NaN or Inf"),
        (
            ('c.json', 'm.keras', 'x.npy', '--against', 'x.npy'),
            "'reference' has results of what the network has not: 'x'",
        ),
        (('c.json', 'm.keras', 'x.npy', '--against', 'folder'), 'folder: must be a project of hls4ml, an .npz file'),
        (('c.json', 'm.keras', 'x.npy', '--against', 'no.npz'), 'no.npz: No such file'),
    ):
        refused(run('compare', *arguments), message)
    QuantizerConfig({**config, 'dens.weight': FixedQ(8, 3)}).save('d.json')
    unknown = "'model' has no layer 'dens'; its layers are input_layer, dense, dense_relu, "
    refused(run('quantize', 'd.json', 'm.keras', '-o', 'q'), unknown)
    refused(run('emit', 'd.json', 'm.keras', '-o', 'h.h'), unknown)
    refused(run('report', 'd.json', 'm.keras'), "'specs' has formats of what the network has not: 'dens.weight'")
    refused(run('hls4ml', 'd.json', 'm.keras', '-o', 'prj'), "'specs' has formats of what the network has not")
    QuantizerConfig({**config, 'dense.wieght': FixedQ(8, 3)}).save('d.json')
    refused(run('emit', 'd.json', 'm.keras', '-o', 'h.h'), "specs.dense.wieght: hls4ml knows no tensor 'wieght'")
    QuantizerConfig({n: spec for n, spec in config.items() if n != 'dense.bias'}).save('d.json')
    refused(run('quantize', 'd.json', 'm.keras', '-o', 'q'), "d.json: no spec for the tensor 'dense.bias'")
    refused(run('emit', 'd.json', 'm.keras', '-o', 'h.h'), "d.json: no spec for the tensor 'dense.bias'")
    for arguments in (
        ('choose', 'x.npy', 'x.npy', '--width', 8),
        ('emit', 'c.json', '-o', 'h.h', '--memory', 'm'),
        ('emit', 'c.json', 'm.keras', '-o', '-', '--json'),
    ):
        assert run(*arguments)[:2] == (2, '')
    refused(run('choose', 'm.keras', 'x.npy', '--width', 8, '-o', 'm.keras'), 'would be overwritten')
    refused(run('emit', 'c.json', 'm.keras', '-o', 'c.json'), 'would be overwritten')
    assert not {'q', 'prj', 'h.h', 'm'} & {path.name for path in Path().iterdir()}
    assert not [*Path().glob('.quantizers*')]


def test_hls4ml_is_written_whole_or_not_at_all(
    config: QuantizerConfig, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, out, err = run('hls4ml', 'c.json', 'm.keras', '-o', 'new/prj')
    assert (code, err) == (0, wrote('new/prj'))
    assert 'dense.accum' in out
    assert not [path for path in Path('new').iterdir() if path.name != 'prj']
    settings = Path('new/prj/hls4ml_config.yml').read_text()
    assert f'OutputDir: {Path("new/prj").absolute()}' in settings
    assert '.quantizers' not in settings
    read = QuantizerConfig.from_hls4ml(settings.replace('!keras_model', ''))
    full = Network.load('m.keras').quantize(config).config()
    assert {name: read[name] for name in full} == dict(full)
    assert set(config) < set(full)
    refused(run('hls4ml', 'c.json', 'm.keras', '-o', 'new/prj'), 'new/prj: is there already; choose another folder')
    refused(run('hls4ml', 'c.json', 'm.keras', '-o', '-'), '-: PROJECT is a folder')
    Path('empty').mkdir()
    data = of_json(run, 'hls4ml', 'c.json', 'm.keras', '-o', 'empty', '--io-type', 'io_stream', '--backend', 'Vivado')
    assert data['wrote'] == ['empty']
    assert [row['tensor'] for row in data['tensors'] if not row['said']] == ['dense.accum', 'dense_1.accum']
    with monkeypatch.context() as patch:
        patch.setattr('hls4ml.model.graph.ModelGraph.write', lambda _: 1 / 0)
        refused(run('hls4ml', 'c.json', 'm.keras', '-o', 'a/b'), 'hls4ml: ZeroDivisionError: division by zero')
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, 'hls4ml', None)
        refused(run('hls4ml', 'c.json', 'm.keras', '-o', 'a/b'), 'needs hls4ml: pip install hls4ml')
    assert not Path('a').exists()
    for options, message in (
        ({'backend': 'Quartus'}, "'backend' must be one of Vivado, VivadoAccelerator, Vitis: 'Quartus'"),
        ({'io_type': 'io_serial'}, "'io_type' must be one of io_parallel, io_stream: 'io_serial'"),
    ):
        with pytest.raises(ValueError, match=message):
            project.write_project(config, None, Path('a'), **options)


def test_hls4ml_gets_the_values_of_channels(config: QuantizerConfig, run: Run) -> None:
    """Not those of the one type that it has for all of them, which are finer."""
    kinds = FixedQ(3, 2, True, 'RND', 'SAT'), FixedQ(7, 2, True, 'RND', 'SAT')
    each = PerChannel(1, [kinds[n % 2] for n in range(5)])
    QuantizerConfig({**config, 'dense.weight': each}).save('c.json')
    code, _, err = run('hls4ml', 'c.json', 'm.keras', '-o', 'prj')
    assert code == 0
    assert 'dense.weight: hls4ml has one type for all channels, ap_fixed<7, 2, AP_RND, AP_SAT>' in err
    written = Path('prj/firmware/weights/w2.txt').read_text().split(',')
    expected = Network.load('m.keras').quantize(QuantizerConfig.load('c.json')).weights['dense.weight']
    np.testing.assert_array_equal([float(number) for number in written], expected.ravel())


def test_what_is_not_computed_here_goes_to_hls4ml_with_a_warning(run: Run, model: keras.Model) -> None:
    x = keras.Input((6,))
    keras.Model(x, layers.Dense(3, activation='elu', name='d')(x)).save('s.keras')
    QuantizerConfig({'d.weight': FixedQ(8, 2), 'd.bias': FixedQ(8, 2), 'd_elu.result': FixedQ(9, 1)}).save('c.json')
    code, out, err = run('hls4ml', 'c.json', 's.keras', '-o', 'prj')
    assert code == 0
    written, warning = err.splitlines()
    assert written == 'quantizers: wrote prj'
    assert warning.startswith(
        'quantizers: warning: what CONFIG does not say has the formats that hls4ml chooses, as d: '
    )
    assert 'exact sums' not in out
    assert 'result: fixed<9,1>' in Path('prj/hls4ml_config.yml').read_text()


@pytest.mark.test_all
def test_the_compiled_project_gives_every_layer(config: QuantizerConfig, run: Run) -> None:
    """From a model without names to C++ of the same bits, without a line of Python."""
    for words in (['quantize', 'c.json', 'm.keras', '-o', 'q'], ['emit', 'c.json', 'm.keras', '-o', 'm.h']):
        assert run(*words)[0] == 0
    assert run('hls4ml', 'c.json', 'm.keras', '-o', 'prj')[0] == 0
    before = sorted(Path('prj').rglob('*'))
    code, out, err = run('compare', 'c.json', 'm.keras', 'x.npy', '--against', 'prj')
    assert (code, err) == (0, '')
    assert out.endswith(f'{70 * (5 + 5 + 5 + 3):,} results, no difference\n')
    assert sorted(Path('prj').rglob('*')) == before
    # a weight that is stale
    weights = Path('prj/firmware/weights/w2.h')
    numbers = weights.read_text()
    first = numbers.partition('= {')[2].partition(',')[0]
    weights.write_text(numbers.replace(f'= {{{first},', f'= {{{float(first) + 0.25},'))
    txt = weights.with_suffix('.txt')
    txt.write_text(txt.read_text().replace(first, str(float(first) + 0.25), 1))
    data = of_json(run, 'compare', 'c.json', 'm.keras', 'x.npy', '--against', 'prj')
    assert data['first'] == 'dense'
    assert data['causes'][0].startswith('dense.weight: b has ')
    assert data['causes'][0].partition(' at ')[2].startswith('[0, 0], not ')
    bridge = Path('prj/myproject_bridge.cpp')
    text = bridge.read_text()
    bridge.write_text(text.replace('size_t trace_type_size', 'size_typo trace_type_size'))
    refused(
        run('compare', 'c.json', 'm.keras', 'x.npy', '--against', 'prj'),
        'prj: did not compile, or its program did not end: myproject_bridge.cpp:',
        'error',
    )
    bridge.write_text(re.sub('.*trace_outputs->insert.*', '', text))
    refused(run('compare', 'c.json', 'm.keras', 'x.npy', '--against', 'prj'), 'prj: must be a project whose layers say')


@pytest.mark.test_all
def test_two_inputs_and_outputs_in_the_compiled_project(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    networks.made('joined').save('m.keras')
    network = Network.load('m.keras')
    numbers = np.random.default_rng(7)
    arrays: dict[str, Any] = {n: numbers.normal(0, 2, (30, *network.layers[n].shape)) for n in network.inputs}
    np.savez('x.npz', **arrays)
    assert run('choose', 'm.keras', 'x.npz', '--sqnr', 25, '-o', 'c.json')[0] == 0
    assert run('hls4ml', 'c.json', 'm.keras', '-o', 'prj', '--io-type', 'io_stream')[0] == 0
    data = of_json(run, 'compare', 'c.json', 'm.keras', 'x.npz', '--against', 'prj')
    assert data['first'] is None
    assert {layer['name'] for layer in data['layers']} == {*network.layers} - {*network.inputs}
