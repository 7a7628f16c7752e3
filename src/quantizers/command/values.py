"""Options of numbers, and of one of some names, refused in the words of the library, whichever typer reads them."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

import typer

from .._checks.shown import nearest, shown


def integer(*names: str, help: str, low: float = -inf, high: float = inf) -> Any:  # noqa: A002  (as typer calls it)
    """An option that takes an integer from `low` to `high`."""
    return typer.Option(*names, parser=_within(int, 'an integer', low, high), metavar='N', help=help)


def real(*names: str, help: str, low: float = -inf) -> Any:  # noqa: A002
    """An option that takes a number, at least `low`."""
    return typer.Option(*names, parser=_within(float, 'a number', low, inf), metavar='X', help=help)


def one_of(*names: str, choices: tuple[str, ...], help: str) -> Any:  # noqa: A002
    """An option, or without a name an argument, that takes one of some names, which the shell completes."""

    def parse(text: str) -> str:
        if text in choices:
            return text
        near = nearest(text, choices)
        meant = f'; did you mean {near!r}?' if near else ''
        raise typer.BadParameter(f'must be one of {", ".join(choices)}: {shown(text)}{meant}')

    def completed(incomplete: str) -> list[str]:
        return [name for name in choices if name.startswith(incomplete)]

    kind = typer.Option if names else typer.Argument
    return kind(*names, parser=parse, metavar='|'.join(choices), help=help, autocompletion=completed)


def _within(kind: Callable[[str], float], noun: str, low: float, high: float) -> Callable[[str], float]:
    bounds = '' if low == -inf else f' from {low} to {high}' if high < inf else f' of at least {low}'

    def parse(text: str) -> float:
        try:
            number = kind(text)
        except ValueError:
            number = None
        # NaN is left to what it is for, which knows its unit
        if number is None or number < low or number > high:
            raise typer.BadParameter(f'must be {noun}{bounds}: {shown(str(text))}')
        return number

    return parse
