"""TensorFlow's form of a value with derivatives."""

from __future__ import annotations

from typing import Any

from keras import ops

from ._keras_gradient import Formulas, Widths, gradients_of
from ._keras_xp import Tensor


def attach(formulas: Formulas, value: Tensor, x: Tensor, widths: Widths, drawn: tuple[Tensor, ...]) -> Tensor:
    """See `attached`."""

    @ops.custom_gradient  # type: ignore[untyped-decorator]
    def run(x: Tensor, *tensors: Tensor) -> Any:
        own = dict(zip(widths, tensors, strict=True))

        def backward(g: Tensor) -> Any:
            # tapes that record this pass, for the next order, find the derivatives of the value as well
            again = attach(formulas, value, x, own, drawn)
            return gradients_of(formulas, g, again, x, own, drawn)

        return value, backward

    return run(x, *widths.values())
