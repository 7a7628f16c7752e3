"""Weights in `.safetensors` files: as those of `.npz` files, bfloat16 too; and what is refused, as pickles are."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from safetensors.numpy import save_file

from oracles.command import Run
from quantizers import FixedQ, QuantizerConfig, choose
from quantizers.files.arrays import stored_arrays
from quantizers.files.numbers import read_numbers
from quantizers.files.stored import CHUNK

RNG = np.random.default_rng(0)
DTYPES = ['bool', 'u1', 'u2', 'u4', 'u8', 'i1', 'i2', 'i4', 'i8', 'f2', 'f4', 'f8']
TENSORS: dict[str, Any] = {f'of.{dtype}': RNG.integers(0, 2, (2, 3)).astype(dtype) for dtype in DTYPES}
TENSORS |= {
    'narrow': RNG.normal(size=(3, CHUNK // 2)).astype(ml_dtypes.bfloat16),  # more than a chunk
    'special': np.array([np.nan, np.inf, -np.inf, -0.0, 1e-40, 3e38], ml_dtypes.bfloat16),
    'empty': np.empty((0, 4), np.float32),
    'scalar': np.array(-2.5),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    save_file(TENSORS, tmp_path / 'weights.safetensors')
    return tmp_path / 'weights.safetensors'


def test_all_dtypes_are_read_and_bfloat16_is_widened_exactly(path: Path) -> None:
    found = read_numbers(path)
    assert found.keys() == TENSORS.keys()
    for name, tensor in TENSORS.items():
        expected = tensor.astype(np.float32) if tensor.dtype == ml_dtypes.bfloat16 else tensor
        assert found[name].dtype == expected.dtype
        np.testing.assert_array_equal(found[name], expected, strict=True)
    assert np.signbit(found['special'][3])
    with stored_arrays(path) as arrays:
        assert max(chunk.size for array in arrays.values() for chunk in array.chunks()) == CHUNK


def test_formats_and_quantized_weights_are_those_of_an_npz_file(tmp_path: Path, run: Run) -> None:
    tensors = {name: TENSORS[name] for name in ('scalar', 'of.f4', 'narrow')}  # the widest first
    save_file(tensors, tmp_path / 'w.safetensors')
    np.savez(tmp_path / 'w.npz', **{name: tensor.astype(np.float64) for name, tensor in tensors.items()})
    chosen = choose(tmp_path / 'w.safetensors', sqnr=30)
    assert chosen.config() == choose(tmp_path / 'w.npz', sqnr=30).config() == choose(tensors, sqnr=30).config()
    chosen.config().save(config := tmp_path / 'config.json')
    assert (
        QuantizerConfig.from_json(run('choose', tmp_path / 'w.safetensors', '--sqnr', 30, '-o', '-')[1])
        == chosen.config()
    )
    headers = []
    for suffix in ('.safetensors', '.npz'):
        assert run('quantize', config, tmp_path / f'w{suffix}', '-o', tmp_path / suffix)[0] == 0
        headers.append((tmp_path / suffix / 'w.h').read_text())
    assert headers[0] == headers[1]
    ours, theirs = (np.load(tmp_path / suffix / 'w.npz') for suffix in ('.safetensors', '.npz'))
    assert {name: ours[name].dtype for name in ours} == {'narrow': 'f4', 'of.f4': 'f4', 'scalar': 'f8'}
    for name in tensors:
        np.testing.assert_array_equal(ours[name], theirs[name])


def test_diff_pairs_its_tensors_with_others(path: Path, tmp_path: Path, run: Run) -> None:
    spec = FixedQ(8, 3, True, 'RND', 'SAT')
    save_file({'w': TENSORS['narrow']}, tmp_path / 'x.safetensors')
    save_file({'w': spec(TENSORS['narrow'])}, tmp_path / 'y.safetensors')
    arguments = ('diff', spec.label, '--input', tmp_path / 'x.safetensors', '--output', tmp_path / 'y.safetensors')
    code, out, _ = run(*arguments)
    assert (code, out.splitlines()[2]) == (0, f'{TENSORS["narrow"].size:,} compared, 0 differences')


def test_without_the_package_it_is_named(path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, 'safetensors', None)
    message = f"{path}: is read by safetensors: pip install 'quantizers[safetensors]'"
    with pytest.raises(ImportError) as caught:
        choose(path, width=8)
    assert str(caught.value) == message
    assert run('choose', path, '--width', 8) == (2, '', f'quantizers: error: {message}\n')


def test_what_is_no_such_file_is_refused(path: Path, tmp_path: Path) -> None:
    whole = path.read_bytes()
    for damaged in (b'', whole[:-1], whole + b'0', b'\xff' * 8 + whole[8:], b'PK\x03\x04' + whole):
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match=r'weights\.safetensors: not a \.safetensors file of plain tensors: '):
            read_numbers(path)
    with pytest.raises(FileNotFoundError):
        read_numbers(tmp_path / 'missing.safetensors')
    save_file({'x': np.ones(3, ml_dtypes.float8_e5m2)}, path)
    with pytest.raises(ValueError, match=r"'x': must be of a real dtype of NumPy's, or bfloat16; .* float32: F8_E5M2$"):
        read_numbers(path)
    save_file({'x': np.ones(3, np.complex64)}, path)
    with pytest.raises(ValueError, match="'x': must be of a real dtype"):
        read_numbers(path)


def test_a_file_that_is_cut_while_it_is_read(path: Path) -> None:
    with stored_arrays(path) as arrays:
        path.write_bytes(path.read_bytes()[:2000])
        with pytest.raises(ValueError, match="the data of 'narrow' end early"):
            arrays['narrow'].whole()


def test_max_size_counts_what_is_widened(path: Path) -> None:
    save_file({'x': np.ones(1000, ml_dtypes.bfloat16)}, path)
    assert read_numbers(path, max_size=4000)['x'].size == 1000
    with pytest.raises(ValueError, match=r'holds 4\.0KB of arrays'):
        read_numbers(path, max_size=3999)


@pytest.mark.parametrize('name', ['w.pt', 'w.PTH'])
@pytest.mark.parametrize('content', [b'PK\x03\x04', b'\x80\x02pickle', b'0.5'])
def test_a_pickle_is_refused_with_the_way_out(name: str, content: bytes, tmp_path: Path, run: Run) -> None:
    (tmp_path / name).write_bytes(content)
    message = (
        f'{tmp_path / name}: a file of PyTorch is a pickle, and nothing is unpickled; save what torch.load(..., '
        'weights_only=True) gives by safetensors.torch.save_file or np.savez'
    )
    with pytest.raises(ValueError) as caught:  # noqa: PT011  (the whole message is compared)
        choose(tmp_path / name, width=8)
    assert str(caught.value) == message
    assert run('choose', tmp_path / name, '--width', 8) == (2, '', f'quantizers: error: {message}\n')
