"""C++: type strings, and headers with the types and arrays of a configuration."""

from typing import TYPE_CHECKING

from .types import DIALECTS as DIALECTS
from .types import TEMPLATES as TEMPLATES
from .types import Dialect as Dialect
from .types import Template as Template
from .types import convert as convert
from .types import modes_of as modes_of
from .types import parse_type as parse_type
from .types import read_spec as read_spec

if TYPE_CHECKING:
    from .headers import header as header


def __getattr__(name: str) -> object:
    if name != 'header':
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    from .headers import header  # with arrays and their backend, which a type string does without

    return globals().setdefault(name, header)


def __dir__() -> list[str]:
    return sorted({*globals(), 'header'})
