"""Proof on the user's own types: the same inputs through the vendor's C++ and through Python, bit for bit."""

from ..._checks.errors import VerificationError as VerificationError
from ._report import Difference as Difference
from ._report import Report as Report
from ._report import TypeReport as TypeReport
from ._run import verify as verify
