"""A node of an ONNX graph: what it takes, of layers before it and of constants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from .._checks.shown import as_step, shown
from ..formats.per_channel import Formats
from .graph import Layer
from .onnx_constants import Constant, attributes_of, formats_of, is_format
from .operations import Shape

if TYPE_CHECKING:
    from onnx import NodeProto


def sample_shape(name: str, shapes: Mapping[str, Shape]) -> Shape:
    """Of one sample of a tensor. Raises ValueError where it is not known."""
    if not shapes.get(name):
        raise ValueError(f'{as_step(name)}: must have known sizes, but that of the batch')
    return shapes[name][1:]


class Node:
    """A node: its result's name and shape, its attributes, its constants."""

    def __init__(
        self,
        proto: NodeProto,
        constants: Mapping[str, Constant],
        layers: Mapping[str, Layer],
        shapes: Mapping[str, Shape],
    ) -> None:
        self.kind, self.name, self.inputs = proto.op_type, proto.output[0], list(proto.input)
        self._proto, self._constants, self._layers, self._shapes = proto, constants, layers, shapes
        self.attributes = attributes_of(proto)
        self.results = tuple(name for name in self.inputs if name and name not in constants)
        self.is_format = is_format(proto)
        unknown = [name for name in self.results if name not in layers]
        if unknown:
            raise ValueError(f'{as_step(self.name)}: must take the first results of nodes: {shown(unknown[0])}')

    @property
    def shape(self) -> Shape:
        """Of one sample of the result."""
        return sample_shape(self.name, self._shapes)

    @property
    def axes(self) -> int:
        """How many the first input has, with that of the samples."""
        return 1 + len(self.before.shape)

    @property
    def before(self) -> Layer:
        """The layer whose result is the first input."""
        if not self.inputs or self.inputs[0] not in self._layers:
            raise ValueError(f'{as_step(self.name)}: the first input must be a result, and no constant')
        return self._layers[self.inputs[0]]

    @property
    def formats(self) -> Formats:
        """Of a node of QONNX."""
        return formats_of(self._proto, [self.given(n).array for n in range(1, len(self.inputs))], self.axes)

    def layer(self, n: int) -> Layer | None:
        """The layer whose result an input is; None where it is none."""
        return self._layers.get(self.inputs[n])

    def constant(self, n: int) -> Constant | None:
        """An input that must be a constant; None where there is none."""
        if n >= len(self.inputs) or not self.inputs[n]:
            return None
        if self.inputs[n] not in self._constants:
            raise ValueError(f'{as_step(self.name)}: must be a constant, and no result: {shown(self.inputs[n])}')
        return self._constants[self.inputs[n]]

    def given(self, n: int) -> Constant:
        """An input that must be there, and a constant."""
        found = self.constant(n)
        if found is None:
            raise ValueError(f'{as_step(self.name)}: must have {n + 1} inputs: {len(self.inputs)}')
        return found

    def must(self, **rules: object) -> None:
        """Refuse an attribute under which the operator computes something else; one that is not there is good."""
        for attribute, value in rules.items():
            if self.attributes.get(attribute, value) != value:
                given = shown(self.attributes[attribute])
                raise ValueError(f'{as_step(self.name)}: {attribute!r} must be {value!r}: {given}')

    def of_axes(self, attribute: str, axes: int, default: int = 1) -> Shape:
        """A number for each axis."""
        return tuple(self.attributes.get(attribute, (default,) * axes))
