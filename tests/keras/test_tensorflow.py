"""TensorFlow: what a quantizer adds to a graph, and derivatives of what is compiled."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import quantizers as q
from quantizers.backends import worth


def nodes(function: Any, *shapes: tuple[int, ...]) -> int:
    """Those of a graph, its inputs and constants included."""
    traced = tf.function(function, autograph=False)
    return len(traced.get_concrete_function(*map(tf.TensorSpec, shapes)).graph.get_operations())


@pytest.mark.parametrize(('modes', 'most'), [(('RND', 'SAT'), 140), (('RND', 'SAT_SYM'), 125)])
def test_a_call_adds_few_nodes(modes, most):
    quantize = q.get_fixed_quantizer(*modes)
    assert nodes(quantize, (32, 16), (16,), (16,), (16,)) <= most
    assert nodes(q.FixedQ(8, 3, True, *modes), (32, 16)) <= 30


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
