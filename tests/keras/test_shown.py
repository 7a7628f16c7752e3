"""What a layer of learned widths says of itself, and what training writes down of it."""

from __future__ import annotations

import copy
import io

import keras
import numpy as np
import pytest
from rich.console import Console

from quantizers import FixedQ
from quantizers.layers import LearnedFixed, LogBits, QuantizedDense, learned_layers

# Keras reads its own variables in a way that NumPy 2 warns of
pytestmark = pytest.mark.filterwarnings('ignore:__array__ implementation:DeprecationWarning')

SPEC = FixedQ(8, 3, True, 'RND', 'SAT')
TORCH = keras.backend.backend() == 'torch'
X = np.random.default_rng(0).normal(size=(32, 3)).astype(np.float32)


def learned(i, f, **options):
    """A layer with these widths, as if it had learned them, for inputs of shape (None, 5, 3)."""
    layer = LearnedFixed(SPEC, name='q', **options)
    layer.build((None, 5, 3))
    variables = {variable.name: variable for variable in layer.variables}
    variables['i'].assign(np.subtract(i, SPEC.i, dtype=np.float32))
    variables['f'].assign(np.subtract(f, SPEC.f, dtype=np.float32))
    return layer


def channels():
    return learned([2, 0, -1], [5, 1, 1], granularity='channel')


def test_the_repr_is_a_line_that_says_the_format() -> None:
    layer = LearnedFixed(SPEC, name='q')
    assert repr(layer) == str(layer) == f'<LearnedFixed name=q, built=False, spec={SPEC!r}>'
    assert repr(learned(1, 4)) == "<LearnedFixed name=q, built=True, bits=90, spec=FixedQ(6, 2, True, 'RND', 'SAT')>"
    assert repr(learned(0, 0)) == '<LearnedFixed name=q, built=True, bits=0, spec=None>'
    assert repr(channels()) == '<LearnedFixed name=q, built=True, bits=50, 3 formats of 0 to 8 bits>'
    assert repr(keras.Sequential([layer]).layers) == f'[{layer!r}]'


def test_the_bits_are_those_of_the_property() -> None:
    for layer in (learned(1, 4), channels(), learned(np.ones((5, 3)), np.full((5, 3), 2), granularity='element')):
        assert layer.to_dict()['bits'] == keras.ops.convert_to_numpy(layer.bits)


class Says(keras.layers.Layer):
    """Keeps what a layer says while a step is traced."""

    def __init__(self, layer: LearnedFixed) -> None:
        super().__init__()
        self.layer, self.said = layer, []

    def call(self, x):
        self.said.append(repr(self.layer))
        return self.layer(x)


def test_a_step_that_is_traced_may_show_the_layer() -> None:
    outer = Says(LearnedFixed(SPEC, granularity='channel', name='q'))
    model = keras.Sequential([keras.Input((3,)), outer])
    model.compile('sgd', 'mse')
    model.fit(X, X, verbose=0)
    # a step of PyTorch is not traced
    assert outer.said[-1] == (repr(outer.layer) if TORCH else '<LearnedFixed name=q, built=True>')
    assert repr(outer.layer).endswith('3 formats of 8 bits>')


def test_it_shows_itself_as_a_table() -> None:
    layer = channels()
    lines = layer.table().plain()
    assert lines[0] == 'q: bits=50, 3 formats of 0 to 8 bits'
    assert [line.split() for line in lines[1:]] == [
        ['index', 'type', 'bits', 'sign', 'integer', 'fraction'],
        ['0', 'ap_fixed<8,', '3,', 'AP_RND,', 'AP_SAT>', '8', '1', '2', '5'],
        ['1', 'ap_fixed<2,', '1,', 'AP_RND,', 'AP_SAT>', '2', '1', '0', '1'],
        ['2', '-', '0', '0', '-1', '1'],
    ]
    assert layer._repr_html_().count('<tr>') == 4
    stream = io.StringIO()
    Console(file=stream, width=100).print(layer)
    assert 'ap_fixed<8, 3, AP_RND, AP_SAT>' in stream.getvalue()
    assert [row[0] for row in learned(1, 4).table().rows] == [None]
    assert [row[0] for row in learned(np.ones((5, 3)), np.full((5, 3), 2), granularity='element').table().rows][:4] == [
        '0, 0',
        '0, 1',
        '0, 2',
        '1, 0',
    ]
    assert LearnedFixed(SPEC, name='new')._repr_html_().count('<td') == 0


