"""What a name may have in a configuration, and which version of the file can say it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._checks.capabilities import Capability, require
from .._checks.shown import as_step, shown
from ..cpp.types import parse_type
from ..formats import Quantizer
from ..formats.per_channel import Formats, PerChannel


def as_formats(name: object, spec: Any) -> Formats:
    """The formats of a name, which may be said by a type string. ValueError, with the path, for what is none."""
    if not isinstance(name, str) or not name:
        raise ValueError(f'specs: a name must be a non-empty string: {shown(name)}')
    try:
        result: Formats = parse_type(spec) if isinstance(spec, str) else spec
        if isinstance(result, Quantizer):
            require(result, Capability.CONFIG)
    except ValueError as error:
        raise ValueError(f'specs.{as_step(name)}: {error}') from None
    if not isinstance(result, Quantizer | PerChannel):
        raise ValueError(f'specs.{as_step(name)}: must be a spec, a PerChannel or a type string: {shown(spec)}')
    return result


def first_per_channel(specs: Mapping[str, Formats]) -> str | None:
    """The first name with formats per channel."""
    return next((name for name, formats in specs.items() if isinstance(formats, PerChannel)), None)


def least_version(specs: Mapping[str, Formats]) -> int:
    """The lowest version of the file that can say these."""
    return 1 if first_per_channel(specs) is None else 2
