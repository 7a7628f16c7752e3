"""What the command shows in terminals of 60, 80 and 120 columns: `python tests/oracles/screens.py` writes them anew."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from unittest.mock import patch

import numpy as np

SCREENS = Path(__file__).parents[1] / 'data' / 'screens'
WIDTHS = (60, 80, 120)
CONFIG = """{"version": 2, "description": "a small network", "specs": {
"conv.weight": {"axis": 0, "specs": ["fixed<6,1,RND,SAT>", "fixed<8,2,RND,SAT>"]},
"dense_with_a_long_name.weight": "ap_fixed<16, 6, AP_RND_CONV, AP_SAT_SYM>",
"scores": {"kind": "minifloat", "mantissa_bits": 3, "exponent_bits": 4}}}"""
OTHER = CONFIG.replace('<16, 6', '<18, 8').replace('fixed<8,2', 'fixed<9,2').replace('"scores"', '"sign"')
COMMANDS = {
    'describe a type': ['describe', 'ap_fixed<16, 6, AP_RND_CONV, AP_SAT_SYM>'],
    'describe a configuration': ['describe', 'a.json'],
    'choose': ['choose', 'w.npz', '--sqnr', '30', '--near'],
    'diff': ['diff', 'ap_fixed<8, 3, AP_RND, AP_SAT>', 'ap_fixed<8, 3>', '--input', 'x.npy'],
    'config diff': ['config', 'diff', 'a.json', 'b.json'],
    'quantize': ['quantize', 'c.json', 'w.npz', '-o', 'out'],
}


# of a whole network, for which Keras is there
NETWORK = {
    'choose for a model': ['choose', 'm.keras', 'x.npy', '--width', '6', '-o', 'c.json'],
    'profile': ['profile', 'm.keras', 'x.npy', '--config', 'c.json'],
    'report': ['report', 'c.json', 'm.keras'],
    'emit': ['emit', 'c.json', 'm.keras', '-o', 'm.h', '--memory', 'memory'],
    'hls4ml': ['hls4ml', 'c.json', 'm.keras', '-o', 'project'],
    'compare with the model': ['compare', 'c.json', 'm.keras', 'x.npy'],
    'compare with another configuration': ['compare', 'c.json', 'm.keras', 'x.npy', '--against', 'd.json'],
}


def inputs(folder: Path) -> None:
    """The files that the commands read."""
    (folder / 'a.json').write_text(CONFIG)
    (folder / 'b.json').write_text(OTHER)
    (folder / 'c.json').write_text(
        '{"version": 1, "specs": {"conv.weight": "fixed<6,1,RND,SAT>", "dense_with_a_long_name.weight": "fixed<8,3>"}}'
    )
    steps = np.arange(-60, 60) / 32
    np.savez(folder / 'w.npz', **{'conv.weight': steps.reshape(2, 60), 'dense_with_a_long_name.weight': steps / 3})
    np.save(folder / 'x.npy', steps * 4)


def of_network(folder: Path) -> None:
    """A model without names, with the same weights on all backends, samples, and a configuration with a fault."""
    import keras

    keras.utils.clear_session()
    x = keras.Input((6,))
    hidden = keras.layers.Dense(5, activation='relu')(x)
    model = keras.Model(x, keras.layers.Dense(3)(hidden))
    numbers = np.random.default_rng(0)
    model.set_weights([numbers.normal(0, 0.5, weight.shape) for weight in model.get_weights()])
    model.save(folder / 'm.keras')
    np.save(folder / 'x.npy', numbers.normal(0, 1, (100, 6)))
    rnd = {'rounding': 'RND', 'overflow': 'SAT'}
    results = {'input_layer': (6, 3), 'dense': (6, 3), 'dense_relu': (6, 2), 'dense_1': (6, 3)}
    specs = {
        f'{name}.result': {'kind': 'fixed', 'width': width, 'integer': integer, 'signed': name != 'dense_relu', **rnd}
        for name, (width, integer) in results.items()
    }
    (folder / 'd.json').write_text(json.dumps({'version': 1, 'specs': specs}))


def screens(
    columns: int,
    folder: Path,
    commands: Mapping[str, list[str]] = COMMANDS,
    inputs: Callable[[Path], None] = inputs,
) -> str:
    """All commands, one after the other, as a shell shows them."""
    from quantizers.cli import main

    shown = []
    with inside(folder):
        inputs(folder)
        for arguments in commands.values():
            out = io.TextIOWrapper(io.BytesIO(), 'utf-8')
            room = patch.dict(os.environ, COLUMNS=str(columns))
            with room, contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
                main(arguments)
            line = ' '.join(f"'{word}'" if ' ' in word else word for word in arguments)
            shown.append(f'$ quantizers {line}\n{shown_by(out)}')
    return '\n'.join(shown)


def shown_by(out: io.TextIOWrapper) -> str:
    """What was written."""
    out.seek(0)
    return out.read()


@contextlib.contextmanager
def inside(folder: Path) -> Iterator[None]:
    """Python 3.10 has no `contextlib.chdir`."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


if __name__ == '__main__':
    SCREENS.mkdir(exist_ok=True)
    for width in WIDTHS:
        with tempfile.TemporaryDirectory() as made:
            (SCREENS / f'{width}.txt').write_text(screens(width, Path(made)), 'utf-8')
    with tempfile.TemporaryDirectory() as made:
        (SCREENS / 'network.txt').write_text(screens(120, Path(made), NETWORK, of_network), 'utf-8')
    sys.stdout.write(f'{SCREENS}\n')
