"""What differs between two formats, or between a format and numbers computed elsewhere, and why."""

from ._compare import diff as diff
from ._layer import layer_causes as layer_causes
from ._report import DiffReport as DiffReport
from ._report import Mismatch as Mismatch
