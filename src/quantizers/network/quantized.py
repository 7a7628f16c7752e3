"""A network in formats, computed exactly."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import result_type
from .._checks.shown import as_step
from .._tables import Column, Table, Tabular
from ..config import QuantizerConfig
from ..formats import FixedQ
from ..formats.per_channel import Formats
from .asked import check_names, fixed, quantized, with_tables
from .compare import Comparison, compared
from .exact import Array, as_dtype, casting, chained, dtype_for, exactly
from .given import checked, inputs_of
from .graph import Layers
from .references import results_of
from .report import NetworkReport, reported

if TYPE_CHECKING:
    from .references import Reference

Arrays = dict[str, Array]
# samples that are computed at once, so that what lies between is in the cache
BATCH = 1024

_COLUMNS = (
    Column('name', 'layer'),
    Column('kind', 'kind'),
    Column('type', 'result'),
    Column('bits', 'bits', right=True),
    Column('zeros', 'weights that are 0', lambda share: '' if share is None else f'{share:.1%}', right=True),
)


class QuantizedNetwork(Tabular):
    """A network whose weights, accumulators and results have formats; made by `Network.quantize`.

    Called on inputs it computes the outputs with no rounding but those of the formats: in float32 or float64 where
    every sum of products is a number of theirs, which the formats say beforehand, and else in Fractions.

    Attributes:
        layers: those of the network.
        formats: of each layer, the format that holds its result: the one that was asked for, or, where there was none,
            one that holds every result there can be.
        accumulators: of each layer that sums products, the format in which it does, likewise.
        weights: the quantized weights by name, float64 and read-only.
        specs: the formats that were asked for, by the names of tensors.
    """

    formats: Mapping[str, FixedQ]
    accumulators: Mapping[str, FixedQ]
    weights: Mapping[str, Array]

    def __init__(self, layers: Layers, outputs: tuple[str, ...], specs: Mapping[str, Formats]) -> None:
        self.inputs = inputs_of(layers)
        check_names(layers, self.inputs, specs)
        layers = with_tables(layers, specs)
        self.layers, self.outputs, self.specs = layers, outputs, MappingProxyType({**specs})
        formats: dict[str, FixedQ] = {}
        self._sums: dict[str, FixedQ] = {}
        weights: Arrays = {}
        self._steps: dict[str, tuple[tuple[str, ...], Callable[..., Array]]] = {}
        for name, layer in layers.items():
            asked = fixed(f'{name}.result', specs)
            if not layer.inputs:
                assert asked is not None
                formats[name] = asked
                continue
            constants = {tensor: quantized(f'{name}.{tensor}', array, specs) for tensor, array in layer.weights.items()}
            weights |= {f'{name}.{tensor}': array for tensor, array in constants.items()}
            accumulator = fixed(f'{name}.accum', specs)
            before = [formats[other] for other in layer.inputs]
            try:
                exact, compute = layer.operation.prepared(before, constants, accumulator)
            except ValueError as error:
                raise ValueError(f'{as_step(name)}: {error}') from None
            self._steps[name] = layer.inputs, compute if asked is None else chained(compute, casting(exact, asked))
            formats[name] = exact if asked is None else asked
            self._sums[name] = exact if accumulator is None else accumulator
        self.formats, self.weights = MappingProxyType(formats), MappingProxyType(weights)
        self.accumulators = MappingProxyType({n: s for n, s in self._sums.items() if layers[n].operation.accumulates})

    def __call__(self, inputs: Any) -> Any:
        """The outputs for samples: an array, or where the network has several outputs a dictionary by their names.

        Args:
            inputs: an array whose first axis is that of the samples, or of several inputs a mapping from their names.

        Values are float64, or Fractions where float64 does not hold all values of a format. Inputs are what a format
        takes: float8, bfloat16 and tensors are widened exactly. Raises ValueError for inputs of another shape, and for
        NaN and Inf, which fixed point has not; TypeError for what is no array of real numbers of at most 64 bits.
        """
        results = self._computed(inputs, self.outputs)
        return results[self.outputs[0]] if len(self.outputs) == 1 else results

    def trace(self, inputs: Any) -> Arrays:
        """The results of all layers by their names, with the inputs as they are quantized; values as in a call."""
        return self._computed(inputs, tuple(self.layers))

    def compare(self, inputs: Any, reference: Reference, *, max_size: int | None = None) -> Comparison:
        """Layer by layer, where the results part from others: the first layer that differs is where to look.

        Args:
            inputs: as in a call.
            reference: the results of some layers or of all by their names, of any shape of as many numbers: of hls4ml's
                `trace`, of another simulator; or the same network in other formats or in floating point; or a
                model of Keras or ONNX, by what it computes; or a path: of an `.npz` file of results, of a
                configuration, `.json`, of a model, `.keras`, `.h5` or `.onnx`, or of a project of hls4ml as
                `quantizers hls4ml` writes it, whose C++ is then compiled by g++.
            max_size: of the arrays of a file, see `choose`.

        Raises OSError for a path; VerificationError for a project that does not compile; ValueError for a reference
        with results of what the network has not, or of another number; TypeError for anything else.
        """
        given = checked(self.layers, inputs)
        results = results_of(reference, self, given, max_size)
        return compared(self, given, results)

    def report(self) -> NetworkReport:
        """What each layer costs: formats, bits, multiplications, EBOPs, weights that are 0, memory."""
        return reported(self.layers, self.formats, self._sums, self.weights, self.config())

    def config(self) -> QuantizerConfig:
        """A configuration with a format for every tensor, by which the results are the same.

        What had none gets that which it has here: weights the least type of their numbers, accumulators and results
        one that holds every sum. Other tools, such as hls4ml, would take a default of their own.
        """
        full: dict[str, Formats] = {}
        for name in (name for layer in self.layers.values() for name in layer.tensors):
            layer, _, tensor = name.rpartition('.')
            if name in self.specs:
                full[name] = self.specs[name]
            elif name in self.weights:
                full[name] = result_type.constants(self.weights[name])
            elif tensor in self.layers[layer].operation.tables:
                full[name] = self.layers[layer].operation.tables[tensor]
            else:
                full[name] = (self.accumulators if tensor == 'accum' else self.formats)[layer]
        return QuantizerConfig(full)

    def _computed(self, inputs: Any, wanted: Sequence[str]) -> Arrays:
        given = checked(self.layers, inputs)
        size = len(next(iter(given.values())))
        parts = [
            self._batch({name: x[at : at + BATCH] for name, x in given.items()}, wanted)
            for at in range(0, max(size, 1), BATCH)
        ]
        return {name: _joined([part[name] for part in parts]) for name in wanted}

    def _batch(self, given: Arrays, wanted: Sequence[str]) -> Arrays:
        results: Arrays = {}
        for name in self.layers:
            if name in given:
                results[name] = _of_input(given[name], self.formats[name])
            else:
                inputs, compute = self._steps[name]
                results[name] = compute(*(results[other] for other in inputs))
        return {name: results[name] for name in wanted}

    def table(self) -> Table:
        """See `Tabular`."""
        return Table(_COLUMNS, [*self._rows()], summary=self._summary())

    def to_dict(self) -> dict[str, Any]:
        """The layers and their formats as plain data."""
        return {'outputs': [*self.outputs], 'layers': self.table().records()}

    def _rows(self) -> Iterator[tuple[Any, ...]]:
        for name, layer in self.layers.items():
            arrays = [self.weights[f'{name}.{tensor}'] for tensor in layer.weights]
            count = sum(array.size for array in arrays)
            zeros = sum(int((array == 0).sum()) for array in arrays) / count if count else None
            yield name, layer.kind, self.formats[name].label, self.formats[name].bits, zeros

    def _summary(self) -> str:
        count = sum(array.size for array in self.weights.values())
        return f'{len(self.layers):,} layers, {count:,} weights'


def _of_input(x: Array, spec: FixedQ) -> Array:
    """What is given in its format; whole numbers as they are, of any size."""
    if x.dtype.kind in 'iu':
        bits = 8 * x.dtype.itemsize
        return casting(FixedQ(bits, bits, x.dtype.kind == 'i'), spec)(x)
    x, dtype = x.astype(np.float64), dtype_for(spec)
    if dtype != object:
        return as_dtype(spec(x), dtype)
    return exactly(spec, x)


def _joined(parts: Sequence[Array]) -> Array:
    whole: Array = np.concatenate(parts)
    return whole if whole.dtype == object else whole.astype(np.float64)
