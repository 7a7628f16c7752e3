"""A fixed-point module that learns its widths."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from numpy.typing import NDArray

from .._checks.shown import shown
from ..formats import FixedQ
from ..functional import float_decompose, get_fixed_quantizer
from ..training.arguments import check_axes, check_bounds, check_initial, check_spec
from ..training.axes import elements_per_width, own_axes, width_shape
from ..training.widths import LearnedWidths

if TYPE_CHECKING:
    from typing_extensions import Self

Tensor = torch.Tensor


class LearnedFixed(LearnedWidths, torch.nn.Module):
    """Quantizes its input to fixed point, and learns the integer bits `i` (sign not counted) and fraction bits `f`.

    Widths are real numbers in training; each call rounds them half to even, straight-through, and at inference computes
    what the formats of `to_specs()` compute. With `i + f <= 0` a width is zero: all it holds is 0, at no cost.
    The output has the input's shape and floating dtype. Widths stay float32, also after `half()` and under autocast.
    Special values are those of a spec.

    The modes and the sign are those of `spec`. SAT, SAT_SYM and SAT_ZERO have a gradient to `i`, WRAP and WRAP_SM have
    none: there `i` needs no gradient. It stays as it was made; with `initial='data'` it rises where a training call
    rounds to values that do not fit. A stochastic mode draws from the random numbers of PyTorch (`torch.manual_seed`).

    A width is the parameter `i` or `f`, what was learned, plus a buffer, where it started. A training call moves the
    start: into the bounds, or to what the data ask for; not where `f` needs no gradient. `DistributedDataParallel`
    broadcasts buffers before each call, as those of a BatchNorm, so that all have the start of the first process.

    Args:
        spec: the modes, the sign and the initial widths; or its configuration, a dict.
        initial: 'spec' or 'data'. With 'data' the first training call chooses the smallest `i` with `2^i > max |x|`,
            and the `f` that leaves the total width as it is. Before it, and where all `x` are zero or one is not
            finite, the widths are those of `spec`.
        granularity: 'tensor', one width (the default); 'channel', one for each index of the first axis after the batch,
            as PyTorch has channels; 'element', one for each element of a sample.
        axes: instead of `granularity`, the axes, counted in the whole input, that have widths of their own.
        batch_axis: 0, or None for an input without a batch, such as a weight.
        i_bounds: the least and the largest `i`. With the default bounds every format is exact in float32.
        f_bounds: the least and the largest `f`.
        beta: the strength of the bit cost, a buffer; see `bit_cost`.
        input_shape: the shape of inputs, with any number, or None, for what has no known size. It makes the widths, as
            `build(input_shape)` does later; with one width for the whole tensor they are there without it.
        device: of the widths.

    Raises TypeError where `spec` is no FixedQ, and ValueError, with the field, the rule and the value, for arguments
    that do not go together, and for an input whose axes with widths of their own have no known size.

    Source: Gradient-based Automatic Mixed Precision Quantization for Neural Networks On-Chip, arXiv 2405.00645.
    """

    name = 'LearnedFixed'
    i: torch.nn.Parameter
    f: torch.nn.Parameter
    beta: Tensor
    i_start: Tensor
    f_start: Tensor
    has_seen_data: Tensor

    def __init__(
        self,
        spec: FixedQ | Mapping[str, Any] = FixedQ(8, 1, True, 'RND', 'SAT'),  # noqa: B008  (it is immutable)
        *,
        initial: str = 'spec',
        granularity: str | None = None,
        axes: Sequence[int] | None = None,
        batch_axis: int | None = 0,
        i_bounds: Sequence[int] = (-12, 12),
        f_bounds: Sequence[int] = (-12, 12),
        beta: float = 0.0,
        input_shape: Sequence[int | None] | None = None,
        device: torch.device | str | None = None,
    ) -> None:
        super().__init__()
        self.spec = check_spec(spec)
        check_initial(initial)
        self.initial = initial
        self.axes = check_axes(granularity, axes, batch_axis)
        self.granularity = granularity
        self.batch_axis = batch_axis
        self.i_bounds = check_bounds('i_bounds', i_bounds, self.spec.i)
        self.f_bounds = check_bounds('f_bounds', f_bounds, self.spec.f)
        self.built = False
        self._elements = 0  # not known yet
        self._quantizer = get_fixed_quantizer(self.spec.rounding, self.spec.overflow)
        self.register_buffer('beta', torch.tensor(float(beta), dtype=torch.float32, device=device))
        if input_shape is not None:
            self.build(input_shape)
        elif not self.axes and granularity in (None, 'tensor'):
            self._make((), None)

    def build(self, input_shape: Sequence[int | None]) -> Self:
        """Make the widths for inputs of this shape; before the optimizer, which is to train them. Returns itself."""
        shape = tuple(input_shape)
        own = own_axes(self.granularity, self.axes, self.batch_axis, len(shape), channels_first=True)
        if not self.built:
            self._make(width_shape(shape, own), tuple(axis for axis in range(len(shape)) if axis not in own))
        self._elements = elements_per_width(shape, own, self.batch_axis)
        return self

    def _make(self, shape: tuple[int, ...], shared: tuple[int, ...] | None) -> None:
        """The widths, of this shape, which these axes share; None for all that there are."""
        self.built, self._shared = True, shared

        def full(value: float) -> Tensor:
            return torch.full(shape, float(value), dtype=torch.float32, device=self.beta.device)

        for name in 'if':
            trained = name == 'f' or self.spec.overflow.startswith('SAT')
            self.register_parameter(name, torch.nn.Parameter(full(0), requires_grad=trained))
            self.register_buffer(f'{name}_start', full(getattr(self.spec, name)))
        if self.initial == 'data':
            self.register_buffer('has_seen_data', torch.tensor(False, device=self.beta.device))

    def forward(self, x: Tensor) -> Tensor:
        """Quantize `x`; in training move the start of the widths too, unless the module is frozen."""
        if not self.built:
            raise ValueError("'input_shape' must be given, or build(input_shape) called, before the module is: None")
        if not self._elements:
            self._elements = elements_per_width(x.shape, (), self.batch_axis)
        if self.training and self.f.requires_grad:
            self._settle(x.detach())
        i, f = self._widths()
        # with its sign bit alone a format would still hold -eps
        k = (i + f > 0).float() if self.spec.signed else 0
        seed_gen = torch.default_generator if self.training and self.spec.stochastic else None
        return self._quantizer(x, k, i, f, training=self.training, seed_gen=seed_gen)

    @torch.no_grad()
    def _settle(self, x: Tensor) -> None:
        """Set the start of the widths so that these are within their bounds, or what the data ask for."""
        i, f = self._within_bounds()
        if self.initial == 'data':
            known, i_data = self.has_seen_data, self._integer_bits(x)
            i, f = torch.where(known, i, i_data), torch.where(known, f, self.spec.i + self.spec.f - i_data)
            if self.spec.overflow.startswith('WRAP'):
                # the rounded values count, for these are what wraps at inference
                i = torch.maximum(i, self._integer_bits(self._quantizer.round(x, f)))
            self.has_seen_data.fill_(True)
        self.i_start.copy_(i - self.i)
        self.f_start.copy_(f - self.f)

    def _integer_bits(self, x: Tensor) -> Tensor:
        """The smallest `i` with `2^i > max |x|`; that of the spec where `x` is all zero, or not finite."""
        peak = x.abs().amax(self._shared if self._shared is not None else tuple(range(x.ndim))).float()
        peak = peak.reshape(self.i.shape)
        # with so many bits nothing is rounded, and the exponent is that of the peak itself
        exponent = float_decompose(peak, 24, 11)[1]
        return torch.where((peak > 0) & peak.isfinite(), exponent + 1, self.spec.i)

    def _within_bounds(self) -> list[Tensor]:
        each = (self.i, self.i_start, self.i_bounds), (self.f, self.f_start, self.f_bounds)
        return [learned + ((start + learned).clamp(*bounds) - learned).detach() for learned, start, bounds in each]

    def _whole(self) -> tuple[NDArray[Any], NDArray[Any]]:
        i, f = (width.numpy(force=True) for width in self._widths())
        return i, f

    @property
    def bits(self) -> Tensor:
        """The bits of one sample: the sum of `k + i + f`, or 0 if `i + f <= 0`, over its elements; a scalar tensor.

        Its gradient to `i` and `f` is the number of elements that share the width, 0 where the width is zero. For a
        weight it is the bits of all elements. Axes of unknown size count as one. Raises ValueError before the module
        has met an input, where it was made without `input_shape`.
        """
        if not self._elements:
            raise ValueError("'input_shape' must be given, or the module called, before its bits are counted: None")
        i, f = self._widths()
        return torch.where(i + f > 0, self.spec.k + i + f, 0.0).sum() * self._elements

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        def keeping(tensor: Tensor) -> Tensor:
            moved = fn(tensor)
            return moved if moved.dtype == tensor.dtype else tensor.to(moved.device)

        super()._apply(keeping, recurse)  # type: ignore[no-untyped-call]
        return self

    def extra_repr(self) -> str:
        """What was learned."""
        return self._in_words() if self._elements else f'spec={self.spec!r}'


def learned_modules(module: torch.nn.Module) -> list[LearnedFixed]:
    """All `LearnedFixed` in a module, itself too, each once."""
    return [each for each in module.modules() if isinstance(each, LearnedFixed)]


def bit_cost(module: torch.nn.Module) -> Tensor:
    """The sum of `beta * bits` of all `LearnedFixed` in a module that are trained, to be added to the loss.

    Each counts once, however often it is called. Raises ValueError where there is none, and as `bits` does.
    """
    costs = [each.beta * each.bits for each in learned_modules(module) if each.f.requires_grad]
    if not costs:
        raise ValueError(f"'module' must have a LearnedFixed that is trained: {shown(module)}")
    return torch.stack(costs).sum()
