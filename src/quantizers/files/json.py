"""Strict JSON: no NaN, no key twice in an object."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from .._checks.errors import FileError
from .._checks.shown import as_step


class _Repeated(dict[str, Any]):
    """A JSON object in which `key` stands more than once."""

    key: str


def read_json(text: str | bytes) -> Any:
    """The tree of strict JSON (no NaN, no repeated keys). Raises ValueError, a line each."""
    repeated: list[str] = []

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        tree = dict(items)
        if len(tree) == len(items):
            return tree
        seen: set[str] = set()
        result = _Repeated(tree)
        result.key = next(key for key, _ in items if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        repeated.append(result.key)
        return result

    def constant(name: str) -> Any:
        raise ValueError(f'{name} is not JSON')

    try:
        text = text.removeprefix('\ufeff') if isinstance(text, str) else text
        tree = json.loads(text, object_pairs_hook=pairs, parse_constant=constant)
        paths = [*_paths_of_repeated(tree)] if repeated else []
    except RecursionError:
        raise ValueError('broken JSON: nested too deeply') from None
    except UnicodeDecodeError as error:
        raise ValueError(f'broken JSON: no text in {error.encoding}, from byte {error.start} on') from None
    except ValueError as error:
        raise ValueError(f'broken JSON: {error}') from None
    if paths:
        raise FileError(*(f'{".".join(map(as_step, path))}: this key is repeated' for path in paths))
    return tree


def _paths_of_repeated(tree: object, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if isinstance(tree, _Repeated):
        yield *path, tree.key
    if isinstance(tree, dict | list):
        for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
            yield from _paths_of_repeated(value, (*path, str(key)))
