"""Compiled loops in the user's cache folder."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from quantizers.backends.program import kept


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))
    kept._folder.cache_clear()
    yield tmp_path / 'cache' / 'quantizers' / 'loops'
    kept._folder.cache_clear()


def made(content: bytes, times: list[int]) -> bytes:
    times.append(1)
    return content


def test_code_is_kept_and_what_is_damaged_is_made_again(folder):
    times: list[int] = []
    for count in (1, 1):
        assert kept.kept('a', lambda: made(b'code', times)) == b'code'
        assert len(times) == count
    file = folder / 'a'
    whole = file.read_bytes()
    assert [path.name for path in folder.iterdir()] == ['a']
    assert folder.stat().st_mode & 0o777 == 0o700
    for count, damaged in enumerate((whole[:-1], whole[:7], b'', whole[:-1] + b'E'), 2):
        file.write_bytes(damaged)
        assert kept.kept('a', lambda: made(b'code', times)) == b'code'
        assert (len(times), file.read_bytes()) == (count, whole)


def test_nothing_is_kept_where_others_may_write(folder):
    kept.kept('a', lambda: b'code')
    folder.chmod(0o777)
    kept._folder.cache_clear()
    times: list[int] = []
    for count in (1, 2):
        assert kept.kept('a', lambda: made(b'own', times)) == b'own'
        assert len(times) == count


def test_a_file_that_cannot_be_put_in_place_leaves_nothing(folder):
    kept.kept('a', lambda: b'code')
    (folder / 'b').mkdir()
    assert kept.kept('b', lambda: b'other') == b'other'
    assert sorted(path.name for path in folder.iterdir()) == ['a', 'b']


def test_what_nobody_asked_for_in_a_season_goes(folder):
    kept.kept('a', lambda: b'code')
    kept.kept('b', lambda: b'code')
    long_ago = time.time() - 91 * 86_400
    os.utime(folder / 'a', (long_ago, long_ago))
    kept._folder.cache_clear()
    kept.kept('c', lambda: b'code')
    assert sorted(path.name for path in folder.iterdir()) == ['b', 'c']


PROCESS = """
import sys
import numpy as np
from quantizers import FixedQ
from quantizers.backends.program import machine
machine._compiled = {compiler}
x = np.random.default_rng(0).normal(0, 8, 1000).astype(np.float32)
sys.stdout.buffer.write(b''.join(FixedQ(8, 3, True, mode, 'SAT')(x).tobytes() for mode in ('RND', 'TRN')))
"""


def test_the_next_process_compiles_nothing_and_gives_the_same_bits(folder):
    """Where it may not compile."""
    env = os.environ | {'QUANTIZERS_NUMPY': 'compiled'}
    results = [
        subprocess.run(
            [sys.executable, '-c', PROCESS.format(compiler=compiler)], env=env, capture_output=True, check=True
        ).stdout
        for compiler in ('machine._compiled', None)
    ]
    assert len(results[0]) == 8000
    assert results[0] == results[1]
    assert len({*folder.iterdir()}) == 2
