"""Every format that `to_hls4ml` writes is in the network that hls4ml makes: all layers, backends and tensors."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import hls4ml
import keras
import numpy as np
import pytest

from quantizers import FixedQ, QuantizerConfig, choose
from quantizers.exchange.hls4ml.layers import _TAKEN, ALL, IGNORED, KEYS, TENSORS, of_any_layer
from quantizers.exchange.hls4ml.names import layers_of

# it says where it overrides its own defaults, and leaves files to the garbage collector
pytestmark = [pytest.mark.filterwarnings('ignore'), pytest.mark.usefixtures('quiet')]
layers = keras.layers

# a format of its own for each tensor, that hls4ml has for nothing by itself
SPECS = {tensor: FixedQ(20 + j, 7) for j, tensor in enumerate((*TENSORS, *IGNORED)) if tensor != 'default'}
LINE, SERIES, IMAGE = (8,), (8, 3), (8, 8, 3)
FUNCTIONS = ('relu', 'sigmoid', 'tanh', 'selu', 'softplus', 'softsign')
OWN = ('linear', 'softmax', 'elu', 'leaky_relu', 'hard_sigmoid')  # of which hls4ml makes layers of other kinds
INPUTS: dict[str, tuple[tuple[int, ...], Callable[..., Any]]] = {
    **{f'{name}()': (LINE, partial(layers.Activation, name)) for name in (*FUNCTIONS, *OWN)},
    'Dense': (LINE, partial(layers.Dense, 4)),
    'Dense without bias': (LINE, partial(layers.Dense, 4, use_bias=False)),
    'Conv1D': (SERIES, partial(layers.Conv1D, 4, 3)),
    'Conv2D': (IMAGE, partial(layers.Conv2D, 4, 3)),
    'Conv2D of a pixel': (IMAGE, partial(layers.Conv2D, 4, 1)),
    'Conv2D without bias': (IMAGE, partial(layers.Conv2D, 4, 3, use_bias=False)),
    'DepthwiseConv1D': (SERIES, partial(layers.DepthwiseConv1D, 3)),
    'DepthwiseConv2D': (IMAGE, partial(layers.DepthwiseConv2D, 3)),
    'EinsumDense': (SERIES, partial(layers.EinsumDense, 'abc,cd->abd', (8, 4), bias_axes='d')),
    'LayerNormalization': ((3, 8), partial(layers.LayerNormalization, axis=[2])),
    'Embedding': (LINE, partial(layers.Embedding, 5, 4)),
    'Reshape': (LINE, partial(layers.Reshape, (2, 4))),
    'Permute': (SERIES, partial(layers.Permute, (2, 1))),
    'LSTM without bias': (SERIES, partial(layers.LSTM, 4, use_bias=False)),
    'Bidirectional': (SERIES, lambda **options: layers.Bidirectional(layers.LSTM(4), **options)),
}
for name in ('BatchNormalization', 'Softmax', 'ReLU', 'LeakyReLU', 'PReLU', 'ELU'):
    INPUTS[name] = LINE, getattr(layers, name)
for name in ('SimpleRNN', 'LSTM', 'GRU'):
    INPUTS[name] = SERIES, partial(getattr(layers, name), 4)
for name in ('Dropout', 'AlphaDropout', 'GaussianDropout'):
    INPUTS[name] = LINE, partial(getattr(layers, name), 0.1)
for n, shape in ((1, SERIES), (2, IMAGE)):
    INPUTS[f'SpatialDropout{n}D'] = shape, partial(getattr(layers, f'SpatialDropout{n}D'), 0.1)
    for name in ('ZeroPadding', 'Cropping', 'UpSampling', 'GlobalMaxPooling', 'GlobalAveragePooling'):
        INPUTS[f'{name}{n}D'] = shape, getattr(layers, f'{name}{n}D')
    for name in ('MaxPooling', 'AveragePooling'):
        INPUTS[f'{name}{n}D'] = shape, partial(getattr(layers, f'{name}{n}D'), 2)
MERGING = ('Add', 'Subtract', 'Multiply', 'Average', 'Maximum', 'Minimum', 'Concatenate', 'Dot')
ZOO = (*INPUTS, *MERGING, 'InputLayer', 'Flatten', 'activation of a Dense')
NAMELESS = ('LayerNormalization', 'PReLU')  # whose weights have no name of hls4ml
NOTHING = ('linear', 'Dropout', 'AlphaDropout', 'GaussianDropout', 'SpatialDropout1D', 'SpatialDropout2D')
# what hls4ml 1.3.0 itself cannot convert
CANNOT = {
    **{
        name: {('Catapult', io) for io in ('io_parallel', 'io_stream')} for name in ('LSTM', 'GRU', 'LSTM without bias')
    },
    'Bidirectional': {('Vitis', 'io_stream')},
    'EinsumDense': {(backend, 'io_stream') for backend in ('Vivado', 'VivadoAccelerator', 'Vitis', 'oneAPI')},
}


def model_of(name: str) -> tuple[keras.Model, str]:
    """A small model, and the layer in it that is looked at."""
    first = keras.Input(LINE, name='first')
    if name in MERGING:
        second = keras.Input(LINE, name='second')
        options = {'axes': 1} if name == 'Dot' else {}
        return keras.Model([first, second], getattr(layers, name)(name='x', **options)([first, second])), 'x'
    if name == 'InputLayer':
        return keras.Sequential([keras.Input(LINE, name='x'), layers.Dense(2, name='dense')]), 'x'
    if name == 'Flatten':
        return keras.Sequential([keras.Input(SERIES), layers.Flatten(name='x'), layers.Dense(2, name='dense')]), 'x'
    if name == 'activation of a Dense':
        return keras.Sequential([first, layers.Dense(4, activation='softmax', name='x')]), 'x_softmax'
    shape, layer = INPUTS[name]
    return keras.Sequential([keras.Input(shape, name='first'), layer(name='x')]), 'x'


@pytest.fixture
def quiet(capsys: pytest.CaptureFixture[str]) -> Iterable[None]:
    yield
    capsys.readouterr()


def settings(backend: str) -> dict[str, str]:
    return {'smarthls_path': '/'} if backend == 'Libero' else {}


def converted(model: keras.Model, backend: str, io: str, tree: dict[str, Any]) -> Any:
    """hls4ml's network, after all passes of the backend."""
    tree['Model'] = {'Precision': {'default': 'fixed<16,6>'}, 'ReuseFactor': 1}
    return hls4ml.converters.convert_from_keras_model(
        model,
        hls_config=tree,
        backend=backend,
        io_type=io,
        output_dir='/',
        allow_da_fallback=False,
        **settings(backend),
    )


