"""What the names of types elsewhere are here, for the message that refuses them."""

from __future__ import annotations

import re

from ..formats.named import NUMPY

_INTEGER = re.compile(r'(u?)int([1-9][0-9]{0,2})(?:_t)?', re.IGNORECASE)
_FLOAT = re.compile(r'(?:fp|float)?[4-8]?_?e([2-5])m([1-9])(fn|fnuz|b11fnuz)?', re.IGNORECASE)
_DTYPE = re.compile(r'float64|double|fp64', re.IGNORECASE)
_SHORT = {'half': 'float16', 'fp16': 'float16', 'bf16': 'bfloat16', 'float': 'float32', 'fp32': 'float32'}


def hint(text: str) -> str | None:
    """What to write for a type that other places call so; None where that is not known."""
    text = text.strip()
    if re.match(r'ac_float\s*<', text, re.IGNORECASE):
        return "its mantissa is in two's complement, which no spec says; ac_std_float is another type"
    if match := _INTEGER.fullmatch(text):
        unsigned, width = match.groups()
        return f"write 'ap_{unsigned.lower()}int<{width}>'"
    if text.lower() in _SHORT:
        return f'write {_SHORT[text.lower()]!r}'
    if match := _FLOAT.fullmatch(text):
        exponent, mantissa, suffix = match[1], match[2], match[3]
        endings = [f'_e{exponent}m{mantissa}{end}' for end in ([suffix.lower()] if suffix else ['', 'fn'])]
        names = [name for name in NUMPY if name.endswith(tuple(endings))]
        if names:
            inf = ', which has Inf' if len(names) > 1 else ''
            return f'write {f"{inf}, or ".join(map(repr, names))}'
        return f"write 'ap_minifloat<{mantissa}, {exponent}, 1>' for the float without Inf and NaN"
    if _DTYPE.fullmatch(text):
        return "it is the dtype of an array, and formats are types such as 'ap_fixed<16, 6>' or 'ap_minifloat<3, 4, 1>'"
    return None
