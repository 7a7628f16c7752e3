"""`quantizers quantize` chunk by chunk: the bytes and figures of whole arrays, and the memory of a chunk."""

from __future__ import annotations

import io
import math
import random
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from quantizers import FixedQ, MinifloatQ, Spec, TernaryQ
from quantizers._tables import Table
from quantizers.analysis import quantize_files
from quantizers.analysis.losses import COLUMNS, Statistics
from quantizers.cli import main
from quantizers.config import QuantizerConfig
from quantizers.cpp import header
from quantizers.cpp.initialisers import definition
from quantizers.files.arrays import stored_arrays
from quantizers.files.stored import CHUNK

if TYPE_CHECKING:
    from collections.abc import Iterator

Q = FixedQ(8, 3, True, 'RND', 'SAT')
NOISE = np.random.default_rng(0).normal(scale=3, size=3 * CHUNK + 77)
LIMITED = """
import resource, sys
from quantizers.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
sys.exit(main(sys.argv[1:]))
"""
PEAK = """
import sys
from quantizers.cli import main
assert main(sys.argv[1:]) == 0
print(next(line for line in open('/proc/self/status') if line.startswith('VmHWM')), file=sys.stderr)
"""
IN_MEMORY_OF = """
import resource, sys
import numpy as np
from quantizers import FixedQ, MinifloatQ
x = np.load(sys.argv[1], mmap_mode='r')
specs = FixedQ(8, 3, True, 'RND', 'SAT'), FixedQ(8, 3), MinifloatQ(1, 2, 1)
small = [spec(x[:100_000]) for spec in specs]
used = int(next(line for line in open('/proc/self/status') if line.startswith('VmData')).split()[1]) << 10
resource.setrlimit(resource.RLIMIT_DATA, (used + (32 << 20), resource.RLIM_INFINITY))
for spec, part in zip(specs, small):
    out = np.lib.format.open_memmap(sys.argv[2], 'w+', x.dtype, x.shape) if len(sys.argv) > 2 else None
    result = spec(x, out=out)
    assert result is out
    assert np.array_equal(out[:100_000], part) and np.array_equal(out[-100:], spec(x[-100:]))
"""


def quantize(config: Path, *arguments: object) -> int:
    return main(['quantize', str(config), *map(str, arguments)])


