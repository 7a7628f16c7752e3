"""`quantizers verify`: Python's bits are C++'s, a wrong bit is found, what cannot be compared is said in one line."""

from __future__ import annotations

import errno
import grp
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import quantizers
from oracles.command import refused
from oracles.vendor import headers
from quantizers import BinaryQ, FixedQ, MinifloatQ, QuantizerConfig, TernaryQ, VerificationError, verify
from quantizers.analysis.verify._processes import Processes
from quantizers.analysis.verify._program import Program
from quantizers.cli import main
from quantizers.cpp import convert, parse_type
from quantizers.files.own_folder import own_folder

EXAMPLES = sorted((Path(__file__).parents[2] / 'specs' / 'examples').glob('*.json'))
ROUNDINGS = ('RND', 'RND_ZERO', 'RND_MIN_INF', 'RND_INF', 'RND_CONV', 'TRN', 'TRN_ZERO')
OVERFLOWS = ('SAT', 'SAT_ZERO', 'SAT_SYM', 'WRAP', 'WRAP, 1', 'WRAP, 3', 'WRAP_SM', 'WRAP_SM, 1', 'WRAP_SM, 2')
SHAPES = ((8, 3), (1, -2), (16, 6), (33, 40), (64, 20), (12, -9), (65, 30), (130, 70), (5, 5))


def sixty() -> list[str]:
    """Types of all modes and of widths from 1 to 1100, minifloats, binary and ternary."""
    types = []
    for number in range(42):
        overflow = OVERFLOWS[number % len(OVERFLOWS)]
        # one bit has no symmetric range and no bit to saturate
        width, integer = SHAPES[number // 2 % len(SHAPES)] if overflow in ('SAT', 'SAT_ZERO', 'WRAP') else (9, 4)
        unsigned = 'u' * (number % 4 == 1 and not overflow.startswith('WRAP_SM'))
        types.append(f'ap_{unsigned}fixed<{width}, {integer}, AP_{ROUNDINGS[number % 7]}, AP_{overflow}>')
    floats = ((1, 2, 1), (3, 2, 1), (2, 3, 1), (3, 4), (2, 5), (0, 1), (0, 4, -3), (7, 8), (10, 5), (23, 8, 1))
    types += [f'ap_minifloat<{", ".join(map(str, widths))}>' for widths in floats]
    types += ['ap_binary', 'ap_int<7>', 'ap_uint<64>', 'ap_ufixed<1, 0>', 'ap_fixed<2, 2, AP_RND_CONV, AP_SAT_SYM>']
    return [
        *types,
        'ap_minifloat<52, 11>',
        'ap_fixed<1100, 500, AP_RND, AP_SAT>',
        'ap_fixed<54, 0, AP_RND_CONV, AP_SAT>',
    ]


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, kept: Callable[[str], Path]) -> Path:
    """Compiled programs in a folder of the tests, kept between runs."""
    folder = kept('verify')
    monkeypatch.setenv('XDG_CACHE_HOME', str(folder))
    monkeypatch.delenv('XILINX_HLS', raising=False)
    return folder / 'quantizers' / 'verify'


@pytest.fixture
def empty_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))
    return tmp_path / 'cache' / 'quantizers' / 'verify'


def script(path: Path, text: str) -> Path:
    path.write_text(f'#!/bin/sh\n{text}\n')
    path.chmod(0o755)
    return path


def log_of(tmp_path: Path) -> tuple[Path, Callable[[], int]]:
    """A compiler that is g++ and counts how often it makes a program, and that count."""
    log = tmp_path / 'log'
    log.touch()
    compiler = script(tmp_path / 'counting', f'case "$*" in *" -o "*) echo >> "{log}";; esac\nexec g++ "$@"')
    return compiler, lambda: len(log.read_text().splitlines())


@pytest.mark.parametrize('part', range(4))
def test_sixty_types_have_no_difference(part, tally):
    types = sixty()
    assert len(set(types)) == len(types) == 60
    report = verify(types[part::4], count=20_000)
    for found in report.types:
        assert found.conversions >= 19_000
        assert (found.differences, found.first) == (0, None), found
        tally.note(
            'verify', found.cpp_type, *(np.zeros(found.conversions, bool),) * 3, np.ones(found.conversions, bool)
        )
    assert report.differences == 0
    assert [found.spec for found in report.types] == [parse_type(text) for text in types[part::4]]
    assert report.headers == headers().resolve()
    tally.check()


