"""What compare_keras.py asks of each framework under Keras: compile, differentiate, wait, and count a graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from timing import Call

Counts = tuple[int, int]  # operations, and constants among them


class Framework:
    """One of Keras' backends. A function that is differentiated takes what is learned, then what is given."""

    name: str
    package: str
    relu: Call

    def quick(self, function: Call) -> Call:
        """The function as fast as the framework makes it: by XLA; eager under PyTorch."""
        return function

    def compiled(self, function: Call) -> Call:
        """The function as `jax.jit`, `tf.function` or `torch.compile` makes it."""
        raise NotImplementedError

    def wait(self, result: Any) -> Any:
        """The result, computed."""
        return result

    def stateless(self, function: Call) -> Call:
        """The function without what it assigns to Keras' variables, where a trace may not assign."""
        return function

    def gradients(self, function: Call) -> Call:
        """`(g, learned, given)` to the result and, for its gradient `g`, the gradients to what is learned."""
        raise NotImplementedError

    def counts(self, function: Call, *inputs: Any) -> Counts:
        """What a call of the function is made of."""
        raise NotImplementedError

    def kept(self, function: Call, *inputs: Any) -> int:
        """The bytes that are kept for the backward pass; TensorFlow does not tell."""
        raise NotImplementedError


class _Jax(Framework):
    """Compiled by XLA."""

    name, package = 'jax', 'jax'

    def __init__(self) -> None:
        import jax

        self.relu, self.wait, self.compiled = jax.nn.relu, jax.block_until_ready, jax.jit
        self.quick = self.compiled

    def stateless(self, function: Call) -> Call:
        def call(*inputs: Any) -> Any:
            with keras.StatelessScope():
                return function(*inputs)

        return call

    def gradients(self, function: Call) -> Call:
        import jax

        def run(g: Any, learned: tuple[Any, ...], given: tuple[Any, ...] = ()) -> Any:
            result, pull = jax.vjp(lambda *inputs: function(*inputs, *given), *learned)
            return result, pull(g)

        return run

    def counts(self, function: Call, *inputs: Any) -> Counts:
        import jax

        return _jaxpr_counts(jax.make_jaxpr(function)(*inputs))

    def kept(self, function: Call, *inputs: Any) -> int:
        import jax

        _, pull = jax.jit(lambda *inputs: jax.vjp(function, *inputs))(*inputs)
        return sum(leaf.nbytes for leaf in jax.tree.leaves(pull))


def _jaxpr_counts(closed: Any) -> Counts:
    """Equations, those of inner ones too, but for the calls of these; and arrays that are constants."""
    jaxpr = getattr(closed, 'jaxpr', closed)
    operations, constants = 0, len(getattr(closed, 'consts', ()))
    for equation in jaxpr.eqns:
        leaves = [leaf for value in equation.params.values() for leaf in (value if type(value) is tuple else (value,))]
        inner = [_jaxpr_counts(leaf) for leaf in leaves if hasattr(leaf, 'eqns')]
        operations += sum(count for count, _ in inner) or 1
        constants += sum(count for _, count in inner)
    return operations, constants


class _TensorFlow(Framework):
    """Graphs, and XLA where it is asked for."""

    name, package = 'tensorflow', 'tensorflow-cpu'

    def __init__(self) -> None:
        import tensorflow as tf

        self.relu = tf.nn.relu

    def quick(self, function: Call) -> Call:
        import tensorflow as tf

        return tf.function(function, jit_compile=True, autograph=False)  # type: ignore[no-any-return]

    def compiled(self, function: Call) -> Call:
        import tensorflow as tf

        return tf.function(function, autograph=False)  # type: ignore[no-any-return]

    def gradients(self, function: Call) -> Call:
        import tensorflow as tf

        def run(g: Any, learned: tuple[Any, ...], given: tuple[Any, ...] = ()) -> Any:
            with tf.GradientTape() as tape:
                tape.watch(learned)
                result = function(*learned, *given)
            return result, tape.gradient(result, learned, g, unconnected_gradients='zero')

        return run

    def counts(self, function: Call, *inputs: Any) -> Counts:
        graph = self.compiled(function).get_concrete_function(*inputs).graph.as_graph_def()
        nodes = [*graph.node, *(node for inner in graph.library.function for node in inner.node_def)]
        return len(nodes), sum(node.op == 'Const' for node in nodes)


class _Torch(Framework):
    """Eager, but where it is compiled."""

    name, package = 'torch', 'torch'

    def __init__(self) -> None:
        import torch

        self.relu, self.compiled = torch.relu, torch.compile

    def gradients(self, function: Call) -> Call:
        import torch

        def run(g: Any, learned: tuple[Any, ...], given: tuple[Any, ...] = ()) -> Any:
            learned = tuple(tensor.detach().requires_grad_() for tensor in learned)
            result = function(*learned, *given)
            return result, torch.autograd.grad(result, learned, g, allow_unused=True)

        return run

    def counts(self, function: Call, *inputs: Any) -> Counts:
        from torch.utils._python_dispatch import TorchDispatchMode

        class Counter(TorchDispatchMode):
            operations = constants = 0

            def __torch_dispatch__(self, operation: Any, _: Any, args: Any = (), kwargs: Any = None) -> Any:
                self.operations += 1
                self.constants += operation.__name__.startswith('lift_fresh')  # what `torch.tensor` calls
                return operation(*args, **(kwargs or {}))

        with Counter() as counter:
            function(*inputs)
        return counter.operations, counter.constants

    def kept(self, function: Call, *inputs: Any) -> int:
        import torch

        saved: dict[int, Any] = {}
        with torch.autograd.graph.saved_tensors_hooks(lambda t: saved.setdefault(t.data_ptr(), t), lambda t: t):
            function(*(tensor.detach().requires_grad_() for tensor in inputs))
        return sum(tensor.nbytes for tensor in saved.values())


FRAMEWORKS: dict[str, Callable[[], Framework]] = {'jax': _Jax, 'tensorflow': _TensorFlow, 'torch': _Torch}