def python(code: str, *arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, '-c', code, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / 'config.json'
    QuantizerConfig({'a': Q}).save(path)
    return path


def tensors() -> dict[str, np.ndarray]:
    x = NOISE
    return {
        'exact': x[:CHUNK].astype(np.float32),
        'one_more': x[: CHUNK + 1],
        'rows': x[: 15 * 1001 * 9].reshape(3, 5, -1, 9).astype(np.float32),
        'transposed': x[: 2 * CHUNK].reshape(64, 16, -1).T.astype(np.float32),
        'fortran_vector': np.asfortranarray(x[:, None]),
        'halves': x.astype(np.float16),
        'big_endian': x.astype('>f4'),
        'integers': (x * 1e3).astype(np.int64),
        'bytes': np.arange(2 * CHUNK + 9, dtype=np.uint8),
        'bools': x > 0,
        'scalar': np.array(1.3),
        'fp4': x,
        'ternary': x,
        'small': x * 2.0**-1036,
    }


SPECS: dict[str, Spec] = dict.fromkeys(tensors(), Q) | {
    'fp4': MinifloatQ(1, 2, 1),
    'ternary': TernaryQ(),
    'small': FixedQ(30, -1030, True, 'RND', 'SAT'),
    'integers': FixedQ(9, 12, True, 'TRN', 'WRAP'),
}


def npz_bytes(arrays: dict[str, np.ndarray]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, 'w') as file:
        for name, array in arrays.items():
            with file.open(zipfile.ZipInfo(f'{name}.npy'), 'w', force_zip64=True) as member:
                np.lib.format.write_array(member, array)
    return stream.getvalue()


@pytest.mark.parametrize('save', [np.savez, np.savez_compressed])
def test_the_files_of_whole_arrays(save: Any, tmp_path: Path, config: Path) -> None:
    QuantizerConfig(SPECS).save(config)
    save(tmp_path / 'w.npz', **tensors())
    quantized = {name: np.asarray(SPECS[name](x)) for name, x in tensors().items()}
    assert quantized['transposed'].flags.f_contiguous
    assert quantize(config, tmp_path / 'w.npz', '-o', tmp_path / 'out') == 0
    assert (tmp_path / 'out' / 'w.npz').read_bytes() == npz_bytes(quantized)
    text = (tmp_path / 'out' / 'w.h').read_text()
    assert text == header(SPECS, quantized)
    assert text.count('quantizers_bits<small_t, 30>') > CHUNK
    assert text.count('inline T quantizers_bits(const char *digits)') == 1


def nested(values: Any, indent: str = '') -> str:
    if isinstance(values, str):
        return values
    inner = f'{indent}    '
    rows = [nested(row, inner) for row in values]
    if isinstance(values[0], str):
        rows = [', '.join(rows[start : start + 8]) for start in range(0, len(rows), 8)]
    return '{\n' + ',\n'.join(inner + row for row in rows) + f'\n{indent}}}'


@pytest.mark.parametrize('chunk', [1, 3, 8, 100_000])
@pytest.mark.parametrize(
    'shape', [(), (1,), (8,), (17,), (1, 1), (2, 3), (4, 9), (2, 3, 10), (2, 1, 3, 1), (1, 2, 2, 17)]
)
def test_the_text_of_an_array_is_the_same_in_any_chunks(shape: tuple[int, ...], chunk: int) -> None:
    codes = Q.encode(NOISE[: math.prod(shape)])
    pieces = (codes[start : start + chunk] for start in range(0, codes.size, chunk))
    text = ''.join(definition(Q, 'a', shape, pieces))
    numbers = np.array([repr(value) for value in Q.decode(codes).tolist()], object).reshape(shape)
    dimensions = ''.join(f'[{n}]' for n in shape)
    assert text == f'static const a_t a{dimensions} = {nested(numbers.tolist())};\n'


@pytest.mark.parametrize('name', list(tensors()))
def test_the_table_of_whole_arrays(name: str, tmp_path: Path, config: Path, capsys: Any) -> None:
    x = tensors()[name]
    QuantizerConfig({name: SPECS[name]}).save(config)
    np.save(tmp_path / 'w.npy', x)
    assert quantize(config, tmp_path / 'w.npy', '-o', tmp_path / 'out', '--no-header') == 0
    whole = Statistics(SPECS[name])
    whole.add(x, np.asarray(SPECS[name](x)))
    shown = [line for line in capsys.readouterr().out.splitlines() if line.startswith('│')]
    (texts,) = Table(COLUMNS, [whole.row(name)]).texts()
    assert [cell.strip() for cell in shown[0].strip('│').split('│')] == texts
    error = np.abs(x.astype(float) - np.asarray(SPECS[name](x)).astype(float))
    assert texts[3] == f'{error.max():.3g}'


@pytest.mark.parametrize('names', [['w'], ['a'], ['a', 'w']], ids=str)
@pytest.mark.parametrize('suffix', ['.npy', '.NPY'])
def test_an_npy_file_is_named_by_its_stem_or_the_only_name(
    names: list[str], suffix: str, tmp_path: Path, config: Path, capsys: Any
) -> None:
    QuantizerConfig(dict.fromkeys(names, Q)).save(config)
    weights = tmp_path / f'w{suffix}'
    with weights.open('wb') as stream:
        np.save(stream, NOISE.reshape(1, -1))
    assert quantize(config, weights, '-o', tmp_path / 'out', '--allow-missing') == 0
    assert sorted(path.name for path in (tmp_path / 'out').iterdir()) == ['w.h', 'w.npy']
    expected = io.BytesIO()
    np.save(expected, Q(NOISE.reshape(1, -1)))
    assert (tmp_path / 'out' / 'w.npy').read_bytes() == expected.getvalue()
    name = 'w' if 'w' in names else 'a'
    assert f'{name}_t {name}[1][{NOISE.size}] = {{' in (tmp_path / 'out' / 'w.h').read_text()
    assert f'│ {name} ' in capsys.readouterr().out


def complaint(config: Path, capsys: Any, *arguments: object) -> str:
    """The one line that the command says; nothing has come of it."""
    assert quantize(config, *arguments) == 2
    captured = capsys.readouterr()
    assert (captured.out, captured.err.count('\n')) == ('', 1), captured
    return str(captured.err)


def test_an_npy_file_whose_name_no_spec_has(tmp_path: Path, config: Path, capsys: Any) -> None:
    QuantizerConfig({'a': Q, 'b': Q}).save(config)
    np.save(tmp_path / 'w.npy', NOISE)
    said = complaint(config, capsys, tmp_path / 'w.npy', '-o', tmp_path / 'out', '--allow-missing')
    assert f"{config}: no spec for the tensor 'w'" in said
    np.save(tmp_path / 'a.npy', NOISE)
    said = complaint(config, capsys, tmp_path / 'a.npy', '-o', tmp_path / 'out')
    assert f"{tmp_path / 'a.npy'}: no tensor for the name 'b'" in said
    assert 'a.npy: is the input, which would be overwritten' in complaint(
        config, capsys, tmp_path / 'a.npy', '-o', tmp_path, '--allow-missing'
    )


def broken(x: np.ndarray) -> Iterator[tuple[str, bytes, str]]:
    """File names, contents and what is said of them; all is well up to the last chunk."""
    plain, stream = npz_bytes({'a': x}), io.BytesIO()
    np.save(stream, x)
    npy = stream.getvalue()
    yield 'cut.npy', npy[:-1], "not an .npy file of one plain array: the data of 'cut' end early"
    yield 'text.npy', b'no array', "not an .npy file of one plain array: 'text' is no array"
    yield 'archive.npy', plain, "not an .npy file of one plain array: 'archive' is no array"
    yield 'npy.npz', npy, 'not an .npz file of plain arrays: one array, and no name'
    negative = npy.replace(f'({x.size},)'.encode(), f'(-{x.size},)'.encode()).replace(b' \n', b'\n', 1)
    yield 'negative.npy', negative, "'negative' has the shape (-"
    yield 'objects.npy', npy.replace(b"'<f8'", b"'|O' "), 'Object arrays cannot be loaded'
    yield 'pairs.npy', npy.replace(b"'<f8'", b"'2f4'"), "'pairs' has elements that are arrays: ('<f4', (2,))"
    yield 'no_dtype.npy', npy.replace(b"'<f8'", b'()   '), 'not an .npy file of one plain array'
    yield (
        'truth.npy',
        npy.replace(f'({x.size},)'.encode(), b'(True,)'.ljust(len(f'({x.size},)'))),
        "'truth' has the shape (True,)",
    )
    end = len(x) * 8 + 90  # in the data's last chunk
    yield 'damaged.npz', plain[:end] + bytes([plain[end] ^ 1]) + plain[end + 1 :], 'Bad CRC-32'
    with zipfile.ZipFile(packed := io.BytesIO(), 'w', zipfile.ZIP_LZMA) as file:
        file.writestr('a.npy', npy)
    packed.getbuffer()[len(npy) // 2 : len(npy) // 2 + 9] = bytes(9)
    yield 'lzma.npz', packed.getvalue(), "not an .npz file of plain arrays: 'a.npy' is compressed as NumPy never does"
    for name, last in (('nan', np.nan), ('inf', np.inf)):
        stream = io.BytesIO()
        np.save(stream, np.append(x[:-1], last))
        yield f'{name}.npy', stream.getvalue(), "'a': holds NaN, or Inf under 'ap_fixed<8, 3>', which has no code"


@pytest.mark.parametrize('option', ['--header', '--no-header'])
@pytest.mark.parametrize('before', [False, True])
def test_what_breaks_at_the_last_chunk_leaves_nothing(
    option: str, before: bool, tmp_path: Path, config: Path, capsys: Any
) -> None:
    QuantizerConfig({'a': FixedQ(8, 3)}).save(config)
    out = tmp_path / 'new' / 'out'
    count = 0
    for name, content, message in broken(NOISE):
        weights = tmp_path / name
        weights.write_bytes(content)
        old = {out / f'{weights.stem}{suffix}': b'old' for suffix in ('.npz', '.npy', '.h')} if before else {}
        for path in old:
            out.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b'old')
        said = complaint(config, capsys, weights, '-o', out, option)
        assert message in said
        assert str(weights) in said or "'a': " in said
        assert {path: path.read_bytes() for path in out.glob('*')} == old
        assert (tmp_path / 'new').exists() == before
        for path in old:
            path.unlink()
        count += 1
    assert count == 13


@pytest.mark.parametrize('kind', ['stored', 'compressed', 'npy'])
def test_whatever_is_damaged_gives_one_line_or_files(kind: str, tmp_path: Path, config: Path, capsys: Any) -> None:
    weights = tmp_path / ('a.npy' if kind == 'npy' else 'a.npz')
    if kind == 'npy':
        np.save(weights, NOISE[:40])
    else:
        (np.savez if kind == 'stored' else np.savez_compressed)(weights, a=NOISE[:40])
    good, generator = weights.read_bytes(), random.Random(kind)
    refused = 0
    for _ in range(400):
        bad = bytearray(good)
        for _ in range(generator.choice([1, 1, 3])):
            bad[generator.randrange(len(bad))] = generator.randrange(256)
        weights.write_bytes(bytes(bad[: generator.choice([len(bad), len(bad), generator.randrange(len(bad))])]))
        code = quantize(config, weights, '-o', tmp_path / 'out', '--no-header')
        captured = capsys.readouterr()
        refused += code == 2
        if code:
            errors = [line for line in captured.err.splitlines() if not line.startswith('quantizers: warning: ')]
            assert len(errors) == 1, captured.err
            assert re.match('quantizers: error: .*', errors[0])
        else:
            assert [path.name for path in (tmp_path / 'out').iterdir()] == [weights.name]
            (tmp_path / 'out' / weights.name).unlink()
            (tmp_path / 'out').rmdir()
        assert not (tmp_path / 'out').exists()
    assert 100 < refused < 400


@pytest.mark.parametrize(('limit', 'full'), [(1_000_000, 'w.npz'), (1_600_000, 'w.h')])
def test_a_full_disk(limit: int, full: str, tmp_path: Path, config: Path) -> None:
    np.savez(tmp_path / 'w.npz', a=NOISE)
    out = tmp_path / 'out'
    assert 1_000_000 < NOISE.nbytes < 1_600_000 - 1000  # the text is longer
    done = python(LIMITED.format(limit=limit), 'quantize', config, tmp_path / 'w.npz', '-o', out)
    assert done.returncode == 2
    assert (done.stdout, done.stderr) == ('', f'quantizers: error: {out / full}: File too large\n')
    assert not out.exists()


def test_an_interrupt_leaves_nothing(tmp_path: Path, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.savez(tmp_path / 'w.npz', a=NOISE)
    chunks = []

    def interrupted(spec: Spec, x: np.ndarray) -> Any:
        chunks.append(x)
        if len(chunks) == 3:
            raise KeyboardInterrupt
        return np.zeros_like(x)

    monkeypatch.setattr(FixedQ, '__call__', interrupted)
    assert quantize(config, tmp_path / 'w.npz', '-o', tmp_path / 'out') != 0
    assert len(chunks) == 3
    assert not (tmp_path / 'out').exists()


def test_progress_counts_every_byte(tmp_path: Path) -> None:
    phases: list[tuple[str, int, list[int]]] = []

    def phase(description: str, total: int) -> Any:
        phases.append((description, total, []))
        return phases[-1][2].append

    np.savez(tmp_path / 'w.npz', **tensors())
    with stored_arrays(tmp_path / 'w.npz') as arrays:
        out = tmp_path / 'out'
        quantize_files.quantize_files(SPECS, arrays, out / 'w.npz', out / 'w.h', phase=phase)
    totals = {description: total for description, total, _ in phases}
    assert totals == {
        'quantizing': sum(x.nbytes for x in tensors().values()),
        'writing the header': sum(np.asarray(SPECS[name](x)).nbytes for name, x in tensors().items()),
    }
    for _, total, counted in phases:
        assert sum(counted) == total
        assert max(counted) <= CHUNK * 8


def peak(tmp_path: Path, config: Path, weights: Path, option: str) -> int:
    """The largest resident memory, in bytes, of the command on `weights`."""
    done = python(PEAK, 'quantize', config, weights, '-o', tmp_path / 'out', option)
    assert done.returncode == 0, done.stderr
    return int(re.search(r'VmHWM:\s+(\d+) kB', done.stderr)[1]) << 10  # type: ignore[index]


@pytest.mark.skipif(not Path('/proc/self/status').exists(), reason='reads the peak of memory as Linux gives it')
@pytest.mark.parametrize(
    ('name', 'option', 'size'),
    [
        ('w.npy', '--no-header', 20 << 20),
        ('w.npz', '--no-header', 20 << 20),
        ('compressed.npz', '--no-header', 20 << 20),
        ('w.npz', '--header', 5 << 20),
    ],
)
def test_memory_does_not_grow_with_a_tensor(name: str, option: str, size: int, tmp_path: Path, config: Path) -> None:
    peaks = []
    for elements in (size // 10, size):
        x = np.resize(NOISE.astype(np.float32), (elements // 64, 64))
        weights = tmp_path / name
        if name == 'w.npy':
            np.save(weights, x)
        else:
            (np.savez_compressed if name.startswith('c') else np.savez)(weights, a=x)
        peaks.append(peak(tmp_path, config, weights, option))
    print(f'{name} {option}: {peaks[0] / 1e6:.1f} MB, with ten times the elements {peaks[1] / 1e6:.1f} MB')
    assert peaks[1] - peaks[0] < 4 << 20 < x.nbytes / 4


@pytest.mark.skipif(sys.platform != 'linux', reason='limits memory as Linux does')
@pytest.mark.parametrize('binding', ['plain', 'compiled'])
def test_a_memmap_in_and_a_memmap_out_are_never_in_memory(
    binding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('QUANTIZERS_NUMPY', binding)  # for a small array too, so that all is compiled before the limit
    np.save(tmp_path / 'x.npy', np.resize(NOISE.astype(np.float32), 32 << 20))
    done = python(IN_MEMORY_OF, tmp_path / 'x.npy', tmp_path / 'out.npy')
    assert done.returncode == 0, done.stderr
    assert 'MemoryError' in python(IN_MEMORY_OF, tmp_path / 'x.npy').stderr  # the limit is one