def test_the_examples_have_no_difference(capsys):
    assert main(['verify', *map(str, EXAMPLES), '-n', '5000']) == 0
    out = capsys.readouterr().out
    assert ' 0 differences' in out
    for path in EXAMPLES:
        for name, spec in QuantizerConfig.load(path).items():
            assert name in out
            assert spec.cpp_type in out


@pytest.mark.parametrize(
    ('file', 'right', 'wrong', 'type_'),
    [
        (
            '_maths/rounding.py',
            'xp.ceil(xp.floor(y + y) * xp.half)',
            'xp.floor(y + xp.half)',
            'ap_fixed<12, 8, AP_RND>',
        ),
        (
            '_maths/minifloat.py',
            'return to_integer(xp, rounding, y) * step',
            'return to_integer(xp, rounding, xp.trunc(y)) * step',
            'ap_minifloat<3, 4>',
        ),
        ('codes/floats.py', 'np.greater(', 'np.greater_equal(', 'ap_binary'),
        ('codes/floats.py', 'to_scaled(values, None)', 'to_scaled(values + 0, None)', 'ap_minifloat<3, 4>'),
    ],
    ids=['rounding', 'minifloat', 'binary', 'negative zero'],
)
def test_one_wrong_bit_of_a_copy_is_found(file, right, wrong, type_, tmp_path):
    copy = tmp_path / 'quantizers'
    shutil.copytree(Path(quantizers.__file__).parent, copy)
    if not (copy / 'include').is_dir():
        shutil.copytree(quantizers.get_include(), copy / 'include')
    formula = (copy / file).read_text()
    assert right in formula
    (copy / file).write_text(formula.replace(right, wrong))
    result = run_copy(tmp_path, type_)
    assert result.returncode == 1, result.stdout + result.stderr
    assert 'Python ' in result.stdout
    assert ', C++ ' in result.stdout
    assert ' 0 differences' not in result.stdout
    (copy / file).write_text(formula)
    assert run_copy(tmp_path, type_).returncode == 0


def run_copy(folder: Path, type_: str) -> subprocess.CompletedProcess[str]:
    env = os.environ | {'PYTHONPATH': str(folder)}
    command = [sys.executable, '-m', 'quantizers', 'verify', type_, '-n', '2000']
    return subprocess.run(command, capture_output=True, text=True, env=env, cwd=folder, check=False)


def test_the_first_difference_is_shown_with_both_bit_patterns(monkeypatch, capsys):
    spec = FixedQ(4, 4, True, 'RND', 'SAT')
    right = FixedQ.to_bits

    def wrong(self: Any, x: Any) -> Any:
        bits = right(self, x)
        bits[x == 3.0] ^= 1
        return bits

    monkeypatch.setattr(FixedQ, 'to_bits', wrong)
    report = verify(spec, count=100)
    (found,) = report.types
    assert report.differences == found.differences == 1
    assert found.first is not None
    assert (found.first.x, found.first.python, found.first.cpp) == (3.0, '0010', '0011')
    assert main(['verify', spec.cpp_type, '-n', '100']) == 1
    assert '3.0 (0x1.8000000000000p+1): Python 0010, C++ 0011' in capsys.readouterr().out


def test_the_bits_of_wide_types_are_compared_to_the_last(monkeypatch):
    spec = FixedQ(130, 70)
    right = FixedQ.to_bits
    for bit in (0, 63, 64, 129):
        monkeypatch.setattr(FixedQ, 'to_bits', lambda self, x, bit=bit: right(self, x) ^ (1 << bit))
        (found,) = verify(spec, count=500).types
        assert found.differences == found.conversions
        assert len(found.first.python) == len(found.first.cpp) == 130


def test_names_of_one_type_share_a_row():
    report = verify({'a': FixedQ(8, 3), 'b': TernaryQ(), 'c': FixedQ(8, 3), 'd': 'ap_fixed<8, 3>'}, count=100)
    assert [(found.names, found.spec) for found in report.types] == [
        (('a', 'c', 'd'), FixedQ(8, 3)),
        (('b',), TernaryQ()),
    ]
    assert report.conversions == sum(found.conversions for found in report.types)
    for one in (BinaryQ(), 'ap_binary', [BinaryQ()]):
        assert verify(one, count=100).types[0].spec == BinaryQ()


def test_the_same_name_in_two_files(tmp_path, capsys):
    for number, spec in enumerate((FixedQ(8, 3), FixedQ(8, 4), FixedQ(8, 3))):
        QuantizerConfig({'w': spec}).save(tmp_path / f'{number}.json')
    assert main(['verify', *(str(tmp_path / f'{number}.json') for number in range(3)), '-n', '100']) == 0
    rows = capsys.readouterr().out
    assert '1.json: w' in rows
    assert '2.json: w' not in rows


