"""Whole networks: what every layer computes, in the formats of a configuration, without a rounding that is not asked.

>>> from quantizers.network import Network
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from .._tables import Table, Tabular
from ..config import QuantizerConfig
from ..formats.conveniences import network_profile
from ..formats.per_channel import Formats
from .compare import Comparison, LayerDifference
from .exact import Array
from .given import checked, inputs_of
from .graph import Layer, Layers, floating, folded, table_of
from .profile import Profile, TensorProfile
from .quantized import QuantizedNetwork
from .report import LayerCost, NetworkReport
from .sources import read
from .tuning import with_weights

if TYPE_CHECKING:
    import keras
    import torch

    from .sources import Source

__all__ = [
    'Comparison',
    'Layer',
    'LayerCost',
    'LayerDifference',
    'Network',
    'NetworkReport',
    'Profile',
    'QuantizedNetwork',
    'TensorProfile',
]


class Network(Tabular):
    """A network that was trained in floating point: layers, and weights by stable names.

    Made by `Network.load`. It is immutable; weights are read-only float64, and those of the model do not change.

    Attributes:
        layers: by name, each after those whose results it takes.
        outputs: the names of the layers that are the network's results, in its order.
        specs: the formats that it came with, as a model of QONNX does; of others there are none.
    """

    def __init__(
        self, layers: Layers, outputs: tuple[str, ...], specs: Mapping[str, Formats] = MappingProxyType({})
    ) -> None:
        self.layers, self.outputs, self.specs = layers, outputs, QuantizerConfig(specs)

    @classmethod
    def load(cls, source: Source) -> Network:
        """The network of a Keras model, of a module of PyTorch that was exported, of a model of ONNX, or of a file.

        Names are those that hls4ml 1.3.0 has for the layers: the activation of `dense` is a layer of its own,
        `dense_relu`. A file `.keras` or `.h5` is loaded with Keras' `safe_mode`, so that it cannot bring code of its
        own.

        Of PyTorch it takes `torch.export.export(module.eval(), (x,))`. There a result has the path of its module, such
        as `block.conv`; of a module that is none of `torch.nn`, or has several results, the path and the operation,
        `block.add`. Shapes and weights are PyTorch's: channels come first.

        Of ONNX, a file `.onnx` or an `onnx.ModelProto`, a layer has the name of its result, without a `/` in front, and
        shapes and weights are as they are there. The nodes `Quant` and `FloatQuant` of QONNX become `specs`, the
        formats with which `quantize()` begins: one of a weight is that of the layer, `name.weight`, and one of a result
        is a layer itself. It needs onnx: `pip install 'quantizers[qonnx]'`.

        Raises TypeError for anything else, and ValueError, by its name, for a layer that is not computed here: a
        nested model, a layer that is called twice, another activation, a user's own layer.
        """
        layers, outputs, specs = read(source)
        return cls(MappingProxyType({layer.name: layer for layer in layers}), outputs, specs)

    def folded(self) -> Network:
        """The network with each BatchNormalization in the weights of the layer before it.

        That is so where the layer is dense or a convolution, has no activation, and nothing else takes its result.
        hls4ml 1.3.0 leaves them as they are where formats are said for them. A layer whose weights change has no
        formats in `specs` any more, as they were those of other numbers.
        """
        network = Network(*folded(self.layers, self.outputs))
        before = {id(array) for array in self.weights.values()}
        same = [layer for layer in network.layers.values() if {*map(id, layer.weights.values())} <= before]
        kept = {name for layer in same for name in layer.tensors}
        return Network(network.layers, network.outputs, {n: s for n, s in self.specs.items() if n in kept})

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of the layers that are given."""
        return inputs_of(self.layers)

    @property
    def weights(self) -> Mapping[str, Array]:
        """All weights by their names, such as `dense.weight`."""
        layers = self.layers.items()
        return MappingProxyType({f'{name}.{tensor}': w for name, of in layers for tensor, w in of.weights.items()})

    @property
    def tensors(self) -> tuple[str, ...]:
        """The names of the formats that `quantize` takes."""
        return tuple(name for layer in self.layers.values() for name in layer.tensors)

    def quantize(self, specs: Mapping[str, Formats | str] | None = None) -> QuantizedNetwork:
        """The network in formats: a `QuantizerConfig`, or what one is made of, by the names in `tensors`.

        If none are given, those that it came with, `self.specs`.

        Each input must have a format. A result or a weight without one stays as it is, exactly; an accumulator without
        one holds every sum. Weights may have a format per channel, and of any kind; results and accumulators are fixed
        point, one format a tensor.

        Raises ValueError, by its name, for a format of what the network has not, for one of another kind, and for an
        input that has none.
        """
        specs = self.specs if specs is None else specs
        specs = specs if isinstance(specs, QuantizerConfig) else QuantizerConfig(specs)
        return QuantizedNetwork(self.layers, self.outputs, specs)

    def trace(self, inputs: Any) -> dict[str, Array]:
        """The results of all layers by their names in floating point, float64: of the weights as they were trained.

        `inputs` are an array whose first axis is that of the samples, or of several inputs a mapping from their names.
        Raises as a call of `QuantizedNetwork`.
        """
        return dict(floating(self.layers, checked(self.layers, inputs)))

    def profile(
        self,
        samples: Any,
        specs: Mapping[str, Formats | str] | None = None,
        *,
        max_size: int | None = None,
        progress: bool = False,
    ) -> Profile:
        """What the inputs and the results of layers hold in floating point, and what formats would do to them.

        Samples are computed a few at once, so that they may be more than the memory holds.

        Args:
            samples: an array whose first axis is that of the samples, as `numpy.load(path, mmap_mode='r')` gives it, or
                of several inputs a mapping from their names; an iterable of such batches; the path of an `.npy`, `.npz`
                or `.safetensors` file, or of text; or dask arrays, whose blocks a cluster computes and counts.
            specs: formats of results, by the names in `tensors`; if not given, those that the network came with, as far
                as they are fixed point.
            max_size: of the arrays of a file, see `choose`.
            progress: whether a bar on stderr shows how many samples were computed; it needs rich.

        Raises OSError for a path; ValueError for samples of another shape, for none, for NaN and Inf, and for a format
        of what the network has not; TypeError for anything else.
        """
        return network_profile(self, samples, specs, max_size, progress=progress)

    def report(self, specs: Mapping[str, Formats | str] | None = None) -> NetworkReport:
        """What each layer costs in formats; see `quantize`, which takes the same, and `QuantizedNetwork.report`."""
        return self.quantize(specs).report()

    def to_keras(self, specs: Mapping[str, Formats | str] | None = None) -> keras.Model:
        """A model of Keras to train on, of float32 weights, with the formats of `quantize` in place.

        Each layer quantizes its weights and its result in each call, with the gradients of the formats. Accumulators
        and tables are not in it: sums and functions are those of floats. Where float32 holds every sum the outputs are
        those of `quantize`. It is loaded after `import quantizers.network.keras_model`; `with_weights` takes what it
        has learned back.

        Raises ValueError as `quantize` does, and for a name with a `/`, which Keras does not take.
        """
        from .keras_model import model_of

        return model_of(self.layers, self.outputs, self.quantize(specs).specs)

    def to_torch(self, specs: Mapping[str, Formats | str] | None = None) -> torch.nn.Module:
        """The same as a module of PyTorch, called on the inputs in their order.

        Its `state_dict` has the names of `weights`. After `eval()` WRAP wraps, as in hardware.
        """
        from .torch_module import NetworkModule

        return NetworkModule(self.layers, self.outputs, self.quantize(specs).specs)

    def with_weights(self, source: Mapping[str, Any] | keras.Model | torch.nn.Module) -> Network:
        """The network with all weights of another: arrays by the names of `weights`, or what was trained on.

        Raises ValueError for weights that are missing, unknown, or of another shape; TypeError for anything else.
        """
        return Network(with_weights(self.layers, source), self.outputs, self.specs)

    def table(self) -> Table:
        """See `Tabular`."""
        return table_of(self.layers)

    def to_dict(self) -> dict[str, Any]:
        """The layers as plain data."""
        return {'outputs': [*self.outputs], 'layers': self.table().records()}