def test_it_gives_plain_data() -> None:
    assert channels().to_dict() == {
        'name': 'q',
        'start': 'ap_fixed<8, 3, AP_RND, AP_SAT>',
        'bits': 50,
        'widths': [
            {'index': [0], 'type': 'ap_fixed<8, 3, AP_RND, AP_SAT>', 'bits': 8, 'k': 1, 'i': 2, 'f': 5},
            {'index': [1], 'type': 'ap_fixed<2, 1, AP_RND, AP_SAT>', 'bits': 2, 'k': 1, 'i': 0, 'f': 1},
            {'index': [2], 'type': None, 'bits': 0, 'k': 0, 'i': -1, 'f': 1},
        ],
    }
    new = LearnedFixed(SPEC, name='new').to_dict()
    assert (new['bits'], new['widths']) == (None, [])
    frame = channels().to_dataframe()
    assert frame['bits'].tolist() == [8, 2, 0]
    assert frame['index'].tolist() == [0, 1, 2]
    assert frame['type'].isna().tolist() == [False, False, True]


def test_what_shows_itself_is_a_layer_still() -> None:
    layer = channels()
    again = LearnedFixed.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    assert repr(copy.deepcopy(layer)) == repr(layer)
    assert isinstance(layer, keras.layers.Layer)


def trained(*callbacks):
    inner = keras.Sequential([LearnedFixed(SPEC, name='inner')])
    kernel = LearnedFixed(SPEC, name='kernel', batch_axis=None, granularity='channel', beta=1.0)
    model = keras.Sequential([keras.Input((3,)), inner, QuantizedDense(4, kernel_quantizer=kernel)])
    model.compile(keras.optimizers.SGD(0.5), 'mse')
    return model, model.fit(X, X[:, :1], epochs=3, verbose=0, callbacks=[*callbacks])


def test_the_history_has_the_bits_of_each_epoch(tmp_path) -> None:
    seen = []
    look = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(dict(logs)))
    model, history = trained(LogBits(), look, keras.callbacks.CSVLogger(tmp_path / 'epochs.csv'))
    _, kernel = learned_layers(model)
    recorded = history.history
    assert recorded['bits'] == [a + b for a, b in zip(recorded['inner_bits'], recorded['kernel_bits'], strict=True)]
    assert recorded['inner_bits'] == [24] * 3
    assert recorded['kernel_bits'][-1] == keras.ops.convert_to_numpy(kernel.bits) < recorded['kernel_bits'][0] + 1
    assert recorded['kernel_bits'][-1] < 96
    assert [logs['bits'] for logs in seen] == recorded['bits']
    head = (tmp_path / 'epochs.csv').read_text().splitlines()[0].split(',')
    assert {'bits', 'inner_bits', 'kernel_bits', 'loss'} <= set(head)


def test_layers_of_one_name_count_together_and_none_is_no_bits() -> None:
    twice = keras.Sequential([keras.Input((3,)), LearnedFixed(SPEC, name='q')], name='a')
    model = keras.Sequential([keras.Input((3,)), twice, LearnedFixed(SPEC, name='q')])
    logger, logs = LogBits(), {}
    logger.set_model(model)
    logger.on_epoch_end(0, logs)
    logger.on_epoch_end(0)
    assert logs == {'bits': 48, 'q_bits': 48}
    logger.set_model(keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]))
    logger.on_epoch_end(0, none := {})
    assert none == {'bits': 0}
