"""What formats do by rooms above theirs, which are looked up at the first call: no other file may."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import DTypeLike

    from ..analysis.prove import Proof as Proof
    from ..exchange.qonnx._operators import Node as Node
    from ..network import Network
    from ..network.case import Case
    from ..network.profile import Profile
    from ..network.report import NetworkReport
    from .base import Format
    from .quantizer import Quantizer


def check_identifier(field: str, word: object) -> None:
    """Refuse what cannot be a name in C++."""
    from ..cpp.reserved import check_identifier

    check_identifier(field, word)


def to_qonnx(spec: Format) -> Node:
    """The operator of QONNX."""
    from ..exchange.qonnx._write import to_qonnx

    return to_qonnx(spec)


def plot(spec: Format, ax: Any, xlim: tuple[float, float] | None) -> Figure:
    """The picture of the curve."""
    from ..show.plot import plot_format

    return plot_format(spec, ax, xlim=xlim)


def html(spec: Format) -> str:
    """What notebooks show."""
    from ..show.html import page

    return page(spec)


def prove(spec: Format, dtype: DTypeLike, timeout: float, same_as: Format | None) -> Proof:
    """The proof of its formula."""
    from ..analysis.prove import prove

    return prove(spec, dtype, timeout=timeout, same_as=same_as)  # type: ignore[arg-type]  # which refuses what is no kind


def layer_causes(case: Case) -> tuple[str, ...]:
    """Why a layer of a network differs from a reference."""
    from ..analysis.diff import layer_causes

    return layer_causes(case)


def network_profile(
    network: Network, samples: Any, specs: Mapping[str, Any] | None, max_size: int | None, *, progress: bool
) -> Profile:
    """What the layers of a network hold."""
    from ..analysis.profile import profile

    return profile(network, samples, specs, max_size, progress=progress)


def network_page(report: NetworkReport, profile: Profile | None) -> str:
    """A page of what a network costs and holds."""
    from ..show.network import page

    return page(report, profile)


def layer(spec: Quantizer) -> Any:
    """The layer of Keras that quantizes so: what is symbolic passes through layers alone."""
    from ..layers import Quantize

    return Quantize(spec)  # type: ignore[arg-type]  # which refuses what is no format
