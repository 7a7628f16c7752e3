"""Types as other places write them: a line for each dialect that is no C++.

=========  =====================================================  ====================================================
dialect    types                                                  source
=========  =====================================================  ====================================================
`numpy`    `int8` `uint16_t` `float16` `float8_e4m3fn`            the names of NumPy's and ml_dtypes' dtypes
`p3109`    `Binary8p3se`                                          IEEE P3109, a draft of 2026
`mx`       `MXFP4` `MXFP8_E4M3` `NVFP4`                          OCP Microscaling Formats 1.0, and NVIDIA
`fxp`      `fxp-s8/5`, 8 bits of which 5 fraction bits            fxpmath, "Dtype"
`ti`       `Q3.12` `UQ3.12` `Q15`, without the sign bit           TMS320C64x DSP Library Programmer's Reference, A.2
`arm`      the same, with the sign bit                            AXD and armsd Debuggers Guide, "Q-format"
`matlab`   `sfix16_En14` `ufix8` `numerictype(1,16,14)`           Fixed-Point Designer, "numerictype"
`vhdl`     `sfixed(7 downto -8)` `ufixed(3 downto -4)`            IEEE 1076-2019, `fixed_generic_pkg`
`qkeras`   `quantized_bits(8,2,1)` `quantized_relu(6,3)`          QKeras 0.9, `quantizers.py`
`apytypes` `APyFixed(bits=8, int_bits=3)` `APyFloat(exp_bits=4,   apytypes 0.5
           man_bits=3)`
=========  =====================================================  ====================================================

QKeras rounds to even and saturates. None of the others but the first three says what becomes of other numbers: there a
type is read with the defaults of `ap_fixed`, TRN and WRAP, which are those of apytypes, and written of no other modes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

from ..formats import FixedQ, Format, Spec, p3109
from ..formats.named import NUMPY
from ..modes import DEFAULTS
from .calls import APYTYPES, QKERAS, called, says_qkeras, written_apyfloat, written_qkeras

NotationName = Literal['numpy', 'p3109', 'mx', 'fxp', 'ti', 'arm', 'matlab', 'vhdl', 'qkeras', 'apytypes']
_INTEGERS = {
    f'{"" if signed else "u"}int{width}': FixedQ(width, width, signed)
    for width in (2, 4, 8, 16, 32, 64)
    for signed in (True, False)
}
_DTYPES: dict[str, Spec] = {**_INTEGERS, **NUMPY}
_NAMES = {spec: name for name, spec in _DTYPES.items()}
_NAMED = ('numpy', 'p3109', 'mx')  # which have names alone


class Notation(NamedTuple):
    """How a dialect is read and written."""

    pattern: str
    read: Callable[[re.Match[str]], Spec | None]
    write: Callable[[FixedQ], str | None]  # of fixed point that it says, but for names
    says: Callable[[FixedQ], bool] = lambda spec: spec.modes == DEFAULTS
    why_not: str = 'it has no modes, which are read as TRN and WRAP'
    write_float: Callable[[Spec], str | None] = lambda spec: None


def _dtype(match: re.Match[str]) -> Spec | None:
    return _DTYPES.get(match[0].removesuffix('_t').lower())


def _blocks(match: re.Match[str]) -> Spec | None:
    from ..formats.named_blocks import BLOCKS  # with arithmetic of blocks, which other types do without

    return BLOCKS.get(match[0].upper())  # type: ignore[return-value]  # no `Spec`, whose users ask for more


def _fraction(width: str, fraction: str, sign: str) -> FixedQ:
    return FixedQ(int(width), int(width) - int(fraction), sign.lower() not in ('u', '0', 'false'))


def _q(match: re.Match[str], counted: bool) -> Spec | None:
    """`Qm.n`; `Qn` has the sign bit alone before the point."""
    unsigned, whole, fraction = match.groups()
    signed = not unsigned
    if whole is None:
        return FixedQ(int(fraction) + 1, 1) if signed else None
    integer = int(whole) + (signed and not counted)
    return FixedQ(integer + int(fraction), integer, signed) if int(whole) + int(fraction) else None


def _letter(spec: FixedQ, signed: str = 's', unsigned: str = 'u') -> str:
    return signed if spec.signed else unsigned


def _written_q(spec: FixedQ, counted: bool) -> str | None:
    whole = spec.integer - (spec.signed and not counted)
    inside = whole >= 0 and spec.f >= 0 and whole + spec.f
    return f'{_letter(spec, "", "U")}Q{whole}.{spec.f}' if inside else None


def _matlab(match: re.Match[str]) -> FixedQ:
    sign, width, negative, exponent, *type_ = match.groups()
    if type_[0] is not None:
        return _fraction(type_[1], type_[2], type_[0])
    return _fraction(width, f'{"" if negative else "-"}{exponent or 0}', sign)


def _slope(spec: FixedQ) -> str:
    return f'_E{"n" if spec.f > 0 else ""}{abs(spec.f)}' if spec.f else ''


_Q = r'(u?)q(?:([0-9]{1,4})[._])?([0-9]{1,4})'
NOTATIONS: dict[NotationName, Notation] = {
    'numpy': Notation(r'\w+', _dtype, lambda spec: None),
    'p3109': Notation(r'binary\d+p\d+\w\w', lambda m: p3109(m[0]), lambda spec: None),
    'mx': Notation(r'mx\w+|nvfp4', _blocks, lambda spec: None),
    'fxp': Notation(
        r'fxp-([su])([0-9]{1,4})/(-?[0-9]{1,4})',
        lambda m: _fraction(m[2], m[3], m[1]),
        lambda spec: f'fxp-{_letter(spec)}{spec.width}/{spec.f}',
    ),
    'ti': Notation(_Q, lambda m: _q(m, counted=False), lambda spec: _written_q(spec, counted=False)),
    'arm': Notation(_Q, lambda m: _q(m, counted=True), lambda spec: _written_q(spec, counted=True)),
    'matlab': Notation(
        r'([su])fix([0-9]{1,4})(?:_E(n?)([0-9]{1,4}))?'
        r'|numerictype\(\s*(0|1|true|false)\s*,\s*([0-9]{1,4})\s*,\s*(-?[0-9]{1,4})\s*\)',
        _matlab,
        lambda spec: f'{_letter(spec)}fix{spec.width}{_slope(spec)}',
    ),
    'vhdl': Notation(
        r'([su])fixed\s*\(\s*(-?[0-9]{1,4})\s+downto\s+(-?[0-9]{1,4})\s*\)',
        lambda m: _fraction(str(int(m[2]) - int(m[3]) + 1), str(-int(m[3])), m[1]),
        lambda spec: f'{_letter(spec)}fixed({spec.integer - 1} downto {-spec.f})',
    ),
    'qkeras': Notation(
        r'quantized_(bits|relu)\s*\(.*\)',
        lambda m: called(m[0], QKERAS),
        written_qkeras,
        says_qkeras,
        'it rounds to even, and saturates: RND_CONV and SAT, or with a sign SAT_SYM, of two bits at least',
    ),
    'apytypes': Notation(
        r'apy(fixed|float)\s*\(.*\)',
        lambda m: called(m[0], APYTYPES),
        lambda spec: f'APyFixed(bits={spec.width}, int_bits={spec.integer})',
        lambda spec: spec.signed and spec.modes == DEFAULTS,
        'its fixed point has a sign, and its default modes are TRN and WRAP',
        written_apyfloat,
    ),
}


def vhdl_type(spec: Format) -> str | None:
    """The subtype of `ieee.fixed_pkg` that has the values of fixed point, whatever its modes; None for what is none."""
    return None if spec.modes is None else NOTATIONS['vhdl'].write(spec.general)  # type: ignore[arg-type]


def readings(text: str) -> Iterator[tuple[NotationName, Spec]]:
    """What a text means in each dialect that has it. ValueError for a type that no spec can say."""
    for name, notation in NOTATIONS.items():
        match = re.fullmatch(notation.pattern, text.strip(), re.IGNORECASE | re.ASCII)
        spec = notation.read(match) if match else None
        if spec is not None:
            yield name, spec


def meant(text: str, dialect: str | None) -> Spec | None:
    """The spec of a type that is no C++, None for no type; ValueError for two meanings, and for another dialect's."""
    found = dict(readings(text))
    specs = {spec for name, spec in found.items() if dialect in (None, name)}
    if len(specs) > 1:
        both = ', '.join(f'{spec.label!r} in the dialect {name!r}' for name, spec in found.items())
        raise ValueError(f'it has two meanings, {both}: say which dialect')
    if found and not specs:
        raise ValueError(f'not a type of the dialect {dialect!r}, but of {", ".join(map(repr, found))}')
    return next(iter(specs), None)


def written(spec: Spec, dialect: NotationName) -> str:
    """The type in a dialect. ValueError, with the reason, where there is none."""
    name = _NAMES.get(spec) if dialect == 'numpy' else spec.label if dialect in _NAMED else None
    if name is not None and [dialect, spec] in map(list, readings(name)):
        return name
    refusal = f'the dialect {dialect!r} cannot say {spec.label!r}: '
    if dialect in _NAMED:
        raise ValueError(f'{refusal}it has no name for it')
    notation = NOTATIONS[dialect]
    if getattr(spec, 'modes', None) is None:  # as of blocks, too
        float_type = notation.write_float(spec)
        if float_type is None:
            raise ValueError(f'{refusal}it has no {spec.kind} type')
        return float_type
    fixed: FixedQ = spec.general  # type: ignore[assignment]  # what has such modes is fixed point
    if not notation.says(fixed):
        raise ValueError(f'{refusal}{notation.why_not}')
    text = notation.write(fixed)
    if text is None:
        raise ValueError(f'{refusal}its point is outside of the bits')
    return text
