"""What the names of types elsewhere are here, for the message that refuses them."""

from __future__ import annotations

import re

_INTEGER = re.compile(r'(u?)int([1-9][0-9]{0,3})(?:_t)?', re.IGNORECASE)
_Q = re.compile(r'(u?)q([0-9]{1,3})[._]([0-9]{1,3})', re.IGNORECASE)
_FLOAT = re.compile(r'(?:fp|float)?[0-9]*_?e([1-9])m([0-9]{1,2})\w*', re.IGNORECASE)
_DTYPE = re.compile(r'b?float[0-9]*|half|double|fp(?:16|32|64)|bf16', re.IGNORECASE)


def hint(text: str) -> str | None:
    """What to write for a type that other places call so; None where that is not known."""
    text = text.strip()
    if match := _INTEGER.fullmatch(text):
        unsigned, width = match.groups()
        return f"write 'ap_{unsigned.lower()}int<{width}>'"
    if match := _Q.fullmatch(text):
        unsigned, integer, fraction = match[1], int(match[2]), int(match[3])
        if unsigned:
            return f"write 'ap_ufixed<{integer + fraction}, {integer}>'"
        beside, counted = (f"'ap_fixed<{i + fraction}, {i}>'" for i in (integer + 1, integer))
        return f'write {beside} where the sign bit is not counted in {integer}, {counted} where it is'
    if match := _FLOAT.fullmatch(text):
        exponent, mantissa = match.groups()
        bias = f"write 'ap_float<{mantissa}, {exponent}, 1>' for the same steps"
        # those of OCP with Inf or NaN, whose codes are numbers here
        return f'{bias}; every code is a number, so that it has no Inf and no NaN' if int(exponent) > 3 else bias
    if _DTYPE.fullmatch(text):
        return "it is the dtype of an array, and formats are types such as 'ap_fixed<16, 6>' or 'ap_float<3, 4, 1>'"
    return None
