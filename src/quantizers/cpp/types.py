"""Type strings: `templates.py` has the types, `reading.py` and `writing.py` take a string to a spec and back."""

from .reading import parse_type, read_spec
from .templates import DIALECTS, TEMPLATES, Dialect, Template, modes_of
from .writing import convert

__all__ = ['DIALECTS', 'TEMPLATES', 'Dialect', 'Template', 'convert', 'modes_of', 'parse_type', 'read_spec']
