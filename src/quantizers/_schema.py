"""The form of a configuration file, as pydantic models; imported only when a file is read or the schema is asked for.

pydantic checks the keys and their nesting and publishes the JSON Schema; what a value may be is for the specs
themselves, so that one rule has one message.
"""

from __future__ import annotations

import json
import re
import reprlib
from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic_core import core_schema

from .config import VERSION
from .cpp import parse_type
from .formats import MAX_BITS, Spec
from .modes import Overflow, Rounding

DRAFT = 'https://json-schema.org/draft/2020-12/schema'


def _mode(known: type[Rounding] | type[Overflow]) -> dict[str, Any]:
    names: list[str] = [mode.value for mode in known]
    any_case = '|'.join(re.sub('[A-Z]', lambda m: f'[{m[0]}{m[0].lower()}]', name) for name in names)
    return {'anyOf': [{'enum': names}, {'type': 'string', 'pattern': f'^\\s*([Aa][Pp]_)?({any_case})\\s*$'}]}


def _integer(low: int, high: int) -> dict[str, Any]:
    return {'type': 'integer', 'minimum': low, 'maximum': high}


_VALUES: dict[str, dict[str, Any]] = {
    'width': _integer(1, MAX_BITS) | {'description': 'total width in bits'},
    'integer': _integer(-MAX_BITS, MAX_BITS) | {'description': 'integer bits, the sign bit included'},
    'signed': {'enum': [True, False, 0, 1], 'description': 'whether there is a sign bit'},
    'rounding': _mode(Rounding),
    'overflow': _mode(Overflow),
    'saturation_bits': _integer(0, MAX_BITS) | {'description': 'N, for WRAP and WRAP_SM; less than the width'},
    'mantissa_bits': _integer(0, 52),
    'exponent_bits': _integer(1, 11),
    'exponent_zero': _integer(-MAX_BITS, MAX_BITS) | {'description': 'added to every exponent'},
}


def _tag(spec: Any) -> Any:
    return next(field.default for field in fields(spec) if field.name == 'kind')


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra='forbid')


def _kind(spec: Any) -> Any:
    """The model of one kind of spec, whose validated form is the spec itself."""
    members: dict[str, Any] = {'kind': (Literal[_tag(spec)], ...)}
    for field in fields(spec):
        if field.name != 'kind':
            default = ... if field.default is MISSING else field.default
            members[field.name] = (Any, Field(default, json_schema_extra=_VALUES[field.name]))
    model = create_model(spec.__name__, __base__=_Strict, **members)
    return Annotated[model, AfterValidator(lambda read: spec(**{name: getattr(read, name) for name in members}))]


class _OrText:
    """Takes a type string where the models are wanted."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        return core_schema.no_info_wrap_validator_function(
            lambda value, models: parse_type(value) if isinstance(value, str) else models(value), handler(source)
        )

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        text = {'type': 'string', 'description': 'a type string of the dialect ap, ac or hls4ml'}
        return {'anyOf': [text | {'examples': ['ap_fixed<16, 6>', 'fixed<8,3,RND,SAT>']}, handler(schema)]}


_TAGS = [repr(_tag(spec)) for spec in get_args(Spec)]
_Name = Annotated[str, Field(min_length=1)]
if TYPE_CHECKING:
    _AnySpec = Spec
else:
    _KINDS = Union[tuple(_kind(spec) for spec in get_args(Spec))]  # noqa: UP007  (made of a tuple)
    _AnySpec = Annotated[Annotated[_KINDS, Field(discriminator='kind')], _OrText()]


class QuantizerConfigFile(_Strict):
    """Named number formats of a neural network: a configuration of the Python package `quantizers`."""

    version: Annotated[int, Field(ge=VERSION, le=VERSION, json_schema_extra={'const': VERSION})]
    description: str | None = None
    specs: dict[_Name, _AnySpec]


def config_schema() -> dict[str, Any]:
    """The JSON Schema of a configuration file."""
    return {'$schema': DRAFT, **QuantizerConfigFile.model_json_schema()}


def read_config(text: str | bytes) -> dict[str, Any]:
    """The arguments of `QuantizerConfig` that the JSON text says; ValueErrors are of one line, with the path inside."""
    return _validate(QuantizerConfigFile, read_json(text))


def _validate(model: type[BaseModel], tree: Any) -> dict[str, Any]:
    try:
        return dict(model.model_validate(tree))
    except ValidationError as error:
        first, *others = error.errors(include_url=False)
        more = f' (and {len(others)} more)' if others else ''
        raise ValueError(_line(first) + more) from None


def _line(error: Any) -> str:
    """`specs.dense1.weight.width: 'width' must be an integer from 1 to 4096: 0`."""
    path, kind, shown = list(error['loc']), error['type'], reprlib.repr(error['input'])
    if path[2:3] == ['[key]']:
        return f'specs: a name must be a non-empty string of Unicode: {shown}'
    if len(path) > 2:
        del path[2]  # the tag of the union: it is the kind, not a key
    message = f'{error["msg"]}: {shown}'
    if kind == 'value_error':
        message = str(error['ctx']['error'])
        field = re.match(r"'(\w+)' ", message)
        path += [field[1]] if field and field[1] in _VALUES else []
    elif kind == 'missing':
        message = 'this key is missing'
    elif kind == 'extra_forbidden':
        message = 'unknown key'
    elif kind in ('union_tag_invalid', 'union_tag_not_found'):
        found = reprlib.repr(error['input']['kind']) if 'kind' in error['input'] else 'this key is missing'
        path, message = [*path, 'kind'], f'must be one of {", ".join(_TAGS)}: {found}'
    elif path == ['version']:
        message = f'must be {VERSION}, the only version known: {shown}'
    elif len(path) == 2:
        message = f'must be an object with a kind, or a type string: {shown}'
    elif kind != 'string_type':
        message = f'must be an object: {shown}'
    return f'{".".join(map(str, path)) or "the file"}: {message}'


class _Repeated(dict[str, Any]):
    """A JSON object in which `key` stands more than once."""

    key: str


def read_json(text: str | bytes) -> Any:
    """The tree of strict JSON (no NaN, no repeated keys). Raises ValueError in one line."""

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        tree = dict(items)
        if len(tree) == len(items):
            return tree
        seen: set[str] = set()
        result = _Repeated(tree)
        result.key = next(key for key, _ in items if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        return result

    def constant(name: str) -> Any:
        raise ValueError(f'{name} is not JSON')

    try:
        tree = json.loads(text, object_pairs_hook=pairs, parse_constant=constant)
    except RecursionError:
        raise ValueError('broken JSON: nested too deeply') from None
    except ValueError as error:
        raise ValueError(f'broken JSON: {error}') from None
    _refuse_repeated(tree, ())
    return tree


def _refuse_repeated(tree: Any, path: tuple[str, ...]) -> None:
    if isinstance(tree, _Repeated):
        raise ValueError(f'{".".join((*path, tree.key))}: this key is repeated')
    if isinstance(tree, dict):
        for key, value in tree.items():
            _refuse_repeated(value, (*path, key))
