"""Raw bits one after the other in bytes, as hardware has them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_BYTE = 8


def pack(codes: NDArray[Any], bits: int, axis: int) -> NDArray[np.uint8]:
    """The `bits` lowest bits of each code, from the lowest bit of the first byte on, along an axis.

    Bits of the last byte that belong to no code are 0.
    """
    last = np.moveaxis(codes, axis, -1)[..., None]
    wide = np.ascontiguousarray(last.astype('<u8')).view(np.uint8)
    single = np.unpackbits(wide, axis=-1, count=bits, bitorder='little')
    stream = single.reshape(*last.shape[:-2], last.shape[-2] * bits)
    return np.ascontiguousarray(np.moveaxis(np.packbits(stream, axis=-1, bitorder='little'), -1, axis))


def unpack(packed: NDArray[np.uint8], bits: int, length: int, axis: int) -> NDArray[Any]:
    """The `length` codes along an axis that `pack` has written, unsigned, in the smallest dtype of so many bits."""
    last = np.moveaxis(packed, axis, -1)
    stream = np.unpackbits(np.ascontiguousarray(last), axis=-1, count=length * bits, bitorder='little')
    single = stream.reshape(*last.shape[:-1], length, bits)
    wide = np.zeros((*single.shape[:-1], _BYTE), np.uint8)
    narrow = np.packbits(single, axis=-1, bitorder='little')
    wide[..., : narrow.shape[-1]] = narrow
    codes = wide.view('<u8')[..., 0].astype(np.min_scalar_type((1 << bits) - 1))
    return np.ascontiguousarray(np.moveaxis(codes, -1, axis))
