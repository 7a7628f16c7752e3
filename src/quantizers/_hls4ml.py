"""The configuration dictionary of hls4ml, from named specs and back.

What is said here of hls4ml was seen in its version 1.3.0, whose `hls4ml.model.graph.HLSConfig` reads the dictionary.
"""

from __future__ import annotations

import reprlib
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from functools import lru_cache
from os import PathLike
from pathlib import Path
from typing import Any

from ._per_channel import Formats, PerChannel
from ._yaml import as_step, read_yaml
from .cpp import convert, parse_type
from .formats import FixedQ, Spec

# What hls4ml looks up in a layer's `Precision`: a tensor it does not know, it ignores without a word.
TENSORS = tuple(
    """
    weight bias result accum scale table param embeddings shift slope expr default
    recurrent_weight recurrent_bias
    forward_weight forward_bias forward_recurrent_weight forward_recurrent_bias
    backward_weight backward_bias backward_recurrent_weight backward_recurrent_bias
    depthwise depthwise_accum depthwise_result dw_output pointwise pointwise_accum
    exp_table inv_table inv_inp
    edge_weight edge_weight_aggr aggr norm
    """.split()
)
OF_THE_MODEL = (*TENSORS, 'maximum')


def to_hls4ml(specs: Mapping[str, Formats], model: Any) -> dict[str, Any]:
    """See `QuantizerConfig.to_hls4ml`."""
    tree: dict[str, Any] = {'Model': {}, 'LayerName': {}}
    names = _Names()
    for name, spec in specs.items():
        layer, dot, tensor = name.rpartition('.')
        with _at(f'specs.{as_step(name)}'):
            names.add(layer if dot else None, tensor)
            entry = tree['LayerName'].setdefault(layer, {}) if dot else tree['Model']
            entry.setdefault('Precision', {})[tensor] = _text(_one(name, spec))
    if model is not None:
        _check_layers(tree['LayerName'], model)
    return tree


def from_hls4ml(source: Mapping[str, Any] | str | PathLike[str]) -> dict[str, Spec]:
    """See `QuantizerConfig.from_hls4ml`."""
    if isinstance(source, Mapping):
        return _read(source)
    if isinstance(source, str) and '\n' in source:
        return _read(read_yaml(source))
    if not isinstance(source, str | PathLike):
        raise ValueError(
            f"'source' must be a mapping, the path of a YAML file, or YAML text of several lines: {_shown(source)}"
        )
    content = Path(source).read_bytes()
    with _at(str(source)):
        return _read(read_yaml(content))


@contextmanager
def _at(path: str) -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise ValueError(f'{path}: {error}') from None


def _shown(value: Any) -> str:
    text = reprlib.repr(value)
    return text if len(text) <= 80 else f'{text[:80]}...'


class _Names:
    """The names in a configuration, which hls4ml must tell apart: it joins layer, in lower case, and tensor by '_'."""

    def __init__(self) -> None:
        self._of_place: dict[str, str] = {}

    def add(self, layer: str | None, tensor: Any) -> str:
        """The name here of a layer's tensor, or of the model's where `layer` is None."""
        known = OF_THE_MODEL if layer is None else TENSORS
        if layer is not None and (not isinstance(layer, str) or not layer):
            raise ValueError(f'the name of a layer must be a non-empty string (in quotes, in YAML): {_shown(layer)}')
        if tensor not in known:
            keras = "; 'kernel' of Keras is 'weight' there" if tensor == 'kernel' else ''
            whole = '' if layer is not None else ", and a layer's tensor is named 'layer.tensor'"
            nearest = ', '.join(get_close_matches(str(tensor)[:40], known, 5, 0))
            raise ValueError(f'hls4ml knows no tensor {_shown(tensor)}; the nearest are {nearest}{whole}{keras}')
        if layer is None:
            return str(tensor)
        name, place = f'{layer}.{tensor}', f'{layer.lower()}_{tensor}'
        other = self._of_place.setdefault(place, name)
        if other != name:
            raise ValueError(f'hls4ml calls it {place!r}, and {other!r} too: rename one of the layers')
        return name


