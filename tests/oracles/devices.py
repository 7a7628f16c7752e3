"""Where tests have PyTorch's tensors: QUANTIZERS_TEST_DEVICE, by default the best device that there is."""

from __future__ import annotations

import os
from importlib.util import find_spec


def _best() -> str:
    if not find_spec('torch'):
        return 'cpu'
    import torch

    return 'cuda' if torch.cuda.is_available() else 'cpu'


DEVICE = os.environ.get('QUANTIZERS_TEST_DEVICE') or _best()
