"""TensorFlow: what a quantizer adds to a graph, and derivatives of what is compiled."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import quantizers as q
from quantizers.backends import worth


def nodes(function: Any, *shapes: tuple[int, ...]) -> int:
    """Those of a graph and of its functions, inputs and constants included."""
    traced = tf.function(function, autograph=False)
    graph = traced.get_concrete_function(*map(tf.TensorSpec, shapes)).graph.as_graph_def()
    return len(graph.node) + sum(len(inner.node_def) for inner in graph.library.function)


@pytest.mark.parametrize(('modes', 'most'), [(('RND', 'SAT'), 140), (('RND', 'SAT_SYM'), 125)])
def test_a_call_adds_few_nodes(modes, most):
    quantize = q.get_fixed_quantizer(*modes)
    assert nodes(quantize, (32, 16), (16,), (16,), (16,)) <= most
    assert nodes(q.FixedQ(8, 3, True, *modes), (32, 16)) <= 30


def test_calls_of_a_law_share_one_function():
    """Whatever the sizes of their tensors are."""
    quantize = q.get_fixed_quantizer('RND', 'SAT')

    def network(calls: int) -> Any:
        return lambda x, f: [quantize(x[:, :size], 1, 2, f[:size]) for size in range(3, 3 + calls)]

    nodes(network(3), (32, 16), (16,))  # sizes are left open where a function is traced again
    one, many = (nodes(network(calls), (32, 16), (16,)) for calls in (1, 11))
    assert many - one <= 10 * 25


def test_second_derivatives_of_a_compiled_call(monkeypatch):
    quantize = q.get_fixed_quantizer('RND', 'SAT')
    x, f = tf.constant([0.3, -0.7, 9.0]), tf.constant(2.0)

    def second() -> list[np.ndarray]:
        with tf.GradientTape() as outer:
            outer.watch([x, f])
            with tf.GradientTape() as inner:
                inner.watch(f)
                total = tf.reduce_sum(quantize(x, 1, 2, f) ** 2)
            first = inner.gradient(total, f)
        return [gradient.numpy() for gradient in outer.gradient(first, [x, f])]

    eager = second()
    # of ln2 (x - q) 2 q, where q has the derivative 1
    np.testing.assert_allclose(eager[0][:2], 2 * np.log(2) * np.array([0.05, 0.05]), rtol=1e-5)
    monkeypatch.setattr(worth, '_WORTH', 0)
    for expected, gradient in zip(eager, second(), strict=True):
        np.testing.assert_allclose(gradient, expected, rtol=1e-5)


@pytest.mark.parametrize('by_xla', [False, True])
def test_extreme_widths_that_are_constants_of_a_graph(by_xla):
    """Of two factors of a power of two neither optimizer makes one, which is no number of the dtype."""
    quantize = q.get_fixed_quantizer('RND', 'SAT')
    made = tf.function(lambda x: quantize(x, 1, tf.constant(3.0), tf.constant(125.0) + 3), jit_compile=by_xla)
    x = np.float32([1.25 * 2.0**-120, 1.5 * 2.0**-125, -(2.0**-126), 3.0])
    beside = x * np.float32(1 + 2.0**-20)
    # a step of 2^-128 is below the last bit of 3
    np.testing.assert_array_equal(made(beside), np.append(x[:3], beside[3]))
