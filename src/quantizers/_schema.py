"""The form of a configuration file, as pydantic models; imported only when a file is read or the schema is asked for.

pydantic checks the keys and their nesting and publishes the JSON Schema; what a value may be is for the specs
themselves, so that one rule has one message.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationError, create_model
from pydantic_core import core_schema

from ._per_channel import Formats, PerChannel
from ._printable import shown
from ._validation import FieldError, checks_of
from .config import VERSION
from .cpp import parse_type
from .formats import SPECS, Spec

DRAFT = 'https://json-schema.org/draft/2020-12/schema'


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra='forbid')


def _checked(cls: Any) -> dict[str, Any]:
    """The fields that declare checks, as members of a model; they are checked where the object is made."""
    return {
        field.name: (Any, Field(... if field.default is MISSING else field.default, json_schema_extra=check.schema))
        for field in fields(cls)
        if (check := checks_of(cls).get(field.name))
    }


def _model(cls: Any, **members: Any) -> Any:
    """The model of a class, whose validated form is the object itself."""
    model = create_model(cls.__name__, __base__=_Strict, **members)
    return Annotated[model, AfterValidator(lambda read: cls(**dict(read)))]


def _is_per_channel(tree: dict[str, Any]) -> bool:
    return 'kind' not in tree and ('axis' in tree or 'specs' in tree)


class _OrText:
    """Takes a type string where the models are wanted. Of equal texts and objects of a file there is one spec."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        def spec(value: Any, models: Any, info: Any) -> Any:
            made: dict[str, Spec] = info.context
            key = repr(value)  # 1, 1.0 and true are equal, and not the same
            if key not in made:
                if not isinstance(value, str | dict):
                    raise ValueError(f'must be an object with a kind, or a type string: {shown(value)}')
                made[key] = parse_type(value) if isinstance(value, str) else models(value)
            return made[key]

        return core_schema.with_info_wrap_validator_function(spec, handler(source))

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        text = {'type': 'string', 'description': 'a type string of the dialect ap, ac or hls4ml'}
        return {'anyOf': [text | {'examples': ['ap_fixed<16, 6>', 'fixed<8,3,RND,SAT>']}, handler(schema)]}


_TAGS = [repr(spec.kind) for spec in SPECS]
_Name = Annotated[str, Field(min_length=1)]
if TYPE_CHECKING:
    _Formats = Formats
else:
    _KINDS = Union[tuple(_model(spec, kind=(Literal[spec.kind], ...), **_checked(spec)) for spec in SPECS)]  # noqa: UP007  (made of a tuple)
    _AnySpec = Annotated[Annotated[_KINDS, Field(discriminator='kind')], _OrText()]
    _PER_CHANNEL = _model(
        PerChannel,
        **_checked(PerChannel),
        specs=(list[_AnySpec], Field(min_length=1, description='the format of each index of the axis')),
        __doc__='The formats of the channels of a tensor; since version 2.',
    )
    _Formats = Annotated[
        Annotated[_AnySpec, Tag('spec')] | Annotated[_PER_CHANNEL, Tag('channels')],
        Discriminator(lambda value: 'channels' if isinstance(value, dict) and _is_per_channel(value) else 'spec'),
    ]


class QuantizerConfigFile(_Strict):
    """Named number formats of a neural network: a configuration of the Python package `quantizers`."""

    version: Annotated[int, Field(ge=1, le=VERSION, description='2 where a name has formats per channel, else 1')]
    description: str | None = None
    specs: dict[_Name, _Formats]


def config_schema() -> dict[str, Any]:
    """The JSON Schema of a configuration file."""
    return {'$schema': DRAFT, **QuantizerConfigFile.model_json_schema()}


def read_config(text: str | bytes) -> dict[str, Any]:
    """The arguments of `QuantizerConfig` that the JSON text says; ValueErrors are of one line, with the path inside."""
    tree = read_json(text)
    try:
        return dict(QuantizerConfigFile.model_validate(tree, context={}))
    except RecursionError:
        raise ValueError('broken JSON: nested too deeply') from None
    except ValidationError as error:
        first, *others = error.errors(include_url=False)
        more = f' (and {len(others)} more)' if others else ''
        raise ValueError(_line(first) + more) from None


def _path(location: tuple[str | int, ...]) -> list[str | int]:
    """The keys of the file that lead to pydantic's location, which names the chosen member of each union, too."""
    match location:
        case 'specs', _, '[key]':
            return ['specs']
        case 'specs', name, 'spec', *fields:
            return ['specs', name, *fields[1:]]
        case 'specs', name, 'channels', 'specs', index, *fields:
            return ['specs', name, 'specs', index, *fields[1:]]
        case 'specs', name, 'channels', *fields:
            return ['specs', name, *fields]
    return list(location)


def _line(error: Any) -> str:
    """`specs.dense1.weight.width: 'width' must be an integer from 1 to 4096: 0`."""
    path, kind, found = _path(error['loc']), error['type'], shown(error['input'])
    message = f'{error["msg"]}: {found}'
    if kind == 'value_error':
        refusal = error['ctx']['error']
        path += [refusal.field] if isinstance(refusal, FieldError) else []
        message = str(refusal)
    elif error['loc'][2:] == ('[key]',):
        message = f'a name must be a non-empty string of Unicode: {found}'
    elif kind == 'missing':
        message = 'this key is missing'
    elif kind == 'extra_forbidden':
        message = 'unknown key'
    elif kind in ('union_tag_invalid', 'union_tag_not_found'):
        found = shown(error['input']['kind']) if 'kind' in error['input'] else 'this key is missing'
        path, message = [*path, 'kind'], f'must be one of {", ".join(_TAGS)}: {found}'
    elif path == ['version']:
        message = f'must be 1 or {VERSION}: {found}'
    elif kind in ('list_type', 'too_short'):
        message = f'must be a list of formats, one a channel: {found}'
    elif kind != 'string_type':
        message = f'must be an object: {found}'
    return f'{".".join(map(str, path)) or "the file"}: {message}'


class _Repeated(dict[str, Any]):
    """A JSON object in which `key` stands more than once."""

    key: str


def read_json(text: str | bytes) -> Any:
    """The tree of strict JSON (no NaN, no repeated keys). Raises ValueError in one line."""
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
        tree = json.loads(text, object_pairs_hook=pairs, parse_constant=constant)
        path = next(_paths_of_repeated(tree)) if repeated else ()
    except RecursionError:
        raise ValueError('broken JSON: nested too deeply') from None
    except ValueError as error:
        raise ValueError(f'broken JSON: {error}') from None
    if path:
        raise ValueError(f'{".".join(path)}: this key is repeated')
    return tree


def _paths_of_repeated(tree: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if isinstance(tree, _Repeated):
        yield *path, tree.key
    if isinstance(tree, dict | list):
        for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
            yield from _paths_of_repeated(value, (*path, str(key)))