def test_no_type_is_lost_where_file_and_name_are_the_same(tmp_path, capsys):
    paths = [tmp_path / str(number) / 'net.json' for number in range(4)]
    for integer, path in enumerate(paths):
        path.parent.mkdir()
        QuantizerConfig({'w': FixedQ(8, integer)}).save(path)
    # the very name that the second file would give
    QuantizerConfig({'w': FixedQ(8, 0), 'net.json: w': FixedQ(8, 4), f'{paths[1]}: w': FixedQ(8, 5)}).save(paths[0])
    assert main(['verify', *map(str, paths), '-n', '100']) == 0
    out = capsys.readouterr().out
    assert all(f'ap_fixed<8, {integer}>' in out for integer in range(6))


@pytest.mark.parametrize(
    'spec', [FixedQ(8, 3, True, 'RND', 'SAT'), MinifloatQ(3, 4), BinaryQ(), FixedQ(70, -3)], ids=str
)
def test_inputs_are_what_they_claim(spec):
    from quantizers.analysis.verify._inputs import inputs

    x = inputs(spec, 5000)
    assert x.dtype == np.float64
    assert np.isfinite(x).all()
    assert ((x == 0) | (np.abs(x) >= np.finfo(np.float64).tiny)).all()
    assert 4900 <= x.size <= 20000
    assert np.signbit(x[x == 0]).any()
    np.testing.assert_array_equal(x, inputs(spec, 5000))
    if spec.bits <= 12:
        values = spec.values().astype(float)
        assert np.isin(values, x).all()
        ties = (values[1:] + values[:-1]) / 2
        for near in (ties, np.nextafter(ties, -np.inf), np.nextafter(ties, np.inf)):
            assert np.isin(near[np.abs(near) > 1e-300], x).all()
    assert (x > float(spec.max)).any()
    assert (x < float(spec.min)).any()


@pytest.mark.parametrize('rounding', ROUNDINGS)
def test_algorithmic_c(rounding):
    types = [
        FixedQ(8, 3, True, rounding, 'SAT'),
        FixedQ(33, 40, False, rounding, 'SAT_ZERO'),
        FixedQ(65, 1, True, rounding),
    ]
    assert verify(types, dialect='ac', count=2000).differences == 0


def test_what_a_dialect_cannot_say_is_refused(capsys):
    for type_, reason in (
        ('ap_minifloat<3, 4>', 'minifloat'),
        ('ap_binary', 'binary'),
        ('fixed<8,3,TRN,WRAP_SM>', 'WRAP_SM'),
    ):
        assert main(['verify', type_, '--dialect', 'ac']) == 2
        assert reason in capsys.readouterr().err
    with pytest.raises(ValueError, match=r"'dialect' must be one of ap, ac: 'hls4ml'"):
        verify(FixedQ(8, 3), dialect='hls4ml')


@pytest.mark.parametrize('count', [0, -1, True, 2.5])
def test_a_wrong_count_is_refused(count):
    with pytest.raises(ValueError, match=r"'count' must be an integer >= 1"):
        verify(FixedQ(8, 3), count=count)


@pytest.mark.parametrize('timeout', [0, -1, np.inf, np.nan, 1e9])
def test_a_wrong_timeout_is_refused(timeout, capsys):
    with pytest.raises(ValueError, match=r"'timeout' must be above 0 and at most 86400 seconds"):
        verify(FixedQ(8, 3), timeout=timeout)
    if timeout > 1:
        assert main(['verify', 'ap_fixed<8, 3>', '--timeout', str(timeout)]) == 2
        assert "'timeout'" in capsys.readouterr().err


@pytest.mark.parametrize('count', [np.int64(50), np.uint8(50), np.array(50)])
def test_any_integer_is_a_count(count):
    assert verify(FixedQ(8, 3), count=count) == verify(FixedQ(8, 3), count=50)


@pytest.mark.parametrize(
    ('types', 'wrong'),
    [([3], '3'), ([None], 'None'), ([FixedQ(8, 3), 2.5], '2.5'), ({'w': 3}, '3'), (3, '3'), (None, 'None')],
)
def test_what_is_no_type_is_refused(types, wrong):
    with pytest.raises(TypeError) as caught:
        verify(types)
    assert str(caught.value) == f"'types' must be specs or type strings, or a mapping from names to them: {wrong}"


def test_no_type_is_an_error():
    with pytest.raises(ValueError, match='at least one type'):
        verify([])


# What is missing, or fails --------------------------------------------------------------------------------------------


