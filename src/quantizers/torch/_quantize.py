"""A module of one given format."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from ..formats import Spec
from ..training.arguments import as_spec


class Quantize(torch.nn.Module):
    """Quantizes its input to one format: `spec(x)` as a module.

    The output has the input's shape, device and floating dtype (the default one for integers). Special values are those
    of the spec. After `train()`, as every module is at first, a call is training: a stochastic mode draws, from the
    random numbers of PyTorch (`torch.manual_seed`), and WRAP does not wrap. After `eval()` it is inference.

    `torch.nn.utils.parametrize.register_parametrization(layer, 'weight', Quantize(spec))` quantizes the weight of any
    layer.

    Args:
        spec: a FixedQ, MinifloatQ, BinaryQ or TernaryQ, or its configuration, a dict with the key `kind`.

    Raises TypeError for a `spec` of another type, ValueError for a configuration that no spec can have.
    """

    def __init__(self, spec: Spec | Mapping[str, Any]) -> None:
        super().__init__()
        self.spec = as_spec('spec', spec)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Quantize `x`; see `FixedQ.__call__`."""
        seed_gen = torch.default_generator if self.training and self.spec.stochastic else None
        return self.spec(x, training=self.training, seed_gen=seed_gen)

    def extra_repr(self) -> str:
        """The spec."""
        return repr(self.spec)
