"""What numbers take in memory, in formats of each shape."""

from __future__ import annotations

import re

import numpy as np
import pytest

from quantizers import FixedQ, PerChannel, formats, memory_files
from quantizers.network.cost import memory_bits


@pytest.mark.parametrize(
    ('spec', 'bits'),
    [
        (FixedQ(6, 2), 3 * 40 * 6),
        (PerChannel(0, [FixedQ(n, 1) for n in (2, 3, 9)]), 40 * (2 + 3 + 9)),
        (formats.MXFP4, 3 * 40 * 4 + 3 * 2 * 8),  # the second block of each row is a short one
    ],
    ids=str,
)
def test_the_memory_of_a_weight(spec, bits):
    assert memory_bits(spec, np.zeros((3, 40))) == bits


def test_blocks_are_no_words_of_a_memory():
    with pytest.raises(
        ValueError, match=re.escape("'w': the kind 'block' cannot give codes, raw bits and memory files")
    ):
        memory_files.to_texts({'w': formats.MXFP4}, {'w': np.zeros(4)}, 'readmemh')
