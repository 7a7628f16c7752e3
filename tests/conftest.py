"""What all tests share: their rings, the count of what was compared, and the vendor's headers, compiled once."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter, defaultdict
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from oracles.command import Run
    from oracles.vendor import Vendor

pytest.register_assert_rewrite('oracles')  # what they assert is explained as in a test
pytest_plugins = ['pytester']
COMPARED = 'compared'

# The files of each ring but the last, `exhaustive`; a test of a later ring than its file's has a marker of its own.
RINGS = {
    'check': """
        import messages readme readme_links rings rooms vectors
        analysis/losses analysis/prove analysis/prove_laws
        backends/backends backends/exhaustive backends/inputs backends/minifloat_exact backends/numpy backends/vendor
        backends/words checks/checks checks/numbers checks/shown codes/codes command/cli command/screens config/config
        cpp/cpp cpp/include exchange/qonnx files/memory_files formats/block_formats formats/floats formats/formats
        functional/functional maths/laws network/causes network/cost tables/tables
    """,
    'test': """
        kinds modes public_paths result_type saved typing
        analysis/choose analysis/choose_floats analysis/choose_score analysis/diff analysis/diff_otherwise
        analysis/verify backends/compiled
        backends/every_float backends/dask backends/kept backends/program backends/ptx backends/subnormals codes/blocks
        cpp/header exchange/hls4ml exchange/qonnx_execution files/files files/safetensors files/sizes formats/affine
        formats/per_channel show/explore show/explore_server training/torch_modules
        training/torch_onnx network/onnx_reader network/profile network/torch_module
        network/lookups network/torch_reader values/arithmetic values/array
    """,
    'test_all': """
        demo downstream examples manual
        analysis/large cpp/ac_floats cpp/cpp_ref hdl/hdl show/explore_browser show/html show/plot show/plot_learned
        keras/example keras/example_hls4ml keras/example_network keras/network_csim
        keras/sharding show/network_page
    """,
}
HERE = Path(__file__).parent
RING_OF = {
    HERE / Path(name).with_name(f'test_{Path(name).name}.py'): ring
    for ring, names in RINGS.items()
    for name in names.split()
}
LAST_RING = 'exhaustive'
# with the tests that take longest: begun last, one worker would end with them alone
LONGEST = {f'test_{name}.py' for name in 'examples prove cpp_ref choose typing arithmetic'.split()}
ENOUGH = 1.0  # seconds of a test function in which coverage counts lines
spent: defaultdict[str, float] = defaultdict(float)  # by each test function

# what needs KERAS_BACKEND, an environment without Keras, or a GPU or Triton's interpreter: they are collected where
# they are asked for by their path
APART = HERE / 'keras', HERE / 'alone', HERE / 'gpu'
collect_ignore = [folder.name for folder in APART]

# by which alone TensorFlow convolves channels that come first on CPUs; its default on some of them
os.environ.setdefault('TF_ENABLE_ONEDNN_OPTS', '1')

if os.environ.get('QUANTIZERS_NUMPY') == 'compiled':
    settings.register_profile('compiled', deadline=None)  # the first call of a mode compiles its loop
    settings.load_profile('compiled')


class Tally:
    """Counts comparisons, keeps the first differences, and fails the test at its end if there is one."""

    SHOWN = 8

    def __init__(self) -> None:
        self.compared: Counter[str] = Counter()
        self.different: Counter[str] = Counter()
        self.examples: list[str] = []

    def __call__(self, source: str, what: object, x: NDArray, got: NDArray, expected: NDArray) -> None:
        """Compare elementwise; NaN equals NaN, and the sign of a zero does not count."""
        assert got.shape == expected.shape, f'{what}: shape {got.shape} instead of {expected.shape}'
        equal = got == expected
        if got.dtype.kind == expected.dtype.kind == 'f':
            equal |= np.isnan(got) & np.isnan(expected)
        self.note(source, what, x, got, expected, equal)

    def note(self, source: str, what: object, x: NDArray, got: NDArray, expected: NDArray, equal: NDArray) -> None:
        """Count a comparison of which `equal` says where it held."""
        self.compared[source] += equal.size
        wrong = np.flatnonzero(~equal)
        self.different[source] += wrong.size
        if wrong.size and len(self.examples) < self.SHOWN:
            j = wrong[0]
            text = f'{what}: {got[j]!r} instead of {expected[j]!r} for {x[j]!r} ({wrong.size} of {equal.size} differ)'
            self.examples.append(text)

    def check(self) -> None:
        """Fail with the first differences."""
        total = sum(self.different.values())
        assert not total, f'{total} differences, the first:\n' + '\n'.join(self.examples)


def pytest_configure() -> None:
    """Import Triton before a test imports TensorFlow, whose LLVM is another one, and after tests/gpu chose how."""
    with suppress(ImportError):
        import_module('triton')


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """For `-m check` files of later rings are not read, as its environment has not all that they import."""
    later = config.option.markexpr == 'check' and RING_OF.get(collection_path, 'check') != 'check'
    return later or None


@pytest.hookimpl(tryfirst=True)  # before -m chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test with the ring of its file, unless it has a marker of its own; others of `APART` are in `test`.

    Those of the longest files come first.
    """
    rings = (*RINGS, LAST_RING)
    for item in items:
        if not any(item.get_closest_marker(ring) for ring in rings):
            ring = RING_OF.get(item.path, 'test' if item.path.parent in APART else None)
            if ring is None:
                raise pytest.UsageError(f'{item.path.name} must be in a ring, of `RINGS` in tests/conftest.py')
            item.add_marker(ring)
    items.sort(key=lambda item: item.path.name not in LONGEST)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Let coverage count lines for some time of each test function, and at its further parameters no more.

    Counting takes as long as running.
    """
    counts, function = sys.gettrace(), item.nodeid.partition('[')[0]
    if spent[function] > ENOUGH and item.config.pluginmanager.has_plugin('_cov'):
        sys.settrace(None)
    start = time.process_time()
    try:
        return (yield)
    finally:
        spent[function] += time.process_time() - start
        sys.settrace(counts)


@pytest.fixture(autouse=True)
def no_room_of_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """pytest-xdist says its workers how wide the terminal is, and tables would leave columns out."""
    monkeypatch.delenv('COLUMNS', raising=False)


@pytest.fixture
def unwarned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test before have taken the warning that comes once for each spec and dtype."""
    from quantizers.backends import precision

    monkeypatch.setattr(precision, '_warned', set())


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command; gives its exit code, and what it wrote to stdout and stderr."""
    from quantizers.cli import main

    def command(*arguments: object) -> tuple[int, str, str]:
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return command


@pytest.fixture
def tally(record_property: Callable[[str, object], None]) -> Iterator[Tally]:
    """Counts what a test compares; the test ends with `tally.check()`."""
    counts = Tally()
    yield counts
    for source, number in counts.compared.items():
        # a property travels with the report, from the workers of pytest-xdist too
        record_property(COMPARED, [source, number, counts.different[source]])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    compared: Counter[str] = Counter()
    different: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, 'when', None) == 'teardown':
                for name, value in report.user_properties:
                    if name == COMPARED:
                        compared[value[0]] += value[1]
                        different[value[0]] += value[2]
    if compared:
        terminalreporter.section('compared')
        total, wrong = compared.total(), different.total()
        terminalreporter.write_line(f'all of these: {total:,} conversions, {wrong:,} differences')
    for source in sorted(compared):
        terminalreporter.write_line(f'{source}: {compared[source]:,} conversions, {different[source]:,} differences')


@pytest.fixture(scope='session')
def kept(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A folder of a name, for what was compiled: kept until the next run, or for this one without pytest's cache."""

    def folder(name: str) -> Path:
        cache = getattr(request.config, 'cache', None)
        path = Path(cache.mkdir(name)) if cache else tmp_path_factory.getbasetemp() / name
        path.mkdir(exist_ok=True)
        return path

    return folder


@pytest.fixture(scope='session')
def vendor(kept: Callable[[str], Path]) -> Vendor:
    """The vendor's ap_fixed, compiled; what was compiled before from the same sources is used again."""
    from oracles.vendor import Vendor

    return Vendor(kept('vendor'))
