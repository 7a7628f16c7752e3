"""A network of PyTorch as an ONNX model whose formats are nodes of QONNX."""

from __future__ import annotations

import copy
import warnings
from typing import Any

import numpy as np
import torch

from ..exchange.qonnx._operators import DOMAIN
from ..exchange.qonnx._write import to_qonnx
from ..formats import Format
from ._learned import LearnedFixed
from ._quantize import Quantize


def export_qonnx(module: torch.nn.Module, args: tuple[Any, ...], **options: Any) -> torch.onnx.ONNXProgram:
    """The ONNX program of a module as it infers, in which each `Quantize` and `LearnedFixed` is a node of QONNX.

    Weights stay as they are, each with the node of its format behind it, so that other tools see both. A `LearnedFixed`
    of several formats is one node if they have as many bits: then its scale is a tensor. The program computes
    what `module.eval()` computes, where its numbers are float32 and the reference of QONNX says nothing else. The
    module stays as it is. A format that is called by itself, and is no module, becomes plain operations.

    `export_qonnx(network, (x,)).save('network.onnx')` writes it. It needs PyTorch 2.8 or newer, and onnxscript.

    Args:
        module: a network, or one of these modules.
        args: the inputs to export it with, as `torch.onnx.export` has them.
        options: those of `torch.onnx.export`, such as `input_names` and `dynamic_shapes`.

    Raises ValueError, with the place in the module, for a format that QONNX cannot say, as `to_qonnx` does, and for
    learned formats of which one has no bit, or not as many as the others; ImportError without onnxscript.

    Source: https://github.com/fastmachinelearning/qonnx, `Quant` and `FloatQuant`.
    """
    network = _with_nodes('', copy.deepcopy(module)).eval()
    with warnings.catch_warnings():
        warnings.filterwarnings('ignore', '.*LeafSpec', FutureWarning)  # which PyTorch's exporter asks for itself
        # optimised, nodes would share their scales, and inputs lose the names of their places
        program = torch.onnx.export(network, args, dynamo=True, **{'optimize': False, **options})
    assert program is not None  # as it is by the dynamo exporter
    return program


def _with_nodes(place: str, module: torch.nn.Module) -> torch.nn.Module:
    if isinstance(module, Quantize):
        return _Node(place, module.spec)
    if isinstance(module, LearnedFixed):
        return _Node(place, module.to_specs())
    for name, child in module.named_children():
        setattr(module, name, _with_nodes(f'{place}.{name}'.lstrip('.'), child))
    return module


class _Node(torch.nn.Module):
    """What a format is in the exported graph."""

    def __init__(self, place: str, specs: Any) -> None:
        super().__init__()
        at = f'{place}: ' if place else ''
        each = np.asarray(specs, object)
        if any(spec is None for spec in each.flat):
            raise ValueError(f'{at}QONNX cannot say a width of zero: one of the learned formats has no bit')
        try:
            nodes = [to_qonnx(spec) for spec in each.flat if isinstance(spec, Format)]
        except ValueError as error:
            raise ValueError(f'{at}{error}') from None
        self._operator = f'{DOMAIN}::{nodes[0].op_type}'
        self._attributes: dict[str, Any] = {**nodes[0].attributes}
        self._inputs = list(nodes[0].inputs)
        for name in self._inputs:
            numbers = torch.tensor([node.inputs[name] for node in nodes], dtype=torch.float32).reshape(each.shape)
            same = bool((numbers == numbers.flatten()[0]).all())
            if not same and name == 'bitwidth':
                low, high = int(numbers.min()), int(numbers.max())
                raise ValueError(
                    f"{at}QONNX cannot say formats of {low} to {high} bits in a node: its 'bitwidth' must be one number"
                )
            self.register_buffer(name, numbers.flatten()[0] if same else numbers)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        inputs = (x, *(self.get_buffer(name) for name in self._inputs))
        return torch.onnx.ops.symbolic(
            self._operator, inputs, self._attributes, dtype=x.dtype, shape=x.shape, version=1
        )
