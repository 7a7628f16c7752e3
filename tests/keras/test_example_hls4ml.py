"""The example that goes from Keras to hls4ml and da4ml: a short run of it, and that it can fail."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from quantizers import FixedQ, QuantizerConfig

EXAMPLE = Path(__file__).parents[2] / 'examples' / 'keras_to_hls4ml.py'


@pytest.fixture(scope='module')
def run(tmp_path_factory):
    """The folder and the output of a short run."""
    folder = tmp_path_factory.mktemp('example')
    command = [sys.executable, EXAMPLE, '--skip-hgq2', '--epochs', '3', '--out', folder]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return folder, result.stdout


def test_no_output_differs(run):
    assert [line.split(';')[0] for line in run[1].splitlines() if 'accuracy' in line] == [
        'Keras           4500 outputs,    0 differ',
        '  hls4ml        4500 outputs,    0 differ',
        '  da4ml         4500 outputs,    0 differ',
    ]
    assert run[1].endswith('\n0 outputs differ\n')


def test_the_formats_are_those_that_hls4ml_wrote(run):
    config = QuantizerConfig.load(run[0] / 'formats.json')
    project = QuantizerConfig.from_hls4ml(run[0] / 'hls4ml' / 'hls4ml_config.yml')
    # hls4ml adds what a tensor without a type would have
    assert dict(project) == {'default': FixedQ(16, 6), **config}
    for name, spec in config.items():
        assert spec.cpp_type in run[1], name


def test_accumulators_of_a_fraction_bit_less_are_noticed(tmp_path):
    program = f"""
import runpy, sys
from dataclasses import replace
from quantizers import result_type
exact = result_type.dot
def short(*arguments):
    spec = exact(*arguments)
    return replace(spec, width=spec.width - 1)
result_type.dot = short
sys.argv = ['example', '--skip-hgq2', '--epochs', '3', '--out', {str(tmp_path)!r}]
runpy.run_path({str(EXAMPLE)!r}, run_name='__main__')
"""
    result = subprocess.run([sys.executable, '-c', program], capture_output=True, text=True, check=False)
    assert result.returncode == 1, result.stdout + result.stderr
    assert int(re.search(r'hls4ml +4500 outputs, +(\d+) differ', result.stdout)[1]) > 0
