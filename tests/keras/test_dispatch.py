"""What a spec and the functional API accept and return, on the tensors of every framework."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from typing import Any

import keras
import ml_dtypes
import numpy as np
import pytest

from oracles.dtypes import BFLOAT16
from oracles.frameworks import FRAMEWORKS
from quantizers import (
    BinaryQ,
    FixedQ,
    MinifloatQ,
    PrecisionWarning,
    TernaryQ,
    binary_quantize,
    binary_quantize_np,
    float_decompose,
    float_quantize,
    float_quantize_np,
    get_fixed_quantizer,
    get_fixed_quantizer_np,
    ternary_quantize,
    ternary_quantize_np,
)
from quantizers.backends.keras.backend import backend as keras_backend
from quantizers.functional import round_conv

SPECS = [
    FixedQ(8, 3, True, 'RND', 'SAT'),
    FixedQ(8, 3),
    FixedQ(7, 9, False, 'TRN_ZERO', 'WRAP', 2),
    FixedQ(6, 10, True, 'RND_MIN_INF', 'SAT_SYM'),
    FixedQ(6, 9, True, 'S_RND', 'WRAP_SM', 1),
    MinifloatQ(3, 2, 1),
    BinaryQ(),
    TernaryQ(),
]
FUNCTIONS = [
    lambda x: get_fixed_quantizer('RND', 'SAT')(x, 1, 2, 5),
    lambda x: get_fixed_quantizer('TRN', 'WRAP')(x, 1, 2, 5, training=True),
    lambda x: get_fixed_quantizer('TRN', 'WRAP').round(x, 5),
    lambda x: float_quantize(x, 3, 4),
    lambda x: float_decompose(x, 3, 4)[0],
    binary_quantize,
    ternary_quantize,
]
S_RND = FixedQ(8, 8, True, 'S_RND', 'SAT')
BACKEND = keras.backend.backend()
FLOATS = [np.float32, np.float64, np.float16, BFLOAT16]
X = np.array([[0.3, -1.7, 100.0], [-0.01, 2.5, -77.7]])


def dtype_name(tensor: Any) -> str:
    return keras.backend.standardize_dtype(tensor.dtype)


# Specs ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize('dtype', FLOATS, ids=lambda dtype: np.dtype(dtype).name)
@pytest.mark.parametrize('spec', SPECS, ids=repr)
def test_the_result_is_a_tensor_like_x(spec, dtype, framework):
    x = framework.tensor(X.astype(dtype))
    got = spec(x)
    assert type(got) is type(x)
    assert got.dtype == x.dtype
    assert tuple(got.shape) == X.shape
    assert got.device == x.device
    np.testing.assert_array_equal(framework.array(got).astype(np.float64), spec(X.astype(dtype)).astype(np.float64))


@pytest.mark.parametrize('shape', [(), (0,), (3, 0), (1,), (2, 3, 4, 5)])
@pytest.mark.parametrize('spec', SPECS, ids=repr)
def test_every_shape(spec, shape, framework):
    x = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    for way in framework.ways if shape == () else ('eager',):
        got = framework.made(way, spec)(framework.tensor(x))
        assert tuple(got.shape) == shape
        np.testing.assert_array_equal(framework.array(got), spec(x))


@pytest.mark.parametrize('spec', SPECS, ids=repr)
def test_variables_give_tensors(spec, framework):
    variable = keras.Variable(X, dtype='float32')
    native = variable.value
    kind = type(framework.tensor(X, np.float32))
    for x in (variable, native):
        got = spec(x)
        assert type(got) is kind
        np.testing.assert_array_equal(framework.array(got), spec(X.astype(np.float32)))
    np.testing.assert_array_equal(framework.array(native), X.astype(np.float32))


@pytest.mark.parametrize('dtype', ['complex64', 'complex128'])
def test_parts_of_complex_numbers(dtype, framework):
    spec = FixedQ(8, 3, True, 'RND', 'SAT')
    x = np.linspace(-9, 9, 12).astype(dtype).reshape(3, 4) * (1 + 0.5j)
    tensor = framework.tensor(x, dtype)
    got = framework.array(spec(tensor))
    assert got.dtype == framework.array(tensor).dtype
    np.testing.assert_array_equal(got, spec(framework.array(tensor)))


@pytest.mark.parametrize('dtype', ['complex64', 'complex128'])
def test_parts_of_complex_numbers_by_widths(dtype, framework):
    x = np.linspace(-9, 9, 12).astype(dtype).reshape(3, 4) * (1 + 0.5j)
    tensor = framework.tensor(x, dtype)
    numbers = framework.array(tensor)
    widths = (1, 2, 5), (1, 2, np.arange(4)), (1, np.arange(2)[:, None, None], np.arange(3)[:, None])
    calls = [
        *((get_fixed_quantizer('RND', 'SAT'), get_fixed_quantizer_np('RND', 'SAT'), own) for own in widths),
        (float_quantize, float_quantize_np, (np.arange(4), 3)),
        (binary_quantize, binary_quantize_np, ()),
        (ternary_quantize, ternary_quantize_np, ()),
    ]
    for tensors, arrays, own in calls:
        for each, same in ((tensor, numbers), (tensor[0, 0], numbers[0, 0]), (x.tolist(), x), (1.03 - 2j, 1.03 - 2j)):
            got = framework.array(tensors(each, *own))
            assert got.dtype == numbers.dtype if each is tensor else got.dtype.kind == 'c'
            np.testing.assert_array_equal(got, arrays(same, *own))
    rounded = framework.array(round_conv(tensor))
    np.testing.assert_array_equal(rounded, np.rint(numbers.real) + 1j * np.rint(numbers.imag))
    with pytest.raises(TypeError, match='dtype complex'):
        float_decompose(tensor, 3, 4)


def test_gradients_of_complex_numbers_are_those_of_their_parts(framework):
    quantize = get_fixed_quantizer('RND', 'SAT')
    rng = np.random.default_rng(0)
    real, imaginary, g_real, g_imaginary = (framework.tensor(rng.normal(0, 2, (3, 4)), np.float32) for _ in range(4))
    f, i = framework.tensor(np.arange(4), np.float32), framework.tensor(np.ones((3, 1)), np.float32)

    def of_numbers(real, imaginary, i, f):
        result = quantize(keras_backend.library.joined(real, imaginary), 1, i, f)
        return keras.ops.stack([keras.ops.real(result), keras.ops.imag(result)])

    def of_parts(real, imaginary, i, f):
        return keras.ops.stack([quantize(real, 1, i, f), quantize(imaginary, 1, i, f)])

    both = [
        framework.vjp('eager', function, (real, imaginary, i, f), keras.ops.stack([g_real, g_imaginary]))
        for function in (of_numbers, of_parts)
    ]
    np.testing.assert_array_equal(both[0][0], both[1][0])
    for got, expected in zip(both[0][1], both[1][1], strict=True):
        assert np.any(expected)
        np.testing.assert_allclose(got, expected, rtol=1e-5)


def test_both_parts_of_complex_numbers_are_drawn(framework):
    quantize = get_fixed_quantizer('S_RND', 'SAT')
    x = framework.tensor(np.full(2000, 0.25 + 0.75j), np.complex64)
    for spec in (
        lambda *x: quantize(*x, 1, 7, 0, training=True, seed_gen=3),
        lambda *x: S_RND(*x, training=True, seed_gen=3),
    ):
        result = framework.array(spec(x))
        parts = result.real, result.imag
        assert [set(part) for part in parts] == [{0, 1}, {0, 1}]
        assert np.allclose(np.mean(parts, 1), [0.25, 0.75], atol=0.05)
        assert abs(np.corrcoef(parts)[0, 1]) < 0.1


def test_float8_is_widened(framework):
    x = np.arange(0, 120, dtype=np.uint8).view(ml_dtypes.float8_e4m3fn)
    tensor = keras.ops.cast(framework.tensor(x.astype(np.float32), np.float32), 'float8_e4m3fn')
    got = FixedQ(8, 3, True, 'RND', 'SAT')(tensor)
    assert keras.backend.standardize_dtype(got.dtype) == 'float32'
    np.testing.assert_array_equal(framework.array(got), FixedQ(8, 3, True, 'RND', 'SAT')(x))


@pytest.mark.parametrize('training', [False, True])
@pytest.mark.parametrize('spec', [spec for spec in SPECS if getattr(spec, 'rounding', '') != 'S_RND'], ids=repr)
def test_symbolic_tensors_make_models(spec, training, framework):
    inputs = keras.Input((3,), dtype='float32')
    outputs = spec(inputs, training=training)
    assert isinstance(outputs, keras.KerasTensor)
    assert outputs.shape == (None, 3)
    assert outputs.dtype == 'float32'
    model = keras.Model(inputs, outputs)
    x = framework.tensor(X, np.float32)
    np.testing.assert_array_equal(framework.array(model(x)), framework.array(spec(x, training=training)))


def test_numpy_stays_numpy():
    for spec in SPECS:
        for x in (X, X.astype(np.float32), np.float32(1.3)):
            got = spec(x)
            assert isinstance(got, np.ndarray | np.generic)
            assert got.dtype == x.dtype
        assert isinstance(spec([1.3, 2.7]), np.ndarray)


@pytest.mark.parametrize('foreign', [name for name in FRAMEWORKS if name not in (BACKEND, 'tensorflow')])
def test_the_library_is_that_of_the_tensor_whatever_keras_runs_on(foreign):
    other = FRAMEWORKS[foreign]()
    x = X.astype(np.float32)
    tensor = other.tensor(x)
    f = other.tensor(np.full(3, 2.5, np.float32))
    g = np.ones_like(x)
    for spec in SPECS:
        result, (gradient,) = other.vjp('eager', spec, [tensor], other.tensor(g))
        assert type(spec(tensor)) is type(tensor)
        np.testing.assert_array_equal(result, spec(x))
        assert gradient.shape == x.shape
    quantize, arrays = get_fixed_quantizer('RND', 'SAT'), get_fixed_quantizer_np('RND', 'SAT')
    for each in (tensor, x):  # the first tensor may be a width
        result, (to_f,) = other.vjp('eager', lambda f, each=each: quantize(each, 1, 2, f), [f], other.tensor(g))
        np.testing.assert_array_equal(result, arrays(x, 1, 2, 2.5))
        assert np.any(to_f)
    for call in FUNCTIONS:
        assert type(call(tensor)) is type(tensor)


def test_a_tensor_of_tensorflow_needs_keras_on_it(framework):
    tensor = FRAMEWORKS['tensorflow']().tensor(X, np.float32)
    own = framework.tensor(X, np.float32)
    for call in [*SPECS, *FUNCTIONS, lambda x: get_fixed_quantizer()(own, 1, 2, x)]:
        if BACKEND == 'tensorflow':
            assert type(call(tensor)) is type(tensor)
            continue
        with pytest.raises(TypeError, match=f'runs on {BACKEND}: .*KERAS_BACKEND=tensorflow'):
            call(tensor)


@pytest.mark.parametrize('foreign', [name for name in FRAMEWORKS if name not in (BACKEND, 'tensorflow')])
def test_tensors_of_two_libraries_are_refused(foreign, framework):
    """Both are named, and which argument it is."""
    tensor = FRAMEWORKS[foreign]().tensor(X, np.float32)
    own = framework.tensor(X, np.float32)
    variable = keras.Variable(X, dtype='float32')
    calls = {
        'f': lambda x: get_fixed_quantizer()(x, 1, 2, tensor),
        'k': lambda x: get_fixed_quantizer()(x, tensor, 2, 2),
        'm': lambda x: float_quantize(x, tensor, 2),
        'e0': lambda x: float_decompose(x, 2, 2, tensor),
    }
    for name, call in calls.items():
        for x in (own, variable):
            with pytest.raises(TypeError, match=f"^'{name}' must be of {BACKEND}, .*: a tensor of {foreign}$"):
                call(x)
    with pytest.raises(TypeError, match=f"^'f' must be of {foreign}, .*: a tensor of {BACKEND}$"):
        get_fixed_quantizer()(tensor, 1, 2, variable)


class Unknown:
    shape = (3,)
    dtype = np.dtype('float32')

    def __array__(self, dtype=None, copy=None):
        return np.ones(3, np.float32)


@pytest.mark.parametrize('call', [*SPECS, *FUNCTIONS])
@pytest.mark.parametrize('x', [Unknown(), object(), None, 'text', {'a': 1}], ids=lambda x: type(x).__name__)
def test_an_unknown_type_is_refused_and_never_converted(call, x):
    with pytest.raises(TypeError):
        call(x)


@pytest.mark.parametrize('dtype', ['int8', 'uint8', 'int16', 'int32', 'bool'])
@pytest.mark.parametrize('call', [*SPECS, *FUNCTIONS])
def test_integers_are_computed_in_floatx(call, dtype, framework):
    x = (X > 1 if dtype == 'bool' else np.clip(X, 0, 100)).astype(dtype)
    got = call(framework.tensor(x))
    assert dtype_name(got) == keras.config.floatx() == 'float32'
    want = call(framework.tensor(x.astype(np.float32)))
    np.testing.assert_array_equal(framework.array(got), framework.array(want))


@pytest.mark.parametrize('out', [np.zeros(X.shape, np.float32), None])
def test_out_is_refused_for_tensors(out, framework):
    x = framework.tensor(X, np.float32)
    out = framework.tensor(np.zeros(X.shape), np.float32) if out is None else out
    for spec in SPECS:
        with pytest.raises((TypeError, ValueError), match=r"^'out' must"):
            spec(x, out=out)


def test_a_step_above_the_largest_number_is_refused(framework):
    x = framework.tensor(np.ones(3, np.float16))
    for call in (FixedQ(8, 24), MinifloatQ(0, 1, 16), lambda x: get_fixed_quantizer()(x, 1, 30, -16)):
        with pytest.raises(ValueError, match=r"'dtype' must hold the step 2\^\d+; use float64 or float32.*: float16$"):
            call(x)


@pytest.mark.usefixtures('unwarned')
def test_a_precision_warning_comes_once_for_each_spec_and_dtype(framework):
    spec = FixedQ(26, 7, True, 'RND_ZERO', 'SAT')  # no other test here warns of it
    x = framework.tensor(X, np.float32)
    with pytest.warns(PrecisionWarning, match='float32') as caught:
        spec(x)
    (warning,) = caught
    assert warning.filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        spec(x)
        FixedQ(8, 3)(x)


def test_training_changes_wrap_only(framework):
    x = framework.tensor(X, np.float32)
    got = framework.array(FixedQ(8, 3)(x, training=True))
    np.testing.assert_array_equal(got, np.floor(X.astype(np.float32) * 32) / 32)
    for spec in (FixedQ(8, 3, True, 'RND', 'SAT'), FixedQ(8, 3, True, 'RND', 'WRAP_SM'), MinifloatQ(3, 2), BinaryQ()):
        np.testing.assert_array_equal(framework.array(spec(x, training=True)), framework.array(spec(x)))


# The functional API ---------------------------------------------------------------------------------------------------


def widths(framework: Any) -> dict[str, Any]:
    """The number 3 in every form."""
    return {
        'int': 3,
        'float': 3.0,
        'list': [3.0, 3.0, 3.0],
        'np.float64': np.float64(3),
        'float64 array': np.full(3, 3.0),
        'int64 array': np.full((2, 1), 3),
        'int8 array': np.full((2, 1), 3, np.int8),
        'float16 tensor': framework.tensor(np.full(3, 3, np.float16)),
        'int32 tensor': framework.tensor(np.full(3, 3, np.int32)),
        'float32 tensor': framework.tensor(np.float32(3)),
        'variable': keras.Variable(np.full(3, 3), dtype='float32'),
        'scalar variable': keras.Variable(3.0, dtype='float32'),
        'integer variable': keras.Variable(3, dtype='int32', trainable=False),
        'native variable': keras.Variable(np.full(3, 3), dtype='float32').value,
    }


WIDTHS = list(widths(FRAMEWORKS[BACKEND]()))


@pytest.mark.parametrize('kind', [*WIDTHS, 'float64 tensor'])
@pytest.mark.parametrize('dtype', FLOATS, ids=lambda dtype: np.dtype(dtype).name)
def test_the_dtype_is_that_of_x_for_every_kind_of_width(dtype, kind, framework):
    with framework.precision(np.float64):
        width = framework.tensor(np.full(3, 3.0)) if kind == 'float64 tensor' else widths(framework)[kind]
        x = framework.tensor(X.astype(dtype))
        calls = {
            'i': lambda: get_fixed_quantizer('RND', 'SAT')(x, 1, width, 3),
            'f': lambda: get_fixed_quantizer('RND', 'SAT')(x, 1, 3, width),
            'all': lambda: get_fixed_quantizer('TRN', 'WRAP_SM')(x, 1, width, width),
            'round': lambda: get_fixed_quantizer('RND', 'SAT').round(x, width),
            'm': lambda: float_quantize(x, width, 3, 3),
            'e': lambda: float_quantize(x, 3, width, 3),
            'e0': lambda: float_quantize(x, 3, 3, width),
            'mantissa': lambda: float_decompose(x, width, width, width)[0],
            'exponent': lambda: float_decompose(x, width, width, width)[1],
        }
        plain = X.astype(dtype)
        want = {
            'i': FixedQ.from_kif(1, 3, 3, 'RND', 'SAT')(plain),
            'f': FixedQ.from_kif(1, 3, 3, 'RND', 'SAT')(plain),
            'all': FixedQ.from_kif(1, 3, 3, 'TRN', 'WRAP_SM')(plain),
            'm': MinifloatQ(3, 3, 3)(plain),
            'e': MinifloatQ(3, 3, 3)(plain),
            'e0': MinifloatQ(3, 3, 3)(plain),
        }
        for name, call in calls.items():
            got = call()
            assert got.dtype == x.dtype, name
            assert tuple(got.shape) == X.shape, name
            if name in want:
                np.testing.assert_array_equal(
                    framework.array(got).astype(np.float64), want[name].astype(np.float64), err_msg=name
                )


def test_numpy_and_lists_become_the_backends_tensors(framework):
    kind = type(framework.tensor(X, np.float32))
    for call in FUNCTIONS:
        got = call(X.astype(np.float32))
        assert type(got) is kind
        assert dtype_name(got) == 'float32'
        for x in (X.tolist(), 1.3, [1, 2, 3]):
            got = call(x)
            assert type(got) is kind
            assert dtype_name(got) == keras.config.floatx()
        assert dtype_name(call(X.astype(np.float16))) == 'float16'
        assert dtype_name(call(X.astype(BFLOAT16))) == 'bfloat16'
        with framework.precision(np.float64):
            assert dtype_name(call(X)) == 'float64'
    np.testing.assert_array_equal(framework.array(get_fixed_quantizer('RND', 'SAT')([1.02], 1, 2, 5)), [1.03125])


@pytest.mark.parametrize('shape', [(2, 2, 3), (2, 1, 1), (3,), (2, 3), (4, 2, 3)])
def test_widths_broadcast_with_x(shape, framework):
    f = np.arange(np.prod(shape)).reshape(shape) % 4
    got = get_fixed_quantizer('RND', 'SAT')(framework.tensor(X, np.float32), 1, 3, f)
    x, each = np.broadcast_arrays(X.astype(np.float32), f)
    assert tuple(got.shape) == x.shape
    pairs = zip(x.flat, each.flat, strict=True)
    want = np.array([FixedQ.from_kif(1, 3, int(n), 'RND', 'SAT')(number) for number, n in pairs])
    np.testing.assert_array_equal(framework.array(got), want.reshape(x.shape))


def test_inputs_are_never_changed(framework):
    x, f = framework.tensor(X, np.float32), framework.tensor(np.array([2.4, 3.5, 1.0]), np.float32)
    plain, fraction = X.astype(np.float32), np.array([2.4, 3.5, 1.0], np.float32)
    variable = keras.Variable(fraction)
    for overflow in ('SAT', 'WRAP', 'WRAP_SM', 'SAT_ZERO'):
        for training in (True, False):
            quantize = get_fixed_quantizer('RND', overflow)
            quantize(x, 1, 2, f, training=training)
            quantize(plain, 1, 2, fraction, training=training)
            quantize(x, 1, variable, variable, training=training)
    float_quantize(x, f, f, f)
    float_quantize(plain, fraction, fraction, fraction)
    binary_quantize(plain)
    ternary_quantize(x)
    for spec in SPECS:
        spec(x)
    for array in (framework.array(x), plain):
        np.testing.assert_array_equal(array, X.astype(np.float32))
    for array in (framework.array(f), fraction, framework.array(variable.value)):
        np.testing.assert_array_equal(array, np.array([2.4, 3.5, 1.0], np.float32))


def test_a_quantizer_says_its_modes():
    quantize = get_fixed_quantizer('ap_s_rnd', 'wrap', 2)
    assert (quantize.round_mode, quantize.overflow_mode, quantize.saturation_bits) == ('RND', 'WRAP', 2)
    assert quantize.stochastic is True
    plain = get_fixed_quantizer()
    assert (plain.round_mode, plain.overflow_mode, plain.saturation_bits) == ('TRN', 'WRAP', 0)
    assert plain.stochastic is False
    assert repr(eval(repr(quantize))) == repr(quantize)


def test_unknown_modes_are_refused_at_once():
    with pytest.raises(ValueError, match=r"^'round_mode' must be one of RND_CONV, "):
        get_fixed_quantizer('RND_CON')
    with pytest.raises(ValueError, match=r"^'overflow_mode' must be one of SAT, "):
        get_fixed_quantizer('RND', 'SATT')
    with pytest.raises(ValueError, match=r"^'saturation_bits' must be 0 unless"):
        get_fixed_quantizer('RND', 'SAT', 1)


def test_arguments_by_name(framework):
    x = framework.tensor(X, np.float32)
    got = get_fixed_quantizer(round_mode='RND', overflow_mode='SAT')(x=x, k=1, i=2, f=5, training=False, seed_gen=None)
    np.testing.assert_array_equal(framework.array(got), SPECS[0](X.astype(np.float32)))
    np.testing.assert_array_equal(
        framework.array(float_quantize(x=x, m=3, e=2, e0=1)), MinifloatQ(3, 2, 1)(X.astype(np.float32))
    )


@pytest.mark.parametrize('k', [2, -1, 0.5, np.array([0, 1, 2])], ids=repr)
def test_a_k_that_is_no_sign_bit_is_refused(k, framework):
    with pytest.raises(ValueError, match=r"^'k' must be 0 or 1 .*order of arguments is x, k, i, f"):
        get_fixed_quantizer()(framework.tensor(X, np.float32), k, 3, 4)


def test_saturation_bits_need_room(framework):
    with pytest.raises(ValueError, match=r"^'saturation_bits' must be less than k \+ i \+ f: 3$"):
        get_fixed_quantizer('TRN', 'WRAP', 3)(framework.tensor(X, np.float32), 1, 2, 0)


@pytest.mark.parametrize('huge', [1e9, 10**9, np.float32(1e9), np.inf])
def test_huge_widths_mean_no_rounding_or_no_bound(huge, framework):
    x = np.array([1.3, -100.7, 0.0, 3e38, -1e-30], np.float32)
    tensor = framework.tensor(x)
    for overflow in ('WRAP', 'SAT', 'SAT_ZERO', 'WRAP_SM', 'SAT_SYM'):
        quantize = get_fixed_quantizer('TRN', overflow)
        for wrap in (lambda n: n, lambda n: framework.tensor(np.full(5, n, np.float32))):
            np.testing.assert_array_equal(framework.array(quantize(tensor, 1, wrap(huge), wrap(huge))), x)
            np.testing.assert_array_equal(framework.array(quantize(tensor, 1, wrap(huge), wrap(0.0))), np.floor(x))
    got = framework.array(get_fixed_quantizer('TRN', 'SAT')(tensor, 1, 3, huge))
    np.testing.assert_array_equal(got[:3], np.array([1.3, -8, 0], np.float32))


@pytest.mark.parametrize('real', [2.5, 3.5, 2.4999, -0.5])
def test_real_widths_round_half_to_even(real, framework):
    x = framework.tensor(X, np.float32)
    quantize = get_fixed_quantizer('RND', 'SAT')
    want = framework.array(quantize(x, 1, round(real), round(real)))
    for width in (real, framework.tensor(np.full(3, real, np.float32)), keras.Variable(real)):
        np.testing.assert_array_equal(framework.array(quantize(x, 1, width, width)), want)


# Without Keras --------------------------------------------------------------------------------------------------------

NATIVE = {
    'jax': 'import jax.numpy as jnp; x = jnp.ones(3)',
    'torch': 'import torch; x = torch.ones(3)',
    'tensorflow': 'x = [1.0]',  # it imports Keras itself: no tensor of it comes without
}
# what makes a tensor of what is none
CALLS = ['q.get_fixed_quantizer()([1.0], 1, 2, 3)', 'q.float_quantize([1.3], 2, 3)', 'q.binary_quantize(np.ones(3))']
BLOCK = """
import sys
class NoKeras:
    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] == 'keras':
            raise ModuleNotFoundError(f'No module named {name!r}', name=name)
