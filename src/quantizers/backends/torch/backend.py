"""PyTorch's tensors, without Keras."""

from __future__ import annotations

import torch

from ..tensors.backend import TensorBackend
from .library import TorchLibrary

backend = TensorBackend(TorchLibrary())
TYPES = torch.Tensor, torch.nn.Parameter
