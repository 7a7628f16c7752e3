"""Sharded arrays stay sharded, and data-parallel training equals training on one device. On 8 virtual devices."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

DEVICES = 8


@pytest.mark.parametrize('part', ['forward', 'collectives_would_be_seen', 'data_parallel'])
def test_on_eight_devices(part):
    """The number of devices is fixed when JAX starts: in a process of its own."""
    program = Path(__file__).with_name('sharded.py')
    flags = os.environ.get('XLA_FLAGS', '') + f' --xla_force_host_platform_device_count={DEVICES}'
    done = subprocess.run(
        [sys.executable, '-W', 'error', program, part],
        env=os.environ | {'XLA_FLAGS': flags, 'JAX_PLATFORMS': 'cpu'},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.splitlines()[-1].startswith('checked'), done.stdout
