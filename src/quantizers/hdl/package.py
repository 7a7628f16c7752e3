"""Packages: a type and its numbers a format, a constant of raw bits a tensor; every name is checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

import numpy as np

from .._checks.capabilities import Capability
from .._checks.identifiers import word_of
from .._checks.shown import shown
from ..codes.digits import write_digits
from ..cpp.headers import description_of, refuse_unknown
from ..cpp.typedefs import types_of
from ..formats import Format
from ..formats.per_channel import Formats, PerChannel
from . import system_verilog, vhdl

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

LanguageName = Literal['vhdl', 'sv']
LANGUAGES: tuple[LanguageName, ...] = get_args(LanguageName)
Owner = tuple[str, int | Literal['package'] | None]  # a tensor, a channel of one, or the package


class Language(NamedTuple):
    """How a language writes what is declared, which words it keeps, and which it takes for one."""

    name: str
    reserved: Callable[[str], str | None]
    same: Callable[[str], str]
    suffixes: tuple[str, ...]  # of a constant, what is declared beside it
    types: Callable[[str, Format], Iterator[str]]
    constant: Callable[[str, Format, NDArray[np.object_]], Iterator[str]]
    package: Callable[[str, str | None, list[str], list[Format]], str]


_LANGUAGES = {
    'vhdl': Language('VHDL', vhdl.reserved, str.lower, ('', '_array_t'), vhdl.types, vhdl.constant, vhdl.package),
    'sv': Language(
        'SystemVerilog',
        system_verilog.reserved,
        str,
        ('', '_size'),
        system_verilog.types,
        system_verilog.constant,
        system_verilog.package,
    ),
}


def package(
    specs: Mapping[str, Formats],
    arrays: Mapping[str, ArrayLike] | None = None,
    *,
    language: LanguageName,
    name: str = 'formats',
    join: bool = False,
    description: str | None = None,
) -> str:
    """The text of a package: for each spec a type `NAME_t` and its numbers, for each tensor in `arrays` a constant.

    In VHDL-2008 a type of fixed point is a subtype of `sfixed` or `ufixed` of `ieee.fixed_pkg`, whose range has the
    point, and any other one of `std_logic_vector`. In SystemVerilog it is a packed `logic`, signed where codes are.
    `NAME_width`, and `NAME_fraction` or `NAME_exponent`, `NAME_mantissa` and `NAME_bias`, are integers. Constants are
    raw bits in hexadecimal: those of the tensors, quantized by the spec of their name. In VHDL they keep their shape,
    `NAME_array_t`; in SystemVerilog they are one vector of `NAME_size` elements in C order, of which element `n` is
    `NAME[n * NAME_width +: NAME_width]`, as few tools have constant arrays of more dimensions in packages.

    Names are those of C++ headers (`quantizers.cpp.header`), but for what each language keeps for itself; VHDL knows no
    case. With formats per channel there is a type for each, `w_0_t`, and for an array, or with `join` alone, that of
    their joined type. A description is a comment, in quotes and in ASCII, so that no tool reads a directive in it.

    Raises ValueError for a name that cannot become an identifier or is taken, a tensor without a spec or without
    elements, NaN without a code, formats that have no codes, and formats per channel without a joined type.

    >>> from quantizers import FixedQ
    >>> print(package({'taps': FixedQ(8, 1)}, {'taps': [0.25, -0.5]}, language='sv'), end='')
    package formats;
      // ap_fixed<8, 1>
      localparam int taps_width = 8;
      localparam int taps_fraction = 7;
      typedef logic signed [7:0] taps_t;
    <BLANKLINE>
      localparam int taps_size = 2;
      localparam logic [0:15] taps = {
        8'h20, 8'hc0
      };
    endpackage
    """
    if language not in _LANGUAGES:
        raise ValueError(f"'language' must be one of {', '.join(_LANGUAGES)}: {shown(language)}")
    arrays = arrays or {}
    refuse_unknown(arrays, specs)
    of = _LANGUAGES[language]
    words = {tensor: word_of(tensor, of.name) for tensor in specs}
    types = [
        (words[tensor] if channel is None else f'{words[tensor]}_{channel}', (tensor, channel), spec)
        for tensor, channel, spec in types_of(specs, arrays, Capability.CODES, join=join)
    ]
    _check_names(of, name, types, words)
    description = description_of(specs, description)
    lines = [line for word, _, spec in types for line in of.types(word, spec)]
    by_word = {word: spec for word, _, spec in types}
    for tensor, array in arrays.items():
        spec = by_word[words[tensor]]
        lines += ['', *of.constant(words[tensor], spec, _digits(tensor, specs[tensor], spec, array))]
    return of.package(name, description, lines, list(by_word.values()))


def _check_names(
    language: Language, package_name: str, types: Sequence[tuple[str, Owner, Format]], words: Mapping[str, str]
) -> None:
    """Refuse an identifier that is taken, by the language or by another name; types and tensors of one name are two."""
    owners: dict[str, Owner] = {}

    def claim(identifier: str, owner: Owner) -> None:
        already = language.reserved(identifier)
        if already:
            raise ValueError(f'{_said(owner)} would become {shown(identifier)}, {already}')
        other = owners.setdefault(language.same(identifier), owner)
        if other != owner:
            both = f'{_said(other)} and {_said(owner)}'
            raise ValueError(f'{both} would both become the {language.name} identifier {shown(identifier)}')

    if package_name != word_of(package_name, language.name):
        raise ValueError(f"'name' must be a {language.name} identifier, without __: {shown(package_name)}")
    claim(package_name, (package_name, 'package'))
    claimed: dict[str, str] = {}
    for name, word in words.items():
        if claimed.setdefault(language.same(word), name) != name:
            other = shown(claimed[language.same(word)])
            raise ValueError(
                f'{other} and {shown(name)} would both become the {language.name} identifier {shown(word)}'
            )
        for suffix in language.suffixes:
            claim(f'{word}{suffix}', (name, None))
    for word, owner, spec in types:
        for suffix in ('t', *spec.layout):
            claim(f'{word}_{suffix}', owner)


def _said(owner: Owner) -> str:
    name, part = owner
    before = '' if part is None else 'the package ' if part == 'package' else f'channel {part} of '
    return f'{before}{shown(name)}'


def _digits(name: str, formats: Formats, spec: Format, array: ArrayLike) -> NDArray[np.object_]:
    """The raw bits in hexadecimal, in the shape of the array."""
    if 0 in np.shape(array):
        raise ValueError(f'{shown(name)}: an empty array, of shape {np.shape(array)}, cannot be a constant')
    try:
        if isinstance(formats, PerChannel):
            bits = spec.to_bits(spec.decode(formats.encode_joined(array), exact=True))
        else:
            bits = spec.to_bits(array)
    except (TypeError, ValueError) as error:
        raise (TypeError if isinstance(error, TypeError) else ValueError)(f'{shown(name)}: {error}') from None
    return write_digits(np.asarray(bits), spec.bits, 16).astype(object)
