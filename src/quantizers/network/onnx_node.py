"""A node of an ONNX graph: what it takes, of layers before it and of constants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from .._checks.shown import as_step, shown
from ..formats.per_channel import Formats
from .graph import Layer
from .onnx_constants import Constant, attributes_of, formats_of, is_format, kind_of
from .onnx_shapes import Known
from .operations import Shape

if TYPE_CHECKING:
    from onnx import NodeProto


class Node:
    """A node: its result's name and shape, its attributes, its constants."""

    def __init__(self, proto: NodeProto, known: Known, layers: Mapping[str, Layer]) -> None:
        self.kind, self.name, self.inputs = kind_of(proto), proto.output[0], list(proto.input)
        self.opset = known.opset
        self._proto, self._known, self._layers = proto, known, layers
        self.attributes = attributes_of(proto)
        self.results = tuple(name for name in self.inputs if name and name not in known.constants)
        self.is_format = is_format(proto)
        unknown = [name for name in self.results if name not in layers]
        if unknown:
            raise ValueError(f'{as_step(self.name)}: must take the first results of nodes: {shown(unknown[0])}')

    @property
    def shape(self) -> Shape:
        """Of one sample of the result."""
        return self._known.of_sample(self.name)

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
        if self.inputs[n] not in self._known.constants:
            raise ValueError(f'{as_step(self.name)}: must be a constant, and no result: {shown(self.inputs[n])}')
        return self._known.constants[self.inputs[n]]

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
        return self.counted(attribute, self.attributes.get(attribute, [default] * axes), axes)

    def counted(self, attribute: str, numbers: list[int], count: int) -> Shape:
        """Numbers of which there must be so many."""
        if len(numbers) != count:
            raise ValueError(f'{as_step(self.name)}: {attribute!r} must have {count} numbers: {shown(numbers)}')
        return tuple(numbers)

    def must_have_axes(self, least: int, most: int | None = None) -> None:
        """Refuse a first input of fewer axes, with that of the samples, and of more than are said."""
        if not least <= self.axes <= (most or self.axes):
            wanted = f'{least}' if least == most else f'{least} or more'
            raise ValueError(
                f'{as_step(self.name)}: must take a result of {wanted} axes, with that of the samples: {self.axes}'
            )
