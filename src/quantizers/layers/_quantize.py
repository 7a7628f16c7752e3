"""A layer of one given format."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras

from ..formats import KINDS, Spec
from ..training.arguments import as_spec
from ._training import TrainingLayer

for _spec in KINDS.values():
    keras.saving.register_keras_serializable('quantizers')(_spec)
    # the name in a model that was saved before this module was imported
    keras.saving.get_custom_objects().setdefault(_spec.__name__, _spec)


def output_like(inputs: keras.KerasTensor) -> keras.KerasTensor:
    """The symbolic result of a quantization: of the input's shape and floating dtype."""
    dtype = inputs.dtype if 'float' in inputs.dtype else keras.config.floatx()
    return keras.KerasTensor(inputs.shape, dtype)


@keras.saving.register_keras_serializable('quantizers')
class Quantize(TrainingLayer):
    """Quantizes its input to one format: `spec(x)` as a layer.

    The output has the input's shape, mask and floating dtype (`keras.config.floatx()` for integers); no dtype policy
    casts it before. Special values are those of the spec. A stochastic mode draws in training, from the layer's own
    generator, and rounds as the deterministic mode at inference. `keras.layers.Activation(spec)` is the same but for
    `training`: it never draws, and WRAP wraps in training too.

    In a `torch.nn.Module`, where no model of Keras calls it, a call without `training` is training after `train()`,
    until `eval()`; one that was told neither is inference. So it is with all layers here. (Keras' own `fit` ends with
    `eval()`.)

    Args:
        spec: a FixedQ, MinifloatQ, BinaryQ or TernaryQ, or its configuration, a dict with the key `kind`.
        seed: of the generator of a stochastic mode, an integer; None draws one. Other modes need none.
        **kwargs: the arguments of every Keras layer.

    Raises TypeError for a `spec` of another type, ValueError for a configuration that no spec can have.
    """

    def __init__(self, spec: Spec | Mapping[str, Any], seed: int | None = None, **kwargs: object) -> None:
        # the input is quantized as it comes: to cast it before would round it twice
        super().__init__(autocast=False, **kwargs)
        self.supports_masking = True
        self.spec = as_spec('spec', spec)
        self.seed = seed
        self.seed_generator = own_generator(self.spec, seed)
        self._build_at_init()

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Quantize `inputs`; see `FixedQ.__call__`."""
        return self.spec(inputs, training=self.in_training(training), seed_gen=self.seed_generator)

    def compute_output_spec(self, inputs: keras.KerasTensor, training: bool | None = None) -> keras.KerasTensor:
        """The symbolic output."""
        return output_like(inputs)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """The shape of the input."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """The arguments as plain data."""
        return {**super().get_config(), 'spec': self.spec.get_config(), 'seed': self.seed}


def own_generator(spec: Spec, seed: int | None) -> Any:
    """The generator of random numbers of a layer, None where the spec never draws."""
    return keras.random.SeedGenerator(seed) if spec.stochastic else None


@keras.saving.register_keras_serializable('quantizers')
class SpecConstraint(keras.constraints.Constraint):  # type: ignore[misc]
    """Quantizes a weight after each update: `kernel_constraint=SpecConstraint(spec)`.

    From Keras 3.15 on the spec itself can be the constraint, `kernel_constraint=spec`; before, Keras takes no other
    class than its own. Arguments and errors as for `Quantize`.
    """

    def __init__(self, spec: Spec | Mapping[str, Any]) -> None:
        self.spec = as_spec('spec', spec)

    def __call__(self, w: keras.Variable) -> Any:
        """The quantized weight, a tensor."""
        return self.spec(w)

    def get_config(self) -> dict[str, Any]:
        """The arguments as plain data."""
        return {'spec': self.spec.get_config()}
