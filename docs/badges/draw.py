"""Draw the badges of the README, of what pyproject.toml says: python docs/badges/draw.py; a test compares them."""

from __future__ import annotations

import re
from pathlib import Path

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]
_LETTER, _ROOM = 6.6, 10  # the width of a letter, and what is beside a text, in pixels
_BADGE = """<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img" aria-label="{name}: {said}">
<title>{name}: {said}</title>
<clipPath id="round"><rect width="{width}" height="20" rx="3"/></clipPath>
<g clip-path="url(#round)"><rect width="{width}" height="20" fill="#24292f"/>
<rect x="{left}" width="{right}" height="20" fill="#1f5f99"/></g>
<g fill="#fff" font-family="Verdana, DejaVu Sans, sans-serif" font-size="11" text-anchor="middle">
<text x="{middle}" y="14" textLength="{name_length}">{name}</text>
<text x="{other}" y="14" textLength="{said_length}">{said}</text></g>
</svg>
"""


def badges() -> dict[str, str]:
    """Each badge by its name."""
    project = (ROOT / 'pyproject.toml').read_text('utf-8')

    def found(pattern: str) -> list[str]:
        return re.findall(pattern, project, re.MULTILINE)

    versions = found(r"'Programming Language :: Python :: (3\.\d+)'")
    facts = {'python': f'{versions[0]} to {versions[-1]}', 'licence': found(r"^license = '(.+)'")[0]}
    if found(r'^\[tool\.mypy\]\nstrict = true'):
        facts['types'] = 'mypy strict'
    facts['tests'] = f'{found("^fail_under = ([0-9]+)")[0]} % of lines at least'
    return {name: drawn(name, said) for name, said in facts.items()}


def drawn(name: str, said: str) -> str:
    """A badge as SVG, without a font or a server of others."""
    lengths = [round(_LETTER * len(text)) for text in (name, said)]
    left, right = (length + 2 * _ROOM for length in lengths)
    return _BADGE.format(
        name=name,
        said=said,
        left=left,
        right=right,
        width=left + right,
        middle=left / 2,
        other=left + right / 2,
        name_length=lengths[0],
        said_length=lengths[1],
    )


if __name__ == '__main__':
    for badge, text in badges().items():
        (FOLDER / f'{badge}.svg').write_text(text, 'utf-8')
