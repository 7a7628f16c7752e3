"""A network of Keras once more in PyTorch and in ONNX, with the same weights: `convolutions` of `networks`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
import onnx
import torch
from onnx import numpy_helper, parser
from torch import nn

Weights = Mapping[str, np.ndarray[Any, Any]]

ONNX = """
<ir_version: 8, opset_import: ["" : 18]>
convolutions (float[N, 2, 8, 8] image) => (float[N, 5] last) {
    first = Conv <auto_pad: string = "SAME_UPPER"> (image, first_weight, first_bias)
    first_relu = Relu (first)
    small = MaxPool <kernel_shape: ints = [2, 2], strides: ints = [2, 2]> (first_relu)
    second = Conv <auto_pad: string = "SAME_UPPER"> (small, second_weight, second_bias)
    residual = Add (small, second)
    positive = Relu (residual)
    strided = Conv <strides: ints = [2, 2]> (positive, strided_weight, strided_bias)
    channels_last = Transpose <perm: ints = [0, 2, 3, 1]> (strided)
    flat = Flatten (channels_last)
    last = Gemm <transB: int = 1> (flat, last_weight, last_bias)
}
"""


class Convolutions(nn.Module):
    """The additions of PyTorch are no modules."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.first_relu, self.small = nn.Conv2d(2, 4, 3, padding='same'), nn.ReLU(), nn.MaxPool2d(2)
        self.second, self.positive = nn.Conv2d(4, 4, (3, 2), padding='same'), nn.ReLU()
        self.strided, self.flat, self.last = nn.Conv2d(4, 3, 2, stride=2), nn.Flatten(), nn.Linear(12, 5)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        small = self.small(self.first_relu(self.first(image)))
        strided = self.strided(self.positive(small + self.second(small)))
        return self.last(self.flat(strided.permute(0, 2, 3, 1)))  # in Keras' order


def in_torch(model: keras.Model) -> tuple[torch.export.ExportedProgram, dict[str, str]]:
    """The program, and its names where they are others."""
    module = Convolutions().eval()
    module.load_state_dict({name: torch.tensor(array) for name, array in _weights(model, '.').items()})
    return torch.export.export(module, (torch.zeros(2, 2, 8, 8),)), {'residual': 'add'}


def in_onnx(model: keras.Model) -> tuple[onnx.ModelProto, dict[str, str]]:
    """Likewise."""
    made = parser.parse_model(ONNX)
    made.graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in _weights(model, '_').items())
    return made, {}


TWINS: Mapping[str, Callable[[keras.Model], tuple[Any, dict[str, str]]]] = {'PyTorch': in_torch, 'ONNX': in_onnx}


def _weights(model: keras.Model, between: str) -> dict[str, np.ndarray[Any, Any]]:
    """The weights with their outputs first, by the names of the layers."""
    found = {}
    for layer in model.layers:
        for variable in layer.weights:
            array = np.asarray(keras.ops.convert_to_numpy(variable.value))
            order = (-1, -2, *range(array.ndim - 2)) if array.ndim > 1 else (0,)
            name = 'weight' if variable.name == 'kernel' else 'bias'
            found[f'{layer.name}{between}{name}'] = np.ascontiguousarray(array.transpose(order))
    return found
