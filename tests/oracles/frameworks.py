"""The three array libraries as the tests need them: tensors, compilers, and gradients."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np

from oracles.devices import DEVICE
from oracles.dtypes import BFLOAT16

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

EAGER = 'eager'


class Framework(ABC):
    """What the tests need of an array library.

    `compilers` are the ways to compile a function of tensors; where one takes ten seconds for each quantizer it is left
    out of `ways`, and tests that matter ask for `all_ways`. `flushes` says whether subnormal numbers count as zero:
    test_bits_powers.py checks it. `keeps_what_is_compiled` says whether a process keeps each compiled function, tens of
    megabytes for each quantizer in it. `compiles_calls` says that eager calls are compiled, too, each by itself: there
    all modes are in one compiled function, and some of them, by turns, are eager; all are in `make exhaustive`.
    """

    name: str
    compiles_slowly = False
    compiles_calls = False
    keeps_what_is_compiled = False
    compilers: dict[str, Callable[[Callable[..., Any]], Callable[..., Any]]]
    flushes: bool

    @property
    def all_ways(self) -> tuple[str, ...]:
        """Eager, and each compiler."""
        return EAGER, *self.compilers

    @property
    def ways(self) -> tuple[str, ...]:
        """Eager, and each compiler that is quick."""
        return (EAGER,) if self.compiles_slowly else self.all_ways

    def made(self, way: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """`function`, compiled unless `way` is eager."""
        return function if way == EAGER else self.compilers[way](function)

    def precision(self, dtype: Any) -> AbstractContextManager[Any]:
        """The context in which tensors may have this dtype."""
        return nullcontext()

    @abstractmethod
    def tensor(self, array: Any, dtype: Any = None) -> Any:
        """A tensor of the array's own dtype."""

    @abstractmethod
    def array(self, tensor: Any) -> NDArray[Any]:
        """The NumPy array of a tensor's own dtype."""

    @abstractmethod
    def vjp(self, way: str, function: Callable[..., Any], arguments: Sequence[Any], g: Any) -> tuple[Any, list[Any]]:
        """The result of `function(*arguments)` and the gradients of `sum(g * result)`, all as NumPy arrays.

        Arguments are tensors of the framework; a gradient that is none counts as zeros.
        """

    @abstractmethod
    def jvp(self, way: str, function: Callable[..., Any], arguments: Sequence[Any], tangents: Sequence[Any]) -> Any:
        """The result of `function(*arguments)` and its tangent, in forward mode, as NumPy arrays."""

    @abstractmethod
    def variables_vjp(self, function: Callable[[], Any], variables: Sequence[Any], g: Any) -> tuple[Any, list[Any]]:
        """As `vjp`, with the gradients to the Keras variables that the function closes over."""

    @abstractmethod
    def gradients(self, function: Callable[..., Any], arguments: Sequence[Any]) -> list[Any]:
        """The gradients of a function that gives one number, as tensors that can be differentiated again."""

    def hessian_product(
        self, way: str, loss: Callable[..., Any], arguments: Sequence[Any], directions: Sequence[Any]
    ) -> list[NDArray[Any]]:
        """The Hessian of `loss` times a vector: the gradients of the slope along the directions."""
        import keras

        def slope(*arguments: Any) -> Any:
            along = zip(self.gradients(loss, arguments), directions, strict=True)
            dtype = arguments[0].dtype
            return sum(keras.ops.cast(keras.ops.sum(gradient * u), dtype) for gradient, u in along)

        product = self.made(way, lambda *arguments: self.gradients(slope, arguments))
        return [self.array(part) for part in product(*arguments)]


class Jax(Framework):
    name = 'jax'
    flushes = True
    compiles_calls = os.environ.get('QUANTIZERS_TEST_CALLS') != 'all'

    def __init__(self) -> None:
        import jax

        self._jax = jax
        self.compilers = {'jit': jax.jit}

    def precision(self, dtype: Any) -> AbstractContextManager[Any]:
        return self._jax.enable_x64(True) if dtype is not None and np.dtype(dtype) == np.float64 else nullcontext()

    def tensor(self, array: Any, dtype: Any = None) -> Any:
        return self._jax.numpy.asarray(np.asarray(array, dtype))

    def array(self, tensor: Any) -> NDArray[Any]:
        return np.asarray(tensor)

    def vjp(self, way: str, function: Callable[..., Any], arguments: Sequence[Any], g: Any) -> tuple[Any, list[Any]]:
        def both(*arguments: Any) -> Any:
            result, pullback = self._jax.vjp(function, *arguments)
            return result, pullback(g)

        result, gradients = self.made(way, both)(*arguments)
        return self.array(result), [self.array(d) for d in gradients]

    def jvp(self, way: str, function: Callable[..., Any], arguments: Sequence[Any], tangents: Sequence[Any]) -> Any:
        both = self.made(way, lambda *both: self._jax.jvp(function, *both))
        return tuple(map(self.array, both(tuple(arguments), tuple(tangents))))

    def variables_vjp(self, function: Callable[[], Any], variables: Sequence[Any], g: Any) -> tuple[Any, list[Any]]:
        import keras

        def stateless(*values: Any) -> Any:
            with keras.StatelessScope(state_mapping=list(zip(variables, values, strict=True))):
                return function()

        return self.vjp(EAGER, stateless, [variable.value for variable in variables], g)

    def gradients(self, function: Callable[..., Any], arguments: Sequence[Any]) -> list[Any]:
        return list(self._jax.grad(function, tuple(range(len(arguments))))(*arguments))


