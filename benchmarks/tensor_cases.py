"""What compare_keras.py measures beside 1.2.2: modes, sizes and widths, as functions of tensors.

A function takes what is learned, `x` first, then what is given: `(x, i, f, k)`, and `(x, m, e, e0)` of a minifloat.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
from common import load
from frameworks import Framework
from timing import Call

from quantizers import FixedQ, MinifloatQ, float_quantize, get_fixed_quantizer

SIZES = ((32, 16), (256, 512), (2048, 2048))
WIDTHS = ('scalar', 'channel', 'element')
MODES = ('RND', 'SAT'), ('TRN', 'WRAP'), ('RND', 'SAT_SYM'), ('S_RND', 'SAT')
IFK, MINIFLOAT = (2, 4, 1), (3, 4, 0)
Spans = tuple[tuple[int, int], ...]


class Mode(NamedTuple):
    """One quantizer, here and in 1.2.2."""

    name: str
    ours: Call
    theirs: Call
    spec: Call  # of `x` alone
    theirs_alone: Call
    spans: Spans  # from which widths are drawn
    learned: int  # how many of the widths are


def modes(framework: Framework, old: Path) -> Iterator[Mode]:
    """All modes that are measured."""
    former = load(old / 'fixed_point' / '_fixed_point_ops.py')._get_fixed_quantizer
    for names in MODES:
        i, f, k = IFK
        ours, theirs = in_order(get_fixed_quantizer(*names)), in_order(former(*names))
        spec: Call = FixedQ.from_kif(k, i, f, *names)
        if names[0].startswith('S_'):
            ours, spec, theirs = (_drawing(q, framework) for q in (ours, spec, _with_noise(theirs)))
        yield Mode(' '.join(names), ours, theirs, spec, _alone(theirs, IFK), ((1, 4), (2, 7), (1, 2)), 2)
    theirs = _broadcast(load(old / 'minifloat' / '_float_point_ops.py')._float_quantize)
    spec = MinifloatQ(*MINIFLOAT)
    yield Mode('minifloat', float_quantize, theirs, spec, _alone(theirs, MINIFLOAT), ((2, 5), (3, 6), (0, 2)), 3)


def in_order(quantizer: Call) -> Call:
    """`quantizer(x, k, i, f)` as a function of `(x, i, f, k)`."""
    return lambda x, i, f, k, **training: quantizer(x, k, i, f, **training)


def _alone(function: Call, widths: tuple[int, ...]) -> Call:
    """The function of `x` alone; 1.2.2 takes no Python numbers under PyTorch and TensorFlow."""
    tensors = [keras.ops.convert_to_tensor(np.float32(width)) for width in widths]
    return lambda x: function(x, *tensors)


def _broadcast(function: Call) -> Call:
    """With widths of `x`'s shape, as HGQ2 gives them: gradients of 1.2.2's minifloats have no other."""
    return lambda x, *widths: function(x, *(keras.ops.broadcast_to(width, x.shape) for width in widths))


def _drawing(quantizer: Call, framework: Framework) -> Call:
    """In training, with a generator of its own."""
    return framework.stateless(partial(quantizer, training=True, seed_gen=keras.random.SeedGenerator(1)))


def _with_noise(theirs: Call) -> Call:
    """Of `x` and a random number: 1.2.2 takes a generator, and draws nothing."""

    def call(x: Any, *widths: Any, seed_gen: Any, **training: Any) -> Any:
        noise = keras.random.uniform(x.shape, -0.5, 0.5, seed=seed_gen)
        return theirs(x + noise, *widths, seed_gen=seed_gen, **training)

    return call


def tensors(size: tuple[int, ...], kind: str, mode: Mode) -> tuple[Any, tuple[Any, ...], tuple[Any, ...]]:
    """The gradient of the result, what is learned and what is given, with widths of this kind."""
    rng = np.random.default_rng(0)
    shape = {'scalar': (), 'channel': size[1:], 'element': size}[kind]
    arrays = [rng.normal(0, 2, size), rng.normal(0, 2, size), *(rng.integers(*span, shape) for span in mode.spans)]
    g, x, *widths = (keras.ops.convert_to_tensor(np.asarray(array, np.float32)) for array in arrays)
    return g, (x, *widths[: mode.learned]), tuple(widths[mode.learned :])
