"""Codes of dask arrays: lazy, block by block, and those of NumPy."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import dask.array as da
import numpy as np
import pytest

from quantizers import BinaryQ, FixedQ, MinifloatQ, Spec, codes, memory_files
from quantizers.cpp import header

SPECS: list[Spec] = [FixedQ(8, 3, True, 'RND', 'SAT'), FixedQ(100, 50, False), MinifloatQ(2, 3), BinaryQ()]
X = np.random.default_rng(0).normal(scale=3, size=(13, 40)).astype(np.float32)
CHUNKS = ((5, 5, 3), (17, 17, 6))
Q: Any = SPECS[0]
FUNCTIONS: dict[str, Callable[[Spec, Any], Any]] = {
    'encode': lambda q, x: q.encode(x),
    'decode': lambda q, x: q.decode(q.encode(x)),
    'decode, exact': lambda q, x: q.decode(q.encode(x), exact=True),
    'to_bits': lambda q, x: q.to_bits(x),
    'from_bits': lambda q, x: q.from_bits(q.to_bits(x)),
    'from_bits, exact': lambda q, x: codes.from_bits(q, codes.to_bits(q, x), exact=True),
    'to_hex': lambda q, x: q.to_hex(x),
    'from_hex': lambda q, x: q.from_hex(q.to_hex(x)),
    'to_bin': lambda q, x: q.to_bin(x),
    'from_bin': lambda q, x: q.from_bin(q.to_bin(x)),
}


def never(block: Any) -> Any:
    raise AssertionError


def lazy_array() -> Any:
    return da.from_array(X, chunks=CHUNKS)


@pytest.mark.parametrize('spec', SPECS, ids=repr)
@pytest.mark.parametrize('name', FUNCTIONS)
def test_the_codes_of_numpy(spec: Spec, name: str) -> None:
    lazy, expected = FUNCTIONS[name](spec, lazy_array()), FUNCTIONS[name](spec, X)
    assert type(lazy) is da.Array
    assert (lazy.shape, lazy.chunks, lazy.dtype) == (X.shape, CHUNKS, expected.dtype)
    got = lazy.compute()
    assert got.dtype == expected.dtype
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize('name', FUNCTIONS)
def test_nothing_is_computed_before_compute(name: str) -> None:
    lazy = FUNCTIONS[name](Q, lazy_array().map_blocks(never, dtype=X.dtype, meta=X[:0]))
    with pytest.raises(AssertionError):
        lazy.compute()


def test_unknown_chunks_stay_unknown_and_no_dimension_is_one() -> None:
    x = lazy_array()
    lazy = Q.encode(x[x > 0])
    assert np.isnan(lazy.shape).all()
    np.testing.assert_array_equal(lazy.compute(), Q.encode(X[X > 0]))
    assert Q.encode(x.max()).compute() == Q.encode(X.max())


def test_what_is_wrong_is_said_at_the_call_or_with_its_block() -> None:
    with pytest.raises(TypeError, match='real numbers'):
        Q.encode(lazy_array().astype('M8[s]'))
    with pytest.raises(TypeError, match="'code' must be an array of integers"):
        Q.decode(lazy_array())
    lazy = Q.encode(da.where(lazy_array() > 2, np.nan, 0))
    with pytest.raises(ValueError, match="'x' must have no NaN"):
        lazy.compute()


def test_the_graph_goes_to_another_process() -> None:
    lazy = Q.encode(lazy_array())
    other: Any = FixedQ(9, 3)
    assert lazy.name == Q.encode(lazy_array()).name != other.encode(lazy_array()).name
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(lazy)).compute(), Q.encode(X))


def test_text_has_the_bits_of_all_blocks() -> None:
    assert memory_files.to_text(Q, lazy_array(), 'readmemh') == memory_files.to_text(Q, X, 'readmemh')
    written = [header({'x': Q}, {'x': x}, guard='X_H') for x in (lazy_array(), X)]
    assert written[0] == written[1]
