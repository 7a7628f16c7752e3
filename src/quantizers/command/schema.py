"""The command `schema`."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from typing_extensions import TypedDict

from ..analysis.choose._result import ChoicesData
from ..analysis.diff._report import DiffData
from ..analysis.losses import LossData
from ..analysis.prove._proof import ProofData
from ..analysis.verify._report import ReportData
from ..config import QuantizerConfig
from ..config.changes import ChangesData
from ..config.rows import ConfigData
from ..show.facts import FormatData
from .console import command, print_json
from .values import one_of

Name = Literal['config', 'choose', 'config-diff', 'describe', 'diff', 'prove', 'quantize', 'verify']


class NamedDiff(DiffData):
    """A comparison, and the name of its array: empty for edge inputs."""

    name: str


class Diffs(TypedDict):
    """What `quantizers diff --json` writes."""

    arrays: list[NamedDiff]
    proof: ProofData | None


class NamedProof(ProofData):
    """A proof, and the names in the configuration that have its type."""

    names: list[str]


class Proofs(TypedDict):
    """What `quantizers prove --json` writes."""

    proofs: list[NamedProof]


class Quantized(TypedDict):
    """What `quantizers quantize --json` writes: the files, and a row a tensor."""

    wrote: list[str]
    tensors: list[LossData]


_WRITTEN: dict[str, object] = {
    'choose': ChoicesData,
    'config-diff': ChangesData,
    'describe': FormatData | ConfigData,
    'diff': Diffs,
    'prove': Proofs,
    'quantize': Quantized,
    'verify': ReportData,
}


@command
def schema(
    of: Annotated[Name, one_of(choices=get_args(Name), help='the file of a configuration, or a command')] = 'config',
) -> None:
    """Print the JSON Schema of a configuration.

    Or, of a command, that of what it writes with --json.
    """
    print_json(QuantizerConfig.json_schema() if of == 'config' else of_output(of))


def of_output(name: str) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of what a command writes."""
    from pydantic import TypeAdapter

    return TypeAdapter(_WRITTEN[name]).json_schema(mode='serialization')  # type: ignore[arg-type]  # which object is
