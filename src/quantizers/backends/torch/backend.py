"""PyTorch's tensors, without Keras."""

from __future__ import annotations

from ..tensors.backend import TensorBackend
from .library import TorchLibrary

backend = TensorBackend(TorchLibrary())
