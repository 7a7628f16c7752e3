"""Run the quantized digits network in Python and in C++ on the held-out images; every output must have the same bits.

Usage: compare.py WEIGHTS QUANTIZED_WEIGHTS CPP_PROGRAM [CONFIG]
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from train_digits import split

from quantizers import QuantizerConfig

CONFIG = Path(__file__).parents[1] / 'specs' / 'examples' / 'digits.json'


def infer_float(images: NDArray[Any], weights: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
    """The outputs of the network as it was trained."""
    hidden = np.maximum(images @ weights['dense1.weight'] + weights['dense1.bias'], 0)
    return hidden @ weights['dense2.weight'] + weights['dense2.bias']


def infer_fixed(images: NDArray[Any], weights: Mapping[str, NDArray[Any]], specs: QuantizerConfig) -> NDArray[Any]:
    """The raw bits of the outputs in fixed point; every sum of products here is a float64 without rounding."""
    exact = {name: weight.astype(np.float64) for name, weight in weights.items()}
    x = specs['input'](images.astype(np.float64))
    # an unsigned format that saturates at 0 is the ReLU
    hidden = specs['dense1.output'](x @ exact['dense1.weight'] + exact['dense1.bias'])
    return specs['dense2.output'].to_bits(hidden @ exact['dense2.weight'] + exact['dense2.bias'])


def infer_cpp(images: NDArray[Any], program: Path) -> NDArray[Any]:
    """The raw bits of the outputs of the C++ program."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, 'images')
        path.write_bytes(images.astype(np.float32).tobytes())
        lines = subprocess.run([program, path], check=True, capture_output=True, text=True).stdout.split()
    return np.array(lines, dtype=np.uint64).reshape(len(images), -1)


def main(weights: Path, quantized: Path, program: Path, config: Path = CONFIG) -> int:
    """Print the accuracies and the number of equal outputs; 0 if all are equal."""
    _, images, _, labels = split()
    specs = QuantizerConfig.load(config)
    before = infer_float(images, dict(np.load(weights)))
    python = infer_fixed(images, dict(np.load(quantized)), specs)
    cpp = infer_cpp(images, program)
    after = specs['dense2.output'].from_bits(python)
    for name, outputs in (('before', before), ('after', after)):
        print(f'accuracy {name} quantization: {np.mean(outputs.argmax(axis=1) == labels):.2%} of {len(labels)} images')
    equal = int((python == cpp).sum())
    print(f'outputs of the C++ program equal to the bits of Python: {equal} of {python.size}')
    return int(equal != python.size)


if __name__ == '__main__':
    sys.exit(main(*map(Path, sys.argv[1:])))
