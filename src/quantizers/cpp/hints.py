"""What the names of types elsewhere are here, for the message that refuses them."""

from __future__ import annotations

import re

_INTEGER = re.compile(r'(u?)int([1-9][0-9]{0,2})(?:_t)?', re.IGNORECASE)
_Q = re.compile(r'(u?)q([0-9]{1,3})[._]([0-9]{1,3})', re.IGNORECASE)
_FLOAT = re.compile(r'(?:fp|float)?[4-8]?_?e([2-5])m([1-9])(fn|fnuz|b11fnuz)?', re.IGNORECASE)
_DTYPE = re.compile(r'b?float16|bf16|half|float(?:32|64)?|double|fp(?:16|32|64)', re.IGNORECASE)
# a bias that is not OCP's shifts the exponents
_SHIFTS = {'fnuz': 0, 'b11fnuz': -3}


def hint(text: str) -> str | None:
    """What to write for a type that other places call so; None where that is not known."""
    text = text.strip()
    if match := _INTEGER.fullmatch(text):
        unsigned, width = match.groups()
        return f"write 'ap_{unsigned.lower()}int<{width}>'"
    if (match := _Q.fullmatch(text)) and int(match[2]) + int(match[3]):
        unsigned, integer, fraction = match[1], int(match[2]), int(match[3])
        if unsigned:
            return f"write 'ap_ufixed<{integer + fraction}, {integer}>'"
        beside, counted = (f"'ap_fixed<{i + fraction}, {i}>'" for i in (integer + 1, integer))
        return f'write {beside} where the sign bit is not counted in {integer}, {counted} where it is'
    if match := _FLOAT.fullmatch(text):
        exponent, mantissa, shift = match[1], match[2], _SHIFTS.get((match[3] or '').lower(), 1)
        return (
            f"write 'ap_float<{mantissa}, {exponent}, {shift}>' for the same steps; every code of it is a number, also "
            f'where {text} has Inf or NaN'
        )
    if _DTYPE.fullmatch(text):
        return "it is the dtype of an array, and formats are types such as 'ap_fixed<16, 6>' or 'ap_float<3, 4, 1>'"
    return None
