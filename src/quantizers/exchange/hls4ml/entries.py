"""The entries of a configuration of hls4ml, read and written: each tensor, its type string, and the path to it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from typing import Any

from ..._checks.shown import as_step, shown
from .layers import KEYS


def mapping(tree: object, path: str) -> Mapping[Any, Any]:
    """What must be a mapping, or a ValueError with the path."""
    if not isinstance(tree, Mapping):
        raise ValueError(f'{path}: must be a mapping: {shown(tree)}')
    return tree


def entries(tree: Mapping[Any, Any], root: str, key: str) -> list[tuple[Any, Any, str]]:
    """Each name under `key`, what stands there, and the path to it."""
    path = f'{root}{key}'
    entries = {} if tree.get(key) is None else mapping(tree[key], path)
    return [(name, entry, f'{path}.{as_step(name)}') for name, entry in entries.items()]


def precisions(entry: object, path: str) -> Iterator[tuple[str, object, str]]:
    """Each tensor in a layer's `Precision`, its type string, and the path to it."""
    precision = None if entry is None else mapping(entry, path).get('Precision')
    path = f'{path}.Precision'
    types = precision if isinstance(precision, Mapping) else {'default': precision}
    for tensor, text in types.items():
        if is_said(text):
            yield ('default', text, path) if types is not precision else (tensor, text, f'{path}.{as_step(tensor)}')


def keys(entry: object, path: str) -> Iterator[tuple[str, object, str]]:
    """Each tensor whose type stands beside `Precision`, that is, under a key which hls4ml takes for one."""
    for key, text in ({} if entry is None else mapping(entry, path)).items():
        snake = _snake(key)
        if snake.endswith('_t') and is_said(text):
            yield snake.removesuffix('_t'), text, f'{path}.{as_step(key)}'


def own(entry: object) -> set[Any]:
    """The tensors of which a layer itself says something, if only that hls4ml is to choose."""
    entry = {} if entry is None else mapping(entry, '')
    precision = entry.get('Precision')
    types = precision if isinstance(precision, Mapping) else {'default': precision}
    says = {tensor for tensor, text in types.items() if text is not None and tensor not in KEYS}
    beside = (_snake(key) for key, text in entry.items() if text is not None)
    return says | {key.removesuffix('_t') for key in beside if key.endswith('_t')}


def copied(base: object) -> tuple[dict[Any, Any], dict[Any, Any]]:
    """A copy of a configuration, or of a project around it, and the part in it that is for hls4ml's `hls_config`."""
    whole = {**mapping(base, 'base')}
    if 'HLSConfig' not in whole:
        whole = deepcopy(whole)
        return whole, whole
    # alone: what stands beside it may be a model
    whole['HLSConfig'] = tree = deepcopy({**mapping(whole['HLSConfig'], 'base.HLSConfig')})
    return whole, tree


def layers_of(tree: Mapping[Any, Any]) -> dict[str, Any]:
    """The names of the layers that have an entry, by what hls4ml takes for one."""
    return {str(name).lower(): name for name, _, _ in entries(tree, 'base.', 'LayerName')}


def entry_of(tree: dict[Any, Any], layer: str | None, before: Mapping[str, Any]) -> dict[Any, Any]:
    """The entry of a layer, or of the model, made where there is none; `before` are the layers that had one."""
    if layer is None:
        return _part(tree, 'Model', 'base')
    other = before.get(layer.lower(), layer) if before else layer
    if other != layer:
        raise ValueError(f"'base' calls it {shown(other)}, and hls4ml takes both for one: write its name so here")
    return _part(_part(tree, 'LayerName', 'base'), layer, 'base.LayerName')


def put(entry: dict[Any, Any], tensor: str, text: str, says_it: Callable[[object], bool]) -> None:
    """Write a type string where hls4ml reads it, unless what stands there says the same."""
    # where hls4ml looks first, and of tables alone
    beside = next((key for key in entry if _snake(key) == f'{tensor}_t'), None) if entry else None
    types, key = entry, 'Precision'
    if tensor in KEYS or (tensor == 'accum' and beside is not None):
        key = KEYS[tensor] if beside is None else beside
    elif (precision := entry.get('Precision')) is None:
        entry['Precision'] = {tensor: text}
        return
    elif isinstance(precision, Mapping):
        types, key = entry['Precision'], tensor
    elif tensor != 'default':
        entry['Precision'] = types = {'default': precision}
        key = tensor
    said = types.get(key)
    if said is None or not says_it(said):
        types[key] = text


def _part(tree: dict[Any, Any], key: str, path: str) -> dict[Any, Any]:
    """The mapping under `key`, made where there is none; `path` is that of `tree`."""
    part: dict[Any, Any] | None = tree.get(key)
    if part is None:
        part = tree[key] = {}
    elif type(part) is not dict:
        mapping(part, f'{path}.{as_step(key)}')
    return part


def _snake(key: object) -> str:
    """As hls4ml's convert_to_snake_case: exp_table_t may be written ExpTableT."""
    return re.sub('_{2,}', '_', re.sub('(?<!^)(?=[A-Z])', '_', str(key)).lower())


def is_said(text: object) -> bool:
    """Whether it is a type, and not left to hls4ml."""
    return text is not None and not (isinstance(text, str) and text.strip().lower() == 'auto')
