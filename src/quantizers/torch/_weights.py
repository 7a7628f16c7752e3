"""Modules of PyTorch whose weight and bias are quantized."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Union, cast

import torch
from torch.nn import functional

from .._checks.shown import shown
from ..formats import Spec
from ..training.arguments import check_no_batch
from ._learned import LearnedFixed
from ._quantize import Quantize

Quantizing = Union[Spec, torch.nn.Module, Mapping[str, Any]]  # noqa: UP007  (as Spec is)


class QuantizedWeights(torch.nn.Module):
    """What such modules share."""

    weight: torch.Tensor

    def _set(self, weight_quantizer: Quantizing | None, bias_quantizer: Quantizing | None) -> None:
        self.weight_quantizer = _quantizer('weight_quantizer', weight_quantizer, self.weight)
        self.bias_quantizer = _quantizer('bias_quantizer', bias_quantizer, cast('torch.Tensor | None', self.bias))

    @property
    def quantized_weight(self) -> torch.Tensor:
        """The weight as it is used: in training or not, as the module is."""
        return self.weight if self.weight_quantizer is None else self.weight_quantizer(self.weight)

    @property
    def quantized_bias(self) -> torch.Tensor | None:
        """The bias as it is used, None where there is none."""
        bias = cast('torch.Tensor | None', self.bias)
        return bias if bias is None or self.bias_quantizer is None else self.bias_quantizer(bias)


class QuantizedLinear(QuantizedWeights, torch.nn.Linear):
    """A `torch.nn.Linear` with a quantized weight and bias, and its `state_dict`.

    Args:
        in_features: as in Linear; so are all other arguments.
        out_features: likewise.
        bias: likewise.
        weight_quantizer: quantizes the weight in each call: a spec, a `LearnedFixed(..., batch_axis=None)` or any other
            module, or None for no quantization. With the granularity 'channel' each output has widths of its own. The
            widths of a LearnedFixed are made for the weight.
        bias_quantizer: likewise for the bias.
        device: as in Linear.
        dtype: likewise.

    The weights are quantized in their own dtype; autocast casts what was quantized. Raises TypeError for a quantizer of
    another type, and ValueError for a LearnedFixed with a batch axis.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        weight_quantizer: Quantizing | None = None,
        bias_quantizer: Quantizing | None = None,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__(in_features, out_features, bias, device, dtype)
        self._set(weight_quantizer, bias_quantizer)

    def forward(self, input: torch.Tensor) -> torch.Tensor:  # noqa: A002  (as Linear has it)
        """The output, computed with the quantized weights."""
        return functional.linear(input, self.quantized_weight, self.quantized_bias)


class QuantizedConv2d(QuantizedWeights, torch.nn.Conv2d):
    """A `torch.nn.Conv2d` with a quantized weight and bias; quantizers and errors are as in `QuantizedLinear`."""

    def __init__(
        self,
        *args: Any,
        weight_quantizer: Quantizing | None = None,
        bias_quantizer: Quantizing | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._set(weight_quantizer, bias_quantizer)

    def forward(self, input: torch.Tensor) -> torch.Tensor:  # noqa: A002  (as Conv2d has it)
        """The output, computed with the quantized weights."""
        result: torch.Tensor = self._conv_forward(input, self.quantized_weight, self.quantized_bias)
        return result


def _quantizer(field: str, quantizer: Quantizing | None, weight: torch.Tensor | None) -> torch.nn.Module | None:
    """A module, or None, of what the user gave."""
    if isinstance(quantizer, LearnedFixed):
        check_no_batch(field, quantizer, quantizer.batch_axis)
        if weight is not None:
            quantizer.build(weight.shape).to(weight.device)
    if quantizer is None or isinstance(quantizer, torch.nn.Module):
        return quantizer
    try:
        return Quantize(quantizer)
    except TypeError:
        raise TypeError(f'{field!r} must be a spec, a module or None: {shown(quantizer)}') from None
