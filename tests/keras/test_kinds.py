"""Kinds in Keras: each use either works or is refused from the table."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from keras import ops

from oracles.kinds import OURS, check_cell, rounded_to_even, toy_rounding, toys
from quantizers import FixedQ, get_fixed_quantizer
from quantizers._checks.capabilities import Capability
from quantizers.layers import LearnedFixed, Quantize

# PyTorch's tensors do not know the newest arguments of NumPy's protocol, by which Keras reads them
pytestmark = pytest.mark.filterwarnings('ignore:__array__ implementation:DeprecationWarning')
X = np.array([0.1, -0.5, 3.0], np.float32)


def tensors(spec):
    assert ops.convert_to_numpy(spec(ops.convert_to_tensor(X))).tolist() == spec(X).tolist()


def in_layer(spec):
    assert ops.convert_to_numpy(Quantize(spec)(X)).tolist() == spec(X).tolist()
    assert Quantize(spec.get_config()).spec == spec


USES = {Capability.TENSORS: tensors, Capability.LAYERS: in_layer, Capability.LEARNED: LearnedFixed}


@pytest.mark.parametrize('capability', USES, ids=lambda capability: capability.name)
def test_every_cell_of_the_table(capability):
    with toys() as later:
        for spec in (*OURS, *later):
            check_cell(spec, capability, USES[capability])


def test_a_rounding_mode_of_ones_own(framework):
    """Eager and compiled, in a layer, with its gradients, and with widths that are learned."""
    x = np.arange(-72, 73, dtype=np.float32) / 8
    expected = [min(max(rounded_to_even(2 * Fraction(v)), -8), 7) / 2 for v in x.tolist()]
    with toy_rounding() as rounding:
        spec = FixedQ(4, 3, True, rounding, 'SAT')
        for way in framework.ways:
            assert framework.array(framework.made(way, spec)(framework.tensor(x))).tolist() == expected
        learned = LearnedFixed(spec)
        for layer in (Quantize(spec), learned):
            assert ops.convert_to_numpy(layer(x)).tolist() == expected
            assert type(layer).from_config(layer.get_config()).get_config() == layer.get_config()
        function = get_fixed_quantizer(rounding, 'SAT')
        f = framework.tensor(np.array(1, np.float32))
        arguments, g = [framework.tensor(x), f], framework.tensor(np.ones_like(x))
        made, (to_x, to_f) = framework.vjp('eager', lambda x, f: function(x, 1, 2, f), arguments, g)
        assert made.tolist() == expected
        inside = (x >= -4) & (x <= 3.5)
        assert to_x.tolist() == inside.tolist()
        slopes = np.where(inside, x - np.array(expected), np.where(x > 0, 0.5, 0))
        np.testing.assert_allclose(to_f, np.log(2) * slopes.sum(), rtol=1e-5)
