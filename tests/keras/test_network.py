"""Networks in formats: equal to Keras where that does not round, and to exact sums."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import keras
import ml_dtypes
import numpy as np
import pytest
from keras import layers

from oracles import networks, reference
from quantizers import BinaryQ, FixedQ, PerChannel, TernaryQ
from quantizers.layers import Quantize
from quantizers.network import Network, QuantizedNetwork
from quantizers.network.exact import dtype_for
from quantizers.network.keras_channels import in_channels

pytestmark = pytest.mark.filterwarnings('ignore:__array__ implementation:DeprecationWarning')


def coarse(model: keras.Model) -> None:
    """Weights of so few bits that float32 holds every sum of products, and statistics that scale by powers of two."""
    numbers = np.random.default_rng(2)
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.epsilon = 0.25
            shape = layer.gamma.shape
            statistics = [numbers.integers(1, 3, shape), numbers.integers(-3, 4, shape), numbers.integers(-2, 3, shape)]
            layer.set_weights([*statistics, np.full(shape, 3.75)])
        else:
            layer.set_weights([numbers.integers(-3, 4, weight.shape) / 4 for weight in layer.get_weights()])


@pytest.mark.parametrize('fold', [False, True])
@pytest.mark.parametrize('name', [name for name in networks.NETWORKS if name not in ('averaged', 'tables', 'classes')])
def test_without_formats_it_is_keras_where_that_is_exact(name: str, fold: bool) -> None:
    model = networks.made(name)
    coarse(model)
    network = Network.load(model)
    network = network.folded() if fold else network
    given = FixedQ(6, 3)
    quantized = network.quantize({f'{n}.result': given for n in network.inputs})
    x = networks.samples(network, 40, given)
    results = quantized(x)
    expected = model({n: array.astype(np.float32) for n, array in x.items()} if isinstance(x, dict) else x.astype('f4'))
    pairs = zip([*results.values()], expected, strict=True) if isinstance(results, dict) else [(results, expected)]
    for result, wanted in pairs:
        assert result.dtype == np.float64
        rounds = keras.backend.backend() == 'tensorflow' and name in ('normalized', 'folding')  # in its 1 / sqrt
        np.testing.assert_allclose(result, keras.ops.convert_to_numpy(wanted), rtol=1e-4 if rounds else 0, atol=0)
    floats = network.trace(x)
    for of, array in quantized.trace(x).items():
        np.testing.assert_array_equal(floats[of], array)
        assert array.shape[1:] == network.layers[of].shape
        assert quantized.formats[of].f >= 0
        np.testing.assert_array_equal(np.asarray(quantized.formats[of](array)), array)  # each is a value of its format


def slow_dense(x: Any, weight: Any, bias: Any, accumulator: FixedQ, result: FixedQ) -> Any:
    """Sums as hls4ml makes them: from the bias on, each product and each sum in the format of the accumulator."""

    def cast(value: Fraction, spec: FixedQ) -> Fraction:
        return reference.fixed_value(
            value, spec.width, spec.integer, spec.signed, spec.rounding, spec.overflow, spec.saturation_bits
        )

    rows = []
    for row in x:
        sums = [cast(Fraction(b), accumulator) for b in bias]
        for term, weights in zip(row, weight, strict=True):
            products = [cast(Fraction(term) * Fraction(w), accumulator) for w in weights]
            sums = [cast(a + b, accumulator) for a, b in zip(sums, products, strict=True)]
        rows.append([float(cast(a, result)) for a in sums])
    return np.array(rows)


@pytest.mark.parametrize('overflow', ['SAT', 'SAT_SYM', 'SAT_ZERO', 'WRAP', 'WRAP_SM'])
@pytest.mark.parametrize('width', [9, 12, 40])
def test_accumulators(overflow: str, width: int, tally: Any) -> None:
    """Of fewer fraction bits than the products, of as many with too few integer bits, and of enough."""
    model = keras.Sequential([keras.Input((6,), name='x'), layers.Dense(4, name='d')])
    network = Network.load(model)
    numbers = np.random.default_rng(3)
    layer = model.layers[-1]
    layer.set_weights([numbers.normal(0, 1, weight.shape) for weight in layer.get_weights()])
    network = Network.load(model)
    result, weight = FixedQ(9, 4, True, 'RND', 'SAT'), FixedQ(6, 2, True, 'RND', 'SAT')
    x = networks.samples(network, 60)
    for rounding in ('TRN', 'RND_CONV'):
        accumulator = FixedQ(width, {9: 4, 12: 3, 40: 20}[width], True, rounding, overflow)
        specs = {'x.result': FixedQ(10, 4), 'd.weight': weight, 'd.bias': weight, 'd.accum': accumulator}
        quantized = network.quantize({**specs, 'd.result': result})
        want = slow_dense(x, quantized.weights['d.weight'], quantized.weights['d.bias'], accumulator, result)
        got = quantized(x)
        tally('a dense layer against exact sums', accumulator, got.ravel(), got.ravel(), want.ravel())
    tally.check()


@pytest.mark.parametrize(('bits', 'dtype'), [(9, np.float32), (13, np.float64), (22, np.float64), (30, object)])
def test_sums_are_exact_in_the_narrowest_dtype(bits: int, dtype: type) -> None:
    """What float32 is taken for has 24 bits at most, and what float64 is taken for 53."""
    network = Network.load(networks.made('dense'))
    spec = FixedQ(bits, 2, True, 'RND', 'SAT')
    quantized = network.quantize({'first.result': spec, 'hidden.weight': spec, 'hidden.bias': spec})
    x = np.random.default_rng(4).normal(0, 1, (50, 7))
    trace = quantized.trace(x)
    weight, bias = quantized.weights['hidden.weight'], quantized.weights['hidden.bias']
    for row, given in zip(trace['hidden'], spec(x), strict=True):
        sums = [
            sum((Fraction(a) * Fraction(b) for a, b in zip(given, column, strict=True)), Fraction(c))
            for column, c in zip(weight.T, bias, strict=True)
        ]
        assert row.tolist() == sums
    assert dtype_for(quantized.formats['hidden']) == dtype


def test_numbers_that_no_float_holds_are_fractions() -> None:
    model = networks.made('convolutions')
    network = Network.load(model)
    quantized = network.quantize({'image.result': FixedQ(20, 4)})
    x = networks.samples(network, 2, FixedQ(20, 4))
    trace = quantized.trace(x)
    assert trace['first'].dtype == np.float64
    assert trace['last'].dtype == object
    assert quantized.formats['last'].bits > 64
    weight, bias = (network.weights[f'last.{n}'] for n in ('weight', 'bias'))
    wanted = [
        [
            sum((a * Fraction(b) for a, b in zip(row, column, strict=True)), Fraction(c))
            for column, c in zip(weight.T, bias, strict=True)
        ]
        for row in trace['flat']
    ]
    assert trace['last'].tolist() == wanted
    # in formats that floats hold the same numbers are floats
    specs = networks.config(network, 1, networks.ACCUMULATORS)
    in_floats = network.quantize(specs).trace(x)
    wide = network.quantize({**specs, 'first.accum': FixedQ(90, 30)}).trace(x)
    without = network.quantize({n: spec for n, spec in specs.items() if n != 'first.accum'}).trace(x)
    assert in_floats['last'].dtype == np.float64
    np.testing.assert_array_equal(wide['last'], without['last'])


@pytest.mark.parametrize('width', [40, 90])  # in float64, and in Fractions
def test_means_are_cut_towards_zero_at_the_step_of_the_accumulator(width: int) -> None:
    x = keras.Input((6, 2), name='x')
    model = keras.Model(x, layers.AveragePooling1D(3, name='means')(x))
    network, spec = Network.load(model), FixedQ(width, width - 5)
    quantized = network.quantize({'x.result': networks.INPUT, 'means.accum': spec})
    samples = networks.samples(network, 30)
    sums = networks.INPUT(samples).reshape(30, 2, 3, 2).sum(axis=2)
    # each sum is cast to the accumulator's step before the next number is added
    parts = np.zeros((30, 2, 2))
    for j in range(3):
        parts = np.floor((parts + samples.reshape(30, 2, 3, 2)[:, :, j]) * 32) / 32
    expected = [int(Fraction(part) * 32 / 3) / 32 for part in parts.ravel().tolist()]
    assert quantized(samples).ravel().tolist() == expected
    assert not np.array_equal(parts, sums)
    exact = network.quantize({'x.result': networks.INPUT})(samples)
    assert exact.ravel().tolist() == [int(Fraction(number) * 64 / 3) / 64 for number in sums.ravel().tolist()]
    with pytest.raises(ValueError, match='must add nothing'):
        Network.load(keras.Model(x, layers.AveragePooling1D(4, padding='same')(x)))


def test_means_of_windows_of_powers_of_two_are_those_of_keras() -> None:
    x = keras.Input((8, 8, 2), name='x')
    small = layers.AveragePooling2D(2, name='small')(x)
    model = keras.Model(x, layers.GlobalAveragePooling2D(keepdims=True, name='whole')(small))
    network, spec = Network.load(model), FixedQ(40, 20)
    quantized = network.quantize({'x.result': networks.INPUT, 'small.accum': spec, 'whole.accum': spec})
    samples = networks.samples(network, 30)
    np.testing.assert_array_equal(
        quantized(samples), np.asarray(keras.ops.convert_to_numpy(model(samples.astype('f4'))))
    )


def test_weights_have_formats_of_any_kind_and_per_channel() -> None:
    network = Network.load(networks.made('dense'))
    each = PerChannel(1, [FixedQ(n, 1, True, 'RND', 'SAT') for n in range(3, 12)])
    specs = {'first.result': FixedQ(8, 3), 'hidden.weight': each, 'linear.weight': TernaryQ(), 'last.weight': BinaryQ()}
    quantized = network.quantize(specs)
    for name, spec in specs.items():
        if name.endswith('weight'):
            np.testing.assert_array_equal(quantized.weights[name], spec(network.weights[name]))
    assert not quantized.weights['hidden.weight'].flags.writeable
    assert not network.weights['hidden.weight'].flags.writeable


FAULTS: dict[str, tuple[str, Callable[[FixedQ], FixedQ]]] = {
    'integer bits less': ('first.result', lambda s: replace(s, width=s.width - 3, integer=s.integer - 3)),
    'a fraction bit less': ('second.weight', lambda s: replace(s, width=s.width - 1)),
    'another rounding': ('small.result', lambda s: replace(s, width=s.width - 3, rounding='RND')),
    'it wraps': ('residual.result', lambda s: replace(s, integer=2, overflow='WRAP')),
    'an accumulator': ('strided.accum', lambda s: FixedQ(9, 6)),
    'the input': ('image.result', lambda s: replace(s, width=s.width - 4)),
}


@pytest.mark.parametrize('fault', FAULTS)
def test_comparisons_name_the_layer_where_a_fault_is(fault: str) -> None:
    network = Network.load(networks.made('convolutions'))
    specs = {
        n: FixedQ(7, 1, True, 'RND', 'SAT') if n.endswith(('weight', 'bias')) else FixedQ(14, 5, True, 'TRN', 'SAT')
        for n in network.tensors
        if not n.endswith('accum')
    }
    name, change = FAULTS[fault]
    changed = change(specs.get(name, FixedQ(9, 6)))
    good, wrong = network.quantize(specs), network.quantize({**specs, name: changed})
    x = networks.samples(network, 30)
    same = wrong.compare(x, wrong.trace(x))
    assert same.first is None
    assert repr(same).endswith(' results, no difference')
    assert all(layer.sqnr == np.inf and not layer.steps for layer in same.layers)
    comparison = wrong.compare(x, good)
    first = comparison.first
    assert first is not None
    assert first.name == name.partition('.')[0]
    assert [layer.name for layer in comparison.layers] == [*network.layers]
    got, expected = wrong.trace(x)[first.name], good.trace(x)[first.name]
    assert first.different == np.count_nonzero(got != expected)
    assert first.index == tuple(np.argwhere(got != expected)[0])
    assert (first.got, first.expected) == (got[first.index], expected[first.index])
    assert first.steps == np.abs(got - expected).max() / float(first.spec.eps)
    assert first.sqnr == pytest.approx(10 * np.log10((expected**2).sum() / ((expected - got) ** 2).sum()))
    assert str(first) in repr(comparison)
    assert comparison.to_dict()['first'] == first.name
    # of some layers, in other shapes
    some = wrong.compare(x, {'last': good.trace(x)['last'].ravel()})
    assert [layer.name for layer in some.layers] == ['last']


def test_references_are_checked() -> None:
    network = Network.load(networks.made('dense'))
    quantized = network.quantize({'first.result': FixedQ(8, 3)})
    x = networks.samples(network, 4)
    for given, message in (
        ({'lst': x}, "'reference' has results of what the network has not: 'lst'"),
        ({}, "'reference' must have the results of a layer: it is empty"),
        ({'last': x}, "'reference' must have 16 results of last, and one at least: 28"),
    ):
        with pytest.raises(ValueError, match=f'^{re.escape(message)}'):
            quantized.compare(x, given)
    assert quantized.compare(x, {'last': np.zeros((4, 4))}).layers[0].sqnr == -np.inf


def test_files_and_what_is_seen(tmp_path: Path) -> None:
    model = networks.made('dense')
    network = Network.load(model)
    assert network.inputs == ('first',)
    assert network.outputs == ('last',)
    assert [*network.layers] == ['first', 'hidden', 'hidden_relu', 'linear', 'dropped', 'last']
    assert network.tensors[:5] == ('first.result', 'hidden.weight', 'hidden.bias', 'hidden.accum', 'hidden.result')
    assert network.to_dict()['layers'][1] == {
        'name': 'hidden', 'kind': 'Dense', 'shape': (9,), 'weights': 72, 'multiplications': 63, 'inputs': ('first',)
    }  # fmt: skip
    assert repr(network).splitlines()[2].split() == ['hidden', 'Dense', '9', '72', '63', 'first']
    model.save(tmp_path / 'model.keras')
    loaded = Network.load(tmp_path / 'model.keras')
    assert [*loaded.layers] == [*network.layers]
    specs = {n: FixedQ(12, 4) for n in network.tensors}
    quantized, again = network.quantize(specs), loaded.quantize(specs)
    x = networks.samples(network, 2500)  # more than one batch
    np.testing.assert_array_equal(quantized(x), again(x))
    np.testing.assert_array_equal(quantized(x)[1024:1030], quantized(x[1024:1030]))
    assert quantized(x[:0]).shape == (0, 4)
    np.testing.assert_array_equal(quantized(np.ones((2, 7), np.int64)), quantized(np.ones((2, 7))))
    assert 'ap_fixed<12, 4>' in repr(quantized)
    assert repr(quantized).endswith('6 layers, 154 weights')
    assert quantized.to_dict()['layers'][0]['bits'] == 12
    assert isinstance(quantized, QuantizedNetwork)


@pytest.mark.parametrize('suffix', ['.keras', '.h5'])
def test_a_file_brings_no_code(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f'model{suffix}'
    one(layers.Lambda(lambda x: 2 * x)).save(path)
    with pytest.raises(ValueError, match='arbitrary code execution'):
        Network.load(path)


def test_inputs_are_what_a_format_takes() -> None:
    network = Network.load(networks.made('dense'))
    quantized = network.quantize({'first.result': FixedQ(8, 3)})
    x = np.array([[0.5, -1, 2, 3, -4, 0, 1.5]])
    for dtype in (ml_dtypes.float8_e4m3fn, ml_dtypes.bfloat16, np.float16, np.longdouble):
        np.testing.assert_array_equal(quantized(x.astype(dtype)), quantized(x))
    np.testing.assert_array_equal(quantized(keras.ops.convert_to_tensor(x, 'bfloat16')), quantized(x))
    with pytest.raises(TypeError, match='float64 holds'):
        quantized(np.full((1, 7), np.longdouble(1) / 3))


def one(layer: Any, shape: tuple[int, ...] = (6,)) -> keras.Model:
    x = keras.Input(shape, name='x')
    return keras.Model(x, layer(x))


def twice() -> keras.Model:
    x, layer = keras.Input((6,), name='x'), layers.Dense(6, name='d')
    return keras.Model(x, layer(layer(x)))


def same_name() -> keras.Model:
    x = keras.Input((6,), name='x')
    return keras.Model(x, layers.ReLU(name='d_relu')(layers.Dense(6, activation='relu', name='d')(x)))


def attention() -> keras.Model:
    x = keras.Input((4, 6), name='x')
    return keras.Model(x, layers.MultiHeadAttention(2, 3, name='a')(x, x))


@pytest.mark.parametrize('name', ['channels', 'joined'])
def test_a_copy_has_the_values_of_each_channel_which_no_type_for_all_would_give(name: str) -> None:
    model = networks.made(name)
    network = Network.load(model)
    before = dict(network.weights)
    config = networks.config(network, 7, networks.ACCUMULATORS)
    copy = in_channels(model, config)
    assert (copy is model) == (name == 'joined')
    quantized, of_copy = network.quantize(config).weights, Network.load(copy).weights
    for weight, spec in config.items():
        if isinstance(spec, PerChannel):
            np.testing.assert_array_equal(of_copy[weight], quantized[weight])
            np.testing.assert_array_equal(spec.joined(of_copy[weight]), quantized[weight])
            assert (before[weight] != quantized[weight]).mean() > 0.5
            np.testing.assert_array_equal(Network.load(model).weights[weight], before[weight])
        elif weight in before:
            np.testing.assert_array_equal(of_copy[weight], before[weight])


def test_a_copy_with_values_that_no_variable_holds_is_refused() -> None:
    model = networks.made('dense')
    model.get_layer('hidden').kernel.assign(np.full((7, 9), 2.0))
    specs = {'hidden.weight': PerChannel(1, [FixedQ(30, 1, True, 'TRN', 'SAT')] * 9)}
    with pytest.raises(ValueError, match=r'hidden\.weight: must have values that float32 holds'):
        in_channels(model, specs)


def integers() -> keras.Model:
    model = one(layers.Dense(6, name='d'))
    model.layers[1].quantize('int8')
    return model


def doubled(x: Any) -> Any:
    return 2 * x


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    'elu': (lambda: one(layers.Dense(3, activation='elu', name='d')), 'd: must have one of the acti'),
    'softmax': (lambda: one(layers.Dense(3, activation='softmax', name='d'), (4, 5)), 'd: must have softmax as a'),
    'rows': (lambda: one(layers.Activation('softmax', name='a'), (4, 5)), 'a: must have softmax as a layer'),
    'layer': (lambda: one(layers.LayerNormalization(name='n')), 'n: must be one of InputLayer, '),
    'recurrent': (lambda: one(layers.LSTM(3, name='r'), (4, 5)), 'r: must be one of InputLayer, '),
    'both ways': (lambda: one(layers.Bidirectional(layers.GRU(3), name='b'), (4, 5)), 'b: must be one of InputLayer, '),
    'attention': (attention, 'a: must be one of InputLayer, '),
    'separable': (lambda: one(layers.SeparableConv1D(3, 2, name='s'), (4, 5)), 's: must be one of InputLayer, '),
    'own': (lambda: one(Quantize(FixedQ(8, 3), name='q')), 'q: must be one of InputLayer, '),
    'function': (lambda: one(layers.Dense(3, activation=doubled, name='d')), 'd: must have one of the acti'),
    'object': (lambda: one(layers.Dense(3, activation=layers.ELU(), name='d')), 'd: must have one of the acti'),
    'same name': (same_name, "'d_relu': hls4ml calls the activation of 'd' so, too: rename a layer"),
    'integers': (integers, "'d': hls4ml has no name for the weight 'kernel_scale'"),
    'nested': (lambda: one(keras.Sequential([keras.Input((6,))], name='inner')), 'inner: must be one of InputLayer, '),
    'twice': (twice, 'd: must be called once'),
    'groups': (lambda: one(layers.Conv1D(4, 3, groups=2, name='c'), (8, 2)), "c: 'groups' must be 1: 2"),
    'padded': (lambda: one(layers.MaxPooling1D(2, padding='same', name='p'), (7, 2)), "p: 'padding' must add nothing"),
    'axis': (lambda: one(layers.BatchNormalization(axis=1, name='b'), (4, 5)), "b: 'axis' must be the last one: 1"),
    'slope': (lambda: one(layers.ReLU(negative_slope=0.5, name='r')), "r: 'negative_slope' must be 0.0: 0.5"),
    'sizes': (lambda: one(layers.Dense(3, name='d'), (None, 4)), 'x: must have known sizes'),
    'unbuilt': (lambda: keras.Sequential([layers.Dense(3)]), "'source' must be a built Sequential or functional model"),
    'file': (lambda: 'weights.npz', "'source' must be a file .keras, .h5 or .onnx: 'weights.npz'"),
}  # fmt: skip


@pytest.mark.parametrize('name', REFUSED)
def test_what_is_not_computed_is_refused_by_name(name: str) -> None:
    source, message = REFUSED[name]
    with pytest.raises(ValueError, match=f'^{re.escape(message)}'):
        Network.load(source())


def test_formats_and_inputs_are_checked() -> None:
    with pytest.raises(TypeError, match="'source' must be a model of Keras, PyTorch or ONNX, or the path of one: dict"):
        Network.load({})  # type: ignore[arg-type]
    network = Network.load(networks.made('dense'))
    good = {'first.result': FixedQ(8, 3)}
    for specs, message in (
        ({}, 'first.result: an input must have a format: this key is missing'),
        ({**good, 'hiden.weight': FixedQ(8, 3)}, "'specs' has formats of what the network has not: 'hiden.weight'"),
        ({**good, 'last.result': TernaryQ()}, 'last.result: must be one FixedQ, as results, accu'),
        ({**good, 'last.accum': PerChannel(0, [FixedQ(8, 3)] * 2)}, 'last.accum: must be one FixedQ'),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=f'^{re.escape(message)}'):
            network.quantize(specs)
    quantized = network.quantize(good)
    for x, error, message in (
        (np.ones((2, 6)), ValueError, "'inputs' must be samples of the shape (7,) for first: (2, 6)"),
        (np.array([[np.nan] * 7]), ValueError, "'inputs' must be finite, for first: there is NaN or Inf"),
        (np.ones((2, 7), complex), TypeError, "'x' must be an array of real numbers of at most 64 bits"),
        ({'x': np.ones((2, 7))}, ValueError, "'inputs' must be of the names 'first': 'x'"),
    ):
        with pytest.raises(error, match=f'^{re.escape(message)}'):
            quantized(x)
    both = Network.load(networks.made('joined'))
    two = both.quantize({f'{n}.result': FixedQ(8, 3) for n in both.inputs})
    with pytest.raises(ValueError, match="'inputs' must be a mapping of the names 'vector', 'series': ndarray"):
        two(np.ones((2, 5)))
    with pytest.raises(ValueError, match="'inputs' must have as many samples each"):
        two({'vector': np.ones((2, 5)), 'series': np.ones((3, 9, 3))})
