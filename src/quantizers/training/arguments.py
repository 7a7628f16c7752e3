"""Checks of the arguments of layers and modules; every refusal names the field, the rule and the value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from operator import index
from typing import SupportsIndex

from .._checks.capabilities import Capability, can, require
from .._checks.fields import integer_between
from .._checks.shown import shown
from ..formats import KINDS, MAX_BITS, FixedQ, Quantizer, Spec

GRANULARITIES = ('tensor', 'channel', 'element')


def check_axes(granularity: object, axes: Iterable[SupportsIndex] | None, batch_axis: object) -> tuple[int, ...] | None:
    """`axes` as a tuple of ints, or None. Raises ValueError for arguments that do not go together."""
    if batch_axis not in (0, None):
        raise ValueError(f"'batch_axis' must be 0, or None for a tensor that has no batch: {shown(batch_axis)}")
    if axes is None:
        if granularity not in (None, *GRANULARITIES):
            raise ValueError(f"'granularity' must be one of {', '.join(GRANULARITIES)}: {shown(granularity)}")
        return None
    if granularity is not None:
        raise ValueError(f"'granularity' must be None where 'axes' are given: {shown(granularity)}")
    try:
        return tuple(map(index, axes))
    except TypeError:
        raise ValueError(f"'axes' must be integers: {shown(axes)}") from None


def as_spec(field: str, spec: object) -> Spec:
    """`spec`, or the spec of a configuration as `get_config` gives it.

    Raises TypeError for another type, and ValueError for a configuration that is none of a spec.
    """
    if isinstance(spec, Mapping):
        kind = spec.get('kind')
        if not isinstance(kind, str) or kind not in KINDS:
            raise ValueError(f"{field!r} must have a 'kind' among {', '.join(map(repr, KINDS))}: {shown(kind)}")
        spec = KINDS[kind].from_config(spec)
    if not isinstance(spec, Quantizer):
        names = ', '.join(known.__name__ for known in KINDS.values())
        raise TypeError(f'{field!r} must be a {names}, or its configuration: {shown(spec)}')
    require(spec, Capability.LAYERS)
    return spec  # type: ignore[return-value]  # of later kinds, too


def check_initial(initial: object) -> None:
    """Refuse anything but where widths may start."""
    if initial not in ('spec', 'data'):
        raise ValueError(f"'initial' must be 'spec' or 'data': {shown(initial)}")


def check_spec(spec: object) -> FixedQ:
    """A spec whose widths can be learned. Raises TypeError for another kind, and ValueError for saturation bits."""
    made = as_spec('spec', spec)
    if not can(made, Capability.LEARNED):
        raise TypeError(f"'spec' must be a FixedQ, for no other format has integer and fraction bits: {shown(spec)}")
    fixed: FixedQ = made  # type: ignore[assignment]
    if fixed.saturation_bits:
        raise ValueError(f"'spec' must have no 'saturation_bits' where widths are learned: {fixed.saturation_bits}")
    return fixed


def check_bounds(field: str, bounds: object, initial: int) -> tuple[int, int]:
    """The least and the largest width, with the initial one between them. Raises ValueError for anything else."""
    if not isinstance(bounds, Sequence) or len(bounds) != 2:
        raise ValueError(f'{field!r} must be two integers, the least and the largest: {shown(bounds)}')
    low, high = (integer_between(field, bound, -MAX_BITS, MAX_BITS) for bound in bounds)
    if not low <= initial <= high:
        raise ValueError(f"{field!r} must hold the initial width {initial} of 'spec': {shown(bounds)}")
    return low, high


def check_no_batch(field: str, quantizer: object, batch_axis: object) -> None:
    """Refuse a quantizer of a weight that expects a batch."""
    if batch_axis is not None:
        raise ValueError(f'{field!r} must be made with batch_axis=None, for a weight has no batch: {shown(quantizer)}')
