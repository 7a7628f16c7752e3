"""A call of an operator in a program that `torch.export` traced: its name, its shape, and what it takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch.fx import Node

from .._checks.shown import as_step, shown
from .exact import Array
from .operations import Shape


class Call:
    """A call of an operator: its result's name and shape, and its arguments."""

    def __init__(self, name: str, node: Node, constants: Mapping[str, torch.Tensor]) -> None:
        self.name, self._node, self._constants = name, node, constants
        self.shape = shape_of(name, node)
        assert isinstance(node.target, torch._ops.OpOverload)  # as everything is that an exported program calls
        schema = node.target._schema.arguments
        given = dict(zip((argument.name for argument in schema), node.args, strict=False))
        self._given = {argument.name: argument.default_value for argument in schema} | given | dict(node.kwargs)

    def __getitem__(self, argument: str) -> Any:
        return self._given[argument]

    def input_shape(self, argument: str = 'input') -> Shape:
        """The shape of one sample of an input."""
        return shape_of(self.name, self[argument])

    def constant(self, argument: str) -> Array | None:
        """A weight, in float64; None where there is none."""
        node = self[argument]
        if node is None:
            return None
        if node.name not in self._constants:
            raise ValueError(f'{as_step(self.name)}: {argument!r} must be a parameter, and no result of another layer')
        return self._constants[node.name].detach().cpu().double().numpy().copy()

    def whole(self, argument: str, axes: int) -> Shape:
        """A number for each axis; PyTorch repeats one that stands alone, and takes none of a pooling for its kernel."""
        numbers: Shape = tuple(np.atleast_1d(self[argument]).astype(int).tolist())
        return numbers * axes if len(numbers) == 1 else numbers

    def must(self, **rules: object) -> None:
        """Refuse an argument under which the operator computes something else."""
        for argument, value in rules.items():
            if self[argument] != value:
                raise ValueError(f'{as_step(self.name)}: {argument!r} must be {value!r}: {shown(self[argument])}')


def operator_of(node: Node) -> str:
    """`conv2d` of `aten.conv2d.padding`."""
    return str(node.target).removeprefix('aten.').partition('.')[0]


def shape_of(name: str, node: Node) -> Shape:
    """The shape of one sample of a result. Raises ValueError where a size is not known."""
    value = node.meta['val']
    if not all(isinstance(size, int) for size in value.shape[1:]):
        raise ValueError(f'{as_step(name)}: must have known sizes, but that of the batch: {tuple(value.shape)}')
    return tuple(value.shape[1:])
