"""The text of a program's kernel in Triton: one pass over memory, and what depends on widths alone once for a channel.

A kernel sees elements on three axes, outer, channel and inner, of which widths change along the second alone. Each
program of Triton's, as it calls what runs at a time, takes some tiles of the same channels, one after the other.
"""

from __future__ import annotations

from typing import NamedTuple

from ..._maths.floats import compute_dtype
from .operations import INT, Result
from .program import Program
from .trace import ELEMENT, GRADIENT, RESULT, SEED, X
from .triton import Code, Value

NAME = 'kernel'
# the last arguments: how many elements there are on each axis, how many tiles a program takes, and the sides of a tile
SIZES = 'outer', 'channels', 'inner', 'tiles'
SIDES = 'OUTER', 'CHANNELS', 'INNER'


class Kernel(NamedTuple):
    """The text of a function.

    Attributes:
        arguments: before the sides of a tile: arrays, or ints.
        plain: ints of which no compiler is to make constants.
        results: the names of what it gives for each element.
        sums: of what it gives in sums: of the tiles of each program, a number a channel.
    """

    text: str
    arguments: tuple[str, ...]
    plain: tuple[str, ...]
    results: tuple[str, ...]
    sums: tuple[str, ...]


def kernel(forward: Program, gradients: Program | None, tensors: tuple[str, ...]) -> Kernel:
    """The kernel that quantizes, or that gives gradients: of `x` and `g`, as it quantizes `x` once more.

    Args:
        tensors: the widths that are tensors of real numbers, rounded half to even; the others are ints.
    """
    given = (X,) if gradients is None else (X, GRADIENT)
    widths = [known.name for known in forward.inputs if known.kind is INT]
    draws = any(known.name == SEED for known in forward.inputs)
    of = (gradients or forward).results
    results, sums = ([r for r in of if (r.summed_to is None) is each] for each in (True, False))
    code = Code(compute_dtype(forward.target.name))
    values = _values(code, forward, gradients, (*given, *widths, SEED))
    arguments = [
        *(f'{name}_at' for name in given),
        *(word for name in widths for word in ([f'{name}_at', f'{name}_stride'] if name in tensors else [name])),
        *([f'{SEED}_at'] if draws else []),
        *(f'{r.name}_result' for r in results),
        *(f'{r.name}_sums' for r in sums),
        *SIZES,
    ]
    lines = [
        'blocks_b = (channels + CHANNELS - 1) // CHANNELS',
        'blocks_c = (inner + INNER - 1) // INNER',
        'group = tl.program_id(0) // blocks_b',
        'b = (tl.program_id(0) % blocks_b).to(tl.int64) * CHANNELS + tl.arange(0, CHANNELS)[None, :, None]',
        *(line for name in tensors for line in _width(name)),
        *([f'{SEED} = tl.load({SEED}_at).to(tl.uint64, bitcast=True)'] if draws else []),
        *(f'{r.name}_total = tl.zeros((OUTER, CHANNELS, INNER), tl.float64)' for r in sums),
        *code.before,
        'for step in range(tiles):',
        *(f'    {line}' for line in _tile(code, given, tensors, forward.target.name, results, sums, values)),
        *(line for r in sums for line in _sum(r.name)),
    ]
    head = f'def {NAME}({", ".join([*arguments, *(f"{side}: tl.constexpr" for side in SIDES)])}):'
    return Kernel(
        '\n'.join([head, *(f'    {line}' for line in lines), '']),
        tuple(arguments),
        (*(f'{name}_stride' if name in tensors else name for name in widths), 'tiles'),
        tuple(r.name for r in results),
        tuple(r.name for r in sums),
    )


def _values(code: Code, forward: Program, gradients: Program | None, inputs: tuple[str, ...]) -> dict[str, Value]:
    """The results of the programs, by their names."""
    known = {name: name for name in inputs} | {ELEMENT: 'place.to(tl.uint64)'}
    quantized = code.program(forward, known)[RESULT]
    if gradients is None:
        return {RESULT: quantized}
    # as it was stored
    stored = code.new(f'widened(narrowed({quantized}, tl.{forward.target.name}), {code.real})')
    return code.program(gradients, known | {RESULT: stored})


def _width(name: str) -> list[str]:
    return [
        f'{name}_real = tl.load({name}_at + b * {name}_stride, mask=b < channels, other=0.0)',
        f'{name}_unknown = {name}_real != {name}_real',
        f'{name} = whole_width({name}_real)',
    ]


def _tile(
    code: Code,
    given: tuple[str, ...],
    tensors: tuple[str, ...],
    target: str,
    results: list[Result],
    sums: list[Result],
    values: dict[str, Value],
) -> list[str]:
    unknown = ' | '.join(f'{name}_unknown' for name in tensors)
    return [
        'tile = group * tiles + step',
        'a = (tile // blocks_c).to(tl.int64) * OUTER + tl.arange(0, OUTER)[:, None, None]',
        'c = (tile % blocks_c).to(tl.int64) * INNER + tl.arange(0, INNER)[None, None, :]',
        'place = (a * channels + b) * inner + c',
        'inside = (a < outer) & (b < channels) & (c < inner)',
        *(f'{name} = widened(tl.load({name}_at + place, mask=inside, other=0.0), {code.real})' for name in given),
        *([f"{X} = tl.where({unknown}, float('nan'), {X})"] if unknown else []),
        *code.lines,
        *(f'tl.store({r.name}_result + place, narrowed({values[r.name]}, tl.{target}), mask=inside)' for r in results),
        *(f'{r.name}_total += tl.where(inside, ({values[r.name]}).to(tl.float64), 0.0)' for r in sums),
    ]


def _sum(name: str) -> list[str]:
    total = f'tl.sum(tl.sum({name}_total, 2, keep_dims=True), 0, keep_dims=True)'
    return [f'tl.store({name}_sums + group * channels + b, {total}, mask=b < channels)']
