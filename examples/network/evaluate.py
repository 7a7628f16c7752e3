"""How many held-out images the network of `train.py` has right in its formats, by exact inference."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from quantizers import QuantizerConfig
from quantizers.network import Network


def main() -> None:
    """Print the share."""
    folder = Path(sys.argv[1])
    quantized = Network.load(folder / 'model.keras').quantize(QuantizerConfig.load(folder / 'formats.json'))
    labels = np.load(folder / 'labels.npy')
    right = np.mean(quantized(np.load(folder / 'test.npy')).argmax(1) == labels)
    print(f'in formats: {right:.1%} of {len(labels)} held-out images are right')


if __name__ == '__main__':
    main()
