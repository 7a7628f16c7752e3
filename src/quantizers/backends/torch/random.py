"""Random numbers for PyTorch's tensors: each is a function of a key and of the number of its element, on all devices.

See `program/philox.py`.
"""

from __future__ import annotations

import math

import torch

from ..._checks.shown import shown
from ..._maths.floats import FLOATS
from ..program import philox
from ..tensors.of_keras import seed_numbers
from .xp import DTYPES

Tensor = torch.Tensor
_WORD = 1 << 64


def key_of(seed: object, x: Tensor) -> Tensor:
    """A key, an integer of 64 bits beside `x`: an int as it is, else the next one of a generator.

    Raises ValueError for what is neither.
    """
    if x.is_meta:  # which asks for shapes, and takes no number of a generator
        return torch.empty((), dtype=torch.int64, device='meta')
    if isinstance(seed, int):
        word = seed % _WORD
        return torch.full((), word if 2 * word < _WORD else word - _WORD, dtype=torch.int64, device=x.device)
    if seed is torch.default_generator:  # which means that of each device
        return _next(None, x.device)
    key: Tensor = _of_generator(seed, x)
    return key


def numbers(key: Tensor, shape: tuple[int, ...], dtype: str) -> Tensor:
    """Numbers drawn evenly from `[0, 1)`, in PyTorch's own functions."""
    bits = FLOATS[dtype].precision
    elements = torch.arange(math.prod(shape), device=key.device).reshape(shape)
    whole: Tensor = philox.fraction(key, elements, bits)
    return whole.to(DTYPES[dtype]) * 2.0**-bits


@torch.compiler.disable  # type: ignore[untyped-decorator]  # a generator is in no graph
def _of_generator(seed: object, x: Tensor) -> Tensor:
    if isinstance(seed, torch.Generator):
        return _next(seed, seed.device).to(x.device)
    words = seed_numbers(seed)
    if words is None:
        raise ValueError(f"'seed_gen' must be an int, a torch.Generator or a keras.random.SeedGenerator: {shown(seed)}")
    low, high = words.to(torch.int64)
    key: Tensor = low | high << 32
    return key.to(x.device)


def _next(generator: torch.Generator | None, device: torch.device) -> Tensor:
    return torch.randint(-_WORD // 2, _WORD // 2 - 1, (), generator=generator, device=device)
