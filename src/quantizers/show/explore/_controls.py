"""What one turns to get another format: its fields, and known formats by name."""

from __future__ import annotations

from typing import Any

from ..._checks.fields import Boolean, Integer, checks_of
from ...formats import KINDS, Format, Spec
from ._modes import in_dialect

_NEAR = -8, 32  # a slider covers these, and the value itself


def controls(spec: Spec, dialect: str) -> list[dict[str, Any]]:
    """Each field that may have another value: the value, a slider's ends, the types one step down and up."""
    found = []
    for name, check in checks_of(type(spec)).items():
        value = getattr(spec, name)
        if isinstance(check, Boolean):
            other = _with(spec, dialect, name, not value)
            found.append({'name': name, 'on': value, 'other': other} if other else None)
        elif isinstance(check, Integer):
            down, up = (_with(spec, dialect, name, value + step) for step in (-1, 1))
            low, high = max(check.low, min(value, _NEAR[0])), min(check.high, max(value, _NEAR[1]))
            turned = {'name': name, 'value': value, 'low': low, 'high': high, 'down': down, 'up': up}
            found.append(turned if down or up else None)
    return [*filter(None, found)]


def changed(spec: Spec, dialect: str, name: str, value: int) -> str:
    """The type with another value of a field. Raises FieldError for one that it cannot have, KeyError for no field."""
    check = checks_of(type(spec))[name]
    fields = spec.get_config() | {name: bool(value) if isinstance(check, Boolean) else value}
    return in_dialect(type(spec).from_config(fields), dialect)


def presets() -> list[dict[str, Any]]:
    """The formats that the kinds know by name."""
    found = {kind: cls.presets() for kind, cls in KINDS.items()}
    return [
        {'kind': kind, 'formats': [{'name': name, 'type': spec.label} for name, spec in named.items()]}
        for kind, specs in found.items()
        if (named := {name: spec for name, spec in specs.items() if isinstance(spec, Format)})
    ]


def _with(spec: Spec, dialect: str, name: str, value: int) -> str | None:
    try:
        return changed(spec, dialect, name, value)
    except ValueError:
        return None