def used(graph: Any, layer: str) -> dict[str, Any]:
    """The type of each tensor of a layer that the code has, not of those that only an attribute holds."""
    node = graph.graph.get(layer)
    if node is None:
        return {}
    if node.class_name == 'Input':
        return {'result': node.get_output_variable().type.precision}
    code = ''.join(
        str(node.get_attr(f'{part}_cpp', '')) for part in ('config', 'function', 'task_sequence', 'stream_function')
    )
    found = {name.removesuffix('_t'): type_ for name, type_ in node.types.items() if names(code, type_.name)}
    found |= {name: weight.type for name, weight in node.weights.items() if names(code, weight.name)}
    return {name: type_.precision for name, type_ in found.items()}


def names(code: str, name: str) -> bool:
    return re.search(rf'\b{re.escape(name)}\b', code) is not None


def is_asked(precision: Any, tensor: str) -> bool:
    return (precision.width, precision.integer) == (SPECS[tensor].width, 7)


def asked(types: Mapping[str, Any]) -> set[str]:
    return {tensor for tensor, precision in types.items() if tensor in SPECS and is_asked(precision, tensor)}


class Stub:
    """The configuration of a model, said once."""

    def __init__(self, model: keras.Model) -> None:
        self.config = model.get_config()

    def get_config(self) -> dict[str, Any]:
        return self.config


@pytest.mark.parametrize('name', ZOO)
def test_what_is_written_is_in_the_network_and_the_rest_is_refused(name: str) -> None:
    model, layer = model_of(name)
    stub = Stub(model)
    # whatever the layer, as if it took every tensor
    everything = {'Precision': {tensor: str(spec_text(tensor)) for tensor in SPECS if tensor not in KEYS}}
    everything |= {key: spec_text(tensor) for tensor, key in KEYS.items()}
    kind, tensors = layers_of(stub, None)[layer]
    passed = set(tensors or ())
    of_all = set()
    for backend in ALL:
        taken = set(layers_of(stub, backend)[layer].tensors or ()) - {'default'}
        of_all |= taken
        for tensor in sorted(set(SPECS) - taken):
            with pytest.raises(ValueError, match=rf"^specs\.{layer}\.{tensor}: hls4ml.*'{tensor}'"):
                QuantizerConfig({f'{layer}.{tensor}': SPECS[tensor]}).to_hls4ml(stub, backend=backend.upper())
        config = QuantizerConfig({f'{layer}.{tensor}': SPECS[tensor] for tensor in taken})
        for io in ('io_parallel', 'io_stream'):
            if (backend, io) in CANNOT.get(name, ()):
                with pytest.raises(Exception):  # noqa: B017, PT011
                    converted(model, backend, io, {})
                continue
            tree = config.to_hls4ml(stub, backend=backend)
            assert asked(used(converted(model, backend, io, tree), layer)) == taken, (backend, io)
            if io == 'io_parallel':
                could = asked(used(converted(model, backend, io, {'LayerName': {layer: everything}}), layer))
                # a layer that does nothing stays only where it has a result of its own
                assert could - {'table' if kind in NOTHING else None} == taken, (backend, io)
    assert of_all == passed - {'default'}


