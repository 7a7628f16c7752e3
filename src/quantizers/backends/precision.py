"""The warning for a format that a dtype cannot hold."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any


class PrecisionWarning(UserWarning):
    """Some values of the format are no numbers of the array's dtype; results are within one unit in the last place."""


_warned: set[tuple[Any, str]] = set()
_silent = ContextVar('_silent', default=False)


@contextmanager
def no_precision_warning() -> Iterator[None]:
    """Say nothing inside: for work that was ordered elsewhere, where it was said."""
    token = _silent.set(True)
    try:
        yield
    finally:
        _silent.reset(token)


def fits(spec: Any, name: str) -> bool:
    """`spec.fits(name)`, asked once."""
    answers: dict[str, bool] = spec.__dict__.setdefault('_fits', {})
    if name not in answers:
        answers[name] = spec.fits(name)
    return answers[name]


def warn_if_inexact(spec: Any, name: str, *, stacklevel: int) -> None:
    """Say, once for each spec and dtype, that the dtype `name` cannot hold every value of `spec`."""
    if fits(spec, name) or _silent.get() or (spec, name) in _warned:
        return
    _warned.add((spec, name))
    warnings.warn(
        f'{spec!r} has values that {name} cannot hold: results are within one unit in the last place of {name}; '
        f'encode is exact',
        PrecisionWarning,
        stacklevel=stacklevel + 1,
    )
