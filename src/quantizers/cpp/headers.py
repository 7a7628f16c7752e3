"""C++ headers: a typedef a spec, an array a tensor; every name is checked."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable, Iterator, Mapping
from io import BytesIO
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._checks.identifiers import word_of
from .._checks.shown import listed, shown
from ..formats import KINDS, Spec
from ..formats.per_channel import Formats, PerChannel
from .initialisers import definition, refuse_empty
from .reserved import check_identifier, reserved
from .typedefs import typedefs

VENDOR_MAX_W = 1024  # AP_INT_MAX_W where nobody defines it
_FROM_BITS = """
#ifndef QUANTIZERS_BITS
#define QUANTIZERS_BITS
// The value whose raw bits are these hexadecimal digits: for values that no double holds.
template <class T, int W>
inline T quantizers_bits(const char *digits) {
    T value = 0.0;
    value.range() = ap_uint<W>(digits, 16);
    return value;
}
#endif
"""


def identifiers(names: Iterable[str], taken: Mapping[str, str] | None = None) -> dict[str, str]:
    """The C++ identifier of each name: `dense1.weight` is `dense1_weight`, its type `dense1_weight_t`.

    A name is made of words of ASCII letters, digits and `_`, joined by single `.`, `/`, `:` or `-`; every separator,
    and every run of `_`, becomes one `_` (C++ keeps `__` for itself), and `tensor_` comes before a leading digit.
    `taken` maps further identifiers of the header to what they are.

    Raises ValueError, naming both sides, for a name of another form, for one that becomes a word of C++ or of an
    included header, and for two names that would become one identifier.
    """
    result: dict[str, str] = {}
    owner: dict[str, str] = {}
    taken = taken or {}
    for name in names:
        word = word_of(name, 'C++')
        for identifier in (word, f'{word}_t'):
            already = reserved(identifier)
            if already:
                raise ValueError(f'{shown(name)} would become {shown(identifier)}, {already}')
            if identifier in owner or identifier in taken:
                other = taken.get(identifier) or shown(owner[identifier])
                raise ValueError(f'{other} and {shown(name)} would both become the C++ identifier {shown(identifier)}')
            owner[identifier] = name
        result[name] = word
    return result


def header(
    specs: Mapping[str, Formats],
    arrays: Mapping[str, ArrayLike] | None = None,
    *,
    join: bool = False,
    guard: str | None = None,
    description: str | None = None,
) -> str:
    """The text of a C++ header: `typedef TYPE name_t;` for each spec and an array `name` for each tensor in `arrays`.

    The arrays are quantized by the spec of their name; the initialisers mean exactly those codes: a double where one
    holds the value, else the raw bits; the zeros of a minifloat keep their sign. Arrays may have any number of
    dimensions; a 0-d one is a scalar. The header needs the vendor's `ap_fixed.h`, and for minifloat and binary specs
    `ap_minifloat.h` and `ap_binary.h` from the folder `quantizers.get_include()`; where a type has more than 1024 bits
    it defines `AP_INT_MAX_W` before the include.

    With formats per channel a tensor `w` has a typedef for each channel, `w_0_t`, `w_1_t` and so on. C++ has one type
    for an array: that of `w` is `w_t`, the joined type of the channels (`PerChannel.joined`), where each number is the
    value that its channel's format gives.

    Args:
        specs: a `QuantizerConfig`, or any mapping from a name to a spec or a `PerChannel`.
        arrays: the tensors, array-likes of real numbers, by name.
        join: whether a tensor with formats per channel has the typedef of its joined type alone.
        guard: the macro of the include guard; by default one that holds a digest of the rest of the header, so that
            only equal headers share it, of which C++ reads one.
        description: one line of comment; that of the `QuantizerConfig` if not given.

    Raises ValueError for a name that cannot become an identifier (see `identifiers`), a `guard` that is none or that
    C++, a header or the compiler has, a description that could end the comment, a tensor without a spec, an empty
    tensor, a NaN, and formats per channel that need a joined type and have none, as it would have more than 4096 bits.
    """
    coded = {name: Codes(np.shape(array), _encoded(name, specs, array)) for name, array in (arrays or {}).items()}
    with BytesIO() as file:
        write_header(file, specs, coded, BytesIO(), join=join, guard=guard, description=description)
        return file.getvalue().decode()


class Codes(NamedTuple):
    """The codes of an array: its shape, and its codes in C order, in flat chunks."""

    shape: tuple[int, ...]
    chunks: Iterable[NDArray[Any]]


def write_header(
    file: IO[bytes],
    specs: Mapping[str, Formats],
    arrays: Mapping[str, Codes],
    scratch: IO[bytes],
    *,
    join: bool = False,
    guard: str | None = None,
    description: str | None = None,
) -> None:
    """Write what `header` gives; no more than a chunk of it is in memory. `scratch` is an empty file for the arrays."""
    description = description_of(specs, description)
    taken = dict.fromkeys(('QUANTIZERS_BITS', 'quantizers_bits'), "the helper 'quantizers_bits'")
    if guard is not None:
        check_identifier('guard', guard)
        if guard in taken:
            raise ValueError(f"'guard' must be a C++ identifier: {guard!r} is {taken[guard]}")
        taken[guard] = f'the include guard {guard!r}'
    names = identifiers(specs, taken)
    refuse_unknown(arrays, specs)
    for name, codes in arrays.items():
        refuse_empty(name, codes.shape)
    comment = _comment(description)
    types = typedefs(specs, names, taken, arrays, join=join)
    declarations = ''.join(f'{spec.cpp_declaration(typename)}\n' for typename, spec in types.items())
    raw = False
    digest = hashlib.sha256()
    for name, codes in arrays.items():
        for piece in definition(types[f'{names[name]}_t'], names[name], *codes):
            raw = raw or '"' in piece
            digest.update(piece.encode())
            scratch.write(piece.encode())
    # only now is known whether they need the helper, and what the whole holds
    before = ''.join(f'{line}\n' for line in _before(comment, list(types.values()), raw)) + declarations + '\n'
    digest.update(before.encode())
    guard = guard or f'QUANTIZERS_{digest.hexdigest()[:32].upper()}_H'
    file.write(f'#ifndef {guard}\n#define {guard}\n\n{before}'.encode())
    if arrays or not specs:
        scratch.seek(0)
        shutil.copyfileobj(scratch, file)
        file.write(b'\n')
    file.write(f'#endif  // {guard}\n'.encode())


def description_of(specs: Mapping[str, Formats], description: object) -> str | None:
    """A description, or that of a configuration. ValueError for what is no text."""
    found = getattr(specs, 'description', None) if description is None else description
    if not isinstance(found, str | None):
        raise ValueError(f"'description' must be text: {shown(found)}")
    return found


def refuse_unknown(arrays: Iterable[str], specs: Mapping[str, Formats]) -> None:
    """Refuse tensors that have no spec."""
    unknown = [name for name in arrays if name not in specs]
    if unknown:
        raise ValueError(f'no spec for the tensor {listed(unknown)}')


def _encoded(name: str, specs: Mapping[str, Formats], array: ArrayLike) -> Iterator[NDArray[Any]]:
    try:
        formats = specs[name]
        codes = formats.encode_joined(array) if isinstance(formats, PerChannel) else formats.encode(array)
        yield np.asarray(codes).reshape(-1)
    except (TypeError, ValueError) as error:
        raise (TypeError if isinstance(error, TypeError) else ValueError)(f'{shown(name)}: {error}') from None


def _comment(description: str | None) -> str:
    if not description:
        return ''
    unsafe = [text for text in ('\\', '*/', '/*', '??/') if text in description]
    unsafe += [c for c in description if not c.isprintable()]
    if unsafe:
        raise ValueError(f"'description' {shown(description)} holds {unsafe[0]!r}, which could break out of a comment")
    return f'// {description}\n'


def _before(comment: str, specs: list[Spec], raw: bool) -> Iterator[str]:
    """The lines before the first typedef."""
    if comment:
        yield comment
    widest = max((spec.bits for spec in specs), default=0)
    if widest > VENDOR_MAX_W:
        yield f'#ifndef AP_INT_MAX_W\n#define AP_INT_MAX_W {widest}\n#elif AP_INT_MAX_W < {widest}'
        yield f'#error "AP_INT_MAX_W must be at least {widest} before the first include of an ap_*.h"\n#endif\n'
    classes = dict.fromkeys(getattr(kind, 'cpp_class', None) for kind in KINDS.values())  # in this order
    used = {spec.cpp_class for spec in specs}
    yield from dict.fromkeys(f'#include <{of.header}>' for of in classes if of in used)
    if raw:
        yield '#include <ap_int.h>'
        yield _FROM_BITS.rstrip()
    yield ''
