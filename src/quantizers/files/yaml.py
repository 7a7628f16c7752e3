"""YAML of others, read as data: no object is made, no file is opened, and every refusal is one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .._checks.shown import as_step

if TYPE_CHECKING:
    from yaml import Node

MERGE = 'tag:yaml.org,2002:merge'


def read_yaml(text: str | bytes) -> Any:
    """The tree of one YAML document, as `yaml.safe_load` makes it; a key that stands twice is refused.

    A model under hls4ml's tag `!keras_model` is None. Raises ValueError in one line, and ImportError without PyYAML.
    """
    try:
        from yaml import SafeLoader
    except ImportError:
        raise ImportError("YAML is read by PyYAML: pip install 'quantizers[hls4ml]'") from None
    with _one_line():
        loader = SafeLoader(text)
        # Where hls4ml has read a file before, the SafeLoader itself loads the model that this tag names.
        loader.yaml_constructors = loader.yaml_constructors | {'!keras_model': lambda *_: None}
        document = loader.get_single_node()
    if document is None:
        return None
    _check_keys(document, (), set())
    with _one_line():
        return loader.construct_document(document)


@contextmanager
def _one_line() -> Iterator[None]:
    from yaml import MarkedYAMLError, YAMLError

    try:
        yield
    except MarkedYAMLError as error:
        mark = error.problem_mark
        place = f' (line {mark.line + 1}, column {mark.column + 1})' if mark else ''
        raise ValueError(f'broken YAML: {error.problem}{place}') from None
    except RecursionError:
        raise ValueError('broken YAML: nested too deeply') from None
    # PyYAML lets through what a scalar meets that is not what its tag says: `!!int ""`, `!!bool 3`, `1:00:00` and so on
    except (YAMLError, ValueError, LookupError, AttributeError, TypeError, ArithmeticError) as error:
        raise ValueError(f'broken YAML: {" ".join(str(error).split())}') from None


def _check_keys(node: Node, path: tuple[str, ...], seen: set[int]) -> None:
    """Refuse a key that stands twice, of which PyYAML takes the last, and merges, which can grow large."""
    if isinstance(node.value, str) or id(node) in seen:
        return
    seen.add(id(node))  # an alias is the node itself, and may stand inside itself
    keys: set[tuple[str, str]] = set()
    for item in node.value:
        key, value = item if isinstance(item, tuple) else (None, item)
        inner = path
        if key is not None and isinstance(key.value, str):
            inner = (*path, as_step(key.value))
            if (key.tag, key.value) in keys:
                raise ValueError(f'{".".join(inner)}: this key is repeated')
            keys.add((key.tag, key.value))
            if key.tag == MERGE:
                raise ValueError(f'{".".join(inner)}: must not be merged: write its keys out')
        _check_keys(value, inner, seen)
