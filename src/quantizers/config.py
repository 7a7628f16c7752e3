"""Named specs in a JSON file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ._files import write_whole
from .cpp import parse_type
from .formats import BinaryQ, FixedQ, MinifloatQ, Spec, TernaryQ

VERSION = 1


class QuantizerConfig(Mapping[str, Spec]):
    """An immutable mapping from a name, that of a tensor or of an activation, to its spec.

    Two configurations are equal where their specs (in any order), version and description are.

    Args:
        specs: a mapping from non-empty names to specs, or to type strings of any dialect.
        description: free text.
        version: of the file format; 1.

    Raises ValueError, with the path inside the configuration (`specs.dense1.weight: ...`), for anything else.

    >>> config = QuantizerConfig({'dense1.weight': 'fixed<8,1,RND,SAT>'})
    >>> config['dense1.weight'].cpp_type
    'ap_fixed<8, 1, AP_RND, AP_SAT>'
    """

    __slots__ = ('_description', '_specs', '_version')
    _specs: Mapping[str, Spec]
    _description: str | None
    _version: int

    def __init__(
        self, specs: Mapping[str, Spec | str], *, description: str | None = None, version: int = VERSION
    ) -> None:
        if not isinstance(specs, Mapping):
            raise ValueError(f"'specs' must be a mapping from names to specs: {specs!r}")
        if isinstance(version, bool) or not isinstance(version, int) or version != VERSION:
            raise ValueError(f'version: must be {VERSION}, the only version known: {version!r}')
        if description is not None and not isinstance(description, str):
            raise ValueError(f'description: must be a string: {description!r}')
        put = object.__setattr__
        put(self, '_specs', MappingProxyType({name: _spec(name, spec) for name, spec in specs.items()}))
        put(self, '_description', description)
        put(self, '_version', version)

    @property
    def version(self) -> int:
        """The version of the file format."""
        return self._version

    @property
    def description(self) -> str | None:
        """Free text, or None."""
        return self._description

    def __getitem__(self, name: str) -> Spec:
        return self._specs[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._specs)

    def __len__(self) -> int:
        return len(self._specs)

    def _key(self) -> tuple[Any, ...]:
        return frozenset(self._specs.items()), self._description, self._version

    def __eq__(self, other: object) -> bool:
        return self._key() == other._key() if isinstance(other, QuantizerConfig) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._key())

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f'a QuantizerConfig is immutable: {name!r} cannot be set')

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f'a QuantizerConfig is immutable: {name!r} cannot be deleted')

    def __repr__(self) -> str:
        return f'QuantizerConfig({dict(self._specs)!r}, description={self._description!r}, version={self._version!r})'

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (dict(self._specs), self._description, self._version)

    def to_json(self) -> str:
        """The JSON text, ending in a newline; specs in their order, every field written out."""
        tree: dict[str, Any] = {'version': self._version}
        if self._description is not None:
            tree['description'] = self._description
        tree['specs'] = {name: spec.get_config() for name, spec in self._specs.items()}
        return json.dumps(tree, indent=2) + '\n'

    @classmethod
    def from_json(cls, text: str | bytes) -> QuantizerConfig:
        """The configuration that the JSON text says.

        Raises ValueError, in one line with the path inside the file, for broken JSON, an unknown, repeated or missing
        key, an unknown version, and a spec that cannot be.
        """
        from ._schema import read_config

        return cls(**read_config(text))

    @classmethod
    def load(cls, path: str | PathLike[str]) -> QuantizerConfig:
        """The configuration in the JSON file. Raises OSError, or ValueError with the file's name; see `from_json`."""
        try:
            return cls.from_json(Path(path).read_bytes())
        except ValueError as error:
            raise ValueError(f'{path}: {error}') from None

    def save(self, path: str | PathLike[str]) -> None:
        """Write the JSON file: beside its target, and renamed when it is whole. Raises OSError."""
        write_whole({Path(path): self.to_json().encode()})

    @staticmethod
    def json_schema() -> dict[str, Any]:
        """The JSON Schema (draft 2020-12) of the file, published as `specs/quantizer-config.schema.json`."""
        from ._schema import config_schema

        return config_schema()


def _rebuild(specs: dict[str, Spec], description: str | None, version: int) -> QuantizerConfig:
    return QuantizerConfig(specs, description=description, version=version)


def _spec(name: Any, spec: Any) -> Spec:
    if not isinstance(name, str) or not name:
        raise ValueError(f'specs: a name must be a non-empty string: {name!r}')
    try:
        result: Spec = parse_type(spec) if isinstance(spec, str) else spec
    except ValueError as error:
        raise ValueError(f'specs.{name}: {error}') from None
    if not isinstance(result, FixedQ | MinifloatQ | BinaryQ | TernaryQ):
        raise ValueError(f'specs.{name}: must be a spec or a type string: {spec!r}')
    return result