def failure(*arguments: object, **keywords: Any) -> str:
    with pytest.raises(VerificationError) as caught:
        verify(*arguments, **{'count': 100} | keywords)
    message = str(caught.value)
    assert '\n' not in message
    return message


def test_a_missing_compiler(run):
    assert 'install g++' in failure(FixedQ(8, 3), compiler='no-such-compiler')
    refused(run('verify', 'ap_int<4>', '--compiler', 'no-such-compiler'))


def test_what_is_no_compiler():
    assert '--version' in failure(FixedQ(8, 3), compiler='false')


def test_what_a_compiler_calls_itself_moves_no_cursor(tmp_path, empty_cache, capsys):
    version = r'printf "g++ \033[2J\n"'
    compiler = script(tmp_path / 'loud', f'case "$*" in *version*) {version};; *) exec g++ "$@";; esac')
    assert main(['verify', 'ap_int<4>', '--compiler', str(compiler), '-n', '9']) == 0
    out = capsys.readouterr().out
    assert r'(g++\x1b[2J)' in ''.join(out.split())  # the title is folded
    assert '\x1b' not in out


def test_a_compiler_that_makes_nothing(tmp_path, empty_cache):
    nothing = script(tmp_path / 'nothing', 'echo nothing')
    assert failure(FixedQ(8, 3), compiler=str(nothing)) == f'{nothing} made no program: No such file or directory'


def test_missing_headers(tmp_path, monkeypatch):
    assert f"'include' must lead to a folder that holds ap_fixed.h: {tmp_path}" in failure(
        FixedQ(8, 3), include=tmp_path
    )
    monkeypatch.setattr('importlib.util.find_spec', lambda name: None)
    assert 'ap_fixed.h is missing: pip install da4ml' in failure(FixedQ(8, 3))
    monkeypatch.setenv('XILINX_HLS', str(tmp_path))
    assert 'XILINX_HLS' in failure(FixedQ(8, 3))


def test_headers_of_the_users_own_tool(tmp_path, monkeypatch):
    """A folder whose name a shell would take apart."""
    folder = tmp_path / 'a \'b\' $(touch c); "d"' / 'include'
    shutil.copytree(headers(), folder)
    monkeypatch.setenv('XILINX_HLS', str(folder.parent))
    assert verify(FixedQ(8, 3), count=100).headers == folder
    monkeypatch.delenv('XILINX_HLS')
    assert verify(FixedQ(8, 3), count=100, include=folder).headers == folder
    assert not (tmp_path / 'c').exists()


def test_headers_that_do_not_compile(tmp_path):
    (tmp_path / 'ap_fixed.h').write_text('#error "not these"\n')
    assert 'not these' in failure(FixedQ(8, 3), include=tmp_path)
    (tmp_path / 'ap_fixed.h').write_text('template <int W, int I> struct ap_fixed {};\n')
    message = failure(FixedQ(8, 3), include=tmp_path)
    assert 'does not compile ap_fixed<8, 3>' in message
    assert 'error' in message


def test_a_compiler_that_does_not_end(tmp_path, empty_cache):
    slow = script(tmp_path / 'slow', 'case "$*" in *version*) echo slow;; *) exec sleep 60;; esac')
    assert 'did not compile' in failure(FixedQ(8, 3), compiler=str(slow), timeout=0.3)


def test_programs_that_fail(tmp_path, empty_cache):
    """They must be no difference and no success."""
    for text, reason in (('exit 0', 'ended early'), ('exit 3', 'exit code 3'), ('exec sleep 60', 'did not end in')):
        lines = ['case "$*" in *version*) echo fake;; *" -o "*) shift 4', f'printf "#!/bin/sh\\n{text}\\n" > "$1"']
        fake = script(tmp_path / 'fake', '\n'.join([*lines, 'chmod 700 "$1";;', 'esac']))
        shutil.rmtree(empty_cache, ignore_errors=True)
        assert reason in failure(FixedQ(8, 3), compiler=str(fake), timeout=1)
        assert not list(empty_cache.iterdir())  # one that hangs, too, is made again


# What a process has started ends with it ------------------------------------------------------------------------------

# a process that is started and waited for, as g++ does with cc1plus, and what it has open and writes
WITH_CHILD = '(echo started; touch "$TMPDIR/cc.s"; sleep 60; echo outlived) > "{pipe}" & wait'


