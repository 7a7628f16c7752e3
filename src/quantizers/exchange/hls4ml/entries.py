"""The entries of a configuration of hls4ml: each tensor, its type string, and the path to it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
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


def _snake(key: object) -> str:
    """As hls4ml's convert_to_snake_case: exp_table_t may be written ExpTableT."""
    return re.sub('_{2,}', '_', re.sub('(?<!^)(?=[A-Z])', '_', str(key)).lower())


def is_said(text: object) -> bool:
    """Whether it is a type, and not left to hls4ml."""
    return text is not None and not (isinstance(text, str) and text.strip().lower() == 'auto')
