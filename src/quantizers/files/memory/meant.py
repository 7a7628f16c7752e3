"""What was probably meant by a word that is no number: one with a sign, or with a prefix."""

from __future__ import annotations

import re

DIGITS = {
    2: re.compile(b'[01]+'),
    8: re.compile(b'[0-7]+'),
    10: re.compile(b'[0-9]+'),
    16: re.compile(b'[0-9a-fA-F]+'),
}
# of C and Python, and of Verilog
_PREFIXES = {2: re.compile(b"0[bB]|[0-9]*'[sS]?[bB]"), 16: re.compile(b"0[xX]|[0-9]*'[sS]?[hH]")}
_FORMS = {2: 'b', 8: 'o', 10: 'd', 16: 'x'}
_SHOWN = 40


def meant(token: bytes, radix: int, bits: int | None) -> str:
    """The way out, to be said after the error; `bits` are those of a word, None for an address. Empty for none."""
    prefix = _PREFIXES[radix].match(token) if radix in _PREFIXES else None
    digits = token[prefix.end() if prefix else 1 :]
    if len(digits) > _SHOWN or not DIGITS[radix].fullmatch(digits):
        return ''
    if prefix:
        return f'; without the prefix: {digits.decode()!r}'
    return complement(-int(digits, radix), radix, bits) if bits and token.startswith(b'-') else ''


def complement(number: int, radix: int, bits: int, prefix: str = '') -> str:
    """The way out of a negative number."""
    if number < -1 << (bits - 1):
        return ''
    word = f'{prefix}{number % (1 << bits):{_FORMS[radix]}}'
    return f"; its two's complement is {word!r}" if len(word) <= _SHOWN else "; write its two's complement"