sys.meta_path.insert(0, NoKeras())
"""


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, '-c', code], capture_output=True, text=True, env=os.environ | environment, check=False
    )


@pytest.mark.parametrize('call', CALLS)
def test_without_keras_the_install_line_is_said(call):
    """Specs on NumPy go on working."""
    code = f"""
{NATIVE[BACKEND]}
{BLOCK}
assert 'keras' not in sys.modules
import numpy as np
import quantizers as q
assert q.FixedQ(8, 3, True, 'RND', 'SAT')(np.array([1.02])) == 1.03125
try:
    {call}
except ImportError as error:
    assert 'pip install' in str(error) and 'keras' in str(error), error
    print('told')
"""
    done = run(code)
    assert done.stdout.strip() == 'told', done.stderr


def test_importing_the_package_imports_no_framework():
    """Not even the functional API's names do."""
    code = f'import sys, quantizers; quantizers.get_fixed_quantizer(); print(*{list(NATIVE)} & sys.modules.keys())'
    code = code.replace(f'{list(NATIVE)}', f'{{"keras", *{list(NATIVE)}}}')
    done = run(code)
    assert (done.returncode, done.stdout.strip()) == (0, ''), done.stderr


def test_the_framework_is_enough_to_begin_with():
    """Keras itself need not have been imported."""
    done = run(f'{NATIVE[BACKEND]}\nfrom quantizers import FixedQ\nprint(float(FixedQ(8, 3)(x)[0]))')
    assert (done.returncode, done.stdout.strip()) == (0, '1.0'), done.stderr
