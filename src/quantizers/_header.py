"""C++ headers: a typedef a spec, an array a tensor; every name is checked, every initialiser is exact."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from math import inf
from sys import float_info
from typing import Any

import numpy as np

from ._maths.floats import Exact
from ._reserved import KEYWORDS, LIBRARY
from .formats import BinaryQ, FixedQ, MinifloatQ, Spec, TernaryQ

VENDOR_MAX_W = 1024  # AP_INT_MAX_W where nobody defines it
PER_LINE = 8
_NAME = re.compile(r'\w+(?:[./:-]\w+)*', re.ASCII)
_INCLUDES = {'ap_fixed.h': {'fixed', 'ternary'}, 'ap_float.h': {'minifloat'}, 'ap_binary.h': {'binary'}}
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
    result, owner = {}, dict(taken or {})
    for name in names:
        if not isinstance(name, str) or not _NAME.fullmatch(name) or not re.search('[A-Za-z0-9]', name):
            raise ValueError(
                f'{name!r} cannot become a C++ identifier: words of letters, digits, _ are wanted, joined by . / : or -'
            )
        word = '_'.join(re.findall('[A-Za-z0-9]+', name))
        word = f'tensor_{word}' if word[0].isdigit() else word
        for identifier in (word, f'{word}_t'):
            if identifier in KEYWORDS:
                raise ValueError(f'{name!r} would become {identifier!r}, a C++ keyword')
            if identifier in LIBRARY:
                raise ValueError(f'{name!r} would become {identifier!r}, a name of the C++ library or of its headers')
            if identifier in owner:
                raise ValueError(
                    f'{owner[identifier]} and {name!r} would both become the C++ identifier {identifier!r}'
                )
            owner[identifier] = repr(name)
        result[name] = word
    return result


def header(
    specs: Mapping[str, Spec],
    arrays: Mapping[str, Any] | None = None,
    *,
    guard: str = 'QUANTIZERS_WEIGHTS_H',
    description: str | None = None,
) -> str:
    """The text of a C++ header: `typedef TYPE name_t;` for each spec and an array `name` for each tensor in `arrays`.

    The arrays are quantized by the spec of their name; the initialisers mean exactly those codes: a double where one
    holds the value, else the raw bits; the zeros of a minifloat keep their sign. Arrays may have any number of
    dimensions; a 0-d one is a scalar. The header needs the vendor's `ap_fixed.h`, and for minifloat and binary specs
    `ap_float.h` and `ap_binary.h` from the folder `quantizers.get_include()`; where a type has more than 1024 bits it
    defines `AP_INT_MAX_W` before the include.

    Args:
        specs: a `QuantizerConfig`, or any mapping from a name to a spec.
        arrays: the tensors, array-likes of real numbers, by name.
        guard: the macro of the include guard.
        description: one line of comment; that of the `QuantizerConfig` if not given.

    Raises ValueError for a name that cannot become an identifier (see `identifiers`), a description that could end the
    comment, a tensor without a spec, an empty tensor and a NaN.
    """
    description = getattr(specs, 'description', None) if description is None else description
    if not (guard.isascii() and guard.isidentifier()) or guard in KEYWORDS:
        raise ValueError(f"'guard' must be a C++ identifier: {guard!r}")
    arrays = {} if arrays is None else arrays
    taken = {guard: f'the include guard {guard!r}'}
    taken |= dict.fromkeys(('QUANTIZERS_BITS', 'quantizers_bits'), "the helper 'quantizers_bits'")
    names = identifiers(specs, taken)
    unknown = [name for name in arrays if name not in specs]
    if unknown:
        raise ValueError(f'no spec for the tensor {", ".join(map(repr, unknown))}')
    declarations = [_declaration(name, spec, f'{names[name]}_t') for name, spec in specs.items()]
    definitions = [_definition(name, specs[name], names[name], array) for name, array in arrays.items()]
    body = '\n'.join([*declarations, '', *definitions])
    opening = _opening(guard, description, list(specs.values()), '"' in body)
    return '\n'.join([*opening, body.strip(), '', f'#endif  // {guard}', ''])


def _opening(guard: str, description: str | None, specs: list[Spec], raw: bool) -> Iterator[str]:
    yield f'#ifndef {guard}\n#define {guard}\n'
    if description:
        unsafe = [text for text in ('\\', '*/', '/*', '??/') if text in description]
        unsafe += [c for c in description if not c.isprintable()]
        if unsafe:
            raise ValueError(f"'description' {description!r} holds {unsafe[0]!r}, which could break out of a comment")
        yield f'// {description}\n'
    widest = max((spec.bits for spec in specs), default=0)
    if widest > VENDOR_MAX_W:
        yield f'#ifndef AP_INT_MAX_W\n#define AP_INT_MAX_W {widest}\n#elif AP_INT_MAX_W < {widest}'
        yield f'#error "AP_INT_MAX_W must be at least {widest} before the first include of an ap_*.h"\n#endif\n'
    kinds = {spec.kind for spec in specs}
    yield from (f'#include <{name}>' for name, needed in _INCLUDES.items() if kinds & needed)
    if raw:
        yield '#include <ap_int.h>'
        yield _FROM_BITS.rstrip()
    yield ''


def _declaration(name: str, spec: Spec, typename: str) -> str:
    if not isinstance(spec, FixedQ | MinifloatQ | BinaryQ | TernaryQ):
        raise ValueError(f'{name!r}: not a spec: {spec!r}')
    return spec.cpp_declaration(typename)


def _definition(name: str, spec: Spec, identifier: str, array: Any) -> str:
    if np.size(array) == 0:
        raise ValueError(f'{name!r}: an empty array, of shape {np.shape(array)}, cannot be written in C++')
    try:
        codes = np.asarray(spec.encode(array))
    except (TypeError, ValueError) as error:
        raise (TypeError if isinstance(error, TypeError) else ValueError)(f'{name!r}: {error}') from None
    unique, inverse = np.unique(codes.ravel(), return_inverse=True)
    values = zip(unique.tolist(), spec.decode(unique, exact=True).tolist(), strict=True)
    texts = [_initialiser(spec, code, value, f'{identifier}_t') for code, value in values]
    initialisers = np.array(texts, dtype=object)[inverse].reshape(codes.shape)
    shape = ''.join(f'[{n}]' for n in codes.shape)
    return f'static const {identifier}_t {identifier}{shape} = {_braces(initialisers.tolist())};'


def _braces(values: Any, indent: str = '') -> str:
    if isinstance(values, str):
        return values
    inner = f'{indent}    '
    if isinstance(values[0], str):
        lines = [', '.join(values[start : start + PER_LINE]) for start in range(0, len(values), PER_LINE)]
    else:
        lines = [_braces(row, inner) for row in values]
    return '{\n' + ',\n'.join(inner + line for line in lines) + f'\n{indent}}}'


def _initialiser(spec: Spec, code: int, value: Exact, typename: str) -> str:
    """A C++ expression whose value is exactly that of the code."""
    if spec.kind == 'minifloat' and code and not value:
        return '-0.0'
    try:
        number = float(value)
    except OverflowError:
        number = inf
    # a normal double, as the vendor does not read subnormal ones, or 0.0: some shapes abort on the int 0
    if number == value and (number == 0 or abs(number) >= float_info.min):
        return repr(number)
    digits = f'{code % (1 << spec.bits):X}'
    if spec.kind == 'minifloat':
        return f'{typename}::from_bits(0x{digits}ULL)'
    return f'quantizers_bits<{typename}, {spec.bits}>("{digits}")'
