"""Fields that declare what they may be, once: the check, its message and the JSON Schema."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, fields
from typing import Annotated, Any, get_type_hints

import numpy as np
import pytest
from pydantic import TypeAdapter

from quantizers import FieldError, FixedQ, MinifloatQ, PerChannel, QuantizerConfig
from quantizers._checks.fields import Boolean, Integer, Mode, check_fields, checked, checks_of
from quantizers.formats import SPECS
from quantizers.modes import ROUNDINGS

DECLARING: tuple[Any, ...] = (FixedQ, MinifloatQ, PerChannel)


@checked
@dataclass(frozen=True)
class Toy:
    width: Annotated[int, Integer(1, 8, 'of a toy')]
    flag: Annotated[bool, Boolean()] = False
    rounding: Annotated[str, Mode(ROUNDINGS)] = 'TRN'
    unchecked: object = None

    def __post_init__(self) -> None:
        check_fields(self)


@checked
@dataclass(frozen=True)
class Other:
    width: Annotated[int, Integer(0, 64)]

    def __post_init__(self) -> None:
        check_fields(self)


@checked
@dataclass(frozen=True)
class Derived(Toy):
    more: Annotated[int, Integer(0, 1)] = 0


class Plain(FixedQ):
    note: OfACheckerAlone  # type: ignore[name-defined]  # noqa: F821


def test_a_value_is_kept_in_the_form_of_its_check() -> None:
    toy = Toy(np.int8(3), 1, 'ap_rnd', [])  # type: ignore[arg-type]
    assert toy == Toy(3, True, 'RND', [])
    assert [type(getattr(toy, field.name)) for field in fields(toy)] == [int, bool, str, list]


@pytest.mark.parametrize(
    ('make', 'message'),
    [
        (lambda: Toy(9), "'width' must be an integer from 1 to 8: 9"),
        (lambda: Other(65), "'width' must be an integer from 0 to 64: 65"),
        (lambda: Toy(8, 2), "'flag' must be True, False, 0 or 1: 2"),  # type: ignore[arg-type]
        (lambda: Derived(9), "'width' must be an integer from 1 to 8: 9"),
        (lambda: Derived(8, more=2), "'more' must be an integer from 0 to 1: 2"),
        (lambda: Plain(0, 0), "'width' must be an integer from 1 to 4096: 0"),
    ],
)
def test_two_classes_may_differ_in_a_field_of_one_name(make: Any, message: str) -> None:
    with pytest.raises(FieldError) as caught:
        make()
    assert str(caught.value) == message


def test_the_schema_is_that_of_the_check() -> None:
    assert checks_of(Toy)['width'].schema == {
        'type': 'integer',
        'minimum': 1,
        'maximum': 8,
        'description': 'of a toy',
    }
    assert checks_of(Other)['width'].schema == {'type': 'integer', 'minimum': 0, 'maximum': 64}
    assert checks_of(Toy)['flag'].schema == {'enum': [True, False, 0, 1]}
    assert list(checks_of(Derived)) == ['width', 'flag', 'rounding', 'more']


def test_every_field_but_the_kind_declares_its_check() -> None:
    for spec in SPECS:
        assert {field.name for field in fields(spec)} == {*checks_of(spec), 'kind'}
    assert list(checks_of(PerChannel)) == ['axis']


@pytest.mark.parametrize('cls', DECLARING)
def test_the_file_has_the_schema_of_each_check(cls: Any) -> None:
    properties = QuantizerConfig.json_schema()['$defs'][cls.__name__]['properties']
    for field, check in checks_of(cls).items():
        assert properties[field].items() >= check.schema.items()


@pytest.mark.parametrize('cls', DECLARING)
def test_signatures_and_hints_show_plain_types(cls: Any) -> None:
    parameters, hints = inspect.signature(cls).parameters, get_type_hints(cls)
    for field in checks_of(cls):
        assert hints[field] is parameters[field].annotation
        assert hints[field] in (int, bool, str)


def test_pydantic_takes_a_format_as_a_type() -> None:
    adapter = TypeAdapter(FixedQ)
    assert adapter.validate_json('{"width": 8, "integer": 3, "rounding": "rnd"}') == FixedQ(8, 3, rounding='RND')
    with pytest.raises(ValueError, match="'width' must be an integer from 1 to 4096: 0"):
        adapter.validate_json('{"width": 0, "integer": 3}')
    assert adapter.json_schema()['properties']['width'] == {'title': 'Width', 'type': 'integer'}
