"""Which names in a configuration hls4ml takes, and why not the others."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import TYPE_CHECKING

from ..._checks.shown import as_step, listed, shown
from .layers import BACKENDS, IGNORED, OF_THE_MODEL, TENSORS, of_any_layer, takes_no_format
from .names import layers_of

if TYPE_CHECKING:
    import keras


def _backend(name: str | None) -> str | None:
    """The backend by hls4ml's spelling, which takes any case."""
    spelled = {known.lower(): known for known in BACKENDS}.get(str(name).lower())
    if name is not None and spelled is None:
        raise ValueError(f"'backend' must be one of {', '.join(BACKENDS)}: {shown(name)}")
    return spelled


class Names:
    """The names in a configuration, which hls4ml must take, and tell apart.

    It joins the layer, in lower case, and the tensor by '_'.
    """

    def __init__(self, backend: str | None = None, model: keras.Model | None = None) -> None:
        backend = _backend(backend)
        self._of_place: dict[str, str] = {}
        self._by = f"hls4ml's {backend}" if backend else 'hls4ml'
        self._of_any_layer = of_any_layer(backend)
        self._layers = None if model is None else layers_of(model, backend)

    def add(self, layer: object, tensor: object) -> str:
        """The name here of a layer's tensor, or of the model's where `layer` is None."""
        if layer is not None and (not isinstance(layer, str) or not layer):
            raise ValueError(f'the name of a layer must be a non-empty string (in quotes, in YAML): {shown(layer)}')
        known = OF_THE_MODEL if layer is None else TENSORS
        if tensor not in known:
            raise ValueError(_unknown(tensor, of_the_model=layer is None))
        if layer is None:
            return str(tensor)
        self._check_taken(layer, tensor)
        name, place = f'{layer}.{tensor}', f'{layer.lower()}_{tensor}'
        other = self._of_place.setdefault(place, name)
        if other != name:
            raise ValueError(f'hls4ml calls it {shown(place)}, and {shown(other)} too: rename one of the layers')
        return name

    def _check_taken(self, layer: str, tensor: str) -> None:
        known = (self._layers or {}).get(layer)
        taken = self._of_any_layer if known is None or known.tensors is None else known.tensors
        if tensor in taken:
            return
        if known is None or known.tensors is None:
            raise ValueError(f'{self._by} takes no format of {tensor!r}, of whatever layer')
        if taken:
            rest = f'; of this layer it takes those of {", ".join(taken)}'
        else:
            rest = ', which has that of its input' if takes_no_format(known.kind) else ': it has no such layer'
        raise ValueError(f'{self._by} takes no format of {tensor!r} of {shown(layer)} ({known.kind}){rest}')

    def check_layers(self, named: Iterable[str]) -> None:
        """That the model, where it is known, has layers of these names."""
        known = self._layers
        missing = [] if known is None else [name for name in named if name not in known]
        if known is not None and missing:
            raise ValueError(f"'model' has no layer {listed(missing)}; its layers are {', '.join(map(as_step, known))}")


def _unknown(tensor: object, *, of_the_model: bool) -> str:
    """Why a tensor is refused, and the way out."""
    if tensor in IGNORED:
        return f'hls4ml uses the format of {tensor!r} nowhere'
    if of_the_model and tensor in TENSORS:
        return f"hls4ml takes the format of {tensor!r} layer by layer: 'layer.{tensor}'"
    keras = "; 'kernel' of Keras is 'weight' there" if tensor == 'kernel' else ''
    whole = ", and a layer's tensor is named 'layer.tensor'" if of_the_model else ''
    nearest = ', '.join(get_close_matches(str(tensor)[:40], OF_THE_MODEL if of_the_model else TENSORS, 5, 0))
    return f'hls4ml knows no tensor {shown(tensor)}; the nearest are {nearest}{whole}{keras}'