class Pipe:
    """What is written into a named pipe, and whether somebody still has it open."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self.path, self.text = path, b''
        self.descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)

    def open(self) -> bool:
        try:
            while data := os.read(self.descriptor, 100):
                self.text += data
        except BlockingIOError:
            return True
        return False

    def closes(self) -> bool:
        for _ in range(200):
            if not self.open():
                return True
            time.sleep(0.02)
        return False


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[Pipe]:
    pipe = Pipe(tmp_path / 'pipe')
    yield pipe
    os.close(pipe.descriptor)


def hanging(tmp_path: Path, pipe: Pipe, where: str) -> str:
    """A compiler that does not end at `where`."""
    child = WITH_CHILD.format(pipe=pipe.path)
    return str(script(tmp_path / 'hanging', f'case "$*" in {where}) {child};; *version*) echo hanging;; esac'))


@pytest.mark.parametrize('where', ['*" -E "*', '*" -o "*'])
def test_all_that_a_compiler_started_ends_with_it(where, tmp_path, empty_cache, pipe):
    assert 'did not compile' in failure(FixedQ(8, 3), compiler=hanging(tmp_path, pipe, where), timeout=2)
    assert pipe.closes()
    assert pipe.text == b'started\n'
    assert not list(empty_cache.iterdir())  # no temporary files


def test_all_that_a_program_started_ends_with_it(tmp_path, monkeypatch, pipe):
    monkeypatch.setenv('TMPDIR', str(tmp_path))
    program = Program.found(script(tmp_path / 'program', WITH_CHILD.format(pipe=pipe.path)))
    with pytest.raises(subprocess.TimeoutExpired):
        program.run(Processes(), '0', b'', 2)
    assert pipe.closes()
    assert pipe.text == b'started\n'


def test_what_still_compiles_ends_with_an_error(tmp_path, monkeypatch, empty_cache, pipe):
    monkeypatch.setattr(os, 'cpu_count', lambda: 2)
    compiler = hanging(tmp_path, pipe, '*" -o "*')
    with pytest.raises(ZeroDivisionError):
        verify(FixedQ(8, 3), compiler=compiler, timeout=600, track=lambda reports, total: broken(pipe))
    assert pipe.closes()
    assert pipe.text == b'started\n'
    assert not list(empty_cache.iterdir())


def broken(pipe: Pipe) -> Any:
    while not (pipe.open() and pipe.text):
        time.sleep(0.01)
    return 1 // 0


# the main thread, which soon waits for a compiler, sees at once a signal that it gets itself
ANOTHER_THREAD = """
def signalled():
    sys.stdin.readline()
    time.sleep(1)
    signal.pthread_kill(threading.get_ident(), signal.SIGINT)
