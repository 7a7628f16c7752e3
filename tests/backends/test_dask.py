"""dask arrays: lazy, block by block, and the values of NumPy, also where the blocks are in other processes."""

from __future__ import annotations

import pickle
import subprocess
import sys
import warnings
from typing import TYPE_CHECKING, Any

import dask
import dask.array as da
import numpy as np
import pytest
from dask.distributed import Client, LocalCluster

from quantizers import BinaryQ, FixedQ, MinifloatQ, PrecisionWarning, Spec, TernaryQ

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SPECS: list[Spec] = [
    FixedQ(8, 3, True, 'RND', 'SAT'),
    FixedQ(8, 3, False, 'TRN', 'WRAP'),
    FixedQ(6, 2, True, 'RND_CONV', 'SAT_SYM'),
    FixedQ(6, 2, True, 'TRN_ZERO', 'SAT_ZERO'),
    FixedQ(6, 2, True, 'RND_INF', 'WRAP_SM', 2),
    FixedQ(24, 12, True, 'S_RND', 'SAT'),
    MinifloatQ(1, 2, 1),
    MinifloatQ(3, 4),
    BinaryQ(),
    TernaryQ(),
]
X = np.random.default_rng(0).normal(scale=3, size=(13, 40)).astype(np.float32)
CHUNKS = ((5, 5, 3), (17, 17, 6))


def never(block: Any) -> Any:
    raise AssertionError


def equal(got: Any, expected: Any) -> None:
    assert type(got) is type(expected)
    assert got.dtype == expected.dtype
    np.testing.assert_array_equal(got, expected)
    np.testing.assert_array_equal(np.signbit(got), np.signbit(expected))


@pytest.mark.parametrize('spec', SPECS, ids=repr)
@pytest.mark.parametrize('dtype', ['float64', 'float32', 'float16', 'int32', 'uint8', 'bool'])
def test_the_values_of_numpy(spec: Spec, dtype: str) -> None:
    x = X.astype(dtype)
    with warnings.catch_warnings():
        warnings.simplefilter('ignore', PrecisionWarning)
        expected = spec(x)
        lazy = spec(da.from_array(x, chunks=CHUNKS))
    assert isinstance(lazy, da.Array)
    assert (lazy.shape, lazy.chunks, lazy.dtype) == (x.shape, CHUNKS, expected.dtype)
    assert type(lazy._meta) is np.ndarray
    equal(lazy.compute(), expected)


@pytest.mark.parametrize('spec', SPECS, ids=repr)
def test_nothing_is_computed_before_compute(spec: Spec) -> None:
    lazy = spec(da.from_array(X, chunks=CHUNKS).map_blocks(never, dtype=X.dtype, meta=X[:0]))
    assert lazy.chunks == CHUNKS
    with pytest.raises(AssertionError):
        lazy.compute()


def test_large_integers_are_exact_and_nan_and_inf_are_numpys() -> None:
    q = FixedQ(8, 8, True, 'TRN', 'WRAP')
    for x in (np.array([2**60 + 3, -(2**60) - 5, 7]), np.array([np.nan, np.inf, -0.0, 1e30])):
        equal(q(da.from_array(x, chunks=2)).compute(), q(x))


def test_unknown_chunks_stay_unknown() -> None:
    x = da.from_array(X, chunks=CHUNKS)
    lazy = SPECS[0](x[x > 0])
    assert np.isnan(lazy.shape).all()
    assert lazy.dtype == np.float32
    equal(lazy.compute(), SPECS[0](X[X > 0]))


def test_no_dimension_no_element_and_masked_blocks() -> None:
    q = SPECS[0]
    total = q(da.from_array(X, chunks=CHUNKS).sum())
    assert total.shape == ()
    equal(total.compute(), q(np.asarray(da.from_array(X, chunks=CHUNKS).sum().compute())))
    equal(q(da.from_array(X[:0], chunks=5)).compute(), q(X[:0]))
    masked = np.ma.masked_less(X, 0)
    got = q(da.from_array(masked, chunks=CHUNKS)).compute()
    assert type(got) is np.ma.MaskedArray
    np.testing.assert_array_equal(got.mask, masked.mask)
    np.testing.assert_array_equal(got.filled(9), q(masked).filled(9))


def test_the_graph_goes_on() -> None:
    q = SPECS[0]
    x = da.from_array(X, chunks=CHUNKS)
    np.testing.assert_array_equal((q(q(x) * 2).T + 1).compute(), q(q(X) * 2).T + 1)
    codes = x.map_blocks(q.encode, dtype='int8').compute()  # an example of the manual
    equal(codes, q.encode(X))


def test_equal_specs_and_arrays_have_equal_names() -> None:
    x = da.from_array(X, chunks=CHUNKS)
    fresh, used = FixedQ(9, 3), FixedQ(9, 3)
    used(X)
    assert fresh(x).name == used(x).name
    assert fresh(x).name != FixedQ(9, 4)(x).name


