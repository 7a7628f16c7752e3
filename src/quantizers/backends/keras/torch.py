"""PyTorch under Keras: random numbers are drawn by Keras' seeds."""

from __future__ import annotations

from typing import Any

import torch
from keras import random

from ..torch.library import TorchLibrary


class Library(TorchLibrary):
    """See `TorchLibrary`."""

    def uniform(self, x: torch.Tensor, dtype: str, seed: Any) -> torch.Tensor:
        drawn: torch.Tensor = random.uniform(tuple(x.shape), dtype=dtype, seed=seed)
        return drawn.to(x.device)
