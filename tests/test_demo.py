"""The demo, as `make demo` runs it, with the tests' own environment."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_python_and_cpp_give_the_same_bits_on_every_held_out_image(tmp_path: Path) -> None:
    env = os.environ | {'BIN': str(Path(sys.executable).parent), 'OUT': str(tmp_path)}
    result = subprocess.run([ROOT / 'demo' / 'run'], capture_output=True, text=True, env=env, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    print(result.stdout)
    assert ' conversions, 0 differences' in result.stdout
    assert 'equal to the bits of Python: 4500 of 4500' in result.stdout
    before, after = map(float, re.findall(r'accuracy \w+ quantization: ([\d.]+)%', result.stdout))
    assert before > 97
    assert after > before - 1


def test_a_wrong_bit_is_counted(tmp_path: Path) -> None:
    wrong = tmp_path / 'wrong'
    wrong.write_text('#!/bin/sh\nawk "BEGIN { for (i = 0; i < 4500; i++) print 0 }"\n')
    wrong.chmod(0o755)
    demo = ROOT / 'demo'
    command = [sys.executable, demo / 'compare.py', demo / 'digits.npz', demo / 'digits.npz', wrong]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert 'equal to the bits of Python: 4500 of 4500' not in result.stdout
