"""Keras layers whose kernel and bias are quantized."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Union

import keras
from keras import ops

from .._checks.shown import shown
from ..formats import Spec
from ..training.arguments import check_no_batch
from ._learned import LearnedFixed
from ._quantize import Quantize
from ._training import TrainingLayer

# a configuration is that of a spec, or of a layer as Keras saves it
Quantizing = Union[Spec, keras.layers.Layer, Mapping[str, Any]]  # noqa: UP007  (as Spec is)
QUANTIZERS = ('kernel_quantizer', 'bias_quantizer')


class QuantizedWeights(TrainingLayer):
    """What such layers share; `_linear(inputs, kernel)` is theirs, and `_bias_shape()`."""

    def __init__(
        self,
        *args: object,
        kernel_quantizer: Quantizing | None = None,
        bias_quantizer: Quantizing | None = None,
        **kwargs: object,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.kernel_quantizer = _quantizer('kernel_quantizer', kernel_quantizer)
        self.bias_quantizer = _quantizer('bias_quantizer', bias_quantizer)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the weights and the widths that are learned for them."""
        super().build(input_shape)
        for quantizer, weight in ((self.kernel_quantizer, self.kernel), (self.bias_quantizer, self.bias)):
            if quantizer is not None and weight is not None and not quantizer.built:
                quantizer.build(weight.shape)

    def add_weight(self, *args: object, **kwargs: object) -> keras.Variable:
        """A weight that is read in its own dtype."""
        # it is quantized first and cast then, so that a dtype policy does not round it before
        return super().add_weight(*args, **{**kwargs, 'autocast': False})

    def load_own_variables(self, store: Mapping[str, Any]) -> None:
        """Load the weights of a file. Raises ValueError for one that has none for such a layer."""
        # Keras looks for a layer by its class, not by its name
        if self.weights and not len(store):
            raise ValueError(
                f'The file has no weights of a {type(self).__name__} for the layer {self.name!r}. Those of a float '
                'network: load them there, and then quantizers.layers.copy_weights(float_network, quantized_network)'
            )
        super().load_own_variables(store)

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """The layer's output, computed with the quantized weights."""
        training = self.in_training(training)
        outputs = self._linear(inputs, self._quantized(self.kernel_quantizer, self.kernel, training))
        if self.bias is not None:
            bias = self._quantized(self.bias_quantizer, self.bias, training)
            outputs = outputs + ops.reshape(bias, self._bias_shape())
        return outputs if self.activation is None else self.activation(outputs)

    def _quantized(self, quantizer: keras.layers.Layer | None, weight: keras.Variable, training: bool) -> Any:
        return ops.cast(weight if quantizer is None else quantizer(weight, training=training), self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        """The arguments as plain data."""
        own = {name: keras.saving.serialize_keras_object(getattr(self, name)) for name in QUANTIZERS}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable('quantizers')
class QuantizedDense(QuantizedWeights, keras.layers.Dense):  # type: ignore[misc]
    """A `keras.layers.Dense` with a quantized kernel and bias.

    Args:
        units: as in Dense; so are all other arguments.
        kernel_quantizer: quantizes the kernel in each call: a spec, a `LearnedFixed(..., batch_axis=None)` or any other
            layer, or None for no quantization. With the granularity 'channel' each unit has widths of its own.
        bias_quantizer: likewise for the bias.

    The weights keep their own dtype and are cast to the layer's compute dtype when they are quantized. Raises TypeError
    for a quantizer of another type, and ValueError for a LearnedFixed with a batch axis.
    """

    def _linear(self, inputs: Any, kernel: Any) -> Any:
        return ops.matmul(inputs, kernel)

    def _bias_shape(self) -> tuple[int, ...]:
        return (self.units,)


@keras.saving.register_keras_serializable('quantizers')
class QuantizedConv2D(QuantizedWeights, keras.layers.Conv2D):  # type: ignore[misc]
    """A `keras.layers.Conv2D` with a quantized kernel and bias; arguments and errors as in `QuantizedDense`."""

    def _linear(self, inputs: Any, kernel: Any) -> Any:
        return self.convolution_op(inputs, kernel)

    def _bias_shape(self) -> tuple[int, ...]:
        return (self.filters,) if self.data_format == 'channels_last' else (self.filters, 1, 1)


def _quantizer(field: str, quantizer: Quantizing | None) -> keras.layers.Layer | None:
    """A layer, or None, of what the user gave."""
    if isinstance(quantizer, Mapping) and 'class_name' in quantizer:
        quantizer = keras.saving.deserialize_keras_object(quantizer)
    if isinstance(quantizer, LearnedFixed):
        check_no_batch(field, quantizer, quantizer.batch_axis)
    if quantizer is None or isinstance(quantizer, keras.layers.Layer):
        return quantizer
    try:
        return Quantize(quantizer)
    except TypeError:
        raise TypeError(f'{field!r} must be a spec, a layer or None: {shown(quantizer)}') from None
