"""Proofs that a format's formula gives what its law says, for every float there is."""

from ._proof import Counterexample as Counterexample
from ._proof import DType as DType
from ._proof import Proof as Proof
from ._prove import prove as prove
