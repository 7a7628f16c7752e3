"""C++: type strings, and headers with the types and arrays of a configuration."""

from typing import TYPE_CHECKING

from .types import DIALECTS, TEMPLATES, Dialect, Template, convert, modes_of, parse_type, read_spec

if TYPE_CHECKING:
    from .headers import header

__all__ = ['DIALECTS', 'TEMPLATES', 'Dialect', 'Template', 'convert', 'header', 'modes_of', 'parse_type', 'read_spec']


def __getattr__(name: str) -> object:
    if name != 'header':
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    from .headers import header  # with arrays and their backend, which a type string does without

    return globals().setdefault(name, header)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
