"""The warning for a format that a dtype cannot hold."""

from __future__ import annotations

import warnings
from typing import Any


class PrecisionWarning(UserWarning):
    """Some values of the format are no numbers of the array's dtype; results are within one unit in the last place."""


_warned: set[tuple[Any, str]] = set()


def warn_if_inexact(spec: Any, name: str, *, stacklevel: int) -> None:
    """Say, once for each spec and dtype, that the dtype `name` cannot hold every value of `spec`."""
    if spec.fits(name) or (spec, name) in _warned:
        return
    _warned.add((spec, name))
    warnings.warn(
        f'{spec!r} has values that {name} cannot hold: results are within one unit in the last place of {name}; '
        f'encode is exact',
        PrecisionWarning,
        stacklevel=stacklevel + 1,
    )
