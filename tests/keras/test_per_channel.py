"""Formats per channel on tensors: the values and the gradients of each channel are those of its own format."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
import numpy as np
import pytest

from quantizers import BinaryQ, FixedQ, MinifloatQ, PerChannel

if TYPE_CHECKING:
    from oracles.frameworks import Framework

FORMATS = (
    FixedQ(6, 1, True, 'RND', 'SAT'),
    MinifloatQ(2, 3),
    BinaryQ(),
    FixedQ(6, 1, True, 'RND', 'SAT'),
    FixedQ(3, 2),
)
X = np.random.default_rng(0).normal(scale=2, size=(3, 5, 4)).astype(np.float32)


@pytest.mark.parametrize('axis', [1, -2])
def test_values_and_gradients(axis: int, framework: Framework) -> None:
    formats = PerChannel(axis, FORMATS)
    g = framework.tensor(np.ones_like(X))
    for way in framework.ways:
        q, (gradient,) = framework.vjp(way, formats, [framework.tensor(X)], g)
        assert np.array_equal(q, formats(X))
        for channel, spec in enumerate(FORMATS):
            values, (own,) = framework.vjp(way, spec, [framework.tensor(X[:, channel])], g[:, channel])
            assert np.array_equal(q[:, channel], values)
            assert np.allclose(gradient[:, channel], own, rtol=1e-6, atol=0)


def test_a_symbolic_tensor_and_other_channels(framework: Framework) -> None:
    formats = PerChannel(1, FORMATS)
    inputs = keras.Input((5, 4))
    model = keras.Model(inputs, keras.layers.Lambda(formats, output_shape=(5, 4))(inputs))
    assert np.array_equal(framework.array(model(framework.tensor(X))), formats(X))
    with pytest.raises(ValueError, match=r"^'x' must have 5 channels on axis 1: its shape is \(3, 4, 5\)$"):
        formats(framework.tensor(X.swapaxes(1, 2)))
