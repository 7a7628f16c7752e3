"""The formats that hls4ml's configuration gives to all layers of a type, layer by layer."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from .layers import KEYS
from .names import layers_of

if TYPE_CHECKING:
    import keras

# hls4ml's own class, by which it looks a type up, of the layers that it makes of others
_CLASSES: Mapping[str, str] = MappingProxyType(
    {
        'InputLayer': 'Input',
        'softmax': 'Softmax',
        'hard_sigmoid': 'HardActivation',
        'linear': 'Activation',
        **dict.fromkeys(('elu', 'ELU', 'leaky_relu', 'LeakyReLU', 'ReLU'), 'ParametrizedActivation'),
        **dict.fromkeys(('Add', 'Subtract', 'Multiply', 'Average', 'Maximum', 'Minimum'), 'Merge'),
        **{f'{kind}Pooling{n}D': f'Pooling{n}D' for kind in ('Max', 'Average') for n in (1, 2)},
        **{f'Global{kind}Pooling{n}D': f'GlobalPooling{n}D' for kind in ('Max', 'Average') for n in (1, 2)},
    }
)


class Types:
    """The types of the layers of a model, and what each layer says for itself, which wins."""

    def __init__(self, model: keras.Model, said: Iterable[tuple[object, Collection[str]]]) -> None:
        self._layers = layers_of(model, None)
        self._classes = {name: _CLASSES.get(layer.kind, layer.kind) for name, layer in self._layers.items()}
        self._said = {str(name).lower(): tensors for name, tensors in said}

    @property
    def known(self) -> tuple[str, ...]:
        """hls4ml's names of the types."""
        return tuple(dict.fromkeys(self._classes.values()))

    def __contains__(self, kind: object) -> bool:
        return str(kind).lower() in map(str.lower, self.known)

    def layers(self, kind: object, tensor: str) -> Iterator[str]:
        """The layers whose tensor has the format that is given for a type, by name."""
        for name, own in self._classes.items():
            taken = self._layers[name].tensors
            # hls4ml takes any case, but for what stands beside `Precision`
            of_type = own == kind or (own.lower() == str(kind).lower() and tensor not in KEYS)
            if of_type and (taken is None or tensor in taken) and not self._says(name, tensor):
                yield name

    def _says(self, name: str, tensor: str) -> bool:
        """Whether a layer itself says the format of a tensor; its default comes before all of the type."""
        said = self._said.get(name.lower(), ())
        return tensor in said or ('default' in said and tensor not in KEYS)
