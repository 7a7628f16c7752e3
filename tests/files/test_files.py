"""Where files are written: devices, pipes and what is open already, the inputs, signals, and what killed runs left."""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oracles.command import Run, wrote
from quantizers import FixedQ, memory_files
from quantizers.config import QuantizerConfig
from quantizers.files.whole import folder, whole_files, write_whole

pytestmark = pytest.mark.skipif(sys.platform == 'win32', reason='devices, pipes and signals as POSIX has them')

Q = FixedQ(8, 3, True, 'RND', 'SAT')


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / 'c.json'
    QuantizerConfig({'a': Q}).save(path)
    return path


@contextlib.contextmanager
def reader(pipe: Path) -> Iterator[list[bytes]]:
    """What is written into a pipe, which is made; it is there after the block."""
    os.mkfifo(pipe)
    read: list[bytes] = []
    thread = threading.Thread(target=lambda: read.append(pipe.read_bytes()), daemon=True)
    thread.start()
    yield read
    thread.join(30)
    assert not thread.is_alive()


def writers(tmp_path: Path, run: Run) -> dict[str, tuple[Callable[[Path], object], str]]:
    """All that writes one file: what to call with its path, and the name that it must have."""
    np.save(tmp_path / 'x.npy', np.arange(4.0))
    np.savez(tmp_path / 'w.npz', a=np.arange(4.0))
    (tmp_path / 'bits.txt').write_text('10\nf8\n')

    def command(*arguments: object) -> Callable[[Path], object]:
        def write(output: Path) -> None:
            code, _, err = run(*arguments, '-o', output)
            assert (code, err) == (0, wrote(output))

        return write

    return {
        'emit': (command('emit', tmp_path / 'c.json'), 'pipe.h'),
        'codes': (command('codes', 'fixed<8,3>', '--input', tmp_path / 'x.npy', '--format', 'mif'), 'pipe.mif'),
        'codes back': (
            command('codes', 'fixed<8,3>', '--input', tmp_path / 'bits.txt', '--format', 'readmemh'),
            'p.npy',
        ),
        'choose': (command('choose', tmp_path / 'w.npz', '--width', '8'), 'pipe.json'),
        'plot': (command('plot', 'fixed<3,2>'), 'pipe.svg'),
        'save': (lambda output: QuantizerConfig({'a': Q}).save(output), 'pipe.json'),
        'memory_files': (lambda output: memory_files.write(Q, [0.5, -1], output, 'coe'), 'pipe.coe'),
    }


@pytest.mark.parametrize('name', ['emit', 'codes', 'codes back', 'choose', 'plot', 'save', 'memory_files'])
def test_a_pipe_is_written_into(name: str, config: Path, tmp_path: Path, run: Run) -> None:
    write, file_name = writers(tmp_path, run)[name]
    place = tmp_path / 'place'
    place.mkdir()
    write(place / file_name)
    plain = (place / file_name).read_bytes()
    (place / file_name).unlink()
    with reader(place / file_name) as read:
        write(place / file_name)
    assert read == [plain]
    assert stat.S_ISFIFO((place / file_name).stat().st_mode)
    assert [path.name for path in place.iterdir()] == [file_name]


def test_quantize_writes_into_pipes(config: Path, tmp_path: Path, run: Run) -> None:
    np.save(tmp_path / 'a.npy', np.arange(4.0))
    out, pipes = tmp_path / 'out', tmp_path / 'pipes'
    assert run('quantize', config, tmp_path / 'a.npy', '-o', out)[0] == 0
    pipes.mkdir()
    with reader(pipes / 'a.npy') as array, reader(pipes / 'a.h') as text:
        assert run('quantize', config, tmp_path / 'a.npy', '-o', pipes)[0] == 0
    assert array == [(out / 'a.npy').read_bytes()]
    assert text == [(out / 'a.h').read_bytes()]


def device(path: Path, minor: int) -> Path:
    """A device like /dev/null (3) or /dev/full (7) of our own."""
    try:
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, minor))
        path.open('wb').close()
    except OSError:
        pytest.skip('devices can be made by root alone, and opened where the file system has them')
    return path


def test_a_device_stays_and_a_link_to_one(config: Path, tmp_path: Path, run: Run) -> None:
    null, link = device(tmp_path / 'null', 3), tmp_path / 'link'
    link.symlink_to('null')
    for output in (null, link):
        before = null.stat()
        assert run('emit', config, '-o', output) == (0, '', wrote(output))
        assert stat.S_ISCHR(null.stat().st_mode)
        assert (null.stat().st_rdev, null.stat().st_ino) == (before.st_rdev, before.st_ino)
    assert link.is_symlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == ['c.json', 'link', 'null']


