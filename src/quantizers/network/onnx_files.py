"""Files of ONNX models, and models of which all weights are at hand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._checks.errors import ExtraError
from .._checks.shown import as_step

if TYPE_CHECKING:
    from onnx import ModelProto

SUFFIX = '.onnx'


def is_onnx(path: Path) -> bool:
    """Whether a file, by its name, is a model of ONNX."""
    return path.suffix.lower() == SUFFIX


def load_onnx(path: Path) -> ModelProto:
    """The model in a file, with weights in files beside it.

    Raises OSError; ValueError, of one line with the file's name, for what is no model of ONNX, and for one whose
    weights are missing; ExtraError without onnx.
    """
    with path.open('rb'):  # onnx' own words for what is not there are others
        pass
    onnx = import_onnx()
    try:
        model = onnx.load(path)
    except Exception as error:  # noqa: BLE001  (protobuf, the checker and files beside it have errors of their own)
        raise ValueError(f'{path}: not a model that onnx reads: {first_line(error)}') from None
    return checked(model, path)


def checked(model: ModelProto, name: object) -> ModelProto:
    """A model that onnx' checker finds nothing wrong with, by names that are no paths.

    PyTorch names tensors `/0/Gemm_output_0`: the `/` in front is left out. Raises ValueError of one line, with this
    name.
    """
    onnx = import_onnx()
    try:
        onnx.checker.check_model(model)
    except Exception as error:  # noqa: BLE001  (onnx' own, and protobuf's for a model of 2 GiB)
        raise ValueError(f'{name}: not a model that onnx reads: {first_line(error)}') from None
    return _named(model, name)


def _named(model: ModelProto, name: object) -> ModelProto:
    graph = model.graph
    declared = (*graph.input, *graph.initializer)
    names = [each.name for each in declared] + [output for node in graph.node for output in node.output]
    new = {old: old.lstrip('/') for old in {*names}}
    if all(old == plain for old, plain in new.items()):
        return model
    if len({*new.values()}) < len(new):
        raise ValueError(f"{name}: two tensors would have one name, without the '/' in front of one")
    copied = type(model)()
    copied.CopyFrom(model)
    graph = copied.graph
    for each in (*graph.input, *graph.initializer, *graph.output, *graph.value_info):
        each.name = new.get(each.name, each.name)
    for node in graph.node:
        node.input[:] = [new.get(old, old) for old in node.input]
        node.output[:] = [new[old] for old in node.output]
    return copied


def import_onnx() -> Any:
    """The package, with its evaluator. Raises ExtraError without it."""
    try:
        import onnx
        import onnx.reference
    except ImportError:
        raise ExtraError("models of ONNX need onnx: pip install 'quantizers[qonnx]'") from None
    return onnx


def first_line(error: Exception) -> str:
    """What another package says, at most 80 characters of its first line."""
    return as_step(next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__))
