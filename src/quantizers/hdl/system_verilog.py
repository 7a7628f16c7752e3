"""SystemVerilog, IEEE 1800-2017: packed vectors alone, which every tool has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .reserved import SYSTEM_VERILOG
from .text import comment, lines_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ..formats import Format


def reserved(word: str) -> str | None:
    """What a word is already."""
    return 'a keyword of SystemVerilog, of Verilog-AMS or of Icarus Verilog' if word in SYSTEM_VERILOG else None


def types(word: str, spec: Format) -> Iterator[str]:
    """The lines of a type."""
    yield f'// {comment(spec.label)}'
    yield from (f'localparam int {word}_{name} = {number};' for name, number in spec.layout.items())
    signed = 'signed ' if spec.codec.low < 0 else ''
    yield f'typedef logic {signed}[{spec.bits - 1}:0] {word}_t;'


def constant(word: str, spec: Format, digits: NDArray[np.object_]) -> Iterator[str]:
    """The lines of a tensor."""
    bits = [f"{spec.bits}'h{text}" for text in digits.flat]
    if not digits.shape:
        yield f'localparam {word}_t {word} = {bits[0]};'
        return
    if len(digits.shape) > 1:
        yield f'// {" x ".join(map(str, digits.shape))}, in C order'
    yield f'localparam int {word}_size = {digits.size};'
    yield f'localparam logic [0:{digits.size * spec.bits - 1}] {word} = {{'
    yield from lines_of(bits, '  ', digits.shape[-1])
    yield '};'


def package(name: str, description: str | None, lines: list[str], specs: list[Format]) -> str:
    """The whole."""
    before = f'// "{comment(description)}"\n\n' if description else ''
    return f'{before}package {name};\n{"".join(f"  {line}".rstrip() + chr(10) for line in lines)}endpackage\n'
