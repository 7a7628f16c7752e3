"""`make network`: from training to hls4ml's compiled C++, by the command, with every layer compared."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_layer_of_the_example_has_the_bits_of_the_compiled_simulation(tmp_path: Path) -> None:
    env = os.environ | {'BIN': str(Path(sys.executable).parent), 'OUT': str(tmp_path), 'COLUMNS': '160'}
    result = subprocess.run([ROOT / 'examples/network/run'], capture_output=True, text=True, env=env, check=False)
    print(result.stdout)
    assert result.returncode == 0, result.stdout + result.stderr
    (compared,) = re.findall(r'([\d,]+) results, no difference', result.stdout)
    assert int(compared.replace(',', '')) > 900_000
    before, after = map(float, re.findall(r'([\d.]+)% of 450 held-out images are right', result.stdout))
    assert before > 96
    assert after > before - 2
