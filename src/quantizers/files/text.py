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
_ARCHIVE = 'an .npz file or another ZIP archive'
_BINARY = {
    b'PK\x03\x04': _ARCHIVE,
    b'PK\x05\x06': _ARCHIVE,  # with nothing in it
    b'\x93NUMPY': 'an .npy file',
    b'\x89HDF\r\n\x1a\n': 'an HDF5 file',
}
_HEAD = 9  # and a .safetensors file begins with the length of its header, of 8 bytes, and with the header's brace
PICKLES = '.pt', '.pth'  # of PyTorch
_OF_ARRAYS = '.npy', '.npz', '.safetensors', *PICKLES


def is_text(path: Path) -> bool:
    """Whether a file is none of arrays, by its name or, where one can go back in it, by how it begins."""
    if path.suffix.lower() in _OF_ARRAYS:
        return False
    if not path.is_file():
        return not path.is_dir()
    with path.open('rb') as stream:
        return _of_arrays(stream.read(_HEAD)) is None


def read_encoded(path: Path) -> bytes:
    """The bytes of a file of text. Raises OSError, and ValueError for a file of arrays, which is not read then."""
    with path.open('rb') as stream:
        head = stream.read(_HEAD)
        what = _of_arrays(head)
        if what is not None:
            raise ValueError(f'{path}: {what}, where text is wanted; `choose` and `quantize` read arrays')
        return head + stream.read()


def _of_arrays(head: bytes) -> str | None:
    """What a file of arrays is, by how it begins; None for text."""
    if head[4:] == b'\0\0\0\0{':
        return 'a .safetensors file'
    return next((what for mark, what in _BINARY.items() if head.startswith(mark)), None)


def read_text(path: Path) -> str:
    """The text of a file. Raises as `read_encoded` does, and UnicodeDecodeError, a ValueError, where it is none."""
    data = read_encoded(path)
    return data.decode(next((encoding for mark, encoding in _MARKS.items() if data.startswith(mark)), 'utf-8'))
