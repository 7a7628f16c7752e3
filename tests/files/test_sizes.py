"""Files that lie about their sizes: what `.npy` and `.npz` files say is held against what they hold, and named."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oracles.command import Run, wrote
from quantizers import FixedQ, choose
from quantizers.analysis.quantize_files import quantize_files
from quantizers.config import QuantizerConfig
from quantizers.files.arrays import stored_arrays
from quantizers.files.numbers import read_numbers
from quantizers.files.stored import CHUNK


def npy(descr: str, shape: str, data: bytes = b'', *, version: int = 1, length: int | None = None) -> bytes:
    """An `.npy` file of this header, whatever it says; `length` is said to be that of the header."""
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    size = len(header) if length is None else length
    return b'\x93NUMPY' + bytes([version, 0]) + size.to_bytes(2 if version == 1 else 4, 'little') + header + data


LIES = {
    'void': (npy("'V2147483647'", '(1,)'), r"'a': must be an array of real numbers .*: dtype \|V2147483647"),
    'void and data': (npy("'V2147483647'", '(2,)', bytes(99)), r'dtype \|V2147483647'),
    'bytes': (npy("'S2000000000'", '(3,)'), r'dtype \|S2000000000'),
    'text': (npy("'<U500000000'", '(3,)'), 'dtype <U500000000'),
    'nothing, often': (npy("'S0'", f'({2**62},)'), r'dtype \|S0'),
    'voids of nothing': (npy("'V0'", f'({2**40},)'), r'dtype \|V0'),
    'fields': (npy("[('x', '<f8', (99999,))]", '(9,)'), 'dtype '),
    'complex': (npy("'<c16'", '(1,)', bytes(16)), 'dtype complex128'),
    'axes': (npy("'<f8'", f'({"1," * 65})', bytes(8)), "'a' has a shape that no array can have: 65 axes"),
    'large': (npy("'<f8'", f'({2**62},)'), r'no array can have: 1 axes, 2\^62 elements'),
    'large beside none': (npy("'<f8'", f'(0, {2**62})'), r'no array can have: 2 axes, 2\^62 elements'),
    'one byte each': (npy("'|i1'", f'(0, {2**61})'), r'no array can have: 2 axes, 2\^61 elements'),
    'many digits': (npy("'<f8'", f'(0x1{"0" * 4500},)'), r'no array can have: 1 axes, 2\^18000 elements'),
    'many digits below 0': (npy("'<f8'", f'(-0x1{"0" * 4500},)'), r'no array can have: 1 axes, 2\^18000 elements'),
    'negative': (npy("'<f8'", '(-1,)', bytes(8)), r"'a' has the shape \(-1,\)"),
    'negative twice': (npy("'<f8'", '(-1, -1)', bytes(8)), r"'a' has the shape \(-1, -1\)"),
    'truth': (npy("'<f8'", '(True,)', bytes(8)), r"'a' has the shape \(True,\)"),
    'more than there is': (npy("'<f8'", '(3,)', bytes(23)), "the data of 'a' end early: 23 of 24 bytes"),
    'much more': (npy("'<f8'", f'({10**16},)'), f'end early: 0 of {8 * 10**16} bytes'),
    'less than there is': (npy("'<f8'", '(3,)', bytes(25)), 'go on behind its shape: 25 instead of 24 bytes'),
    'header': (npy("'<f8'", '(1,)', bytes(8), version=2, length=2**32 - 1), 'array header'),
    'long header': (npy("'<f8'" + ' ' * 20_000, '(1,)', bytes(8), version=2), 'array header|Header'),
    'nested': (npy('((' * 3000, '(1,)'), ''),
    'nested signs': (npy('-' * 4000 + '1', '(1,)'), ''),
}


def files_of(content: bytes, folder: Path) -> Iterator[Path]:
    """The content as an `.npy` file, and in an archive, stored and compressed."""
    path = folder / 'a.npy'
    path.write_bytes(content)
    yield path
    path.unlink()
    for number, compression in enumerate((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)):
        path = folder / f'{number}.npz'
        with zipfile.ZipFile(path, 'w', compression) as archive:
            archive.writestr('a.npy', content)
        yield path
        path.unlink()


@pytest.mark.parametrize('name', list(LIES))
def test_a_lie_is_refused_with_the_names_of_file_and_array(name: str, tmp_path: Path, run: Run) -> None:
    content, message = LIES[name]
    QuantizerConfig({'a': FixedQ(8, 3)}).save(tmp_path / 'c.json')
    for path in files_of(content, tmp_path):
        for arguments in (
            ('quantize', tmp_path / 'c.json', path, '-o', tmp_path / 'out'),
            ('choose', path, '--width', 8),
            ('diff', 'fixed<8,3>', 'fixed<8,2>', '--input', path),
            ('plot', 'fixed<8,3>', '--input', path, '-o', tmp_path / 'x.png'),
            ('codes', 'fixed<8,3>', '--input', path, '-o', tmp_path / 'x.mif', '--format', 'mif'),
        ):
            if arguments[0] == 'codes' and path.suffix == '.npz':
                continue
            code, out, err = run(*arguments)
            errors = [line for line in err.splitlines() if 'quantizers: warning' not in line]
            assert (code, out, len(errors)) == (2, '', 1), err
            assert errors[0].startswith(f'quantizers: error: {path}: not an .np{path.suffix[-1]} file of ')
            assert re.search(message, errors[0]), err
            assert len(errors[0]) < 600 + len(str(path))
    assert [path.name for path in tmp_path.iterdir()] == ['c.json']


def test_what_is_true_of_shapes_is_read(tmp_path: Path, run: Run) -> None:
    QuantizerConfig({'a': FixedQ(8, 3)}).save(tmp_path / 'c.json')
    for shape in ((1,) * 63 + (3,), (0,) * 64, (0, 2**59), (), (3, 0)):
        x = np.zeros(shape, np.float64)
        np.savez(tmp_path / 'w.npz', a=x)
        assert read_numbers(tmp_path / 'w.npz')['a'].shape == shape
        option = '--header' if x.size else '--no-header'
        code, _, err = run('quantize', tmp_path / 'c.json', tmp_path / 'w.npz', '-o', tmp_path / 'out', option)
        files = ('w.npz', 'w.h') if x.size else ('w.npz',)
        assert (code, err) == (0, wrote(*(tmp_path / 'out' / name for name in files)))
        with np.load(tmp_path / 'out' / 'w.npz') as written:
            assert written['a'].shape == shape
        if x.size:
            assert choose(x, width=8).spec == choose(tmp_path / 'w.npz', width=8).specs[0]
            assert run('plot', 'fixed<8,3>', '--input', tmp_path / 'w.npz', '-o', tmp_path / 'x.png')[0] == 0


@pytest.mark.parametrize('said', [8, 80, 8_000_000])
def test_a_member_that_is_not_as_long_as_the_archive_says(said: int, tmp_path: Path) -> None:
    content = npy("'<f8'", f'({said // 8},)', bytes(16))
    length = len(content) - 16 + said
    with zipfile.ZipFile(tmp_path / 'w.npz', 'w', zipfile.ZIP_DEFLATED) as archive:
        archive.writestr('a.npy', content)
    packed = (tmp_path / 'w.npz').read_bytes()
    lying = packed.replace(len(content).to_bytes(4, 'little'), length.to_bytes(4, 'little'))
    assert lying != packed
    (tmp_path / 'w.npz').write_bytes(lying)
    with pytest.raises(ValueError, match=r'w\.npz: not an \.npz file of plain arrays: .*(CRC|end early)'):
        read_numbers(tmp_path / 'w.npz', max_size=10**9)


def bomb(path: Path, size: int, compression: int = zipfile.ZIP_DEFLATED) -> None:
    """An archive of zeros: `size` bytes of them."""
    with zipfile.ZipFile(path, 'w', compression) as archive, archive.open('a.npy', 'w', force_zip64=True) as member:
        np.lib.format.write_array_header_1_0(member, {'descr': '<f8', 'fortran_order': False, 'shape': (size // 8,)})
        for _ in range(size >> 20):
            member.write(bytes(1 << 20))


def test_what_unpacks_to_more_than_100_times_the_file_is_asked_for(tmp_path: Path, run: Run) -> None:
    size = 32 << 20
    weights = tmp_path / 'w.npz'
    bomb(weights, size)
    assert size > 900 * weights.stat().st_size
    QuantizerConfig({'a': FixedQ(8, 3)}).save(tmp_path / 'c.json')
    commands = {
        'quantize': (tmp_path / 'c.json', weights, '-o', tmp_path / 'out', '--no-header'),
        'choose': (weights, '--width', 8),
        'diff': ('fixed<8,3>', 'fixed<8,2>', '--input', weights),
        'plot': ('fixed<8,3>', '--input', weights, '-o', tmp_path / 'x.svg'),
    }
    for command, arguments in commands.items():
        code, out, err = run(command, *arguments)
        assert (code, out, err.count('\n')) == (2, '', 1), err
        assert f'{weights}: holds 33.6MB of arrays, more than 100 times the file' in err
        (asked,) = re.findall(r'--max-size (\d+)', err)
        assert int(asked) == size
        code, _, err = run(command, *arguments, '--max-size', size - 1)
        assert (code, f"more than 'max_size', {size - 1} bytes" in err) == (2, True), err
        assert (tmp_path / 'out').exists() == (command != 'quantize')  # which is the first
        for allowed in (asked, '32MiB', '0.04 GB'):
            assert run(command, *arguments, '--max-size', allowed)[0] == 0
    with pytest.raises(ValueError, match='in Python, max_size=33554432'):
        choose(weights, width=8)
    assert choose(weights, width=8, max_size=size).specs
    for wrong in ('many', '-1', '1 parsec', '9' * 200 + 'x'):
        code, _, err = run('choose', weights, '--width', 8, '--max-size', wrong)
        assert (code, 'must be a number of bytes, such as 10GB' in ' '.join(err.replace('│', ' ').split())) == (2, True)


def test_all_members_count_together(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    arrays = {f'zeros{n}': np.zeros(20_000) for n in range(10)} | {'noise': rng.normal(size=2000)}
    np.savez_compressed(tmp_path / 'some.npz', **arrays)
    assert len(read_numbers(tmp_path / 'some.npz')) == 11
    np.savez_compressed(
        tmp_path / 'many.npz', **{f'{name}{n}': x for n in range(20) for name, x in arrays.items() if x.size > 2000}
    )
    with pytest.raises(ValueError, match=r'holds 32\.0MB of arrays'):
        read_numbers(tmp_path / 'many.npz')


def test_what_is_no_regular_file_is_refused(tmp_path: Path, run: Run) -> None:
    if not hasattr(os, 'mkfifo'):
        pytest.skip('there are no named pipes')
    for name in ('w.npy', 'w.npz'):
        os.mkfifo(tmp_path / name)
        code, _, err = run('choose', tmp_path / name, '--width', 8)
        assert (code, f'{tmp_path / name}: arrays are read from a regular file' in err) == (2, True), err


@pytest.mark.skipif(not Path('/proc/self/status').exists(), reason='reads the peak of memory as Linux gives it')
def test_memory_is_bounded_whatever_a_member_unpacks_to(tmp_path: Path) -> None:
    # 100 MB of zeros: where the header should stand, and where the data of 512 kB should
    data = npy("'<f8'", '(65536,)')
    for name, start, compression in (
        ('header.npz', b'\x93NUMPY\x02\x00\xff\xff\xff\xff', zipfile.ZIP_DEFLATED),
        ('data.npz', data, zipfile.ZIP_DEFLATED),
        ('bzip2.npz', data, zipfile.ZIP_BZIP2),
        ('lzma.npz', data, zipfile.ZIP_LZMA),
    ):
        with zipfile.ZipFile(tmp_path / name, 'w', compression) as archive:
            archive.writestr('a.npy', start + bytes(100 << 20))
        packed = (tmp_path / name).read_bytes()
        size, said = (n.to_bytes(4, 'little') for n in (len(start) + (100 << 20), len(data) + (1 << 19)))
        assert packed.count(size) == 2
        if start == data:
            (tmp_path / name).write_bytes(packed.replace(size, said))
    code = """