def refused(call: Callable[[], Any], error: type[Exception], match: str) -> None:
    with pytest.raises(error, match=match):
        call()


def test_what_is_refused_is_refused_at_the_call() -> None:
    q, x = SPECS[0], da.from_array(X, chunks=CHUNKS)
    refused(lambda: q(x, out=X.copy()), ValueError, "^'out' must be None for dask arrays, which are lazy: ndarray$")
    refused(lambda: q(x, threads=2), ValueError, "^'threads' must be 1 for dask arrays: dask .* itself: 2$")
    refused(lambda: q(x, out=x), ValueError, "^'out' must be None for dask arrays, which are lazy: Array$")
    refused(lambda: q(x, training=True), ValueError, "^'training' must be False for dask arrays")
    refused(lambda: q(x.astype('M8[s]')), TypeError, 'real numbers.*datetime64')
    refused(lambda: FixedQ(8, 2000)(x), ValueError, "'dtype' must hold the step")
    refused(lambda: q(dask.delayed(X)), TypeError, "^'x' must be a dask array; .*Delayed")


@pytest.mark.usefixtures('unwarned')
def test_the_precision_warning_comes_once_and_where_the_graph_is_built() -> None:
    x = da.from_array(X, chunks=CHUNKS)
    with pytest.warns(PrecisionWarning, match='float32 cannot hold') as caught:
        lazy = FixedQ(60, 30)(x)
    assert [warning.filename for warning in caught] == [__file__]
    FixedQ(60, 30)(x)
    lazy.compute()  # any further warning would be an error
    FixedQ(60, 30)(X)


@pytest.mark.usefixtures('unwarned')
def test_a_numpy_array_of_a_spec_that_dask_has_used_still_warns() -> None:
    with pytest.warns(PrecisionWarning, match='float32'):
        FixedQ(60, 30)(da.from_array(X, chunks=CHUNKS))
    with pytest.warns(PrecisionWarning, match='float16'):
        FixedQ(60, 30)(X.astype('float16'))


def test_what_a_spec_has_cached_is_not_pickled() -> None:
    for spec in SPECS:
        fresh = pickle.dumps(spec)
        spec(X)
        assert any(key.startswith('_') for key in vars(spec))
        assert pickle.dumps(spec) == fresh
        copy = pickle.loads(pickle.dumps(spec))
        assert not any(key.startswith('_') for key in vars(copy))
        assert copy == spec


@pytest.fixture(scope='module')
def client() -> Iterator[Client]:
    with (
        LocalCluster(n_workers=2, processes=True, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        client.wait_for_workers(2)
        yield client


def kernels_and_process(block: Any, spec: Spec) -> Any:
    """For each block: its process, and how much is cached on the worker's spec before and after it is called."""
    import os

    def cached() -> int:
        return sum(key.startswith('_') for key in vars(spec))

    before = cached()
    spec(block)
    return np.array([[[os.getpid(), before, cached()]]])


def test_on_a_cluster_of_two_processes(client: Client) -> None:
    x = np.random.default_rng(1).normal(scale=3, size=(64, 500)).astype(np.float32)
    lazy = da.from_array(x, chunks=(4, 250))
    for spec in SPECS:
        expected = spec(x)  # its kernels are made here, and must be made anew there
        with warnings.catch_warnings():
            warnings.simplefilter('error')
            equal(spec(lazy).compute(), expected)
            assert spec(lazy).persist().chunks == lazy.chunks
    seen = lazy.map_blocks(
        kernels_and_process, spec=SPECS[0], new_axis=2, chunks=((1,) * 16, (1,) * 2, (3,)), dtype=int
    )
    processes, before, after = np.moveaxis(seen.compute(), 2, 0)
    assert len(set(processes.flat)) == 2
    assert before.min() == 0
    assert after.min() > 0


def worker_warnings(spec: Spec) -> int:
    from quantizers.backends import dask

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        dask.quantize(np.ones(3, np.float32), spec)
    return len(caught)


def test_workers_do_not_warn_again(client: Client) -> None:
    assert set(client.run(worker_warnings, FixedQ(61, 30)).values()) == {0}


def test_dask_is_imported_for_its_own_arrays_alone() -> None:
    code = 'import sys, quantizers, numpy; quantizers.BinaryQ()(numpy.ones(3)); print("dask" in sys.modules)'
    assert subprocess.run([sys.executable, '-c', code], check=True, capture_output=True, text=True).stdout == 'False\n'


def test_complex_blocks() -> None:
    x = X.astype('complex64') + 1j
    result = SPECS[0](da.from_array(x, chunks=CHUNKS))
    assert result.dtype == np.complex64
    np.testing.assert_array_equal(result.compute(), SPECS[0](x))
