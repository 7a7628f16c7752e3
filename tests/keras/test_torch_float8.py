"""PyTorch's float8 dtypes are the formats of their names."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from oracles.float_cases import inputs, same
from quantizers import FloatQ, formats


def test_casts_are_those_of_pytorch(tally: Any) -> None:
    """Which saturates in E4M3FN."""
    saturating = FloatQ(4, 3, 7, 'fn')
    for name in ('E4M3FN', 'E5M2', 'E4M3FNUZ', 'E5M2FNUZ'):
        spec = saturating if name == 'E4M3FN' else getattr(formats, name)
        dtype = getattr(torch, f'float8_{name.lower()}')
        x = inputs(spec, np.float32)
        theirs = torch.from_numpy(x).to(dtype)
        want = theirs.float().numpy()
        codes = theirs.view(torch.uint8).numpy()
        tally.note('torch float8', name, x, spec(x), want, same(spec(x), want))
        numbers = ~np.isnan(want)
        tally('torch float8', f'encode, {name}', x[numbers], spec.encode(x[numbers]), codes[numbers])
        every = np.arange(256, dtype=np.uint8)
        want = torch.from_numpy(every).view(dtype).float().numpy()
        got = spec.decode(every).astype(np.float32)
        tally.note('torch float8', f'decode, {name}', every, got, want, same(got, want))
    tally.check()
