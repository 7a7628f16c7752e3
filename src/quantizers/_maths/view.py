"""Constants that are made once, when a formula first asks for them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

T = TypeVar('T')


class once(cached_property[T]):  # noqa: N801
    """`functools.cached_property` without its lock, which Python has until 3.12 and `torch.compile` cannot take."""

    if not TYPE_CHECKING:  # types are those of the base

        def __get__(self, instance, owner=None):
            if instance is None:
                return self
            value = self.func(instance)
            vars(instance)[self.attrname] = value  # of a frozen dataclass, too
            return value


class View:
    """Constants seen through a function of each, which is called once for each that is asked for; bools stay."""

    def __init__(self, constants: object, function: Callable[[Any], Any]) -> None:
        self._constants, self._function = constants, function

    def __getattr__(self, name: str) -> Any:
        if name.startswith('_'):
            raise AttributeError(name)
        constant = getattr(self._constants, name)
        if not isinstance(constant, bool):  # by which formulas branch
            constant = self._function(constant)
        setattr(self, name, constant)
        return constant


def made_once(constants: object) -> View:
    """The constants themselves."""
    return View(constants, lambda constant: constant)