def spec_text(tensor: str) -> str:
    return f'fixed<{SPECS[tensor].width},7>'


@pytest.mark.parametrize('name', sorted({*ZOO} - {*NAMELESS}))
def test_every_name_that_choose_gives_is_in_the_network(name: str) -> None:
    model, looked_at = model_of(name)
    rng = np.random.default_rng(0)
    samples = {
        tensor._keras_history.operation.name: rng.integers(0, 5, (3, *tensor.shape[1:])).astype('float32')
        for tensor in model.inputs
    }
    specs = dict(choose(model, samples, width=9).config())
    if layers_of(model, None)[looked_at].kind in NOTHING:
        # of a result in the format of the input no layer is left
        assert specs.pop('first.result') == specs['x.result']
    backend = 'Quartus' if name == 'SimpleRNN' else 'Vivado'
    graph = converted(model, backend, 'io_parallel', QuantizerConfig(specs).to_hls4ml(model, backend=backend))
    for key, spec in specs.items():
        layer, _, tensor = key.rpartition('.')
        assert isinstance(spec, FixedQ)
        precision = used(graph, layer)[tensor]
        assert (precision.width, precision.integer, precision.signed) == (spec.width, spec.integer, spec.signed), key


def test_every_layer_that_the_table_knows_is_in_the_zoo() -> None:
    kinds = {kind for name in ZOO for kind, _ in layers_of(model_of(name)[0], None).values()}
    # by hand below; of no shape that hls4ml takes; not Keras'
    others = {'SeparableConv1D', 'SeparableConv2D', 'SpatialDropout3D', 'GarNet', 'GarNetStack', 'SymbolicExpression'}
    assert kinds == set(_TAKEN) - others


def test_hls4ml_ignores_the_types_of_tables_in_precision() -> None:
    model, _ = model_of('softmax()')
    tree = {'LayerName': {'x': {'Precision': {tensor: spec_text(tensor) for tensor in KEYS}}}}
    assert not asked(used(converted(model, 'Vivado', 'io_parallel', tree), 'x'))


def test_the_default_of_a_layer_is_for_its_precision_alone() -> None:
    for name, kept in (
        ('softmax()', {'exp_table', 'inv_table', 'inv_inp'}),
        ('sigmoid()', {'table'}),
        ('Dense', set()),
    ):
        model, layer = model_of(name)
        tree = QuantizerConfig({'x.default': 'fixed<23,7>'}).to_hls4ml(model, backend='Vitis')
        types = used(converted(model, 'Vitis', 'io_parallel', tree), layer)
        assert {tensor for tensor in set(types) & set(SPECS) if types[tensor].width != 23} == kept


def separable(backend: str, tree: dict[str, Any]) -> Any:
    """A separable convolution, as hls4ml's converter for Keras 2 makes it; that for Keras 3 fails on it."""
    config = hls4ml.utils.config.create_config(output_dir='/', backend=backend, **settings(backend))
    config['HLSConfig'] = tree | {'Model': {'Precision': {'default': 'fixed<16,6>'}, 'ReuseFactor': 1}}
    height = {'in_height': 8, 'out_height': 6, 'filt_height': 3, 'stride_height': 1, 'pad_top': 0, 'pad_bottom': 0}
    width = {'in_width': 8, 'out_width': 6, 'filt_width': 3, 'stride_width': 1, 'pad_left': 0, 'pad_right': 0}
    data = {'depthwise_data': np.ones((3, 3, 3, 1)), 'pointwise_data': np.ones((1, 1, 3, 4)), 'bias_data': np.ones(4)}
    shape = {'n_chan': 3, 'n_filt': 4, 'depth_multiplier': 1, 'data_format': 'channels_last', 'use_bias': True}
    network = [
        {'class_name': 'InputLayer', 'name': 'first', 'input_shape': list(IMAGE), 'inputs': []},
        {'class_name': 'SeparableConv2D', 'name': 'x', 'inputs': ['first'], **height, **width, **data, **shape},
    ]
    return hls4ml.model.ModelGraph.from_layer_list(config, network, ['first'], ['x'])


