"""C++: type strings, and headers with the types and arrays of a configuration."""

from .headers import header as header
from .types import DIALECTS as DIALECTS
from .types import TEMPLATES as TEMPLATES
from .types import Dialect as Dialect
from .types import Template as Template
from .types import convert as convert
from .types import modes_of as modes_of
from .types import parse_type as parse_type
from .types import read_spec as read_spec
