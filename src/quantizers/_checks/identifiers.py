"""The words that names of tensors become in the text of a language."""

from __future__ import annotations

import re

from .shown import shown

_NAME = re.compile(r'\w+(?:[./:-]\w+)*', re.ASCII)


def word_of(name: object, language: str) -> str:
    """`dense1_weight` of `dense1.weight`: separators, and each run of `_`, become one `_`; `tensor_` precedes a digit.

    Raises ValueError for a name that is not made of words of ASCII letters, digits and `_`, joined by single `.`, `/`,
    `:` or `-`.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name) or not re.search('[A-Za-z0-9]', name):
        raise ValueError(
            f'{shown(name)} cannot become a {language} identifier: words of letters, digits, _ are wanted, joined by'
            ' . / : or -'
        )
    word = '_'.join(re.findall('[A-Za-z0-9]+', name))
    return f'tensor_{word}' if word[0].isdigit() else word