def test_a_separable_convolution_has_its_formats_in_two_layers() -> None:
    parts_of = {
        'x_depthwise': {'depthwise': 'weight', 'depthwise_accum': 'accum', 'depthwise_result': 'result'},
        'x_pointwise': {
            'pointwise': 'weight',
            'pointwise_accum': 'accum',
            'pointwise_result': 'result',
            'bias': 'bias',
        },
    }
    model = keras.Sequential([keras.Input(IMAGE), layers.SeparableConv2D(4, 3, name='x')])
    for backend in ALL:
        tensors = layers_of(model, backend)['x'].tensors
        if backend in ('Quartus', 'Libero'):
            assert not tensors
            continue
        assert tensors is not None
        own = [tensor for tensor in tensors if tensor not in ('accum', 'result', 'default')]
        tree = QuantizerConfig({f'x.{tensor}': SPECS[tensor] for tensor in own}).to_hls4ml(model, backend=backend)
        graph = separable(backend, tree)
        for layer, inner in parts_of.items():
            types = used(graph, layer)
            assert all(is_asked(types[name], tensor) for tensor, name in inner.items()), (backend, layer)
        assert sorted(own) == sorted(tensor for inner in parts_of.values() for tensor in inner)
        both = QuantizerConfig({'x.accum': SPECS['accum'], 'x.result': SPECS['result']}).to_hls4ml(model)
        for layer in parts_of:
            types = used(separable(backend, both), layer)
            assert asked({name: types[name] for name in ('accum', 'result')}) == {'accum', 'result'}


def test_without_a_model_what_no_layer_takes_is_refused() -> None:
    for backend in ALL:
        taken = of_any_layer(backend)
        for tensor in set(TENSORS) - set(taken):
            with pytest.raises(
                ValueError, match=f"^specs.x.{tensor}: hls4ml's {backend} takes no format of '{tensor}', "
            ):
                QuantizerConfig({f'x.{tensor}': 'int<8>'}).to_hls4ml(backend=backend)
        QuantizerConfig({f'x.{tensor}': 'int<8>' for tensor in taken}).to_hls4ml(backend=backend)


TYPES: list[dict[str, Any]] = [
    {'LayerType': {'Dense': {'Precision': {'weight': 'fixed<8,3>', 'default': 'fixed<9,3>'}}}},
    {'LayerType': {'dense': {'Precision': 'fixed<8,3>'}, 'Input': {'Precision': {'result': 'fixed<7,3>'}}}},
    {
        'LayerType': {
            'Dense': {'Precision': {'weight': 'fixed<8,3>', 'bias': 'fixed<11,3>', 'result': 'fixed<13,3>'}},
            'Activation': {'Precision': {'result': 'fixed<10,3>'}, 'table_t': 'fixed<12,3>'},
            'Softmax': {'exp_table_t': 'fixed<14,3>', 'Precision': {'result': 'fixed<15,3>', 'accum': 'fixed<16,5>'}},
            'ParametrizedActivation': {'Precision': 'fixed<17,3>'},
        },
        'LayerName': {
            'a': {'Precision': {'weight': 'fixed<20,3>'}},
            'b': {'Precision': 'fixed<21,3>'},
            'a_tanh': {'table_t': 'fixed<22,3>'},
        },
    },
]


@pytest.mark.parametrize('tree', TYPES)
def test_the_formats_of_types_are_those_that_hls4ml_has(tree: dict[str, Any]) -> None:
    model = keras.Sequential(
        [
            keras.Input(LINE, name='x'),
            layers.Dense(4, activation='tanh', name='a'),
            layers.Dense(4, activation='leaky_relu', name='b'),
            layers.Dense(4, activation='softmax', name='c'),
        ]
    )
    read = QuantizerConfig.from_hls4ml(tree, model)
    by_type = converted(model, 'Vivado', 'io_parallel', dict(tree))
    by_name = converted(model, 'Vivado', 'io_parallel', read.to_hls4ml(model))
    formats = {layer: used(by_type, layer) for layer in by_type.graph}
    assert formats == {layer: used(by_name, layer) for layer in by_name.graph}
    assert len({str(precision) for of_layer in formats.values() for precision in of_layer.values()}) > 3
