"""Constants that are made once, when a formula first asks for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

T = TypeVar('T')


class once(Generic[T]):  # noqa: N801
    """`functools.cached_property` without its lock, which `torch.compile` cannot take."""

    def __init__(self, function: Callable[[Any], T]) -> None:
        self._function = function
        self.__doc__ = function.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: Any, owner: type) -> T:
        value = self._function(instance)
        vars(instance)[self._name] = value  # of a frozen dataclass, too
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
