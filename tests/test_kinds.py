"""Kinds: registered once, and each use of each of them either works or is refused from the table."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, get_type_hints

import numpy as np
import pytest

from oracles.command import Run
from oracles.kinds import OURS, check_cell, toys
from quantizers import (
    BlockQ,
    FixedQ,
    PerChannel,
    QuantizerConfig,
    convert,
    diff,
    memory_files,
    parse_type,
    plot_values,
    prove,
    qonnx,
    result_type,
    verify,
)
from quantizers._checks.capabilities import Capability, table
from quantizers.analysis.losses import saturated
from quantizers.cpp import header
from quantizers.formats import E8M0FNU, KINDS, SPECS, FixedFormat, Quantizer
from quantizers.show.html import page

X = np.array([0.1, 0.5, -1.0, 1.125, 3.875, 4.0, np.nan])


@pytest.fixture
def quarters() -> Iterator[Any]:
    with toys() as (spec, _):
        yield spec


def numpy(spec: Any) -> None:
    large = np.resize(X[:6], 1 << 20)
    assert spec(large)[:6].tolist() == spec(X)[:6].tolist()
    assert np.isnan(spec(X)[6])


def codes(spec: Any) -> None:
    assert (
        memory_files.from_text(spec, memory_files.to_text(spec, X[:6], 'mif'), 'mif').tolist() == spec(X[:6]).tolist()
    )
    code = spec.encode(X[:6])
    values = spec(X[:6])
    assert spec.decode(code).tolist() == values.tolist()
    assert spec.from_hex(spec.to_hex(X[:6])).tolist() == values.tolist()


def configuration(spec: Any) -> None:
    config = QuantizerConfig({'w': spec})
    assert QuantizerConfig.from_json(config.to_json()) == config


def per_channel(spec: Any) -> None:
    assert PerChannel(0, [spec, spec])(X[:6].reshape(2, 3)).tolist() == spec(X[:6]).reshape(2, 3).tolist()


def typed(dialect: Any) -> Callable[[Any], None]:
    def use(spec: Any) -> None:
        assert parse_type(convert(spec, dialect)).values().tolist() == spec.values().tolist()

    return use


def verified(spec: Any) -> None:
    assert verify(spec, count=100).differences == 0


def compared(spec: Any) -> None:
    assert not diff(spec, spec, X)


def proved(spec: Any) -> None:
    assert prove(spec, 'float16').verdict == 'proved'


USES: dict[Capability, Callable[[Any], object]] = {
    Capability.NUMPY: numpy,
    Capability.PER_CHANNEL: per_channel,
    Capability.BLOCK: lambda spec: BlockQ(spec, E8M0FNU, 8)(X),
    Capability.CODES: codes,
    Capability.CONFIG: configuration,
    Capability.AP: typed('ap'),
    Capability.AC: typed('ac'),
    Capability.HLS4ML: typed('hls4ml'),
    Capability.HEADER: lambda spec: header({'w': spec}, {'w': X[:6]}),
    Capability.VERIFY: verified,
    Capability.HLS4ML_CONFIG: lambda spec: QuantizerConfig({'default': spec}).to_hls4ml(),
    Capability.QONNX: qonnx.to_qonnx,
    Capability.RESULT_TYPES: result_type.negate,
    Capability.PICTURES: lambda spec: (plot_values(spec), spec.plot()),
    Capability.HTML: page,
    Capability.DIFF: compared,
    Capability.PROVE: proved,
}
IN_KERAS = {Capability.TENSORS, Capability.LAYERS, Capability.LEARNED}  # tests/keras has their cells


def test_every_capability_is_tried() -> None:
    assert set(USES) | IN_KERAS == set(Capability)
    assert next(iter(table(KINDS))) == ('A format can', *(spec.kind for spec in OURS))


def test_what_the_kinds_cannot() -> None:
    """In words, what no kind may lose in silence."""
    of_fixed = {Capability.LEARNED, Capability.HLS4ML_CONFIG, Capability.RESULT_TYPES}
    dialects = {Capability.AC, Capability.HLS4ML}
    assert {spec.kind: set(Capability) - spec.can for spec in OURS} == {
        'fixed': set(),
        'minifloat': of_fixed | dialects,
        'float': of_fixed | dialects | {Capability.AP, Capability.HEADER, Capability.VERIFY, Capability.QONNX},
        'binary': of_fixed | dialects | {Capability.QONNX, Capability.BLOCK},
        'ternary': of_fixed | {Capability.BLOCK},
        'affine': of_fixed
        | dialects
        | {Capability.AP, Capability.HEADER, Capability.VERIFY, Capability.QONNX, Capability.PROVE}
        | {Capability.PICTURES, Capability.DIFF, Capability.BLOCK},
        'block': set(Capability) - {Capability.NUMPY, Capability.TENSORS, Capability.LAYERS, Capability.CONFIG},
    }


@pytest.mark.parametrize('capability', USES, ids=lambda capability: capability.name)
def test_every_cell_of_the_table(capability: Capability) -> None:
    with toys() as later:
        for spec in (*OURS, *later):
            check_cell(spec, capability, USES[capability])


def test_a_kind_of_ones_own(quarters: Any) -> None:
    assert KINDS['quarters'] is type(quarters)
    assert quarters(X[:6]).tolist() == [0, 0.5, 0, 1, 3.75, 0]
    assert quarters.encode(X[:6]).tolist() == [0, 2, 0, 4, 15, 0]
    assert quarters.to_bin([3.75, 0.5]).tolist() == ['1111', '0010']
    assert quarters.values().tolist() == [n / 4 for n in range(16)]
    assert saturated(quarters, X[:6]).tolist() == [False, False, True, False, False, True]
    assert quarters.fits('float16')
    assert type(quarters).from_config(quarters.get_config()) == quarters == copy.deepcopy(quarters)
    assert quarters.get_config() == {'kind': 'quarters', 'width': 4}


def test_the_command_shows_a_kind_of_ones_own(quarters: Any, run: Run) -> None:
    code, out, _ = run('describe', 'quarters<4>')
    assert code == 0
    assert "the dialect 'ac' cannot say 'quarters<4>': it has no quarters type" in out.replace('\n', ' ')
    assert '3.75' in out
    code, _, err = run('verify', 'quarters<4>')
    assert code == 2
    assert "the kind 'quarters' cannot be compared with C++: " in err


def test_a_kind_of_ones_own_stands_in_files_while_it_is_registered(quarters: Any) -> None:
    definition = QuantizerConfig.json_schema()['$defs']['Quarters']['properties']
    assert definition['width'] == {'title': 'Width', 'type': 'integer', 'minimum': 1, 'maximum': 64}
    file = '{"version": 2, "specs": {"w": {"axis": 0, "specs": [{"kind": "quarters", "width": WIDTH}]}}}'
    assert QuantizerConfig.from_json(file.replace('WIDTH', '4')) == QuantizerConfig({'w': PerChannel(0, [quarters])})
    with pytest.raises(ValueError, match=r"^specs\.w\.specs\.0\.width: 'width' must be an integer from 1 to 64: 65$"):
        QuantizerConfig.from_json(file.replace('WIDTH', '65'))
    kinds = "'fixed', 'minifloat', 'float', 'binary', 'ternary', 'affine', 'quarters'"
    with pytest.raises(ValueError, match=f'kind: must be one of {kinds}: '):
        QuantizerConfig.from_json(file.replace('quarters', 'bare').replace('WIDTH', '4'))


def test_files_know_the_kinds_that_are_registered_now() -> None:
    published = QuantizerConfig.json_schema()
    with toys():
        assert 'Quarters' in QuantizerConfig.json_schema()['$defs']
    assert QuantizerConfig.json_schema() == published
    with pytest.raises(
        ValueError,
        match="must be one of 'fixed', 'minifloat', 'float', 'binary', 'ternary', 'affine', 'block': 'quarters'",
    ):
        QuantizerConfig.from_json('{"version": 1, "specs": {"w": {"kind": "quarters", "width": 4}}}')


def test_diff_knows_the_fields_of_a_kind_of_ones_own(quarters: Any) -> None:
    wider = type(quarters)(5)
    assert diff(quarters, wider, X[:6]).causes[0] == 'b differs by width 5, not 4'


def test_a_kind_is_registered_once() -> None:
    before = dict(KINDS)
    with pytest.raises(ValueError, match=r"^'kind' must be new, and is that of FixedQ: 'fixed'$"):

        class Another(Quantizer, kind='fixed'):
            pass

    assert before == KINDS


def test_a_subclass_is_of_the_kind_of_its_base() -> None:
    before = dict(KINDS)

    class Mine(FixedQ):
        pass

    assert before == KINDS
    assert Mine(8, 3) == FixedQ(8, 3)
    assert Mine(8, 3).encode(0.5) == 16
    assert Mine(8, 3).kind == 'fixed'


def test_kinds_are_found_where_they_were() -> None:
    assert [spec.__module__ for spec in OURS] == ['quantizers.formats'] * 7
    assert [type(pickle.loads(pickle.dumps(spec))) for spec in OURS] == [*SPECS, BlockQ] == list(KINDS.values())


@pytest.mark.parametrize('spec', SPECS, ids=lambda spec: spec.kind)
def test_the_type_hints_of_a_kind_are_found(spec: type) -> None:
    assert get_type_hints(spec)['kind'] == Literal[spec.kind]  # type: ignore[attr-defined]


def test_codes_below_zero_alone_are_extended_by_their_sign() -> None:
    """A format with a sign, whose codes have none, as sign and magnitude: `signed` says nothing of its raw bits."""
    before = dict(KINDS)

    @dataclass(frozen=True, eq=False)
    class Offset(FixedFormat, kind='offset'):
        """Multiples of 1 from 0 on that call themselves signed."""

        width: int
        kind: str = field(default='offset', kw_only=True, repr=False)
        can = frozenset({Capability.CODES})
        signed, integer, rounding, overflow, saturation_bits = True, 4, 'TRN', 'SAT', 0

        @property
        def codec(self) -> Any:
            return FixedQ(self.width, self.integer, False).codec

    assert Offset(4).from_bits([15, 8]).tolist() == [15, 8]
    KINDS.clear()
    KINDS.update(before)