threading.Thread(target=signalled, daemon=True).start()
"""


@pytest.mark.parametrize('thread', ['', ANOTHER_THREAD], ids=['the main thread', 'another thread'])
def test_ctrl_c_ends_what_compiles(thread, tmp_path, empty_cache, pipe):
    compiler = hanging(tmp_path, pipe, '*" -o "*')
    # whoever runs the tests in the background ignores Ctrl-C for all that they start
    heard = 'import signal, sys, threading, time\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n'
    arguments = ['verify', 'ap_fixed<8,3>', '--compiler', compiler, '-n', '9']
    code = f'{heard}{thread}from quantizers.cli import main\nraise SystemExit(main({arguments}))'
    pipes = {'stdin': subprocess.PIPE, 'stdout': subprocess.PIPE, 'stderr': subprocess.PIPE}
    with subprocess.Popen([sys.executable, '-c', code], **pipes, text=True) as process:
        while not (pipe.open() and pipe.text):
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)
        if not thread:
            process.send_signal(signal.SIGINT)
        _, err = process.communicate('now\n' if thread else None, timeout=50)
    assert process.returncode == 130
    assert 'Traceback' not in err
    assert pipe.closes()
    assert not list(empty_cache.iterdir())


def test_ctrl_c_between_two_programs_ends_the_first(tmp_path, monkeypatch, empty_cache, pipe):
    compiler = hanging(tmp_path, pipe, '*" -o "*')
    submit = ThreadPoolExecutor.submit

    def pressed(pool: ThreadPoolExecutor, *of: Any) -> Any:
        if pipe.text:
            raise KeyboardInterrupt
        submit(pool, *of)
        while not (pipe.open() and pipe.text):
            time.sleep(0.01)

    monkeypatch.setattr(ThreadPoolExecutor, 'submit', pressed)
    with pytest.raises(KeyboardInterrupt):
        verify([FixedQ(width, 3) for width in range(3, 15)], compiler=compiler, timeout=600)
    assert pipe.closes()
    assert not list(empty_cache.iterdir())


def test_nothing_that_takes_ctrl_c_for_an_error_is_imported_while_compilers_run():
    code = 'from quantizers import verify; verify; import sys; assert "numpy.random" in sys.modules'
    subprocess.run([sys.executable, '-c', code], check=True)


def test_nothing_begins_after_the_end():
    processes = Processes()
    assert processes.run(['cat'], b'text', timeout=60).stdout == b'text'
    processes.end()
    with pytest.raises(CancelledError):
        processes.run(['cat'], timeout=60)


# The cache ------------------------------------------------------------------------------------------------------------


def test_programs_are_compiled_once(tmp_path, empty_cache):
    compiler, compilations = log_of(tmp_path)
    same = [
        FixedQ(8, 3, True, 'RND'),
        FixedQ(8, 3, True, 'S_RND'),
        TernaryQ(),
        FixedQ(2, 2, True, 'RND_CONV', 'SAT_SYM'),
    ]
    for _ in range(2):
        assert verify(same, count=9, compiler=str(compiler)).differences == 0
        assert compilations() == 1
    verify(FixedQ(8, 4), count=9, compiler=str(compiler))
    assert compilations() == 2
    assert len(list(empty_cache.iterdir())) == 2


def test_a_damaged_program_is_made_again(empty_cache):
    verify(FixedQ(8, 3), count=9)
    (program,) = empty_cache.iterdir()
    whole = program.read_bytes()
    for damaged, reason in ((b'', 'Exec format error; it is removed'), (whole[: len(whole) // 4], 'ended early')):
        program.write_bytes(damaged)
        assert reason in failure(FixedQ(8, 3))
        assert verify(FixedQ(8, 3), count=9).differences == 0


def test_what_a_killed_compiler_left_is_removed_after_a_day(empty_cache):
    verify(FixedQ(8, 3), count=9)
    old, new, folder = (empty_cache / f'{name}.tmp' for name in ('old', 'new', 'folder'))
    folder.mkdir()
    for path, age in ((old, 86_401), (new, 86_000), (folder / 'cc.s', 0), (folder, 86_401)):
        if path != folder:
            path.touch()
        os.utime(path, (time.time() - age,) * 2)
    verify(FixedQ(8, 3), count=9)
    assert not old.exists()
    assert not folder.exists()
    assert new.exists()


def test_a_changed_header_makes_another_program(tmp_path, empty_cache):
    compiler, compilations = log_of(tmp_path)
    folder = tmp_path / 'include'
    shutil.copytree(headers(), folder)
    for count in (1, 2):
        verify(FixedQ(8, 3), count=9, compiler=str(compiler), include=folder)
        assert compilations() == count
        (folder / 'ap_decl.h').write_text((folder / 'ap_decl.h').read_text() + '\ntypedef int more;\n')


def test_the_cache_is_the_users_alone(empty_cache):
    verify(FixedQ(8, 3), count=9)
    assert empty_cache.stat().st_mode & 0o777 == 0o700
    for mode in (0o770, 0o707, 0o701, 0o755):
        empty_cache.chmod(mode)
        assert 'mode 0700' in failure(FixedQ(8, 3))
    empty_cache.chmod(0o700)
    elsewhere = empty_cache.with_name('elsewhere')
    empty_cache.rename(elsewhere)
    empty_cache.symlink_to(elsewhere)
    assert 'your own' in failure(FixedQ(8, 3))


def private_group(monkeypatch: pytest.MonkeyPatch, **changed: Any) -> None:
    """Let the user's group be the user's alone, whatever it is on this machine, but for what is changed."""
    user = pwd.getpwuid(os.geteuid())
    fields = {'gr_name': user.pw_name, 'gr_passwd': 'x', 'gr_gid': user.pw_gid, 'gr_mem': []} | changed
    monkeypatch.setattr(grp, 'getgrgid', lambda number: grp.struct_group(fields.values()))


def test_a_cache_that_others_may_replace(empty_cache, monkeypatch):
    private_group(monkeypatch)
    verify(FixedQ(8, 3), count=9)
    home = empty_cache.parents[1]
    for folder in (empty_cache.parent, home):
        mode = folder.stat().st_mode
        for wrong in (0o777, 0o702):
            folder.chmod(wrong)
            assert failure(FixedQ(8, 3)).endswith(f': {folder}')
        for right in (0o1777, 0o775):
            folder.chmod(right)
            verify(FixedQ(8, 3), count=9)
        folder.chmod(mode)
    # behind a link, too
    link = home.with_name('link')
    home.rename(home.with_name('elsewhere'))
    home.symlink_to(link)
    link.symlink_to(home.with_name('elsewhere'))
    verify(FixedQ(8, 3), count=9)
    home.with_name('elsewhere').chmod(0o777)
    assert failure(FixedQ(8, 3)).endswith(': ' + str(home.with_name('elsewhere')))


def test_a_cache_that_a_group_may_replace(tmp_path, empty_cache, monkeypatch):
    """A group that is not the user's own; and a list of access rights, whose bits look as those of a group."""
    compiler, compilations = log_of(tmp_path)
    home = empty_cache.parents[1]
    home.mkdir()
    home.chmod(0o775)
    user = pwd.getpwuid(os.geteuid())
    for changed in ({'gr_mem': [user.pw_name, 'other']}, {'gr_name': 'staff'}):
        private_group(monkeypatch, **changed)
        assert failure(FixedQ(8, 3), compiler=str(compiler)).endswith(
            f'let XDG_CACHE_HOME name a folder of your own: {home}'
        )
    private_group(monkeypatch)
    with monkeypatch.context() as context:
        context.setattr(os, 'listxattr', lambda path: ['system.posix_acl_access'], raising=False)
        context.setattr(sys, 'platform', 'linux')
        assert failure(FixedQ(8, 3), compiler=str(compiler)).endswith(f': {home}')
    with monkeypatch.context() as context:
        context.setattr(pwd, 'getpwuid', lambda number: {}[number])  # an id without a name, as in containers
        assert failure(FixedQ(8, 3), compiler=str(compiler)).endswith(f': {home}')
    assert not list(home.iterdir())
    home.chmod(0o1777)
    verify(FixedQ(8, 3), count=9, compiler=str(compiler))
    assert compilations() == 1


