"""What 1.3.0 pickled is read: `tests/data/make.py` made it."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from quantizers import BinaryQ, FixedQ, MinifloatQ, Overflow, QuantizerConfig, Rounding, TernaryQ

SPEC = FixedQ(8, 3, True, 'RND', 'SAT')
SAVED = {
    'specs': [SPEC, FixedQ(70, -2, False, 'S_RND_CONV', 'WRAP', 3), MinifloatQ(2, 3, -1), BinaryQ(), TernaryQ()],
    'modes': [Rounding.RND, Overflow.SAT_SYM],
    'config': QuantizerConfig({'a': SPEC, 'b': 'ap_binary'}, description='as saved'),
}


@pytest.fixture(scope='module')
def saved() -> dict[str, object]:
    return pickle.loads((Path(__file__).parent / 'data' / 'saved.pickle').read_bytes())


@pytest.mark.parametrize('name', SAVED)
def test_pickles_are_read(name: str, saved: dict[str, object]) -> None:
    assert saved[name] == SAVED[name]
    assert repr(saved[name]) == repr(SAVED[name])


@pytest.mark.parametrize('spec', [*SAVED['specs'], *SAVED['modes']], ids=repr)
def test_specs_are_pickled_by_the_name_that_releases_know(spec: object) -> None:
    assert type(spec).__module__ in ('quantizers.formats', 'quantizers.modes')
