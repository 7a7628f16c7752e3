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
from ..network.compare import ComparisonData
from ..network.profile import ProfileData
from ..network.report import ReportData as NetworkData
from ..show.facts import FormatData
from .console import command, print_json
from .values import one_of

Name = Literal[
    'config', 'choose', 'codes', 'compare', 'config-diff', 'config-merge', 'convert', 'describe', 'diff', 'emit',
    'hls4ml', 'plot', 'profile', 'prove', 'quantize', 'report', 'verify',
]  # fmt: skip


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


class Written(TypedDict):
    """What `codes`, `config merge` and `plot` write with `--json`: the file."""

    wrote: list[str]


class Converted(TypedDict):
    """What `quantizers convert --json` writes: the dialect, and the type in it, for `json` the fields of a spec."""

    to: str
    type: str | dict[str, Any]


class Quantized(TypedDict):
    """What `quantizers quantize --json` writes: the files, and a row a tensor."""

    wrote: list[str]
    tensors: list[LossData]


class Emitted(TypedDict):
    """What `quantizers emit --json` writes: the files, and the names that have a type in the header."""

    wrote: list[str]
    names: list[str]


class ProjectTensor(TypedDict):
    """A tensor's type in a project, and whether the configuration says it; else it is one that rounds nothing."""

    tensor: str
    type: str
    said: bool


class Project(TypedDict):
    """What `quantizers hls4ml --json` writes: the folder, and a row a tensor."""

    wrote: list[str]
    tensors: list[ProjectTensor]


_WRITTEN: dict[str, object] = {
    'choose': ChoicesData,
    'codes': Written,
    'compare': ComparisonData,
    'config-diff': ChangesData,
    'config-merge': Written,
    'convert': Converted,
    'describe': FormatData | ConfigData,
    'diff': Diffs,
    'emit': Emitted,
    'hls4ml': Project,
    'plot': Written,
    'profile': ProfileData,
    'prove': Proofs,
    'quantize': Quantized,
    'report': NetworkData,
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