def test_a_full_device_is_named_and_no_other_target_changes(config: Path, tmp_path: Path) -> None:
    full, other = device(tmp_path / 'full', 7), tmp_path / 'other'
    other.write_bytes(b'old')
    with pytest.raises(OSError, match='No space left') as caught:
        write_whole({other: b'new', full: b'new'})
    assert caught.value.filename == str(full)
    assert other.read_bytes() == b'old'
    assert sorted(path.name for path in tmp_path.iterdir()) == ['c.json', 'full', 'other']


def test_nothing_is_written_into_a_pipe_after_a_failure(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / 'pipe')
    end = os.open(tmp_path / 'pipe', os.O_RDONLY | os.O_NONBLOCK)
    with pytest.raises(ValueError, match='late'), whole_files(tmp_path / 'pipe') as (stream,):  # noqa: PT012
        stream.write(b'half')
        raise ValueError('late')
    assert os.read(end, 10) == b''
    os.close(end)


@pytest.mark.parametrize('redirected', ['>', '>>'])
def test_a_log_keeps_what_is_before_and_after(redirected: str, config: Path, tmp_path: Path, run: Run) -> None:
    assert run('emit', config, '-o', tmp_path / 'stdout')[0] == 0
    log = tmp_path / 'log'
    log.write_bytes(b'old\n')
    emit = f'"{sys.executable}" -m quantizers emit c.json -o /dev/stdout'
    subprocess.run(['sh', '-c', f'{{ echo before; {emit}; echo after; }} {redirected} log'], cwd=tmp_path, check=True)
    old = b'old\n' if redirected == '>>' else b''
    assert log.read_bytes() == old + b'before\n' + (tmp_path / 'stdout').read_bytes() + b'after\n'


@pytest.mark.parametrize('name', ['/dev/fd/{}', '/proc/self/fd/{}', 'link', 'link to a link'])
def test_what_is_open_is_written_at_its_position(name: str, tmp_path: Path) -> None:
    with (tmp_path / 'log').open('w+b', buffering=0) as log:
        log.write(b'before and more')
        log.seek(6)
        (tmp_path / 'link').symlink_to(f'/dev/fd/{log.fileno()}')
        (tmp_path / 'link to a link').symlink_to('link')
        path = tmp_path / name.format(log.fileno())
        if not path.exists():
            pytest.skip(f'there is no {path}')
        write_whole({path: b', new'})
        log.write(b'er')
        assert (tmp_path / 'log').read_bytes() == b'before, newerre'
    assert sorted(path.name for path in tmp_path.iterdir()) == ['link', 'link to a link', 'log']


@pytest.mark.skipif(not sys.platform.startswith('linux'), reason='where Linux has what other processes have open')
def test_what_another_process_has_open_grows(config: Path, tmp_path: Path) -> None:
    """As `-o /proc/1/fd/1` in a container writes into its log."""
    log = tmp_path / 'log'
    emit = f'"{sys.executable}" -m quantizers emit c.json -o /proc/$$/fd/1'
    with log.open('a') as stdout:
        subprocess.run(['sh', '-c', f'echo before; {emit}; echo after'], cwd=tmp_path, check=True, stdout=stdout)
        write_whole({Path(f'/proc/{os.getpid()}/task/{threading.get_native_id()}/fd/{stdout.fileno()}'): b'end'})
    text = log.read_text()
    assert text.startswith('before\n#ifndef ')
    assert text.endswith('\nafter\nend')


def test_a_descriptor_that_is_not_open_is_refused(config: Path, run: Run) -> None:
    code, _, err = run('emit', config, '-o', '/dev/fd/999')
    assert (code, err) == (2, 'quantizers: error: /dev/fd/999: Bad file descriptor\n')


def test_a_folder_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    other = tmp_path / 'other'
    with pytest.raises(IsADirectoryError) as caught, whole_files(other, tmp_path):
        raise AssertionError('never inside')
    assert caught.value.filename == str(tmp_path)
    assert not list(tmp_path.iterdir())


def names_of(path: Path, suffix: str) -> list[Path]:
    """The file by other names: a link, a hard link and, if the suffix is its own, its name and another spelling."""
    link, hard = path.with_name(f'link{suffix}'), path.with_name(f'hard{suffix}')
    link.symlink_to(path.name)
    os.link(path, hard)
    return [link, hard, *([path, path.parent / '..' / path.parent.name / path.name] if path.suffix == suffix else [])]


