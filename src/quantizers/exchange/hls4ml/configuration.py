"""The configuration dictionary of hls4ml, from named specs and back.

What is said here of hls4ml was seen in its version 1.3.0, whose `hls4ml.model.graph.HLSConfig` reads the dictionary.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..._checks.capabilities import Capability, can
from ..._checks.shown import as_step, shown
from ...cpp.types import convert, parse_type
from ...files.text import read_encoded
from ...files.yaml import read_yaml
from ...formats import Spec
from ...formats.per_channel import Formats, PerChannel
from .checks import Names
from .layers import ANYWAY, IGNORED, KEYS, OF_THE_MODEL

if TYPE_CHECKING:
    import keras

_ANYWAY = {tensor: {*map(parse_type, texts)} for tensor, texts in ANYWAY.items()}


def to_hls4ml(specs: Mapping[str, Formats], model: keras.Model | None, backend: str | None = None) -> dict[str, Any]:
    """See `QuantizerConfig.to_hls4ml`."""
    tree: dict[str, Any] = {'Model': {}, 'LayerName': {}}
    names = Names(backend, model)
    for name, spec in specs.items():
        layer, dot, tensor = name.rpartition('.')
        with _at(f'specs.{as_step(name)}'):
            names.add(layer if dot else None, tensor)
            entry = tree['LayerName'].setdefault(layer, {}) if dot else tree['Model']
            text = _text(_one(name, spec))
            if tensor in KEYS:
                entry[KEYS[tensor]] = text
            else:
                entry.setdefault('Precision', {})[tensor] = text
    names.check_layers(tree['LayerName'])
    return tree


def from_hls4ml(source: Mapping[str, Any] | str | PathLike[str]) -> dict[str, Spec]:
    """See `QuantizerConfig.from_hls4ml`."""
    if isinstance(source, Mapping):
        return _read(source)
    if isinstance(source, str) and '\n' in source:
        return _read(read_yaml(source))
    if not isinstance(source, str | PathLike):
        raise ValueError(
            f"'source' must be a mapping, the path of a YAML file, or YAML text of several lines: {shown(source)}"
        )
    content = read_encoded(Path(source))
    with _at(str(source)):
        return _read(read_yaml(content))


@contextmanager
def _at(path: str) -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise ValueError(f'{path}: {error}') from None


def _one(name: str, formats: Formats) -> Spec:
    """The one type that a tensor has in hls4ml."""
    if not isinstance(formats, PerChannel):
        return formats
    joined, mean = formats.joined, sum(spec.bits for spec in formats.specs) / len(formats.specs)
    warnings.warn(
        f'specs.{as_step(name)}: hls4ml has one type for all channels, {joined.label}: {joined.bits} bits a number'
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
        raise ValueError(f'hls4ml cannot say {shown(spec)}; {shown(text)} is {shown(means)}: use that')
    return text


def _read(tree: object) -> dict[str, Spec]:
    root = ''
    if isinstance(tree, Mapping) and 'HLSConfig' in tree:
        tree, root = tree['HLSConfig'], 'HLSConfig.'
    tree = _mapping(tree, root.rstrip('.') or 'the configuration')
    if not {'Model', 'LayerName', 'LayerType'} & set(tree):
        raise ValueError(f'{root}LayerName: this key is missing, and so are Model and LayerType')
    specs: dict[str, Spec] = {}
    names = Names()
    ignored: list[str] = []
    entries = [(None, tree.get('Model'), f'{root}Model'), *_entries(tree, root, 'LayerName')]
    for layer, entry, path in entries:
        for tensor, text, place in _types(layer, entry, path, ignored):
            with _at(place):
                name = names.add(layer, tensor)
                if name in specs:
                    raise ValueError(f'{shown(name)} has a type already, in another spelling: {shown(text)}')
                specs[name] = _spec(text)
    for _, entry, path in _entries(tree, root, 'LayerType'):
        for _, text, place in (*_precisions(entry, path), *_keys(entry, path)):
            raise ValueError(f'{place}: must be said layer by layer, under LayerName: {shown(text)}')
    if ignored:
        warnings.warn(f'left out, as hls4ml ignores it: {"; ".join(ignored)}', stacklevel=4)
    return specs


def _types(layer: object, entry: object, path: str, ignored: list[str]) -> Iterator[tuple[str, object, str]]:
    """Each tensor, its type string, and the path to it; what hls4ml lets stand without effect goes into `ignored`."""
    for tensor, text, place in _keys(entry, path):
        if layer is None or tensor not in (*KEYS, 'accum'):
            instead = f'; it reads Precision.{tensor}' if tensor in OF_THE_MODEL else ''
            raise ValueError(f'{place}: hls4ml ignores this key: {shown(text)}{instead}')
        yield tensor, text, place
    for tensor, text, place in _precisions(entry, path):
        if layer is None or tensor not in (*KEYS, *IGNORED):
            yield tensor, text, place
            continue
        with _at(place):
            if _spec(text) not in _ANYWAY[tensor]:
                instead = f' (it reads {path}.{KEYS[tensor]})' if tensor in KEYS else ''
                ignored.append(f'{place}: {shown(text)}{instead}')


def _mapping(tree: object, path: str) -> Mapping[Any, Any]:
    if not isinstance(tree, Mapping):
        raise ValueError(f'{path}: must be a mapping: {shown(tree)}')
    return tree


def _entries(tree: Mapping[Any, Any], root: str, key: str) -> list[tuple[Any, Any, str]]:
    """Each name under `key`, what stands there, and the path to it."""
    path = f'{root}{key}'
    entries = {} if tree.get(key) is None else _mapping(tree[key], path)
    return [(name, entry, f'{path}.{as_step(name)}') for name, entry in entries.items()]


def _precisions(entry: object, path: str) -> Iterator[tuple[str, object, str]]:
    """Each tensor in a layer's `Precision`, its type string, and the path to it."""
    precision = None if entry is None else _mapping(entry, path).get('Precision')
    path = f'{path}.Precision'
    types = precision if isinstance(precision, Mapping) else {'default': precision}
    for tensor, text in types.items():
        if _is_said(text):
            yield ('default', text, path) if types is not precision else (tensor, text, f'{path}.{as_step(tensor)}')


def _keys(entry: object, path: str) -> Iterator[tuple[str, object, str]]:
    """Each tensor whose type stands beside `Precision`, that is, under a key which hls4ml takes for one."""
    for key, text in ({} if entry is None else _mapping(entry, path)).items():
        # as hls4ml's convert_to_snake_case: exp_table_t may be written ExpTableT
        snake = re.sub('_{2,}', '_', re.sub('(?<!^)(?=[A-Z])', '_', str(key)).lower())
        if snake.endswith('_t') and _is_said(text):
            yield snake.removesuffix('_t'), text, f'{path}.{as_step(key)}'


def _is_said(text: object) -> bool:
    """Whether it is a type, and not left to hls4ml."""
    return text is not None and not (isinstance(text, str) and text.strip().lower() == 'auto')


def _spec(text: object) -> Spec:
    if not isinstance(text, str):
        raise ValueError(f'must be a type string: {shown(text)}')
    spec = parse_type(text)
    if not can(spec, Capability.HLS4ML_CONFIG):
        # its ap_float<W, E> counts all bits, and has codes for inf and NaN
        raise ValueError(
            f'{shown(text)}: must be a fixed-point or integer type; the floats of hls4ml have no spec here'
        )
    _text(spec)
    return spec
