"""VHDL, IEEE 1076-2008: `sfixed` and `ufixed` of `ieee.fixed_pkg`, and `std_logic_vector` for all else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..cpp.notations import vhdl_type
from .reserved import VHDL, VHDL_PACKAGES
from .text import comment, lines_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ..formats import Format


def reserved(word: str) -> str | None:
    """What a word is already, in any case."""
    if word.lower() in VHDL:
        return 'a reserved word of VHDL'
    return 'a name of the packages std.standard and ieee' if word.lower() in VHDL_PACKAGES else None


def types(word: str, spec: Format) -> Iterator[str]:
    """The lines of a type."""
    yield f'-- {comment(spec.label)}'
    yield from (f'constant {word}_{name} : integer := {number};' for name, number in spec.layout.items())
    yield f'subtype {word}_t is {vhdl_type(spec) or f"std_logic_vector({spec.bits - 1} downto 0)"};'


def constant(word: str, spec: Format, digits: NDArray[np.object_]) -> Iterator[str]:
    """The lines of a tensor."""
    bits = [f'{spec.bits}X"{text}"' for text in digits.flat]
    if not digits.shape:
        yield f'constant {word} : {word}_t := {bits[0]};'
        return
    ranges = ', '.join(f'0 to {n - 1}' for n in digits.shape)
    yield f'type {word}_array_t is array ({ranges}) of {word}_t;'
    first, *lines = _aggregate(bits, digits.shape, '')
    yield f'constant {word} : {word}_array_t := {first}'
    yield from lines[:-1]
    yield f'{lines[-1]};'


def _aggregate(bits: list[str], shape: tuple[int, ...], indent: str) -> Iterator[str]:
    """The lines of an aggregate; one of a single element names it, as VHDL reads `(x)` as `x`."""
    yield f'{indent}({"0 =>" if shape[0] == 1 else ""}'
    if len(shape) == 1:
        yield from lines_of(bits, f'{indent}  ', len(bits))
    else:
        row = len(bits) // shape[0]
        for start in range(0, len(bits), row):
            *lines, last = _aggregate(bits[start : start + row], shape[1:], f'{indent}  ')
            yield from lines
            yield f'{last}{"," * (start + row < len(bits))}'
    yield f'{indent})'


def package(name: str, description: str | None, lines: list[str], specs: list[Format]) -> str:
    """The whole, with what it uses."""
    before = f'-- "{comment(description)}"\n\n' if description else ''
    fixed = 'use ieee.fixed_pkg.all;\n' if any(map(vhdl_type, specs)) else ''
    body = ''.join(f'  {line}'.rstrip() + '\n' for line in lines)
    head = f'library ieee;\nuse ieee.std_logic_1164.all;\n{fixed}\npackage {name} is\n'
    return f'{before}{head}{body}end package {name};\n'