@pytest.mark.parametrize(
    ('name', 'content', 'arguments'),
    [
        ('c.json', {'a': Q}, ('emit', 'c.json', '-o')),
        ('x.npy', np.arange(4.0), ('codes', 'fixed<8,3>', '--input', 'x.npy', '--format', 'mif', '-o')),
        ('x.npy', np.arange(4.0), ('choose', 'x.npy', '--width', 8, '-o')),
        ('x.svg', '0.5 1', ('plot', 'fixed<8,3>', '--input', 'x.svg', '-o')),
        ('c.svg', {'a': Q}, ('plot', 'c.svg', '--values', '-o')),
    ],
    ids=['emit', 'codes', 'choose', 'plot', 'plot a configuration'],
)
def test_no_command_overwrites_its_input(
    name: str, content: Any, arguments: tuple[Any, ...], tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / name
    if isinstance(content, np.ndarray):
        np.save(path, content)
    elif isinstance(content, str):
        path.write_text(content)
    else:
        QuantizerConfig(content).save(path)
    before = path.read_bytes()
    for output in names_of(path, '.mif' if 'codes' in arguments else path.suffix):
        code, out, err = run(*arguments, output)
        assert (code, out, err.count('\n')) == (2, '', 1), err
        assert f'{output}: is the input, which would be overwritten; choose another ' in err
        assert path.read_bytes() == before
    assert not list(tmp_path.glob('.*'))


@pytest.mark.parametrize('written', ['a.npy', 'a.h'])
@pytest.mark.parametrize('read', ['weights', 'config'])
def test_quantize_overwrites_no_input(written: str, read: str, config: Path, tmp_path: Path, run: Run) -> None:
    weights, out = tmp_path / 'a.npy', tmp_path / 'out'
    np.save(weights, np.arange(4.0))
    out.mkdir()
    os.link({'weights': weights, 'config': config}[read], out / written)
    before = (out / written).read_bytes()
    code, _, err = run('quantize', config, weights, '-o', out)
    assert (code, f'{out / written}: is the input' in err) == (2, True), err
    assert [path.name for path in out.iterdir()] == [written]
    assert (out / written).read_bytes() == before


def test_a_device_is_no_input_that_is_lost(tmp_path: Path, run: Run) -> None:
    null = device(tmp_path / 'null', 3)
    assert 'is the input' not in run('emit', null, '-o', null)[2]


WAITING = """
import os, sys, time
from quantizers import FixedQ
from quantizers.cli import main
chunks = []

def wait(spec, x):
    if x.size:
        chunks.append(x)
    if len(chunks) == 2:
        print('started', flush=True)
        time.sleep(60)
    return x

FixedQ.__call__ = wait
sys.exit(main(sys.argv[1:]))
"""


def started(config: Path, out: Path, *, ignored: bool = False) -> subprocess.Popen[str]:
    """The command, while it quantizes the second chunk of a tensor."""
    weights = config.with_name('w.npz')
    np.savez(weights, a=np.zeros(200_000))

    def as_from_a_terminal() -> None:  # whatever started the tests
        for name in ('SIGINT', 'SIGTERM', 'SIGHUP'):
            signal.signal(getattr(signal, name), signal.SIG_DFL)
        if ignored:
            signal.signal(signal.SIGHUP, signal.SIG_IGN)

    process = subprocess.Popen(
        [sys.executable, '-c', WAITING, 'quantize', config, weights, '-o', out],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=as_from_a_terminal,  # noqa: PLW1509
    )
    assert process.stdout is not None
    assert process.stdout.readline() == 'started\n'
    return process


@pytest.mark.parametrize('name', ['SIGINT', 'SIGTERM', 'SIGHUP'])
def test_a_signal_leaves_nothing(name: str, config: Path, tmp_path: Path) -> None:
    number, out = getattr(signal, name), tmp_path / 'new' / 'out'
    process = started(config, out)
    assert [path.name[:12] for path in out.iterdir()] == ['.quantizers-'] * 2
    process.send_signal(number)
    _, err = process.communicate(timeout=50)
    assert (process.returncode, err) == (128 + number, '')
    assert not (tmp_path / 'new').exists()


def test_a_second_signal_does_not_interrupt_what_the_first_removes(tmp_path: Path) -> None:
    code = """
import os, signal, sys
from quantizers.files.whole import whole_files
from quantizers.command.signals import ended_by_signals
from pathlib import Path
with ended_by_signals(), whole_files(Path(sys.argv[1]) / 'x'):
    try:
        os.kill(os.getpid(), signal.SIGTERM)
    finally:
        os.kill(os.getpid(), signal.SIGHUP)
        os.kill(os.getpid(), signal.SIGTERM)
"""
    done = subprocess.run([sys.executable, '-c', code, tmp_path], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (143, b'')
    assert not list(tmp_path.iterdir())


def test_a_signal_that_is_ignored_stays_so(config: Path, tmp_path: Path) -> None:
    out = tmp_path / 'out'
    process = started(config, out, ignored=True)
    process.send_signal(signal.SIGHUP)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.5)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=50)
    assert process.returncode == 143
    assert not out.exists()


