"""Text of others: UTF-8, or what its byte order mark says."""

from __future__ import annotations

import codecs
from pathlib import Path

# that of UTF-32 begins as that of UTF-16
_MARKS = {
    codecs.BOM_UTF8: 'utf-8-sig',
    codecs.BOM_UTF32_LE: 'utf-32',
    codecs.BOM_UTF32_BE: 'utf-32',
    codecs.BOM_UTF16_LE: 'utf-16',
    codecs.BOM_UTF16_BE: 'utf-16',
}


def read_text(path: Path) -> str:
    """The text of a file. Raises OSError, and UnicodeDecodeError, a ValueError, where it is none."""
    data = path.read_bytes()
    return data.decode(next((encoding for mark, encoding in _MARKS.items() if data.startswith(mark)), 'utf-8'))
