"""Blocks that are known by a name: a line each."""

from __future__ import annotations

from .block import BlockQ
from .fixed import FixedQ
from .float import FloatQ
from .named import E2M1, E2M3, E3M2, E4M3FN, E8M0FNU

MXFP8_E4M3 = BlockQ(FloatQ(4, 3, 7, 'fn'), E8M0FNU, 32)
MXFP8_E5M2 = BlockQ(FloatQ(5, 2, 15, 'ieee'), E8M0FNU, 32)
MXFP6_E2M3 = BlockQ(E2M3, E8M0FNU, 32)
MXFP6_E3M2 = BlockQ(E3M2, E8M0FNU, 32)
MXFP4 = BlockQ(E2M1, E8M0FNU, 32)
MXINT8 = BlockQ(FixedQ(8, 2, True, 'RND_CONV', 'SAT'), E8M0FNU, 32)
NVFP4 = BlockQ(E2M1, E4M3FN, 16, rule='two_level')

BLOCKS = {
    'MXFP8_E4M3': MXFP8_E4M3,
    'MXFP8_E5M2': MXFP8_E5M2,
    'MXFP6_E2M3': MXFP6_E2M3,
    'MXFP6_E3M2': MXFP6_E3M2,
    'MXFP4': MXFP4,
    'MXINT8': MXINT8,
    'NVFP4': NVFP4,
}
"""Those of OCP and of NVIDIA."""
