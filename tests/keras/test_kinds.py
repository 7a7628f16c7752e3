"""Kinds in Keras: each use either works or is refused from the table."""

from __future__ import annotations

import numpy as np
import pytest
from keras import ops
from kinds import OURS, check_cell, toys

from quantizers._capabilities import Capability
from quantizers.layers import LearnedFixed, Quantize

# PyTorch's tensors do not know the newest arguments of NumPy's protocol, by which Keras reads them
pytestmark = pytest.mark.filterwarnings('ignore:__array__ implementation:DeprecationWarning')
X = np.array([0.1, -0.5, 3.0], np.float32)


def tensors(spec):
    assert ops.convert_to_numpy(spec(ops.convert_to_tensor(X))).tolist() == spec(X).tolist()


def in_layer(spec):
    assert ops.convert_to_numpy(Quantize(spec)(X)).tolist() == spec(X).tolist()
    assert Quantize(spec.get_config()).spec == spec


USES = {Capability.KERAS: tensors, Capability.LAYERS: in_layer, Capability.LEARNED: LearnedFixed}


@pytest.mark.parametrize('capability', USES, ids=lambda capability: capability.name)
def test_every_cell_of_the_table(capability):
    with toys() as later:
        for spec in (*OURS, *later):
            check_cell(spec, capability, USES[capability])
