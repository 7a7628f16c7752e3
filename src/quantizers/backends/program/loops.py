"""Programs printed as loops that numba compiles: one pass over memory, and what depends on widths alone out of it.

A loop is given arrays of three axes: the last one is the longest along which widths may change or not, see `Layout`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import lru_cache
from pickle import UnpicklingError
from typing import Any, Literal, NamedTuple

import numba
import numpy as np
from numba import types

from ..._maths.floats import UNBOUNDED
from .intrinsics import primitives
from .operations import BOOL, INT, OPERATORS, REAL, WORD, Input, Operand, Operation
from .program import Program
from .trace import ELEMENT, SEED

Loop = Callable[..., None]

# in the order of the operands; a result of the kind INT is cut to 32 bits, which numba would compute in 64
_TEXTS = {
    **OPERATORS,
    'shift_left': '{} << {}',
    'shift_right': '{} >> {}',
}


class Layout(NamedTuple):
    """How widths lie beside the elements of a loop.

    Attributes:
        rows: whether widths change along the last axis and not along others, so that a table of what depends on them
            alone is made first; else they change along the others, and it is made before each row.
        of_elements: the widths that have a number for each element of all axes, and the dtypes of these.
    """

    rows: bool = False
    of_elements: tuple[tuple[str, str], ...] = ()


def text(operation: Operation) -> str:
    """One line of the loop."""
    operands = [_operand(operand) for operand in operation.operands]
    template = _TEXTS.get(operation.name)
    value = template.format(*operands) if template else f'{operation.name}({", ".join(operands)})'
    return f'{operation.result} = {f"int32({value})" if operation.kind is INT else value}'


def _operand(operand: Operand) -> str:
    if not operand.is_number:
        return str(operand.value)
    return repr(operand.value) if operand.kind is BOOL else f'{_TYPES[operand.kind]}({operand.value!r})'


_TYPES = {REAL: 'real', INT: 'int32', WORD: 'uint64'}


class _Printer:
    """The loop of a program by a layout, as the text of a function and the types of its arguments.

    Its arguments are the arrays of the elements' inputs, of the widths that have a number for each element, the other
    widths in one array, where the first element's number is needed that and the seed, and the arrays of the results.
    """

    def __init__(self, program: Program, layout: Layout) -> None:
        self.layout = layout
        of_elements = dict(layout.of_elements)
        self.inputs = [given._replace(element=given.element or given.name in of_elements) for given in program.inputs]
        self.arrays = [given for given in self.inputs if given.element and given.name != ELEMENT]
        self.widths = [given for given in self.inputs if not given.element and given.name != SEED]
        self.draws = any(given.name == SEED for given in self.inputs)
        varying, used = program.varying(of_elements), program.used()
        self.inside = [operation for operation in used if operation.result in varying]
        self.hoisted = [operation for operation in used if operation.result not in varying]
        self.results = [r for r in program.results if r.summed_to is None or r.summed_to in of_elements]
        self.sums = [result for result in program.results if result not in self.results]
        read = [o for operation in self.inside for o in operation.operands] + [r.value for r in program.results]
        before = {given.name for given in self.widths} | {operation.result for operation in self.hoisted}
        # what the hoisted part tells the rest, in the order of their first use
        self.told = list(dict.fromkeys(operand for operand in read if operand.value in before))

    def arguments(self) -> list[str]:
        names = [f'{given.name}_array' for given in self.arrays]
        drawing = ['first', SEED] if self.draws else []
        return [*names, 'widths', *drawing, *(f'{r.name}_result' for r in self.results), *self._sums()]

    def _sums(self) -> list[str]:
        return [f'{result.name}_sums' for result in self.sums]

    def lines(self) -> Iterator[str]:
        yield f'({", ".join(self.arguments())}):'
        first = self.arguments()[0]
        if self.layout.rows:
            yield f'    table = empty(({len(self.told)}, {first}.shape[2]), real)'
            yield f'    for c in range({first}.shape[2]):'
            yield from (f'        {line}' for line in self._before('0', '0', 'c'))
            yield from (f'        table[{n}, c] = real({told.value})' for n, told in enumerate(self.told))
        yield f'    for a in range({first}.shape[0]):'
        yield f'        for b in range({first}.shape[1]):'
        if not self.layout.rows:
            yield from (f'            {line}' for line in self._before('a', 'b', '0'))
            yield from (f'            {name} = 0.0' for name in self._totals())
        yield f'            for c in range({first}.shape[2]):'
        yield from (f'                {line}' for line in self._of_each(first))
        if not self.layout.rows:
            pairs = zip(self._sums(), self._totals(), strict=True)
            yield from (f'            {sums}[a, b, 0] += {total}' for sums, total in pairs)

    def _totals(self) -> list[str]:
        return [f'{result.name}_total' for result in self.sums]

    def _before(self, *index: str) -> Iterator[str]:
        """What depends on widths alone."""
        at = ', '.join(index)
        yield from (f'{given.name} = widths[{n}, {at}]' for n, given in enumerate(self.widths))
        yield from map(text, self.hoisted)

    def _of_each(self, first: str) -> Iterator[str]:
        yield from (f'{given.name} = {self._loaded(given)}' for given in self.arrays)
        if self.draws:
            yield f'{ELEMENT} = uint64(first + (a * {first}.shape[1] + b) * {first}.shape[2] + c)'
        if self.layout.rows:
            readers = {REAL: '{}', INT: 'int32({})', BOOL: '{} != 0'}
            yield from (
                f'{told.value} = {readers[told.kind].format(f"table[{n}, c]")}' for n, told in enumerate(self.told)
            )
        yield from map(text, self.inside)
        yield from (f'{r.name}_result[a, b, c] = {_operand(r.value)}' for r in self.results)
        if self.layout.rows:
            yield from (f'{r.name}_sums[0, 0, c] += {_operand(r.value)}' for r in self.sums)
        else:
            pairs = zip(self._totals(), self.sums, strict=True)
            yield from (f'{total} = accumulated({total}, {_operand(r.value)})' for total, r in pairs)

    def _loaded(self, given: Input) -> str:
        number = f'{given.name}_array[a, b, c]'
        dtype = dict(self.layout.of_elements).get(given.name)
        if dtype is None:
            return number
        near = f'min(max({number}, {dtype}({-UNBOUNDED})), {dtype}({UNBOUNDED}))'
        return f'int32(rint({near}))' if np.dtype(dtype).kind == 'f' else f'int32({near})'

    def types(self, dtype: str) -> Any:
        real, own = getattr(types, dtype), dict(self.layout.of_elements)
        drawing = [types.uint64, types.uint64] if self.draws else []
        return types.void(
            *(
                _array(getattr(types, own[given.name]) if given.name in own else real, 'C', True)
                for given in self.arrays
            ),
            types.Array(types.int32, 4, 'A', readonly=True),
            *drawing,
            *(_array(real, 'C', False) for _ in self.results),
            *(_array(types.float64, 'C' if self.layout.rows else 'A', False) for _ in self.sums),
        )


def _array(number: Any, order: Literal['C', 'A'], readonly: bool) -> Any:
    return types.Array(number, 3, order, readonly=readonly)


def compiled(program: Program, layout: Layout) -> Loop:
    """The loop of a program; numba keeps it on disk, where the next process finds it."""
    printer = _Printer(program, layout)
    dtype = program.compute.name
    return _compiled('\n'.join(printer.lines()), dtype, printer.types(dtype))


@lru_cache(maxsize=1024)
def _compiled(body: str, dtype: str, signature: Any) -> Loop:
    # numba knows what it keeps by the function's name and this file
    name = f'loop_{hashlib.sha256(f"{body}{signature}".encode()).hexdigest()}'
    scope = {'__name__': __name__, **primitives(dtype)}
    exec(compile(f'def {name}{body}', __file__, 'exec'), scope)
    function = numba.njit(nogil=True, error_model='numpy')
    loop: Any = function(scope[name])
    with suppress(RuntimeError):  # there is no folder to keep it in
        loop.enable_caching()
    try:
        loop.compile(signature)
    except (OSError, EOFError, UnpicklingError):  # the disk is full, or what is kept there was cut
        loop = function(scope[name])
        loop.compile(signature)
    loop.disable_compile()  # else it would compile once more for an array that happens to be writeable
    return loop  # type: ignore[no-any-return]
