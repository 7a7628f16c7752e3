"""Raw bits as the text that simulators, memory generators and C take, and back; exact at any width.

- `readmemh`, `readmemb`: the files of Verilog's `$readmemh` and `$readmemb`; IEEE 1364-2005, 17.2.9.
- `coe`: the coefficients of a Xilinx memory; AMD, PG058, "COE File". Read are those of a filter, too, `radix` and
  `coefdata`, which in base 10 may be negative; AMD, PG149, "Filter Coefficient Data".
- `mif`: a memory initialization file of Intel (Altera); Quartus Prime help, "Memory Initialization File".
- `c`: an array of unsigned integers; above 64 bits each word is a row of uint64_t, the lowest first; C99, stdint.h.

An array is written in C order, from address 0 on. What is read back has one dimension.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from ._checks.capabilities import Capability
from ._checks.shown import shown
from .codes import from_bits, to_bits
from .codes.digits import write_digits
from .cpp.headers import identifiers
from .files.memory.readers import words_of
from .files.text import read_text
from .files.whole import write_whole
from .formats import BlockQ, Spec
from .formats.conveniences import check_identifier
from .formats.per_channel import Formats, PerChannel

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ['EXTENSIONS', 'FORMATS', 'MemoryFormat', 'from_text', 'read', 'to_text', 'to_texts', 'write']

MemoryFormat = Literal['readmemh', 'readmemb', 'coe', 'mif', 'c']
FORMATS: tuple[str, ...] = get_args(MemoryFormat)
EXTENSIONS: Mapping[str, str] = MappingProxyType(
    {'readmemh': '.mem', 'readmemb': '.mem', 'coe': '.coe', 'mif': '.mif', 'c': '.h'}
)


def write(spec: Spec, x: ArrayLike, path: str | os.PathLike[str], form: MemoryFormat) -> None:
    """Write the raw bits of `spec(x)`, of all elements, as `to_text` gives them: the whole file or nothing.

    In C, the array is named like the file. Raises as `to_text` does, and OSError.
    """
    target = Path(path)
    name = re.sub(r'\W', '_', target.stem, flags=re.ASCII)
    if form == 'c':
        try:
            check_identifier('name', name)
        except ValueError:
            raise ValueError(
                f'the file must be named as a C++ identifier, to name the array; rename it: {target.name!r}'
            ) from None
    write_whole({target: to_text(spec, x, form, name=name).encode()})


def read(spec: Spec, path: str | os.PathLike[str], form: MemoryFormat, *, exact: bool = False) -> NDArray[Any]:
    """The values in a file, in the order of their addresses: float64, or ints and Fractions with `exact=True`.

    Raises as `from_text` does, and OSError.
    """
    try:
        text = read_text(Path(path))
    except UnicodeDecodeError:
        raise ValueError(f'{path}: no text') from None
    return from_text(spec, text, form, name=str(path), exact=exact)


def to_text(spec: Spec, x: ArrayLike, form: MemoryFormat, *, name: str = 'codes') -> str:
    """The raw bits of `spec(x)` in a format; `name` is that of the array in C.

    Raises ValueError where a number has no code (NaN, and Inf under WRAP and WRAP_SM), for an `x` without elements, for
    another format, and for a `name` that is no C++ identifier; TypeError where `x` is no real number.

    >>> from quantizers import FixedQ
    >>> print(to_text(FixedQ(8, 3), [0.5, -0.25], 'readmemh'), end='')
    // 2 words of 8 bits: ap_fixed<8, 3>
    10
    f8
    """
    _check(form)
    bits = np.asarray(to_bits(spec, x)).reshape(-1)
    if not bits.size:
        raise ValueError(f"'x' must have at least one element: shape {np.shape(x)}")
    about = f'{bits.size} words of {spec.bits} bits: {spec.label}'
    if form == 'c':
        check_identifier('name', name)
        return _c_array(spec, bits, about, name)
    words = write_digits(bits, spec.bits, 2 if form == 'readmemb' else 16).tolist()
    if form == 'coe':
        vector = ',\n'.join(words)
        return f'; {about}\nmemory_initialization_radix=16;\nmemory_initialization_vector=\n{vector};\n'
    if form == 'mif':
        lines = [f'{address:X} : {word};\n' for address, word in enumerate(words)]
        head = f'WIDTH={spec.bits};\nDEPTH={bits.size};\nADDRESS_RADIX=HEX;\nDATA_RADIX=HEX;\n'
        return f'-- {about}\n{head}CONTENT BEGIN\n{"".join(lines)}END;\n'
    return '\n'.join([f'// {about}', *words, ''])


def to_texts(specs: Mapping[str, Formats], arrays: Mapping[str, ArrayLike], form: MemoryFormat) -> dict[str, str]:
    """The texts of tensors, each in the format of its name, by names of files: `dense_weight.mem` of `dense.weight`.

    The name is that of C++ headers (`quantizers.cpp.header`), with the ending of `EXTENSIONS`. A tensor with formats
    per channel is in their joined type, whose words are of one width. Raises as `to_text` and `header` do, with the
    tensor's name.
    """
    _check(form)
    texts = {}
    for name, identifier in identifiers(arrays).items():
        if name not in specs:
            raise ValueError(f'no spec for the tensor {shown(name)}')
        try:
            formats, x = specs[name], arrays[name]
            if isinstance(formats, BlockQ):
                raise ValueError(formats.why_not[Capability.CODES])
            if isinstance(formats, PerChannel):
                x = formats.joined.decode(formats.encode_joined(x), exact=True)
                formats = formats.joined
            texts[f'{identifier}{EXTENSIONS[form]}'] = to_text(formats, x, form, name=identifier)
        except (TypeError, ValueError) as error:
            raise (TypeError if isinstance(error, TypeError) else ValueError)(f'{shown(name)}: {error}') from None
    return texts


def from_text(spec: Spec, text: str, form: MemoryFormat, *, name: str = 'text', exact: bool = False) -> NDArray[Any]:
    """The values of a text in a format, in the order of their addresses, which must run from 0 without a gap.

    A byte order mark is skipped, and a line may end with CR, LF or both. Where float64 cannot hold a value it is
    rounded towards zero, unless `exact`. Raises ValueError, with `name` and the line, for what the format does not
    allow, bits that are x or z, words wider than the format, a width that is not that of the format, an address that is
    missing or given twice, and words that are missing or too many: an empty place in a list, a range with more words
    than addresses, braces that do not fit the sizes of an array; and as `spec.from_bits` does.

    >>> from quantizers import FixedQ
    >>> from_text(FixedQ(8, 3), '@0 1_0 // 0.5', 'readmemh')
    array([0.5])
    """
    _check(form)
    return from_bits(spec, words_of(text, form, spec.bits, name), exact=exact)


def _check(form: str) -> None:
    if form not in FORMATS:
        raise ValueError(f"'form' must be one of {', '.join(FORMATS)}: {shown(form)}")


def _c_array(spec: Spec, bits: NDArray[Any], about: str, name: str) -> str:
    if bits.dtype != object:
        size, of = 8 * bits.dtype.itemsize, ''
        words = [f'0x{word:0{size // 4}x}' for word in bits.tolist()]
    else:
        size, count = 64, -(-spec.bits // 64)
        of = f'[{count}]'
        rows = ([f'0x{bits_ >> 64 * n & (1 << 64) - 1:016x}' for n in range(count)] for bits_ in bits.tolist())
        words = [f'{{{", ".join(row)}}}' for row in rows]
    lines = ',\n'.join(f'    {word}' for word in words)
    return (
        f'/* {about} */\n#include <stdint.h>\n\nstatic const uint{size}_t {name}[{bits.size}]{of} = {{\n{lines}\n}};\n'
    )