def _one(name: str, formats: Formats) -> Spec:
    """The one type that a tensor has in hls4ml."""
    if not isinstance(formats, PerChannel):
        return formats
    joined, mean = formats.joined, sum(spec.bits for spec in formats.specs) / len(formats.specs)
    warnings.warn(
        f'specs.{as_step(name)}: hls4ml has one type for all channels, {joined.cpp_type}: {joined.bits} bits a number'
        f' instead of {mean:.3g} on average',
        stacklevel=4,
    )
    return joined


@lru_cache(4096)
def _text(spec: Spec) -> str:
    """The type string, if it is read back as the same spec."""
    text = convert(spec, 'hls4ml')
    means = parse_type(text)
    if means != spec:
        raise ValueError(f'hls4ml cannot say {spec!r}; {text!r} is {means!r}: use that')
    return text


def _read(tree: Any) -> dict[str, Spec]:
    root = ''
    if isinstance(tree, Mapping) and 'HLSConfig' in tree:
        tree, root = tree['HLSConfig'], 'HLSConfig.'
    tree = _mapping(tree, root.rstrip('.') or 'the configuration')
    if not {'Model', 'LayerName', 'LayerType'} & set(tree):
        raise ValueError(f'{root}LayerName: this key is missing, and so are Model and LayerType')
    specs: dict[str, Spec] = {}
    names = _Names()
    entries = [(None, tree.get('Model'), f'{root}Model'), *_entries(tree, root, 'LayerName')]
    for layer, entry, path in entries:
        for tensor, text, place in _precisions(entry, path):
            with _at(place):
                specs[names.add(layer, tensor)] = _spec(text)
    for _, entry, path in _entries(tree, root, 'LayerType'):
        for _, text, place in _precisions(entry, path):
            raise ValueError(f'{place}: must be said layer by layer, under LayerName: {_shown(text)}')
    return specs


def _mapping(tree: Any, path: str) -> Mapping[Any, Any]:
    if not isinstance(tree, Mapping):
        raise ValueError(f'{path}: must be a mapping: {_shown(tree)}')
    return tree


def _entries(tree: Mapping[Any, Any], root: str, key: str) -> list[tuple[Any, Any, str]]:
    """Each name under `key`, what stands there, and the path to it."""
    path = f'{root}{key}'
    found = {} if tree.get(key) is None else _mapping(tree[key], path)
    return [(name, entry, f'{path}.{as_step(name)}') for name, entry in found.items()]


def _precisions(entry: Any, path: str) -> Iterator[tuple[Any, Any, str]]:
    """Each tensor of a layer, its type string, and the path to it; not those that hls4ml is to find by itself."""
    precision = None if entry is None else _mapping(entry, path).get('Precision')
    path = f'{path}.Precision'
    if isinstance(precision, Mapping):
        found = [(tensor, text, f'{path}.{as_step(tensor)}') for tensor, text in precision.items()]
    else:
        found = [('default', precision, path)]
    for tensor, text, place in found:
        if text is not None and not (isinstance(text, str) and text.strip().lower() == 'auto'):
            yield tensor, text, place


def _spec(text: Any) -> Spec:
    if not isinstance(text, str):
        raise ValueError(f'must be a type string: {_shown(text)}')
    spec = parse_type(text)
    if not isinstance(spec, FixedQ):
        # its ap_float<W, E> counts all bits, and has codes for inf and NaN
        raise ValueError(f'{text!r}: must be a fixed-point or integer type; the floats of hls4ml have no spec here')
    _text(spec)
    return spec


def _check_layers(named: Iterable[str], model: Any) -> None:
    try:
        layers = model.get_config()['layers']
    except (AttributeError, KeyError, TypeError, NotImplementedError):
        raise ValueError(f"'model' must be a Sequential or functional model of Keras: {_shown(model)}") from None
    known: list[str] = []
    for layer in layers:
        config = layer['config']
        made = [config['name']]
        activation = config.get('activation')
        # hls4ml makes a layer of an activation
        if isinstance(activation, str) and activation != 'linear' and layer['class_name'] != 'Activation':
            made.append(f'{config["name"]}_{activation}')
        # and one of each further call
        calls = range(len(layer.get('inbound_nodes', ())) - 1)
        known += [*made, *(f'{name}_{call}' for call in calls for name in made)]
    missing = [name for name in named if name not in known]
    if missing:
        raise ValueError(f"'model' has no layer {', '.join(map(repr, missing))}; its layers are {', '.join(known)}")
