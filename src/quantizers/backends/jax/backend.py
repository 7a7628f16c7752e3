"""JAX's arrays, without Keras."""

from __future__ import annotations

from ..tensors.backend import TensorBackend
from .library import JaxLibrary

backend = TensorBackend(JaxLibrary())