def test_handlers_are_those_of_before_after_a_command(run: Run) -> None:
    def handler(*_: object) -> None:
        pass

    before = signal.signal(signal.SIGTERM, handler), signal.getsignal(signal.SIGHUP)
    try:
        assert run('convert', 'int<8>', '--to', 'ap')[0] == 0
        assert signal.getsignal(signal.SIGTERM) is handler
    finally:
        signal.signal(signal.SIGTERM, before[0])
    assert run('convert', 'int<8>', '--to', 'ap')[0] == 0
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGHUP)) == before
    codes: list[int] = []
    thread = threading.Thread(target=lambda: codes.append(run('convert', 'int<8>', '--to', 'ap')[0]))
    thread.start()
    thread.join()
    assert codes == [0]


def test_the_next_run_says_what_a_killed_one_left(config: Path, tmp_path: Path, run: Run) -> None:
    out = tmp_path / 'out'
    process = started(config, out)
    arguments = ('quantize', config, tmp_path / 'w.npz', '-o', out)
    written = wrote(out / 'w.npz', out / 'w.h')
    assert run(*arguments)[2] == written  # what another run is writing is none
    process.kill()
    process.communicate(timeout=50)
    (left,) = (path for path in out.glob('.quantizers-*.tmp') if path.stat().st_size)
    size = left.stat().st_size
    assert size > 500_000
    os.mkfifo(out / '.quantizers-pipe.tmp')
    (out / '.quantizers-link.tmp').symlink_to(config)
    (out / '.0123456789abcdef.tmp').write_bytes(b'of another program')
    code, _, err = run(*arguments)
    said = f'{left}: {size:,} bytes that a killed run left behind; nothing needs them: remove the file'
    assert (code, err) == (0, f'{written}quantizers: warning: {said}\n')
    with pytest.warns(UserWarning, match='left behind') as caught:
        QuantizerConfig({'a': Q}).save(out / 'c.json')
    assert [str(warning.message) for warning in caught] == [said]
    left.unlink()
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        QuantizerConfig({'a': Q}).save(out / 'c.json')


@pytest.fixture
def closed_folder() -> Iterator[Path]:
    """A folder into which nothing can be written or be removed from; root is nobody meanwhile."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name, 'closed')
        path.mkdir()
        Path(name).chmod(0o755)
        path.chmod(0o444)
        root = os.geteuid() == 0
        if root:
            os.seteuid(65534)
        try:
            yield path
        finally:
            if root:
                os.seteuid(0)
            path.chmod(0o755)


def test_in_a_closed_folder_the_target_is_named(closed_folder: Path) -> None:
    target = closed_folder / 'x'
    for write in (
        lambda: write_whole({target: b'x'}),
        lambda: QuantizerConfig({'a': Q}).save(target),
        lambda: memory_files.write(Q, [0.5], target, 'coe'),
    ):
        with pytest.raises(PermissionError) as caught:
            write()
        assert caught.value.filename == str(target)


def test_in_a_read_only_file_system_the_target_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(path: Path, *_: object, **__: object) -> Any:
        # where unlinking what is not there is refused as well
        raise OSError(30, 'Read-only file system', str(path))

    monkeypatch.setattr(Path, 'open', refuses)
    monkeypatch.setattr(Path, 'unlink', refuses)
    with pytest.raises(OSError, match='Read-only') as caught:
        write_whole({tmp_path / 'x': b'x'})
    assert caught.value.filename == str(tmp_path / 'x')


def test_a_folder_that_cannot_be_made_leaves_none_of_its_parents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = os.mkdir

    def one(path: Any, *arguments: Any) -> None:
        if Path(path).name == 'c' and Path(path).parent.exists():
            raise OSError(28, 'No space left on device', str(path))
        made(path, *arguments)

    monkeypatch.setattr(os, 'mkdir', one)
    with pytest.raises(OSError, match='No space'), folder(tmp_path / 'a' / 'b' / 'c'):
        raise AssertionError('never inside')
    assert not list(tmp_path.iterdir())