import sys
from pathlib import Path
from quantizers.files.numbers import read_numbers
for path in sorted(Path(sys.argv[1]).glob(sys.argv[2])):
    try:
        read_numbers(path, max_size=10**12)
    except ValueError as error:
        print(error, file=sys.stderr)
print(next(line for line in open('/proc/self/status') if line.startswith('VmHWM')).split()[1])
"""
    command = [sys.executable, '-c', code, str(tmp_path)]
    plain = int(subprocess.run([*command, '*.none'], capture_output=True, check=True).stdout)
    done = subprocess.run([*command, '*.npz'], capture_output=True, text=True, check=True)
    assert re.findall(r'(\w+)\.npz: not an \.npz file of plain arrays', done.stderr) == 'bzip2 data header lzma'.split()
    assert done.stderr.count('is compressed as NumPy never does') == 2
    assert int(done.stdout) - plain < 40_000


def test_progress_says_the_size_before_and_counts_it(tmp_path: Path) -> None:
    size = 4 << 20
    bomb(tmp_path / 'w.npz', size)
    told: list[tuple[str, int]] = []
    counted: list[int] = []

    def phase(description: str, total: int) -> Any:
        told.append((description, total))
        assert not counted
        return counted.append

    with stored_arrays(tmp_path / 'w.npz', size) as arrays:
        quantize_files({'a': FixedQ(8, 3)}, arrays, tmp_path / 'out.npz', phase=phase)
    assert told == [('quantizing', size)]
    assert (sum(counted), max(counted)) == (size, CHUNK * 8)


def test_no_memory_is_said_with_the_file(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    np.save(tmp_path / 'x.npy', np.arange(4.0))

    def blank(*_: object, **__: object) -> Any:
        raise MemoryError

    monkeypatch.setattr(np, 'concatenate', blank)
    code, _, err = run('diff', 'fixed<8,3>', 'fixed<8,2>', '--input', tmp_path / 'x.npy')
    assert (code, err) == (2, f'quantizers: error: {tmp_path / "x.npy"}: not enough memory\n')
    monkeypatch.setattr('quantizers.command.diff.read_numbers', blank)
    code, _, err = run('diff', 'fixed<8,3>', 'fixed<8,2>', '--input', tmp_path / 'x.npy')
    assert (code, err) == (2, 'quantizers: error: not enough memory\n')


def test_two_arrays_in_one_npy_file_are_no_array(tmp_path: Path) -> None:
    stream = io.BytesIO()
    np.save(stream, np.arange(3.0))
    np.save(stream, np.arange(4.0))
    (tmp_path / 'x.npy').write_bytes(stream.getvalue())
    with pytest.raises(ValueError, match=r"x\.npy: .*'x' go on behind its shape: 184 instead of 24 bytes"):
        read_numbers(tmp_path / 'x.npy')
