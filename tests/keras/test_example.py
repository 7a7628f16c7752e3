"""The example: a quick run of it, and what its files say."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from quantizers import QuantizerConfig

EXAMPLE = Path(__file__).parents[2] / 'examples' / 'train_digits.py'


@pytest.fixture(scope='module')
def example():
    """The names of the example."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(EXAMPLE.parent)
        return runpy.run_path(str(EXAMPLE))


@pytest.fixture(scope='module')
def run(tmp_path_factory):
    """The folder and the output of a quick run."""
    folder = tmp_path_factory.mktemp('example')
    command = [sys.executable, EXAMPLE, '--quick', '--epochs', '3', '--out', folder]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return folder, result.stdout


def rows(text):
    """The cells of each row of the table, by the network's name."""
    cells = [[cell.strip() for cell in line.strip('|').split('|')] for line in text.splitlines() if line[:1] == '|']
    return {row[0]: row[1:] for row in cells[2:]}


def exported(text):
    """The name of the learned network whose formats were written."""
    return re.search(r'formats of (learned \S+), seed 0', text)[1]


def test_the_table_has_every_network_and_a_verdict_follows(run, example):
    table = rows(run[1])
    learned = [f'learned {strength:.0e}' for strength in example['STRENGTHS']]
    assert list(table) == ['float32', 'uniform 2', 'uniform 4', 'uniform 8', *learned]
    elements = 64 + 64 * 64 + 64 + 64 + 64 * 10 + 10
    assert [int(table[f'uniform {width}'][0]) for width in (2, 4, 8)] == [width * elements for width in (2, 4, 8)]
    assert 0 < int(table[learned[0]][0]) <= 9 * elements
    assert float(table['float32'][2]) > 80
    assert re.search('^Verdict: ', run[1], re.MULTILINE)


def test_the_files_alone_are_the_learned_network(run, example):
    folder, text = run
    config = QuantizerConfig.load(folder / 'train_digits.json')
    header = (folder / 'train_digits.h').read_text()
    row = rows(text)[exported(text)]
    assert sum(spec.bits for spec in config.values()) == int(row[0])
    for name, spec in config.items():
        assert f'typedef {spec.cpp_type} {name.replace(".", "_")}_t;' in header

    written = {name: float(value) for name, value in re.findall(r'const \w+_t (\w+) = (\S+);', header)}
    shapes = {'dense1.kernel': (64, 64), 'dense1.bias': (64,), 'dense2.kernel': (64, 10), 'dense2.bias': (10,)}
    weights = {name: np.zeros(shape) for name, shape in shapes.items()}
    for name in config:
        tensor, at = re.fullmatch(r'(\D+\d\.\w+|pixels)\.([\d.]+)', name).groups()
        if tensor in weights:
            weights[tensor][tuple(map(int, at.split('.')))] = written[name.replace('.', '_')]

    def quantized(name, x):
        specs = [config.get(f'{name}.{column}') for column in range(x.shape[1])]
        return np.stack([0 * column if q is None else q(column) for q, column in zip(specs, x.T, strict=True)], axis=1)

    images, labels = example['split'](0)[2]
    x = quantized('pixels', images.astype(np.float64))
    x = quantized('dense1.output', x @ weights['dense1.kernel'] + weights['dense1.bias'])
    logits = x @ weights['dense2.kernel'] + weights['dense2.bias']
    assert f'{100 * np.mean(logits.argmax(axis=1) == labels):.2f}' == row[2]


def test_the_picture_is_drawn(run):
    assert (run[0] / 'train_digits.png').read_bytes().startswith(b'\x89PNG')


@pytest.mark.parametrize(
    ('bits', 'test', 'best', 'end'),
    [
        ((61, 59), (98.0, 97.0), 'learned b', 'passed.'),
        ((59, 30), (97.0, 98.0), 'learned a', 'passed.'),  # the better one on the validation images
        ((59, 30), (96.9, 98.0), 'learned a', 'failed.'),
        ((61, 70), (98.0, 98.0), 'learned a', 'failed.'),
    ],
)
def test_the_verdict(example, bits, test, best, end):
    result = example['Result']
    mean = {'float32': result(3200, 99, 97.5), 'uniform 2': result(90, 99, 96.9), 'uniform 3': result(100, 90, 97.0)}
    mean |= {f'learned {n}': result(b, v, t) for n, b, v, t in zip('ab', bits, (99, 98), test, strict=True)}
    assert example['choose'](mean) == ('uniform 3', best)
    assert list(example['verdict'](mean, 'uniform 3', best))[-1] == f'Verdict: {end}'


def test_without_a_baseline_there_is_no_verdict(example):
    result = example['Result']
    mean = {'float32': result(3200, 99, 97.5), 'uniform 8': result(90, 99, 90), 'learned a': result(10, 99, 97)}
    baseline, best = example['choose'](mean)
    assert (baseline, best) == (None, 'learned a')
    assert 'none' in next(example['verdict'](mean, baseline, best))
