"""The configuration dictionary of hls4ml, from named specs and back.

What is said here of hls4ml was seen in its version 1.3.0, whose `hls4ml.model.graph.HLSConfig` reads the dictionary.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import lru_cache, partial
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
from .entries import copied, entries, entry_of, keys, layers_of, mapping, own, precisions, put
from .layer_types import Types
from .layers import ANYWAY, IGNORED, KEYS, OF_THE_MODEL

if TYPE_CHECKING:
    import keras

_ANYWAY = {tensor: {*map(parse_type, texts)} for tensor, texts in ANYWAY.items()}


def to_hls4ml(
    specs: Mapping[str, Formats],
    model: keras.Model | None,
    backend: str | None = None,
    base: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """See `QuantizerConfig.to_hls4ml`."""
    whole, tree = copied({'Model': {}, 'LayerName': {}} if base is None else base)
    names, before, layers = Names(backend, model), layers_of(tree), []
    for name, spec in specs.items():
        layer, dot, tensor = name.rpartition('.')
        with _at(f'specs.{as_step(name)}'):
            names.add(layer if dot else None, tensor)
            one = _one(name, spec)
            put(entry_of(tree, layer if dot else None, before), tensor, _text(one), partial(_says, one))
        layers += [layer] if dot else []
    names.check_layers(dict.fromkeys(layers))
    return whole


def from_hls4ml(source: Mapping[str, Any] | str | PathLike[str], model: keras.Model | None = None) -> dict[str, Spec]:
    """See `QuantizerConfig.from_hls4ml`."""
    if isinstance(source, Mapping):
        return _read(source, model)
    if isinstance(source, str) and '\n' in source:
        return _read(read_yaml(source), model)
    if not isinstance(source, str | PathLike):
        raise ValueError(
            f"'source' must be a mapping, the path of a YAML file, or YAML text of several lines: {shown(source)}"
        )
    content = read_encoded(Path(source))
    with _at(str(source)):
        return _read(read_yaml(content), model)


@contextmanager
def _at(path: str) -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise ValueError(f'{path}: {error}') from None


def _one(name: str, formats: Formats) -> Spec:
    """The one type that a tensor has in hls4ml."""
    if not isinstance(formats, PerChannel):
        return formats  # type: ignore[return-value]  # blocks have no type there
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


def _read(tree: object, model: keras.Model | None) -> dict[str, Spec]:
    root = ''
    if isinstance(tree, Mapping) and 'HLSConfig' in tree:
        tree, root = tree['HLSConfig'], 'HLSConfig.'
    tree = mapping(tree, root.rstrip('.') or 'the configuration')
    if not {'Model', 'LayerName', 'LayerType'} & set(tree):
        raise ValueError(f'{root}LayerName: this key is missing, and so are Model and LayerType')
    specs: dict[str, Spec] = {}
    names = Names()
    ignored: list[str] = []
    by_name, by_type = (entries(tree, root, key) for key in ('LayerName', 'LayerType'))
    for layer, entry, path in [(None, tree.get('Model'), f'{root}Model'), *by_name]:
        for tensor, text, place in _types(layer, entry, path, ignored):
            with _at(place):
                name = names.add(layer, tensor)
                if name in specs:
                    raise ValueError(f'{shown(name)} has a type already, in another spelling: {shown(text)}')
                specs[name] = _spec(text)
    if model is None:
        for _, entry, path in by_type:
            for _, text, place in (*precisions(entry, path), *keys(entry, path)):
                raise ValueError(f'{place}: must be said by layer, under LayerName, or with a model: {shown(text)}')
    else:
        types = Types(model, ((layer, own(entry)) for layer, entry, _ in by_name))
        for kind, entry, path in by_type:
            for tensor, text, place in _types(kind, entry, path, ignored):
                with _at(place):
                    spec = _spec(text)
                    Names().add(kind, tensor)  # whatever the layers of the type are
                    specs |= {names.add(layer, tensor): spec for layer in types.layers(kind, tensor)}
                if kind not in types:
                    ignored.append(f'{place}: {shown(text)} (of layers the model has {", ".join(types.known)})')
    if ignored:
        warnings.warn(f'left out, as hls4ml ignores it: {"; ".join(ignored)}', stacklevel=4)
    return specs


def _types(layer: object, entry: object, path: str, ignored: list[str]) -> Iterator[tuple[str, object, str]]:
    """Each tensor, its type string, and the path to it; what hls4ml lets stand without effect goes into `ignored`."""
    for tensor, text, place in keys(entry, path):
        if layer is None or tensor not in (*KEYS, 'accum'):
            instead = f'; it reads Precision.{tensor}' if tensor in OF_THE_MODEL else ''
            raise ValueError(f'{place}: hls4ml ignores this key: {shown(text)}{instead}')
        yield tensor, text, place
    for tensor, text, place in precisions(entry, path):
        if layer is None or tensor not in (*KEYS, *IGNORED):
            yield tensor, text, place
            continue
        with _at(place):
            if _spec(text) not in _ANYWAY[tensor]:
                instead = f' (it reads {path}.{KEYS[tensor]})' if tensor in KEYS else ''
                ignored.append(f'{place}: {shown(text)}{instead}')


def _says(spec: Spec, text: object) -> bool:
    with suppress(ValueError):
        return _spec(text) == spec
    return False


def _spec(text: object) -> Spec:
    if not isinstance(text, str):
        raise ValueError(f'must be a type string: {shown(text)}')
    spec = parse_type(text, 'hls4ml' if text.strip().lower().startswith('ap_float') else None)
    if not can(spec, Capability.HLS4ML_CONFIG):
        # its ap_float<W, E> counts all bits, and has codes for inf and NaN
        raise ValueError(
            f'{shown(text)}: must be a fixed-point or integer type; the floats of hls4ml have no spec here'
        )
    _text(spec)
    return spec
