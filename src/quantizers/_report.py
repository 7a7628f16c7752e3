"""Tensors in and out of `.npz` files, and what quantization did to each of them."""

from __future__ import annotations

import io
import math
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._backends._numpy import to_float
from .formats import BinaryQ, MinifloatQ, Spec
from .functional import float_quantize_np, get_fixed_quantizer_np

COLUMNS = ('tensor', 'type', 'range used', 'saturated', 'flushed to zero', 'largest error', 'SQNR / dB')


def load_tensors(path: Path) -> dict[str, NDArray[Any]]:
    """The arrays of an `.npz` file, none of them unpickled. Raises OSError, or ValueError with the file's name."""
    try:
        with path.open('rb') as stream:
            archive = np.load(stream, allow_pickle=False)
            if not isinstance(archive, np.lib.npyio.NpzFile):
                raise ValueError('one array, and no name')
            names: list[str] = archive.files
            if len(set(names)) != len(names):
                raise ValueError('a name is repeated')
            tensors = {name: archive[name] for name in names}
    except OSError:
        raise
    # what NumPy, zipfile and zlib raise for damaged bytes; a damaged shape may ask for more memory than there is
    except (ValueError, EOFError, KeyError, NotImplementedError, MemoryError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(f'{path}: not an .npz file of plain arrays: {error}') from None
    for name, tensor in tensors.items():
        if not isinstance(tensor, np.ndarray):
            raise ValueError(f'{path}: not an .npz file of plain arrays: {name!r} is no array')
    return tensors


def npz_bytes(tensors: Mapping[str, NDArray[Any]]) -> bytes:
    """An `.npz` file; equal tensors give equal bytes, and any name is taken, `file` too (`np.savez` refuses it)."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, 'w') as archive:
        for name, tensor in tensors.items():
            member = zipfile.ZipInfo(f'{name}.npy')
            with archive.open(member, 'w', force_zip64=True) as file:
                np.lib.format.write_array(file, np.asanyarray(tensor), allow_pickle=False)
    return stream.getvalue()


def quantize_tensor(name: str, spec: Spec, x: NDArray[Any]) -> tuple[NDArray[Any], list[str]]:
    """The quantized tensor, and its line in the table under `COLUMNS`.

    Raises ValueError with the tensor's name for what has no code: NaN, Inf where it wraps, and a dtype of no real
    number.
    """
    try:
        q = np.asarray(spec(x))
    except (TypeError, ValueError) as error:
        raise ValueError(f'{name!r}: {error}') from None
    if np.isnan(q).any():
        raise ValueError(f'{name!r}: holds NaN, or Inf under {spec.cpp_type!r}, which has no code')
    if q.size == 0:
        return q, [name, spec.cpp_type, *['-'] * 5]
    x, values = x.astype(np.float64), q.astype(np.float64)
    with np.errstate(all='ignore'):
        distance = np.abs(x - values)
    cells = [
        f'{values.min():.6g} .. {values.max():.6g}',
        _share(saturated(spec, x)),
        _share((x != 0) & (values == 0)),
        f'{distance.max():.3g}',
        f'{sqnr(x, distance):.1f}',
    ]
    return q, [name, spec.cpp_type, *cells]


def saturated(spec: Spec, x: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Where the rounded value lies outside the range of the format, whatever the overflow mode then does."""
    if isinstance(spec, BinaryQ):
        return np.zeros(x.shape, bool)
    if isinstance(spec, MinifloatQ):
        # one exponent bit more, and the same smallest exponent: the same grid with room above
        e = spec.exponent_bits + 1
        rounded = float_quantize_np(x, spec.mantissa_bits, e, spec.emin - 1 + 2 ** (e - 1))
    else:
        rounded = get_fixed_quantizer_np(spec.rounding, 'SAT')(x, 1, spec.i + 2, spec.f)
    return np.asarray((rounded > to_float(spec.max)) | (rounded < to_float(spec.min)))


def sqnr(x: NDArray[np.float64], error: NDArray[np.float64]) -> float:
    """The signal-to-quantization-noise ratio in dB, `10 log10(sum x^2 / sum error^2)`: inf where nothing was lost."""
    scale = float(np.abs(x).max())
    if not error.any():
        return math.inf
    if not math.isfinite(scale) or scale == 0:
        return -math.inf
    worst = float(error.max())
    signal, noise = float(np.sum((x / scale) ** 2)), float(np.sum((error / worst) ** 2))
    return 10 * math.log10(signal / noise) + 20 * (math.log10(scale) - math.log10(worst))


def _share(where: NDArray[np.bool_]) -> str:
    return f'{100 * where.mean():.2f} %'
