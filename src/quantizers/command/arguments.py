"""Arguments that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..config import QuantizerConfig
from ..cpp.types import parse_type
from ..formats import Spec

Config = Annotated[Path, typer.Argument(metavar='CONFIG', help='a JSON file: version, description, specs')]

Model = Annotated[Path, typer.Argument(metavar='MODEL', help='a model: of Keras, .keras or .h5, or of ONNX, .onnx')]
WEIGHTS = 'the tensors, .npz or .safetensors, or one tensor, .npy or text; or a model, .keras, .h5 or .onnx'
Tensors = Annotated[Path, typer.Argument(metavar='WEIGHTS', help=WEIGHTS)]
SAMPLES = "samples of the inputs: .npz by the inputs' names, .npy, or text for one input"
Samples = Annotated[Path, typer.Argument(metavar='SAMPLES', help=SAMPLES)]


def _bytes(text: str) -> int:
    from pydantic import ByteSize, TypeAdapter, ValidationError

    try:
        return TypeAdapter(ByteSize).validate_python(text)
    except ValidationError:
        raise typer.BadParameter(f'must be a number of bytes, such as 10GB or 4.5GiB: {text[:80]!r}') from None


Json = Annotated[bool, typer.Option('--json', help='write one JSON object to stdout; `schema` has its schema')]

MaxSize = Annotated[
    int | None,
    typer.Option(
        '--max-size',
        parser=_bytes,
        metavar='SIZE',
        help='how many bytes of arrays may be read, such as 10GB; else 100 times the size of the file',
    ),
]


def type_or_config(text: str) -> Spec | QuantizerConfig:
    """The format of a type string, or the configuration of a file; ValueError for what is neither."""
    path = Path(text)
    if '<' not in text and (path.suffix == '.json' or path.is_file()):
        return QuantizerConfig.load(path)
    try:
        return parse_type(text)
    except ValueError as error:
        raise ValueError(f'neither a type nor a file: {error}') from None
