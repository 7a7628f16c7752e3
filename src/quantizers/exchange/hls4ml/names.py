"""What hls4ml 1.3.0 calls the layers that it makes of a Keras model, and their weights.

For `choose`, which gives these names, and for `to_hls4ml`, which takes them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ..._checks.shown import shown
from .layers import Layer, kind_of_function, layer_of

if TYPE_CHECKING:
    import keras

# hls4ml's names of Keras' variables
WEIGHTS: Mapping[str, str] = {
    'kernel': 'weight',
    'recurrent_kernel': 'recurrent_weight',
    'depthwise_kernel': 'depthwise',
    'pointwise_kernel': 'pointwise',
    **{name: name for name in ('bias', 'recurrent_bias', 'embeddings')},
}
# RNN is the base of Keras' own; where only a configuration is there, the class alone is known
_RECURRENT = frozenset({'RNN', 'SimpleRNN', 'LSTM', 'GRU'})
# the letters of a name that hls4ml means to reserve: it numbers layers of these names from their first call on
_NUMBERED = frozenset('input')


def classes_of(layer: object) -> frozenset[str]:
    """The names of the classes that a layer of Keras is of, its own and those it is derived from."""
    return frozenset(kind.__name__ for kind in type(layer).__mro__)


def activation_of(name: str, classes: frozenset[str], config: Mapping[str, Any]) -> str | None:
    """What hls4ml calls the layer that it makes of the activation of a layer of this name; None where it makes none.

    A recurrent layer applies its activation inside, and an `Activation` is that layer itself.
    """
    function = config.get('activation')
    if not isinstance(function, str) or function == 'linear' or classes & {'Activation', *_RECURRENT}:
        return None
    return f'{name}_{function}'


def layers_of(model: keras.Model, backend: str | None) -> dict[str, Layer]:
    """The layers that hls4ml makes of a Keras model, by the names that it gives them."""
    # a Sequential model alone does not say the names of layers whose configuration is without
    graph = getattr(model, '_functional', None) or model
    try:
        layers = graph.get_config()['layers']
    except (AttributeError, KeyError, TypeError, NotImplementedError):
        raise ValueError(f"'model' must be a Sequential or functional model of Keras: {shown(model)}") from None
    classes = {layer.name: classes_of(layer) for layer in getattr(graph, 'layers', ())}
    known: dict[str, Layer] = {}
    for layer in layers:
        parts = dict(_parts(layer, classes, backend))
        for call in range(max(len(layer.get('inbound_nodes', ())), 1)):
            for name, part in parts.items():
                number = call if name in _NUMBERED else call - 1
                own = name if number < 0 else f'{name}_{number}'
                if own in known:
                    raise ValueError(f"'model' has two layers that hls4ml may call {shown(own)}: rename one of them")
                known[own] = part
    return known


def _parts(
    layer: Mapping[str, Any], classes_by_name: Mapping[str, frozenset[str]], backend: str | None
) -> Iterator[tuple[str, Layer]]:
    """The layers of hls4ml that stand for one call of a layer of Keras, by name."""
    kind, config = layer['class_name'], layer['config']
    name = layer.get('name') or config['name']
    if kind == 'Activation':
        yield name, layer_of(kind_of_function(config.get('activation')), backend)
        return
    classes = classes_by_name.get(name, frozenset()) | {kind}
    # hls4ml adds zeros of one bit, to recurrent layers those of the asked format
    unbiased = config.get('use_bias') is False and not classes & _RECURRENT
    yield name, layer_of(kind, backend, without='bias' if unbiased else None)
    activation = activation_of(name, classes, config)
    if activation is not None:
        yield activation, layer_of(kind_of_function(config['activation']), backend)
