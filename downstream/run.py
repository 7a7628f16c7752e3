"""Run tests of packages that use this library, on it and on quantizers 1.2.2; print both counts, test by test compared.

Usage: run.py SOURCES FORMER, where SOURCES holds the source distributions of HGQ2, hls4ml and PQuantML, and FORMER is
what `pip install --target FORMER --no-deps quantizers==1.2.2` made. The exit code is 1 where a test passes with 1.2.2
and fails with this library, unless EXPLAINED says why.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import time
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

HERE = Path(__file__).resolve().parent
WORKERS = '2'


class Part(NamedTuple):
    """Some tests of a package, under one of Keras' backends."""

    package: str
    source: str  # the source distribution's stem; without one, the folder of this file
    options: tuple[str, ...]
    tests: str
    chosen: str  # the expression that pytest's -k takes
    backend: str


# What is run, and why no more: all 9,100 tests of HGQ2 take hours. Fixed point is in every layer of it, so these are
# the quantizer itself in all its modes, on each backend, and one layer of each kind: weights, a table, statistics, and
# a convolution. What is saved as h5 is left out, since `keras` saves the same. The dense layer and the table are also
# compiled by g++, bit-exact. hls4ml: all tests that import this library or HGQ2 and need no more than g++ (oneAPI is
# a compiler of its own). PQuantML: its layers for Keras; under PyTorch it has quantizers of its own, with which the
# first compares those that call this library. da4ml has no tests on PyPI, so those are in this folder.
HGQ2 = 'hgq2-0.2.0', ('--import-mode=importlib',)
HLS4ML = 'hls4ml-1.3.0', ()
PQUANTML = 'pquant_ml-0.1.0', ()
PARTS = (
    Part('HGQ2, quantizer', *HGQ2, 'tests/test_ops.py', 'TestQuantizer and not h5', 'tensorflow'),
    Part('HGQ2, quantizer', *HGQ2, 'tests/test_ops.py', 'TestQuantizer and not h5', 'torch'),
    Part('HGQ2, quantizer', *HGQ2, 'tests/test_ops.py', 'TestQuantizer and not h5', 'jax'),
    Part('HGQ2, dense layer', *HGQ2, 'tests/test_dense.py', 'TestDense and relu-True and not h5', 'tensorflow'),
    Part('HGQ2, table', *HGQ2, 'tests/test_activation.py', 'TestQUnary and tanh and not h5', 'tensorflow'),
    Part('HGQ2, statistics', *HGQ2, 'tests/test_batchnorm.py', 'kif and not h5 and not hls4ml', 'torch'),
    Part(
        'HGQ2, convolution', *HGQ2, 'tests/test_conv.py', '42-4-conv_params0 and kif and not h5 and not hls4ml', 'torch'
    ),
    Part('hls4ml, intervals', *HLS4ML, 'test/pytest/test_qinterval.py', '', 'tensorflow'),
    Part('hls4ml, einsum', *HLS4ML, 'test/pytest/test_qeinsum.py', 'not oneAPI', 'tensorflow'),
    Part('PQuantML, quantizer', *PQUANTML, 'tests/test_quantizer_parity.py', '', 'tensorflow'),
    Part('PQuantML, learned widths', *PQUANTML, 'tests/test_hgq_keras.py', '', 'tensorflow'),
    Part('da4ml, tracer', '', (), 'test_da4ml.py', '', 'tensorflow'),
)

# Tests that pass with 1.2.2 because of a defect of it, and the defect, by `module.class::test`.
EXPLAINED: dict[str, str] = {}


def run(part: Part, sources: Path, former: Path | None) -> dict[str, bool]:
    """Whether each test passes; what is skipped is not there."""
    folder = sources / part.source if part.source else HERE
    report = sources / 'report.xml'
    report.unlink(missing_ok=True)
    paths = [str(path) for path in (former, HERE) if path]
    environment = os.environ | {
        'CUDA_VISIBLE_DEVICES': '',
        'HGQ2_TEST_DIR': str(sources / 'saved'),
        'KERAS_BACKEND': part.backend,
        'PYTHONPATH': os.pathsep.join(paths),
        'TF_CPP_MIN_LOG_LEVEL': '3',
    }
    origin = 'import quantizers; print(quantizers.__file__)'
    used = subprocess.run([sys.executable, '-c', origin], env=environment, capture_output=True, text=True, check=True)
    if used.stdout.startswith(str(sources.parent)) != (former is not None):
        raise SystemExit(f'another library than that to be tested is used: {used.stdout}')
    command = [sys.executable, '-m', 'pytest', '-q', '-p', 'seeded', '-p', 'no:cacheprovider', '-n', WORKERS]
    command += ['-c', os.devnull, f'--rootdir={folder}', f'--junitxml={report}', '-W', 'ignore', *part.options]
    command += [part.tests, '-k', part.chosen]
    with (sources / 'log.txt').open('a') as log:
        subprocess.run(command, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT, check=False)
    if not report.exists():
        raise SystemExit(f'{part.package}: pytest stopped, see {sources / "log.txt"}')
    results = {}
    for case in ET.parse(report).iter('testcase'):
        kinds = {child.tag for child in case}
        if 'skipped' not in kinds:
            results[f'{case.get("classname")}::{case.get("name")}'] = not kinds & {'failure', 'error'}
    return results


def compare(old: dict[str, bool], new: dict[str, bool]) -> tuple[list[str], list[str]]:
    """What fails with this library alone, and what else is to be said."""
    lost = [test for test, passes in old.items() if passes and not new.get(test, False)]
    broken = [test for test in lost if test not in EXPLAINED]
    if not any(old.values()):
        broken.append('nothing passes with 1.2.2, so nothing was compared')
    notes = [f'{test} fails with this library: {EXPLAINED[test]}' for test in lost if test in EXPLAINED]
    notes += [
        f'{test} passes with this library alone' for test, passes in new.items() if passes and not old.get(test, False)
    ]
    notes += [f'{test} fails with both' for test, passes in old.items() if not passes and not new.get(test, False)]
    return broken, notes


def main(sources: Path, former: Path) -> int:
    """Print the table and the differences; the exit code."""
    for archive in sources.glob('*.tar.gz'):
        with tarfile.open(archive) as tar:
            tar.extractall(sources, filter='data')
    (sources / 'saved').mkdir(exist_ok=True)
    all_broken = []
    print('| tests | backend | with 1.2.2 | with this library | seconds |\n| --- | --- | --- | --- | --- |', flush=True)
    lines = []
    for part in PARTS:
        start = time.monotonic()
        old, new = run(part, sources, former), run(part, sources, None)
        counts = [f'{sum(results.values())} of {len(results)}' for results in (old, new)]
        print(
            '|', ' | '.join((part.package, part.backend, *counts, f'{time.monotonic() - start:.0f}')), '|', flush=True
        )
        broken, notes = compare(old, new)
        lines += [f'{part.package}, {part.backend}: {note}' for note in notes]
        all_broken += [f'BROKEN: {part.package}, {part.backend}: {line}' for line in broken]
    print('', *lines, *all_broken, sep='\n')
    return 1 if all_broken else 0


if __name__ == '__main__':
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    raise SystemExit(main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()))
