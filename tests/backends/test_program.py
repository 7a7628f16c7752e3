"""Programs: a law traced once into typed operations, and what a loop makes of them, whatever the shapes."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

from quantizers import float_decompose_np, get_fixed_quantizer_np
from quantizers._maths.law import Cautions
from quantizers._maths.laws import BINARY, MINIFLOAT, FixedLaw
from quantizers.backends.numpy import call
from quantizers.backends.program import philox, scalar, trace
from quantizers.backends.program.arrangement import Arrangement, Layout, axes
from quantizers.backends.program.compiled import Call, prepared
from quantizers.backends.program.llvm import Code
from quantizers.backends.program.loops import compiled
from quantizers.backends.program.operations import BOOL, INT, OPERATIONS, Operand, Operation
from quantizers.backends.program.program import Program
from quantizers.backends.widths import bounds_of

NO_WIDTHS = np.empty((0, 1), np.int32)


def numbers(*shape: int) -> Any:
    return np.random.default_rng(0).normal(0, 4, shape).astype(np.float32)


def test_each_operation_can_be_printed():
    code = Code('float32')
    for name, signature in OPERATIONS.items():
        kinds = [kind or (BOOL if signature.result is BOOL else INT) for kind in signature.operands]
        operands = tuple(Operand(kind, f'x{n}') for n, kind in enumerate(kinds))
        before = len(code.lines)
        code.operation(Operation('y', name, signature.result or INT, operands), [f'%x{n}' for n in range(len(kinds))])
        assert len(code.lines) > before, name
    # Python's numbers have constants that are known, and nothing drawn
    without = {'exp', 'real', 'shift_left', 'ldexp', 'normal_power2', 'uniform'}
    assert set(OPERATIONS) - set(scalar._TEXTS) == without


def test_the_same_operation_is_done_once_and_zeros_differ():
    program = Program('float32', extreme=False)
    x = program.input('x', element=True)
    assert (x + 1.0).operand == (x + 1.0).operand
    assert (x + 0.0).operand != (x + -0.0).operand
    assert (x + 1).operand == (x + 1.0).operand


def test_kinds_of_operands():
    program = Program('float32', extreme=False)
    x, n = program.input('x', element=True), program.input('n', INT, element=False)
    assert [(x * n).kind.value, (n - 1).kind.value, (n < 3).kind.value, (2**n).kind.value] == [
        'real',
        'int',
        'bool',
        'int',
    ]
    with pytest.raises(TypeError, match='powers of 2 by integers alone'):
        2**x
    with pytest.raises(TypeError, match='powers of 2 by integers alone'):
        3**n


def test_what_depends_on_widths_alone_does_not_vary():
    program = trace.forward(FixedLaw('RND', 'SAT'), 'float32', Cautions(), {'k': 1})
    varying = program.varying()
    fixed = [operation for operation in program.used() if operation.result not in varying]
    assert len(fixed) > len(program.used()) / 2
    # by width of elements nearly all of it does
    assert len(program.varying({'i', 'f'})) > len(varying) + len(fixed) / 2


@pytest.mark.parametrize(
    ('shape', 'widths', 'expected'),
    [
        ((), (), ((1, 1, 1), (1, 1, 1), False)),
        ((4, 5), (1, 1), ((1, 1, 20), (1, 1, 1), False)),
        ((4, 5), (1, 5), ((1, 4, 5), (1, 1, 5), False)),
        ((4, 5), (4, 1), ((1, 4, 5), (1, 4, 1), False)),
        ((4, 5), (4, 5), ((1, 1, 20), (1, 1, 20), True)),
        ((2, 3, 4, 5), (1, 3, 1, 1), ((2, 3, 20), (1, 3, 1), False)),
        ((2, 3, 4), (2, 1, 4), ((1, 1, 24), (1, 1, 24), True)),
        ((1, 3, 1, 4), (1, 3, 1, 1), ((1, 3, 4), (1, 3, 1), False)),
    ],
)
def test_axes_that_are_one_for_the_widths_become_one(shape, widths, expected):
    assert axes(shape, widths) == expected


@pytest.mark.parametrize('dtype', ['int8', 'uint16', 'int64', 'float32', 'float64', '>i4', 'float16'])
@pytest.mark.parametrize('own', [(), (5,), (4, 1), (4, 5), (3, 1, 1), (3, 1, 5)])
def test_widths_of_any_shape_and_dtype(own, dtype):
    x = numbers(3, 4, 5)
    rng = np.random.default_rng(1)
    i, f = (rng.integers(0, 5, own).astype(dtype) for _ in 'if')
    widths = {'k': 1, 'i': i, 'f': f}
    loop = prepared(FixedLaw('RND', 'WRAP'), 'float32', x.shape, widths)
    expected = get_fixed_quantizer_np('RND', 'WRAP')(x, 1, i.astype(np.int64), f.astype(np.int64))
    np.testing.assert_array_equal(loop(x), expected)


def test_bounds_of_widths():
    assert bounds_of({'k': 1, 'i': np.array([2.5, -1.5])}) == ((1, 1), (-2, 2))
    assert bounds_of({'i': np.array([1, np.nan])}) is None
    assert bounds_of({'i': np.array([np.inf, -1e300])}) == ((-8192, 8192),)


def test_a_step_too_large_is_refused_where_it_occurs():
    x = np.ones(2, np.float32)
    with pytest.raises(ValueError, match=r"'dtype' must hold the step 2\^200"):
        prepared(FixedLaw('RND', 'SAT'), 'float32', x.shape, {'k': 1, 'i': 300, 'f': np.array([0, -200])})
    # at a corner of the bounds alone it is not one of these formats
    m, e0 = np.array([0, 30]), np.array([100, 140])
    assert prepared(MINIFLOAT, 'float32', x.shape, {'m': m, 'e': 1, 'e0': e0})(x).tolist() == [0, 0]


BINDINGS = pytest.mark.parametrize('call_of', [call.Call, Call], ids=['ufuncs', 'loops'])


@BINDINGS
@pytest.mark.parametrize('own', [(), (5,), (4, 1), (4, 5), (3, 1, 5), (3, 4, 5)])
@pytest.mark.parametrize('modes', [('RND', 'SAT'), ('TRN', 'SAT_SYM'), ('RND_CONV', 'WRAP_SM')])
def test_gradients_are_summed_to_their_widths(modes, own, call_of):
    """In the shape of each one, and as the sum over the elements that share it."""
    law, x = FixedLaw(*modes), numbers(3, 4, 5)
    g = np.random.default_rng(2).normal(size=x.shape).astype(np.float32)
    f = np.random.default_rng(3).integers(0, 4, own)
    results = []
    for widths in ({'k': 1, 'i': np.array(1), 'f': f}, {'k': 1, 'i': np.array(1), 'f': np.broadcast_to(f, x.shape)}):
        bounds = bounds_of(widths)
        assert bounds is not None
        call = call_of(law, 'float32', x.shape, widths, bounds)
        q = call.forward(x)
        np.testing.assert_array_equal(q, get_fixed_quantizer_np(*modes)(x, **widths))
        results.append(call.gradients(('x', 'i', 'f'), g, x, q))
    shared, each = results
    assert shared.keys() == each.keys() == ({'x', 'f'} if law.wraps else {'x', 'i', 'f'})
    assert shared['f'].shape == own
    np.testing.assert_array_equal(shared['x'], each['x'])
    padded = (1,) * (3 - len(own)) + own
    total = each['f'].sum(axis=tuple(n for n, size in enumerate(padded) if size == 1), dtype=np.float64)
    np.testing.assert_allclose(shared['f'].ravel(), total.ravel(), rtol=1e-6, atol=1e-6)
    assert np.abs(total).max() > 0.01


@pytest.mark.parametrize('own', [(), (50,), (400, 1), (400, 50)])
@pytest.mark.parametrize('modes', [('RND', 'SAT'), ('RND_CONV', 'WRAP_SM')])
def test_threads_share_the_parts_of_a_call(modes, own, monkeypatch):
    """The result and every gradient to the bit, whichever part is done first."""
    monkeypatch.setattr(call, 'PART', 1000)
    law, x, g = FixedLaw(*modes), numbers(400, 50), numbers(400, 50)[::-1]
    widths = {'k': 1, 'i': np.array(1), 'f': np.random.default_rng(3).integers(0, 4, own)}
    bounds = bounds_of(widths)
    assert bounds is not None
    alone, shared = (call.Call(law, 'float32', x.shape, widths, bounds, threads) for threads in (1, 3))
    used: set[int] = set()
    forward = call.Part.forward
    monkeypatch.setattr(call.Part, 'forward', lambda *_: (used.add(threading.get_ident()), forward(*_))[1])
    q = shared.forward(x)
    assert threading.get_ident() not in used
    np.testing.assert_array_equal(q, get_fixed_quantizer_np(*modes)(x, **widths))
    np.testing.assert_array_equal(q, alone.forward(x))
    expected, found = (each.gradients(('x', 'i', 'f'), g, x, q) for each in (alone, shared))
    assert expected.keys() == found.keys()
    for name in expected:
        np.testing.assert_array_equal(found[name], expected[name])


@BINDINGS
def test_the_slope_of_tanh(call_of):
    x = numbers(64)
    call = call_of(BINARY, 'float32', x.shape, {}, ())
    gradient = call.gradients(('x',), np.ones_like(x), x, call.forward(x))['x']
    np.testing.assert_allclose(gradient, 1 - np.tanh(x.astype(np.float64)) ** 2, rtol=1e-5, atol=1e-9)


def test_exponents_of_all_numbers():
    program = Program('float32', extreme=False)
    program.result('n', program.leading_exponent(program.input('x', element=True)))
    x = np.ldexp(np.float32(1.5), np.arange(-149, 128))
    result = np.empty_like(x)
    compiled(program, Layout())((1, 1, x.size), NO_WIDTHS, x, result)
    np.testing.assert_array_equal(result, np.frexp(x)[1] - 1)
    assert float_decompose_np(1.5, 3, 4)[1] == 0


# Random numbers -------------------------------------------------------------------------------------------------------


def test_philox_gives_the_words_of_its_authors():
    one = np.uint64(0xFFFFFFFFFFFFFFFF)
    assert [hex(word) for word in philox.words(np.uint64(0), np.uint64(0))] == ['0x6627e8d5', '0xe169c58d']
    # the counter of the authors' next example has four words, of which ours leaves two 0; so this is our own, once seen
    assert philox.words(one, one) != philox.words(np.uint64(0), one)


def drawn(shape: tuple[int, int, int], first: int = 0, seed: int = 7, dtype: str = 'float32') -> Any:
    program = Program(dtype, extreme=False)
    program.input('x', element=True)
    program.result('u', trace.drawn(program))
    x = np.zeros(shape, dtype)
    result = np.empty_like(x)
    compiled(program, Layout())(shape, NO_WIDTHS, x, result, first=first, seed=seed)
    return result


@pytest.mark.parametrize(('dtype', 'bits'), [('float32', 24), ('float64', 53)])
def test_what_is_drawn_depends_on_the_seed_and_the_element_alone(dtype, bits):
    whole = drawn((1, 1, 600), dtype=dtype).ravel()
    np.testing.assert_array_equal(drawn((2, 3, 100), dtype=dtype).ravel(), whole)
    parts = [drawn((1, 1, 200), first, dtype=dtype).ravel() for first in (0, 200, 400)]
    np.testing.assert_array_equal(np.concatenate(parts), whole)
    assert not np.array_equal(drawn((1, 1, 600), seed=8, dtype=dtype).ravel(), whole)
    high, low = philox.words(np.uint64(7), np.arange(600, dtype=np.uint64))
    exact = ((high << np.uint64(32)) | low) >> np.uint64(64 - bits)
    np.testing.assert_array_equal(whole, exact.astype(dtype) * dtype_power(dtype, bits))


def dtype_power(dtype: str, bits: int) -> Any:
    return np.dtype(dtype).type(2.0**-bits)


def test_stochastic_rounding_is_unbiased_and_between_two_values():
    """A mean of 2^18 draws is within 5 standard deviations."""
    law, n = FixedLaw('RND', 'SAT'), 1 << 18
    program = trace.forward(law, 'float32', Cautions(), {'k': 1}, trace.drawn)
    x = np.full(n, 0.3, np.float32)
    result = np.empty_like(x)
    compiled(program, Layout())((1, 1, n), np.array([2, 2], np.int32), x, result, seed=1)
    assert set(result.tolist()) == {0.25, 0.5}
    deviation = 0.25 * np.sqrt(0.2 * 0.8 / n)
    assert abs(result.mean(dtype=np.float64) - 0.3) < 5 * deviation


def test_an_arrangement_keeps_the_caller_s_arrays():
    i = np.arange(20.0).reshape(4, 5)
    arrangement = Arrangement((4, 5), {'i': i, 'f': np.array(3)})
    assert np.shares_memory(arrangement.arrays['i'], i)
    assert arrangement.layout.of_elements == (('i', 'float64'),)


def test_a_loop_refuses_an_array_that_is_not_its_own():
    """It would read and write another's memory."""
    loop = compiled(trace.forward(FixedLaw('RND', 'SAT'), 'float32', Cautions(), {'k': 1}), Layout())
    x, widths = np.ones(6, np.float32), np.array([2, 2], np.int32)
    loop((1, 1, 6), widths, x, np.empty_like(x))
    for wrong in (np.empty(6), np.empty(5, np.float32), np.empty((6, 2), np.float32)[:, 0], np.empty(6, '>f4')):
        with pytest.raises(TypeError, match='cannot take an array'):
            loop((1, 1, 6), widths, x, wrong)
    for wrong in (np.array([2], np.int32), np.array([2, 2])):
        with pytest.raises(TypeError, match='cannot take an array'):
            loop((1, 1, 6), wrong, x, np.empty_like(x))
    with pytest.raises(TypeError, match='takes 2 arrays: 1'):
        loop((1, 1, 6), widths, x)


@pytest.mark.parametrize('dtype', ['float32', 'float64'])
def test_a_loop_refuses_sums_and_elements_that_are_too_few(dtype):
    """In float64, too, where both are of one dtype."""
    program = trace.gradients(FixedLaw('RND', 'SAT'), dtype, Cautions(), {'k': 1}, ('x', 'f'))
    loop, widths = compiled(program, Layout(rows=True)), np.full((2, 6), 2, np.int32)
    x, q, g, result = (np.ones(6, dtype) for _ in range(4))
    loop((1, 1, 6), widths, x, q, g, result, np.zeros(6))
    for arrays in ((x[:5], q, g, result, np.zeros(6)), (x, q, g, result, np.zeros(5))):
        with pytest.raises(TypeError, match='cannot take an array'):
            loop((1, 1, 6), widths, *arrays)
