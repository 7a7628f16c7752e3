"""The form of a configuration file, as pydantic models; imported only when a file is read or the schema is asked for.

pydantic checks the keys and their nesting and publishes the JSON Schema; what a value may be is for the specs
themselves, so that one rule has one message.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from dataclasses import Field as DataclassField
from functools import lru_cache, partial
from operator import getitem
from types import GenericAlias
from typing import Annotated, Any, Literal, TypeVar, Union

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    Tag,
    ValidationError,
    ValidationInfo,
    create_model,
)
from pydantic_core import CoreSchema, core_schema

from .._checks.capabilities import Capability, can
from .._checks.fields import Check, checks_of
from .._checks.shown import in_json
from ..cpp.types import parse_type
from ..files.json import read_json
from ..formats import KINDS, Format, Quantizer, Spec
from ..formats.per_channel import PerChannel
from .refusals import refusals
from .version import NEWEST

DRAFT = 'https://json-schema.org/draft/2020-12/schema'
Base = TypeVar('Base', bound=BaseModel)


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra='forbid')


def _members(cls: type[Quantizer | PerChannel]) -> dict[str, tuple[object, object]]:
    """The fields as members of a model, but for the kind; each is checked, so that all that are wrong are said."""
    checks = checks_of(cls)
    return {
        field.name: (
            _checked(field.name, checks.get(field.name)),
            Field(_default(field), json_schema_extra=_schema(checks.get(field.name))),
        )
        for field in fields(cls)
        if field.name != 'kind'
    }


def _checked(name: str, check: Check | None) -> object:
    return Any if check is None else _annotated(Any, AfterValidator(partial(check, name)))


def _default(field: DataclassField[object]) -> object:
    return ... if field.default is MISSING else field.default


def _schema(check: Check | None) -> Callable[[dict[str, Any]], None]:
    """Adds what a check says now: rounding modes may be registered later, too."""
    return lambda schema: schema.update({} if check is None else check.schema)


def _model(cls: type[Quantizer | PerChannel], members: Mapping[str, object], doc: str | None = None) -> object:
    """The model of a class, whose validated form is the object itself."""
    return _annotated(_created(cls.__name__, _Strict, doc, members), AfterValidator(lambda read: cls(**dict(read))))


def _created(name: str, base: type[Base], doc: str | None, members: Mapping[str, object]) -> type[Base]:
    return create_model(name, __base__=base, __doc__=doc, **members)  # type: ignore[call-overload, no-any-return]


def _annotated(of: object, about: object) -> object:
    """A type that is made of others at run time."""
    return getitem(Annotated, (of, about))


def _is_per_channel(tree: dict[str, Any]) -> bool:
    return 'kind' not in tree and ('axis' in tree or 'specs' in tree)


class _OrText:
    """Takes a type string where the models are wanted. Of equal texts and objects of a file there is one spec."""

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        def spec(value: object, models: Callable[[object], Spec], info: ValidationInfo[dict[str, Spec]]) -> Spec:
            made = info.context
            key = repr(value)  # 1, 1.0 and true are equal, and not the same
            if key not in made:
                if not isinstance(value, str | dict):
                    raise ValueError(f'must be an object with a kind, or a type string: {in_json(value)}')
                made[key] = parse_type(value) if isinstance(value, str) else models(value)
            return made[key]

        return core_schema.with_info_wrap_validator_function(spec, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        text = {'type': 'string', 'description': 'a type string of the dialect ap, ac or hls4ml'}
        return {'anyOf': [text | {'examples': ['ap_fixed<16, 6>', 'fixed<8,3,RND,SAT>']}, handler(schema)]}


_Name = Annotated[str, Field(min_length=1)]


class _File(_Strict):
    editor: Annotated[str, Field(alias='$schema', title='$schema', description='for editors; it is not kept')] = ''
    version: Annotated[int, Field(ge=1, le=NEWEST, description='2 where a name has formats per channel, else 1')]
    description: str | None = None


def _kinds() -> tuple[type[Quantizer], ...]:
    """Those that can stand in a file."""
    return tuple(kind for kind in KINDS.values() if can(kind, Capability.CONFIG))


def _of_kind(kind: type[Quantizer], spec: object = None) -> object:
    """The model of a kind; one that is made of formats has `spec` where a field is one."""
    members = _members(kind)
    formats = {name: (spec, ...) for name in members if spec is not None and name not in checks_of(kind)}
    return _model(kind, {'kind': (Literal[kind.kind], ...), **members, **formats})


def _spec(models: tuple[object, ...]) -> object:
    """An object with one of these models, or a type string."""
    return _annotated(_annotated(getitem(Union, models), Field(discriminator='kind')), _OrText())


@lru_cache(maxsize=1)
def _file(kinds: tuple[type[Quantizer], ...]) -> type[_File]:
    """The model of a file whose formats are of these kinds."""
    models = tuple(_of_kind(kind) for kind in kinds if issubclass(kind, Format))
    spec = _spec(models)
    blocks = tuple(_of_kind(kind, spec) for kind in kinds if not issubclass(kind, Format))
    specs = GenericAlias(list, (spec,)), Field(min_length=1, description='the format of each index of the axis')
    doc = 'The formats of the channels of a tensor; since version 2.'
    channels = _model(PerChannel, {**_members(PerChannel), 'specs': specs}, doc)
    tagged = _annotated(_spec(models + blocks), Tag('spec')), _annotated(channels, Tag('channels'))
    of_tree = Discriminator(lambda tree: 'channels' if isinstance(tree, dict) and _is_per_channel(tree) else 'spec')
    formats = GenericAlias(dict, (_Name, _annotated(getitem(Union, tagged), of_tree)))
    doc = 'Named number formats of a neural network: a configuration of the Python package `quantizers`.'
    return _created('QuantizerConfigFile', _File, doc, {'specs': (formats, ...)})


def config_schema() -> dict[str, Any]:
    """The JSON Schema of a configuration file."""
    return {'$schema': DRAFT, **_file(_kinds()).model_json_schema()}


def read_config(text: str | bytes) -> dict[str, Any]:
    """The arguments of `QuantizerConfig` that the JSON text says; ValueErrors have a line for each mistake."""
    tree = read_json(text)
    try:
        read = _file(_kinds()).model_validate(tree, context={})
    except RecursionError:
        raise ValueError('broken JSON: nested too deeply') from None
    except ValidationError as error:
        keys = {name: ('kind', *_members(kind)) for name, kind in KINDS.items() if kind in _kinds()}
        inner = [kind for kind in keys if issubclass(KINDS[kind], Format)]
        raise refusals(error.errors(include_url=False), keys, inner) from None
    return {key: value for key, value in read if key != 'editor'}
