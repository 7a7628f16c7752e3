"""A rounding mode is a formula and a name: one that nobody has heard of works everywhere, or is refused by C++."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from oracles import reference
from oracles.command import Run
from oracles.kinds import rounded_to_even, toy_rounding
from quantizers import FieldError, FixedQ, QuantizerConfig, choose, convert, diff, parse_type, verify
from quantizers._maths import exact
from quantizers._maths.integer_codes import away_from_zero
from quantizers._maths.rounding import FORMULAS, to_integer
from quantizers.backends.numpy import binding
from quantizers.backends.numpy import kernels as numpy_kernels
from quantizers.codes.exact import exact_code
from quantizers.cpp import DIALECTS, header
from quantizers.functional import get_fixed_quantizer_np
from quantizers.modes import CPP_MODES, OVERFLOWS, ROUNDINGS, Overflow, Rounding, deterministic

EIGHTHS = np.arange(-80, 81) / 8


@pytest.fixture
def even() -> Iterator[FixedQ]:
    with toy_rounding() as name:
        yield FixedQ(4, 3, True, f'ap_{name.lower()}', 'SAT')


def expected(x: Any) -> list[float]:
    """Of steps of 1/2 from -4 to 3.5."""
    return [min(max(rounded_to_even(2 * Fraction(v)), -8), 7) / 2 for v in np.ravel(x).tolist()]


def test_every_name_has_a_formula() -> None:
    assert [mode.value for mode in Rounding] == ROUNDINGS
    assert list(OVERFLOWS) == [mode.value for mode in Overflow]
    assert {*FORMULAS} == {*map(deterministic, ROUNDINGS)} == {*reference.ROUNDINGS}
    assert {*CPP_MODES['rounding']} == {*reference.OF_AP_FIXED}
    assert {*OVERFLOWS} == {*CPP_MODES['overflow']}


@pytest.mark.parametrize('rounding', [*FORMULAS, 'TO_EVEN'])
def test_integers_are_rounded_as_the_formula_rounds(rounding: str) -> None:
    """By four bits, whatever the whole part and what is below the half."""
    with toy_rounding():
        for n in range(-800, 801):
            y = Fraction(n, 16)
            whole, below = divmod(abs(n), 16)
            up = away_from_zero(rounding, below >= 8, bool(below % 8), y < 0, bool(whole % 2))
            found = -(whole + up) if y < 0 else whole + up
            assert found == to_integer(exact.NAMESPACE, rounding, y)
            assert found == (rounded_to_even(y) if rounding == 'TO_EVEN' else reference.rounded(y, rounding))


@pytest.mark.parametrize('size', [1, EIGHTHS.size, 1 << 20], ids=['a number', 'plain', 'compiled'])
@pytest.mark.parametrize('dtype', [np.float32, np.float64])
def test_numpy(even: FixedQ, size: int, dtype: type) -> None:
    if size == 1 << 20:
        assert binding.binding_for(size) is not numpy_kernels
    if size == 1:
        assert [float(even(dtype(x))) for x in EIGHTHS] == expected(EIGHTHS)
        return
    x = np.resize(EIGHTHS, size).astype(dtype)
    assert even(x)[: EIGHTHS.size].tolist() == expected(EIGHTHS)
    assert get_fixed_quantizer_np(even.rounding, 'SAT')(x, 1, 2, np.ones(size))[-9:].tolist() == expected(x[-9:])


def test_codes(even: FixedQ) -> None:
    codes = [int(2 * v) for v in expected(EIGHTHS)]
    assert even.encode(EIGHTHS).tolist() == codes
    assert [exact_code(even, Fraction(x)) for x in EIGHTHS.tolist()] == codes
    # in words: of floats and integers that are no numbers of float64
    wide = FixedQ(80, 60, True, even.rounding)
    coarse = FixedQ(62, 64, True, even.rounding)
    assert wide.encode(EIGHTHS * 2.0**-20).tolist() == [rounded_to_even(Fraction(x)) for x in EIGHTHS.tolist()]
    assert wide.encode(np.ldexp(EIGHTHS, -23)).tolist() == [rounded_to_even(Fraction(x) / 8) for x in EIGHTHS.tolist()]
    integers = (1 << 60) + np.arange(32)
    assert coarse.encode(integers).tolist() == [rounded_to_even(Fraction(n, 4)) for n in integers.tolist()]
    assert coarse.encode(-integers).tolist() == [rounded_to_even(Fraction(-n, 4)) for n in integers.tolist()]
    assert even.decode(even.encode(EIGHTHS)).tolist() == expected(EIGHTHS)


def test_files(even: FixedQ) -> None:
    config = QuantizerConfig({'w': even})
    assert QuantizerConfig.from_json(config.to_json()) == config
    assert json.loads(config.to_json())['specs']['w']['rounding'] == 'TO_EVEN'
    jsonschema.validate(json.loads(config.to_json()), QuantizerConfig.json_schema())
    assert FixedQ.from_config(even.get_config()) == even == eval(repr(even))


def test_what_shows_formats_shows_the_spec(even: FixedQ) -> None:
    assert even.label == repr(even)
    assert 'TO_EVEN' in even._repr_html_()
    assert 'TO_EVEN' in even.plot().axes[0].get_title()
    found = diff(even, FixedQ(4, 3, True, 'RND', 'SAT'), EIGHTHS)
    assert found.differences
    assert 'rounding RND, not TO_EVEN' in str(found.causes[0])
    (row,) = choose({'x': EIGHTHS}, max_error=0.25, rounding=even.rounding).rows()
    assert 'TO_EVEN' in row[1]


def test_the_command(even: FixedQ, tmp_path: Path, run: Run) -> None:
    config, data = tmp_path / 'c.json', tmp_path / 'x.npz'
    QuantizerConfig({'w': even}).save(config)
    np.savez(data, w=EIGHTHS)
    assert run('quantize', config, data, '-o', tmp_path / 'out', '--no-header')[0] == 0
    assert np.load(tmp_path / 'out' / 'x.npz')['w'].tolist() == expected(EIGHTHS)
    code, out, _ = run('describe', config)
    assert (code, 'TO_EVEN' in out) == (0, True)
    for command in (
        ['emit', config, '-o', tmp_path / 'c.h'],
        ['verify', config],
        ['quantize', config, data, '-o', tmp_path / 'q'],
    ):
        code, _, err = run(*command)
        assert code == 2
        assert any(said in err.replace('\n', ' ') for said in (IN_CPP, IN_AP))


IN_CPP = "'rounding' must be one of RND, RND_ZERO, RND_MIN_INF, RND_INF, RND_CONV, TRN, TRN_ZERO in C++: 'TO_EVEN'"

IN_AP = (
    "cannot say \"FixedQ(4, 3, True, 'TO_EVEN', 'SAT')\": it has no rounding mode TO_EVEN (take one of RND, RND_ZERO,"
)


@pytest.mark.parametrize(
    'use',
    [
        lambda spec: spec.cpp_type,
        *(lambda spec, dialect=dialect: convert(spec, dialect) for dialect in DIALECTS),
        lambda spec: spec.cpp_declaration('w_t'),
        lambda spec: header({'w': spec}),
        lambda spec: header({'w': spec}, {'w': [1.0]}),
        lambda spec: verify(spec, count=10),
        lambda spec: QuantizerConfig({'default': spec}).to_hls4ml(),
    ],
    ids=['type', *DIALECTS, 'declaration', 'header', 'array', 'verify', 'hls4ml'],
)
def test_cpp_refuses_it(even: FixedQ, use: Callable[[FixedQ], object]) -> None:
    with pytest.raises(ValueError, match='TO_EVEN') as caught:
        use(even)
    assert any(said in str(caught.value) for said in (IN_CPP, IN_AP))


def test_other_refusals(even: FixedQ) -> None:
    with pytest.raises(ValueError, match=r"'rounding' must be one of RND_CONV, .*: TO_EVEN"):
        even.to_qonnx()
    with pytest.raises(FieldError, match=r"'rounding' must be one of .* in the dialect 'ap': 'AP_TO_EVEN'"):
        parse_type('ap_fixed<4, 3, AP_TO_EVEN>')


def test_it_is_gone_afterwards() -> None:
    with pytest.raises(FieldError, match="'rounding' must be one of "):
        FixedQ(4, 3, True, 'TO_EVEN')
