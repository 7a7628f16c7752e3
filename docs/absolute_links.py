"""Make the README's links absolute, as PyPI shows it without the files beside it.

Usage: python docs/absolute_links.py ADDRESS TAG, such as https://github.com/OWNER/quantizers v1.4.0, before the
distributions are built; `git checkout README.md` takes it back.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

README = Path(__file__).parents[1] / 'README.md'
PICTURES = ('.png', '.svg')
_FENCED = re.compile(r'^(```.*?^```$)', re.MULTILINE | re.DOTALL)
_LINK = re.compile(r'\]\((?!\w+:|#)([^)\s]+)\)')


def absolute(text: str, address: str, tag: str) -> str:
    """The text, with the links to files as links to `address` at `tag`; those in code and to other sites stay.

    Raises ValueError for an address that is none of a repository on the web.
    """
    if not re.fullmatch(r'https://[^\s/]+/\S+[^/]', address):
        raise ValueError(f"'ADDRESS' must be that of the repository, https://HOST/OWNER/NAME: {address}")

    def target(link: re.Match[str]) -> str:
        path = link[1]
        kind = 'raw' if path.endswith(PICTURES) else 'blob'
        return f']({address}/{kind}/{tag}/{path})'

    # every second part is code
    parts = _FENCED.split(text)
    parts[::2] = (_LINK.sub(target, part) for part in parts[::2])
    return ''.join(parts)


if __name__ == '__main__':
    README.write_text(absolute(README.read_text('utf-8'), *sys.argv[1:3]), 'utf-8')