class Torch(Framework):
    name = 'torch'
    flushes = False
    compiles_slowly = True

    def __init__(self) -> None:
        import torch

        self._torch = torch
        # past the limit dynamo would go on eagerly, without a word, and nothing compiled would be tested
        config = torch._dynamo.config
        names = 'fail_on_recompile_limit_hit', 'fail_on_cache_limit_hit'  # PyTorch 2.6 has the second one
        setattr(config, next(name for name in names if hasattr(config, name)), True)
        self.compilers = {'compile': self._compile}

    def _compile(self, function: Callable[..., Any]) -> Callable[..., Any]:
        # the limit counts what was compiled of the same lines of code, with whatever modes
        self._torch._dynamo.reset()
        return self._torch.compile(function, fullgraph=True, dynamic=False)

    def tensor(self, array: Any, dtype: Any = None) -> Any:
        array = np.array(array, dtype)
        if array.dtype == BFLOAT16:
            return self._torch.from_numpy(array.astype(np.float32)).to(DEVICE, self._torch.bfloat16)
        return self._torch.from_numpy(array).to(DEVICE)

    def array(self, tensor: Any) -> NDArray[Any]:
        tensor = tensor.detach().cpu()
        if tensor.dtype == self._torch.bfloat16:
            return tensor.float().numpy().astype(BFLOAT16)
        return tensor.numpy()

    def vjp(self, way: str, function: Callable[..., Any], arguments: Sequence[Any], g: Any) -> tuple[Any, list[Any]]:
        leaves = [argument.detach().clone().requires_grad_() for argument in arguments]
        return self._gradients(self.made(way, function)(*leaves), leaves, g)

    def jvp(self, way: str, function: Callable[..., Any], arguments: Sequence[Any], tangents: Sequence[Any]) -> Any:
        both = self._torch.func.jvp(self.made(way, function), tuple(arguments), tuple(tangents))
        return tuple(map(self.array, both))

    def variables_vjp(self, function: Callable[[], Any], variables: Sequence[Any], g: Any) -> tuple[Any, list[Any]]:
        return self._gradients(function(), [variable.value for variable in variables], g)

    def gradients(self, function: Callable[..., Any], arguments: Sequence[Any]) -> list[Any]:
        leaves = [argument if argument.requires_grad else argument.clone().requires_grad_() for argument in arguments]
        return list(
            self._torch.autograd.grad(
                function(*leaves), leaves, create_graph=True, allow_unused=True, materialize_grads=True
            )
        )

    def _gradients(self, result: Any, leaves: Sequence[Any], g: Any) -> tuple[Any, list[Any]]:
        gradients = self._torch.autograd.grad(result, leaves, g, allow_unused=True)
        zeros = [self._torch.zeros_like(leaf) if d is None else d for d, leaf in zip(gradients, leaves, strict=True)]
        return self.array(result), [self.array(d) for d in zeros]


class TensorFlow(Framework):
    name = 'tensorflow'
    flushes = True
    keeps_what_is_compiled = True

    def __init__(self) -> None:
        import tensorflow as tf

        self._tf = tf
        self.compilers = {'function': tf.function, 'xla': lambda function: tf.function(function, jit_compile=True)}

    def tensor(self, array: Any, dtype: Any = None) -> Any:
        return self._tf.constant(np.asarray(array, dtype))

    def array(self, tensor: Any) -> NDArray[Any]:
        return tensor.numpy()

    def vjp(self, way: str, function: Callable[..., Any], arguments: Sequence[Any], g: Any) -> tuple[Any, list[Any]]:
        def both(*arguments: Any) -> Any:
            with self._tf.GradientTape() as tape:
                tape.watch(arguments)
                result = function(*arguments)
            return result, tape.gradient(result, arguments, g, unconnected_gradients='zero')

        result, gradients = self.made(way, both)(*arguments)
        return self.array(result), [self.array(d) for d in gradients]

    def jvp(self, way: str, function: Callable[..., Any], arguments: Sequence[Any], tangents: Sequence[Any]) -> Any:
        with self._tf.autodiff.ForwardAccumulator(list(arguments), list(tangents)) as along:
            result = function(*arguments)
        return self.array(result), self.array(along.jvp(result))

    def variables_vjp(self, function: Callable[[], Any], variables: Sequence[Any], g: Any) -> tuple[Any, list[Any]]:
        values = [variable.value for variable in variables]
        with self._tf.GradientTape() as tape:
            result = function()
        gradients = tape.gradient(result, values, g, unconnected_gradients='zero')
        return self.array(result), [self.array(d) for d in gradients]

    def gradients(self, function: Callable[..., Any], arguments: Sequence[Any]) -> list[Any]:
        with self._tf.GradientTape() as tape:
            tape.watch(arguments)
            result = function(*arguments)
        return tape.gradient(result, arguments, unconnected_gradients='zero')  # type: ignore[no-any-return]


FRAMEWORKS = {framework.name: framework for framework in (Jax, Torch, TensorFlow)}
