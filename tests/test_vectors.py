"""The golden vectors are those of the C++ there is now, of over 100 formats in all modes; Python has their bits."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from oracles import reference
from quantizers import BinaryQ, FixedQ, MinifloatQ, TernaryQ
from quantizers.cpp import parse_type

FOLDER = Path(__file__).parents[1] / 'specs' / 'vectors'
FILES = {'fixed': FixedQ, 'minifloat': MinifloatQ, 'binary': BinaryQ, 'ternary': TernaryQ}


def vectors(kind: str) -> list[dict[str, Any]]:
    return json.loads((FOLDER / f'{kind}.json').read_text())['vectors']


@pytest.mark.test_all
def test_they_are_what_cpp_makes_now(monkeypatch, kept):
    monkeypatch.setenv('XDG_CACHE_HOME', str(kept('verify')))
    monkeypatch.delenv('XILINX_HLS', raising=False)
    texts = runpy.run_path(str(FOLDER / 'make.py'))['texts']()
    assert set(texts) == {f'{kind}.json' for kind in FILES}
    for name, text in texts.items():
        assert (FOLDER / name).read_text() == text, f'{name} is not current: make vectors'


@pytest.mark.parametrize('kind', FILES)
def test_python_has_their_bits(kind, tally):
    for vector in vectors(kind):
        spec = FILES[kind].from_config(vector['spec'])
        assert vector['type'] == spec.cpp_type
        x = np.array([float.fromhex(number) for number in vector['inputs']])
        tally('golden vectors', spec, x, spec.to_hex(x), np.array(vector['codes']))
    tally.check()


@pytest.mark.parametrize('kind', FILES)
def test_they_are_as_their_schema_says(kind):
    schema = json.loads((FOLDER / 'vectors.schema.json').read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    content = json.loads((FOLDER / f'{kind}.json').read_text())
    validator.validate(content)
    for vector in content['vectors']:
        assert len(vector['inputs']) == len(vector['codes']) >= 10
    for path, wrong in ((('vectors', 0, 'codes', 0), '0x1'), (('vectors', 0, 'inputs', 0), '1.5'), (('version',), 2)):
        broken = json.loads(json.dumps(content))
        inner = broken
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = wrong
        assert list(validator.iter_errors(broken)), path


def test_they_cover_the_formats():
    specs = [FILES[kind].from_config(vector['spec']) for kind in FILES for vector in vectors(kind)]
    assert 100 <= len(specs) <= 140
    assert len(set(specs)) == len(specs)
    fixed = [spec for spec in specs if isinstance(spec, FixedQ)]
    modes = {
        (rounding, overflow)
        for rounding in reference.OF_AP_FIXED
        for overflow in ('SAT', 'SAT_SYM', 'SAT_ZERO', 'WRAP')
    }
    assert modes <= {(spec.rounding, spec.overflow) for spec in fixed}
    assert {(s.overflow, min(s.saturation_bits, 2)) for s in fixed} >= {('WRAP_SM', n) for n in (0, 1, 2)}
    assert {(s.signed, min(s.saturation_bits, 2)) for s in fixed} == {(s, n) for s in (True, False) for n in (0, 1, 2)}
    assert min(spec.integer for spec in fixed) < 0
    assert any(spec.integer > spec.width for spec in fixed)
    assert {1, 54, 130} <= {spec.width for spec in fixed}
    assert parse_type('ap_minifloat<1, 2, 1>') in specs
