"""Named specs, and specs per channel, in a JSON file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from .._checks.errors import within
from .._checks.shown import as_step, shown
from .._tables import Table, Tabular
from ..files.text import read_encoded
from ..files.whole import write_whole
from ..formats.per_channel import Formats
from .changes import Changes, changes
from .rows import table, written
from .specs import as_formats, first_per_channel, least_version
from .version import NEWEST

__all__ = ['Changes', 'QuantizerConfig', 'changes']

if TYPE_CHECKING:
    import keras


class QuantizerConfig(Tabular, Mapping[str, Formats]):
    """An immutable mapping from a name, that of a tensor or of an activation, to its spec, or to one per channel.

    Two configurations are equal where their specs (in any order), version and description are.

    Args:
        specs: a mapping from non-empty names to specs, to `PerChannel`, or to type strings of any dialect.
        description: free text.
        version: of the file format, 1 or 2. If not given, the least that can say the specs, so that older releases read
            the file wherever they can: 2, which release 1.4 brought, where there is a `PerChannel`, and else 1.

    Raises ValueError, with the path inside the configuration (`specs.dense1.weight: ...`), for anything else.

    >>> config = QuantizerConfig({'dense1.weight': 'fixed<8,1,RND,SAT>'})
    >>> config['dense1.weight'].cpp_type
    'ap_fixed<8, 1, AP_RND, AP_SAT>'
    """

    __slots__ = ('_description', '_specs', '_version')
    _specs: Mapping[str, Formats]
    _description: str | None
    _version: int

    def __init__(
        self, specs: Mapping[str, Formats | str], *, description: str | None = None, version: int | None = None
    ) -> None:
        if not isinstance(specs, Mapping):
            raise ValueError(f"'specs' must be a mapping from names to specs: {shown(specs)}")
        if version is not None and (type(version) is not int or not 1 <= version <= NEWEST):
            raise ValueError(f'version: must be 1 or {NEWEST}: {shown(version)}')
        if description is not None and not isinstance(description, str):
            raise ValueError(f'description: must be a string: {shown(description)}')
        put = object.__setattr__
        made = {name: as_formats(name, spec) for name, spec in specs.items()}
        per_channel = first_per_channel(made)
        if version == 1 and per_channel is not None:
            raise ValueError(
                f'version: must be 2 where a name has formats per channel, as specs.{as_step(per_channel)} has: 1'
            )
        put(self, '_specs', MappingProxyType(made))
        put(self, '_description', description)
        put(self, '_version', version or least_version(made))

    @property
    def version(self) -> int:
        """The version of the file format."""
        return self._version

    @property
    def description(self) -> str | None:
        """Free text, or None."""
        return self._description

    def __getitem__(self, name: str) -> Formats:
        return self._specs[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._specs)

    def __len__(self) -> int:
        return len(self._specs)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, QuantizerConfig):
            return NotImplemented
        return (self._specs, self._description, self._version) == (other._specs, other._description, other._version)

    def __hash__(self) -> int:
        return hash((frozenset(self._specs.items()), self._description, self._version))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f'a QuantizerConfig is immutable: {name!r} cannot be set')

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f'a QuantizerConfig is immutable: {name!r} cannot be deleted')

    def __repr__(self) -> str:
        """As one writes it, a line for each of the first 20 names."""
        version = None if self._version == least_version(self._specs) else self._version
        return written(self._specs, {'description': self._description, 'version': version})

    def table(self) -> Table:
        """A row a name.

        :meta private:
        """
        return table(self._specs, self._description or '')

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (dict(self._specs), self._description, self._version)

    def to_json(self) -> str:
        """The JSON text, ending in a newline; specs in their order, every field written out."""
        return json.dumps(self.to_dict(), indent=2) + '\n'

    def to_dict(self) -> dict[str, Any]:
        """The same as plain data."""
        tree: dict[str, Any] = {'version': self._version}
        if self._description is not None:
            tree['description'] = self._description
        return tree | {'specs': {name: formats.get_config() for name, formats in self._specs.items()}}

    @classmethod
    def from_json(cls, text: str | bytes) -> QuantizerConfig:
        """The configuration that the JSON text says.

        `$schema`, by which an editor finds the JSON Schema, is ignored, and no part of the configuration.

        Raises ValueError for broken JSON, an unknown, repeated or missing key, an unknown version, and a spec that
        cannot be: a line for each mistake, at most ten, with the path inside the file.
        """
        from .schema import read_config

        return cls(**read_config(text))

    @classmethod
    def load(cls, path: str | PathLike[str]) -> QuantizerConfig:
        """The configuration in the JSON file. Raises OSError, or ValueError with the file's name; see `from_json`."""
        text = read_encoded(Path(path))
        try:
            return cls.from_json(text)
        except ValueError as error:
            raise within(path, error) from None

    def save(self, path: str | PathLike[str]) -> None:
        """Write the JSON file: beside its target, and renamed when it is whole. Raises OSError."""
        write_whole({Path(path): self.to_json().encode()})

    def to_hls4ml(
        self, model: keras.Model | None = None, *, backend: str | None = None, base: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """The dictionary that hls4ml takes as `hls_config`; `from_hls4ml` reads equal specs from it.

        `layer.tensor`, split at the last dot, is `LayerName: {layer: {Precision: {tensor: 'fixed<8,3,RND,SAT>'}}}`. The
        tensors are hls4ml's (`weight`, `bias`, `result`, `accum`, ...); `layer.default` is for those of the layer
        without their own. The tables of activations, `table`, `exp_table`, `inv_table`, and `inv_inp`, the sum that is
        looked up in the latter, stand beside `Precision`, where alone hls4ml reads them, `LayerName: {layer:
        {exp_table_t: ...}}`; no `default` is for them. A name without a dot is for the whole model, under `Model`:
        `default`, a tensor other than a table, or `maximum`, the widest that hls4ml may infer. A tensor has one type
        there: of formats per channel it is the joined one, with a warning that says how many bits that costs. What is
        no format (`ReuseFactor`, ...) is that of `base`, or yours to add; the description is left out.

        What hls4ml ignores is refused by name, as far as it can be known. Without a model that is a tensor whose format
        no layer of any kind takes; with it, one that this layer does not take: the `table` of a softmax, the `bias` of
        a layer without, the `result` of `Flatten`, which has the format of its input. Of a layer that hls4ml does not
        itself know, such as your own, no tensor of another layer is refused. With `backend`, what only others take is
        refused, too: `inv_inp` is for Vivado and Vitis alone.

        Args:
            model: a Keras model, whose layers, as hls4ml calls them, the names must be of: also `dense_relu` of a layer
                `dense` with that activation.
            backend: that of hls4ml for which it is meant, in upper or lower case: Vivado, VivadoAccelerator, Vitis,
                Quartus, Catapult, oneAPI, Libero or SymbolicExpression. If not given, what any of them takes passes.
            base: a configuration of hls4ml, or the dictionary of a project around one, to be copied: the formats go
                into their places there, and all else stays, `auto` of what has no format here, too.

        Raises ValueError, with the name, for a tensor that hls4ml does not know or ignores, two names that it cannot
        tell apart, a layer that `model` has not, a backend that it has not, a `base` that is no configuration, and a
        spec that it cannot say: minifloat, binary, WRAP_SM, and, as they would not be read back, ternary and the
        stochastic roundings.

        Source: hls4ml 1.3.0, where this was seen; "Configuration" in its documentation.
        """
        from ..exchange.hls4ml.configuration import to_hls4ml

        return to_hls4ml(self._specs, model, backend, base)

    @classmethod
    def from_hls4ml(
        cls, source: Mapping[str, Any] | str | PathLike[str], model: keras.Model | None = None
    ) -> QuantizerConfig:
        """The formats in a configuration of hls4ml; see `to_hls4ml` for the names.

        Args:
            source: the dictionary, the path of a YAML file, or YAML text of more than one line; either the part
                `HLSConfig` or the whole file of a project around it. YAML needs `pip install 'quantizers[hls4ml]'`.
            model: a Keras model, by whose layers the formats of a layer type (`LayerType`, by hls4ml's names: `Dense`,
                `Softmax`, `Input`, `Pooling2D`, `Merge`) become those of layers. What a layer says under `LayerName`
                comes first, as in hls4ml: its own format of the tensor, its `default`, then the two of its type.

        A `Precision` that is one string is that of `layer.default`. `auto`, which leaves the format to hls4ml, is no
        spec; that and what is no format is left out, and `to_hls4ml(base=...)` keeps it. Left out is also what hls4ml
        lets stand in a layer's `Precision` without using it, `table`, `exp_table`, `inv_table`, `inv_inp`, `slope`,
        `shift`, `dw_output` and `expr`; one warning names them, with the key that it does read. There is none for the
        defaults that hls4ml writes there itself, and has anyway.

        Raises OSError, ImportError without PyYAML, and ValueError, in one line with the file's name and the path inside
        (`LayerName.dense1.Precision.weight: ...`), for broken YAML, tags that ask for Python objects, repeated keys,
        types that are not fixed-point, names that `to_hls4ml` refuses without a model, formats of a layer type without
        a model, and keys such as `weight_t`, which hls4ml ignores as it reads `Precision`.
        """
        from ..exchange.hls4ml.configuration import from_hls4ml

        return cls(from_hls4ml(source, model))

    @staticmethod
    def json_schema() -> dict[str, Any]:
        """The JSON Schema (draft 2020-12) of the file, published as `specs/quantizer-config.schema.json`."""
        from .schema import config_schema

        return config_schema()


def _rebuild(specs: dict[str, Formats], description: str | None, version: int) -> QuantizerConfig:
    return QuantizerConfig(specs, description=description, version=version)
