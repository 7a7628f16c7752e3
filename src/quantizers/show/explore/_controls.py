"""What one turns to get another format: its fields, and known formats by name."""

from __future__ import annotations

from typing import Any

from ..._checks.fields import Boolean, Integer, checks_of
from ...formats import KINDS, Spec
from ._modes import in_dialect

_NEAR = -8, 32  # a slider covers these, and the value itself


def controls(spec: Spec, dialect: str) -> list[dict[str, Any]]:
    """Each field that may have another value: the value, a slider's ends, the types one step down and up."""
    found = []
    for name, check in _turned(spec).items():
        value = getattr(spec, name)
        if isinstance(check, Boolean):
            other = _with(spec, dialect, name, not value)
            found.append({'name': name, 'on': value, 'other': other} if other else None)
        else:
            down, up = (_with(spec, dialect, name, value + step) for step in (-1, 1))
            low, high = max(check.low, min(value, _NEAR[0])), min(check.high, max(value, _NEAR[1]))
            turned = {'name': name, 'value': value, 'low': low, 'high': high, 'down': down, 'up': up}
            found.append(turned if down or up else None)
    return [*filter(None, found)]


def changed(spec: Spec, dialect: str, name: str, value: int) -> str:
    """The type with another value of a field.

    Raises FieldError for a value that it cannot have, KeyError for what is no integer or bool of the format.
    """
    check = _turned(spec)[name]
    fields = spec.get_config() | {name: bool(value) if isinstance(check, Boolean) else value}
    return in_dialect(type(spec).from_config(fields), dialect)


def presets() -> list[dict[str, Any]]:
    """The formats that the kinds know by name."""
    return [
        {'kind': kind, 'formats': [{'name': name, 'type': spec.label} for name, spec in known.items()]}
        for kind, cls in KINDS.items()
        if (known := cls.presets())
    ]


def _turned(spec: Spec) -> dict[str, Integer | Boolean]:
    checks = checks_of(type(spec))
    return {name: check for name, check in checks.items() if isinstance(check, Integer | Boolean)}


def _with(spec: Spec, dialect: str, name: str, value: int) -> str | None:
    try:
        return changed(spec, dialect, name, value)
    except ValueError:
        return None
