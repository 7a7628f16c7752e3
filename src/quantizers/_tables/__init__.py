"""Tables: data that shows itself as text, in notebooks, by rich, as dictionaries and as data frames."""

from .cells import BOX as BOX
from .table import MOST as MOST
from .table import Column as Column
from .table import Table as Table
from .tabular import Tabular as Tabular