def given_to_nobody(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a folder belong to somebody else; where the tests may not do that, let the system say so."""
    nobody, right = 65534, Path.lstat

    def lstat(path: Path) -> os.stat_result:
        found = right(path)
        return os.stat_result((*found[:4], nobody, *found[5:10])) if path == folder else found

    if os.geteuid() == 0:
        os.chown(folder, nobody, -1)
    else:
        monkeypatch.setattr(Path, 'lstat', lstat)


@pytest.mark.parametrize('mode', [0o700, 0o755, 0o1777])
@pytest.mark.parametrize('above', [0, 1])
def test_a_cache_below_a_folder_of_somebody_else(above, mode, tmp_path, empty_cache, monkeypatch):
    """Who owns a folder may exchange what is in it, as between the compilation of a program and its run."""
    compiler, compilations = log_of(tmp_path)
    folder = empty_cache.parents[above]
    folder.mkdir(parents=True)
    folder.chmod(mode)
    given_to_nobody(folder, monkeypatch)
    assert failure(FixedQ(8, 3), compiler=str(compiler)).endswith(f': {folder}')
    assert compilations() == 0
    assert not list(folder.iterdir())


def test_what_is_no_program_is_said_by_its_path(empty_cache):
    verify(FixedQ(8, 3), count=9)
    (program,) = empty_cache.iterdir()
    kept = program.rename(program.with_name('kept'))
    for made in (Path.mkdir, lambda path: path.symlink_to(kept), lambda path: path.symlink_to(path), os.mkfifo):
        made(program)
        message = failure(FixedQ(8, 3))
        assert f'it must be a program of your own, and no link; remove it: {program}' in message
        program.rmdir() if program.is_dir() else program.unlink()
    kept.rename(program)
    assert verify(FixedQ(8, 3), count=9).differences == 0


def test_another_program_than_the_compiled_one_is_not_run(tmp_path, monkeypatch):
    processes = Processes()
    ours = Program.found(script(tmp_path / 'program', 'echo ours $1'))
    assert ours.run(processes, '3', b'', 60).stdout == b'ours 3\n'
    right = Processes.run

    def exchanging(self: Processes, *args: Any, **keywords: Any) -> Any:
        script(tmp_path / 'other', 'echo theirs').replace(ours.path)
        return right(self, *args, **keywords)

    monkeypatch.setattr(Processes, 'run', exchanging)
    by_descriptor = Path('/proc/self/fd').exists()
    assert ours.run(processes, '3', b'', 60).stdout == (b'ours 3\n' if by_descriptor else b'theirs\n')
    with pytest.raises(VerificationError, match='this is another program than the one that was compiled: '):
        ours.run(processes, '3', b'', 60)
    monkeypatch.setattr(Processes, 'run', right)
    # a program that another process has put there meanwhile stays
    made = Program.found(script(tmp_path / 'made', 'echo made'))
    assert made.kept_as(ours.path).run(processes, '', b'', 60).stdout == b'theirs\n'
    assert made.kept_as(tmp_path / 'new').run(processes, '', b'', 60).stdout == b'made\n'

    def no_link(*_: object) -> None:
        raise OSError(errno.EXDEV, 'this file system has none')

    monkeypatch.setattr(os, 'link', no_link)
    assert made.kept_as(tmp_path / 'renamed').run(processes, '', b'', 60).stdout == b'made\n'
    assert not made.path.exists()


def test_what_is_there_already_is_not_made(empty_cache, monkeypatch):
    """macOS refuses to make the root in another way, and file systems that are only read in a third."""
    verify(FixedQ(8, 3), count=9)

    def no_folder(*_: object, **__: object) -> None:
        raise OSError(errno.EISDIR, 'Is a directory')

    monkeypatch.setattr(os, 'mkdir', no_folder)
    assert own_folder('verify') == empty_cache


def test_an_open_umask_opens_no_folder(empty_cache):
    empty_cache.parents[1].mkdir()
    before = os.umask(0)
    try:
        verify(FixedQ(8, 3), count=9)
    finally:
        os.umask(before)
    assert [folder.stat().st_mode & 0o777 for folder in (empty_cache, empty_cache.parent)] == [0o700, 0o700]


def test_the_cache_of_somebody_else(empty_cache, monkeypatch):
    verify(FixedQ(8, 3), count=9)
    monkeypatch.setattr(os, 'geteuid', lambda: 12345)
    assert 'your own' in failure(FixedQ(8, 3))


def test_a_cache_that_cannot_be_made(empty_cache):
    empty_cache.parent.parent.mkdir()
    empty_cache.parent.write_text('a file')
    assert 'no folder for compiled programs' in failure(FixedQ(8, 3))


# Algorithmic C --------------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings('always::UserWarning')
def test_convert_warns_of_ac_where_verify_finds_a_difference():
    types = [
        FixedQ(width, integer, signed, 'TRN', overflow)
        for width in (5, 32, 33, 64, 65)
        for integer in (20, 21, 22, 26, 51, 52, 53)
        for signed, overflow in ((True, 'WRAP'), (True, 'SAT'), (False, 'WRAP'), (False, 'SAT'))
    ]
    with pytest.warns(UserWarning, match='ac_fixed.h makes 0 of negative inputs closer to 0 than about') as caught:
        report = verify(types, dialect='ac', count=1)
    warned = [str(warning.message).partition(':')[0] for warning in caught]
    different = [found.cpp_type for found in report.types if found.differences]
    assert sorted(warned) == sorted(different)
    assert len(types) / 4 < len(warned) < len(types) * 3 / 4
    assert all(abs(found.first.x) < 1e-307 for found in report.types if found.first)
    for rounding in ROUNDINGS[:5]:
        convert(FixedQ(64, 60, True, rounding), 'ac')


@pytest.mark.filterwarnings('ignore:.*ac_fixed.h makes 0 of:UserWarning')
def test_ties_to_odd_are_those_of_ac_fixed():
    """Which no other header has."""
    types = [
        FixedQ(width, integer, signed, 'RND_CONV_ODD', overflow)
        for width, integer in ((1, 1), (2, -1), (5, 2), (8, 3), (24, 8), (31, 20), (33, 3), (64, 40), (70, 30))
        for signed in (True, False)
        for overflow in ('WRAP', 'SAT', 'SAT_SYM', 'SAT_ZERO')
        if (width, overflow, signed) != (1, 'SAT_SYM', True)
    ]
    report = verify(types, dialect='ac', count=400)
    assert [found.differences for found in report.types] == [0] * len(types)
    with pytest.raises(ValueError, match=r"no rounding mode RND_CONV_ODD \(the dialect 'ac' has\)"):
        verify(types[0])


def test_where_ac_fixed_differs_convert_warns_and_verify_shows_it(capsys):
    spec = FixedQ(32, 12, True, 'RND', 'SAT_ZERO')
    with pytest.warns(UserWarning, match='ac_fixed.h makes 0 of inputs below the smallest value'):
        convert(spec, 'ac')
    assert main(['verify', spec.cpp_type, '--dialect', 'ac', '-n', '5000']) == 1
    out, err = capsys.readouterr()
    assert f'Python {1 << 31:032b}, C++ {0:032b}' in out
    assert err.count('warning') == 1
    for other in (FixedQ(31, 12, True, 'RND', 'SAT_ZERO'), FixedQ(32, 12, False, 'RND', 'SAT_ZERO'), FixedQ(32, 12)):
        convert(other, 'ac')
        assert verify(other, dialect='ac', count=5000).differences == 0
