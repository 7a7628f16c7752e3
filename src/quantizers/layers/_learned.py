"""A fixed-point layer that learns its widths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras
from keras import ops
from numpy.typing import NDArray

from ..formats import FixedQ
from ..functional import float_decompose, get_fixed_quantizer
from ..training.arguments import check_axes, check_bounds, check_initial, check_spec
from ..training.axes import elements_per_width, own_axes, width_shape
from ..training.widths import LearnedWidths
from ._quantize import output_like, own_generator
from ._training import TrainingLayer


class _BitCost(keras.regularizers.Regularizer):  # type: ignore[misc]
    """What the bits of a layer cost, as the regularizer of one of its weights: it counts once, however many calls."""

    def __init__(self, layer: LearnedFixed) -> None:
        self.layer = layer

    def __call__(self, x: keras.Variable) -> Any:
        return self.layer.beta * self.layer.bits


@keras.saving.register_keras_serializable('quantizers')
class LearnedFixed(LearnedWidths, TrainingLayer):
    """Quantizes its input to fixed point, and learns the integer bits `i` (sign not counted) and fraction bits `f`.

    Widths are real numbers in training; each call rounds them half to even, straight-through, and at inference computes
    what the formats of `to_specs()` compute. With `i + f <= 0` a width is zero: all it holds is 0, at no cost.
    The output has the input's shape, mask and floating dtype; no dtype policy casts it before, and widths stay float32.
    Special values are those of a spec.

    The modes and the sign are those of `spec`. SAT, SAT_SYM and SAT_ZERO have a gradient to `i`, WRAP and WRAP_SM have
    none: there `i` is not trained. It stays as it was made; with `initial='data'` it rises where a training call rounds
    to values that do not fit.

    The cost `beta * bits` is among the layer's `losses`, as that of any Keras regularizer: once, however often the
    layer is called, and only while it is trainable. `beta` is a variable, see `BetaSchedule`.

    Args:
        spec: the modes, the sign and the initial widths; or its configuration, a dict.
        initial: 'spec' or 'data'. With 'data' the first training call, in `fit` or not, compiled or not, chooses the
            smallest `i` with `2^i > max |x|`, and the `f` that leaves the total width as it is. Before it, and where
            all `x` are zero or one is not finite, the widths are those of `spec`.
        granularity: 'tensor', one width (the default); 'channel', one for each index of the last axis; 'element', one
            for each element of a sample.
        axes: instead of `granularity`, the axes, counted in the whole input, that have widths of their own.
        batch_axis: 0, or None for an input without a batch, such as a kernel.
        i_bounds: the least and the largest `i`. With the default bounds every format is exact in float32.
        f_bounds: the least and the largest `f`.
        beta: the strength of the bit cost.
        seed: of the generator of a stochastic mode.
        **kwargs: the arguments of every Keras layer.

    Raises TypeError where `spec` is no FixedQ, and ValueError, with the field, the rule and the value, for arguments
    that do not go together, and for an input whose axes with widths of their own have no known size.

    Source: Gradient-based Automatic Mixed Precision Quantization for Neural Networks On-Chip, arXiv 2405.00645.
    """

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
        seed: int | None = None,
        **kwargs: object,
    ) -> None:
        # the input is quantized as it comes: to cast it before would round it twice
        super().__init__(autocast=False, **kwargs)
        self.supports_masking = True
        self.spec = check_spec(spec)
        check_initial(initial)
        self.initial = initial
        self.axes = check_axes(granularity, axes, batch_axis)
        self.granularity = granularity
        self.batch_axis = batch_axis
        self.i_bounds = check_bounds('i_bounds', i_bounds, self.spec.i)
        self.f_bounds = check_bounds('f_bounds', f_bounds, self.spec.f)
        self.seed = seed
        self.seed_generator = own_generator(self.spec, seed)
        self.beta = self._variable('beta', beta)
        self._quantizer = get_fixed_quantizer(self.spec.rounding, self.spec.overflow)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the widths for inputs of this shape."""
        own = own_axes(self.granularity, self.axes, self.batch_axis, len(input_shape))
        shape = width_shape(input_shape, own)
        self._shared = tuple(axis for axis in range(len(input_shape)) if axis not in own)
        self._elements = elements_per_width(input_shape, own, self.batch_axis)
        # A width is where it started plus what was learned. The start is state, not a weight, so that a call can set
        # it: from data, or to hold within the bounds what an optimizer has moved. Under JAX a call cannot set a weight.
        self._start = [self._variable(f'{name}_start', getattr(self.spec, name), shape) for name in 'if']
        self._learned = [
            self._variable('i', 0, shape, trainable=self.spec.overflow.startswith('SAT')),
            self._variable('f', 0, shape, trainable=True),
        ]
        self._learned[1].regularizer = _BitCost(self)
        if self.initial == 'data':
            self._has_seen_data = self.add_weight(
                name='has_seen_data', shape=(), initializer='zeros', dtype='bool', trainable=False
            )

    def _variable(
        self, name: str, value: float, shape: tuple[int, ...] = (), trainable: bool = False
    ) -> keras.Variable:
        start = keras.initializers.Constant(value)
        return self.add_weight(
            name=name, shape=shape, initializer=start, dtype='float32', trainable=trainable, autocast=False
        )

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Quantize `inputs`; in training move the start of the widths too, unless the layer is frozen."""
        training = self.in_training(training)
        if training and self.trainable:
            self._settle(inputs)
        i, f = self._widths()
        # with its sign bit alone a format would still hold -eps
        k = ops.cast(i + f > 0, 'float32') if self.spec.signed else 0
        return self._quantizer(inputs, k, i, f, training=training, seed_gen=self.seed_generator)

    def _settle(self, x: Any) -> None:
        """Set the start of the widths so that these are within their bounds, or what the data ask for."""
        i, f = self._within_bounds()
        if self.initial == 'data':
            known = ops.convert_to_tensor(self._has_seen_data)
            i_data = self._integer_bits(x)
            i, f = ops.where(known, i, i_data), ops.where(known, f, self.spec.i + self.spec.f - i_data)
            if self.spec.overflow.startswith('WRAP'):
                # the rounded values count, for these are what wraps at inference
                i = ops.maximum(i, self._integer_bits(self._quantizer.round(x, f)))
            self._has_seen_data.assign(ops.ones_like(known))
        for start, learned, width in zip(self._start, self._learned, (i, f), strict=True):
            start.assign(ops.stop_gradient(width - learned))

    def _integer_bits(self, x: Any) -> Any:
        """The smallest `i` with `2^i > max |x|`; that of the spec where `x` is all zero, or not finite."""
        peak = ops.max(ops.abs(ops.cast(ops.stop_gradient(x), 'float32')), axis=self._shared)
        peak = ops.reshape(peak, self._learned[0].shape)
        # with so many bits nothing is rounded, and the exponent is that of the peak itself
        exponent = float_decompose(peak, 24, 11)[1]
        return ops.where((peak > 0) & ops.isfinite(peak), exponent + 1, self.spec.i)

    def _within_bounds(self) -> list[Any]:
        return [
            learned + ops.stop_gradient(ops.clip(start + learned, *bounds) - learned)
            for start, learned, bounds in zip(self._start, self._learned, (self.i_bounds, self.f_bounds), strict=True)
        ]

    @property
    def bits(self) -> Any:
        """The bits of one sample: the sum of `k + i + f`, or 0 if `i + f <= 0`, over its elements; a scalar tensor.

        Its gradient to `i` and `f` is the number of elements that share the width, 0 where the width is zero. For a
        kernel it is the bits of all elements. Axes of unknown size count as one.
        """
        i, f = self._widths()
        return ops.sum(ops.where(i + f > 0, self.spec.k + i + f, 0.0)) * self._elements

    def _whole(self) -> tuple[NDArray[Any], NDArray[Any]]:
        i, f = map(ops.convert_to_numpy, self._widths())
        return i, f

    def __repr__(self) -> str:
        # one line, as that of every layer, for Keras and PyTorch have it in reprs of models and in messages
        keras_says = f'<{type(self).__name__} name={self.name}, built={self.built}'
        try:
            return f'{keras_says}, {self._in_words()}>'
        except (TypeError, RuntimeError):  # while a step is traced, widths are no numbers
            return f'{keras_says}>'

    def compute_output_spec(self, inputs: keras.KerasTensor, training: bool | None = None) -> keras.KerasTensor:
        """The symbolic output."""
        return output_like(inputs)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """The shape of the input."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """The arguments as plain data; `beta` as it is now."""
        names = ['initial', 'granularity', 'axes', 'batch_axis', 'i_bounds', 'f_bounds', 'seed']
        own = {name: getattr(self, name) for name in names}
        return {**super().get_config(), 'spec': self.spec.get_config(), 'beta': float(self.beta), **own}
