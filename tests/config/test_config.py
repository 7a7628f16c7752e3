"""QuantizerConfig: a mapping, its JSON, the published schema, and what is refused where."""

from __future__ import annotations

import copy
import json
import os
import pickle
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic_core._pydantic_core import list_all_errors

from oracles.spec_strategies import specs
from quantizers import BinaryQ, FixedQ, MinifloatQ, PerChannel, TernaryQ
from quantizers.config import QuantizerConfig, schema
from quantizers.files.whole import write_whole

SPECS = Path(__file__).parents[2] / 'specs'
EXAMPLES = sorted((SPECS / 'examples').glob('*.json'))
CONFIG = QuantizerConfig(
    {
        'dense1.weight': FixedQ(8, 3, True, 'RND', 'SAT'),
        'dense1.bias': 'fixed<16,6>',
        'mini': MinifloatQ(1, 2, 1),
        'signs': BinaryQ(),
        'ternary': TernaryQ(),
    },
    description='of the tests',
)
per_channel = st.builds(PerChannel, st.integers(-64, 63), st.lists(specs, min_size=1, max_size=3))
configs = st.builds(
    QuantizerConfig,
    st.dictionaries(st.text(min_size=1), specs | per_channel, max_size=4),
    description=st.none() | st.text(),
)


def document(**spec: Any) -> str:
    return json.dumps({'version': 1, 'specs': {'dense1.weight': spec}})


def channels(*specs: Any, **other: Any) -> str:
    return json.dumps({'version': 2, 'specs': {'dense1.weight': {'axis': 1, 'specs': specs} | other}})


def validator() -> Draft202012Validator:
    return Draft202012Validator(json.loads((SPECS / 'quantizer-config.schema.json').read_text()))


def test_it_is_a_mapping_in_the_order_given() -> None:
    assert list(CONFIG) == ['dense1.weight', 'dense1.bias', 'mini', 'signs', 'ternary']
    assert len(CONFIG) == 5
    assert CONFIG['dense1.bias'] == FixedQ(16, 6)
    assert (CONFIG.version, CONFIG.description) == (1, 'of the tests')
    with pytest.raises(KeyError):
        CONFIG['dense2.weight']


def test_it_is_immutable() -> None:
    with pytest.raises(AttributeError, match="immutable: 'version' cannot be set"):
        CONFIG.version = 2  # type: ignore[misc]
    with pytest.raises(AttributeError, match="immutable: '_specs' cannot be deleted"):
        del CONFIG._specs
    with pytest.raises(TypeError):
        CONFIG._specs['new'] = BinaryQ()  # type: ignore[index]
    given = {'a': BinaryQ()}
    config = QuantizerConfig(given)
    given['b'] = BinaryQ()
    assert list(config) == ['a']


def test_equality_and_hash_are_those_of_the_content() -> None:
    a, b = FixedQ(8, 3), FixedQ(9, 3)
    config = QuantizerConfig({'a': a, 'b': b})
    assert config == QuantizerConfig({'b': b, 'a': 'ap_fixed<8,3>'})
    assert hash(config) == hash(QuantizerConfig({'b': b, 'a': a}))
    assert config != QuantizerConfig({'a': a, 'b': b}, description='other')
    assert config != QuantizerConfig({'a': a})
    assert config != {'a': a, 'b': b}


@given(configs)
@settings(deadline=None)
def test_round_trips(config: QuantizerConfig) -> None:
    text = config.to_json()
    assert QuantizerConfig.from_json(text) == config
    assert QuantizerConfig.from_json(text.encode()) == config
    assert list(QuantizerConfig.from_json(text)) == list(config)
    assert QuantizerConfig.from_json(text).to_json() == text
    assert pickle.loads(pickle.dumps(config)) == config
    assert copy.deepcopy(config) == config
    assert eval(repr(config)) == config
    assert not list(validator().iter_errors(json.loads(text)))


def test_the_json_is_what_the_readme_shows() -> None:
    assert json.loads(QuantizerConfig({'w': FixedQ(8, 3, True, 'RND', 'SAT'), 's': BinaryQ()}).to_json()) == {
        'version': 1,
        'specs': {
            'w': {
                'kind': 'fixed',
                'width': 8,
                'integer': 3,
                'signed': True,
                'rounding': 'RND',
                'overflow': 'SAT',
                'saturation_bits': 0,
            },
            's': {'kind': 'binary'},
        },
    }
    assert 'ternary' in QuantizerConfig({'t': TernaryQ()}).to_json()


@pytest.mark.parametrize(
    ('spec', 'expected'),
    [
        ('ap_ufixed<8,3,AP_RND,AP_SAT>', FixedQ(8, 3, False, 'RND', 'SAT')),
        ('ac_fixed<8,3,false,AC_RND,AC_SAT>', FixedQ(8, 3, False, 'RND', 'SAT')),
        ('fixed<16,6>', FixedQ(16, 6)),
        (
            {'kind': 'fixed', 'width': 8, 'integer': 3, 'rounding': 'ap_rnd', 'overflow': 'Sat'},
            FixedQ(8, 3, True, 'RND', 'SAT'),
        ),
        ({'kind': 'fixed', 'width': 8, 'integer': 3, 'signed': 0}, FixedQ(8, 3, False)),
        ({'kind': 'minifloat', 'mantissa_bits': 2, 'exponent_bits': 3}, MinifloatQ(2, 3, 0)),
        ({'kind': 'ternary'}, TernaryQ()),
    ],
)
def test_a_spec_is_an_object_or_a_type_string_of_any_dialect(spec: Any, expected: object) -> None:
    tree = {'version': 1, 'specs': {'a': spec}}
    assert QuantizerConfig.from_json(json.dumps(tree))['a'] == expected
    assert not list(validator().iter_errors(tree))


FIXED = {'kind': 'fixed', 'width': 8, 'integer': 3}
KINDS = "'fixed', 'minifloat', 'float', 'binary', 'ternary', 'affine', 'block'"
REFUSED = {
    '{': 'broken JSON: Expecting property name',
    '': 'broken JSON: Expecting value',
    '[' * 100_000: 'broken JSON: nested too deeply',
    '{"version": 1' + '0' * 5000 + '}': 'broken JSON: ',
    '[]': 'the file: must be an object: []',
    '3': 'the file: must be an object: 3',
    '{}': 'version: this key is missing\nspecs: this key is missing',
    '{"specs": {}}': 'version: this key is missing',
    '{"version": 1}': 'specs: this key is missing',
    '{"version": 3, "specs": {}}': 'version: must be 1 or 2: 3',
    '{"version": true, "specs": {}}': 'version: must be 1 or 2: true',
    '{"version": 1.0, "specs": {}}': 'version: must be 1 or 2: 1.0',
    '{"version": "1", "specs": {}}': "version: must be 1 or 2: '1'",
    '{"version": 1, "specs": []}': 'specs: must be an object: []',
    '{"version": 1, "specs": {}, "spec": {}}': "spec: unknown key; did you mean 'specs'?",
    '{"version": 1, "specs": {}, "description": 3}': 'description: must be a string: 3',
    '{"version": 1, "specs": {}, "$schema": 3}': '$schema: must be a string: 3',
    '{"version": 1, "specs": {}, "\\ud800": 3}': "the file: a key must be a string of Unicode: '\\ud800'",
    '{"version": 1, "version": 1, "specs": {}}': 'version: this key is repeated',
    '{"version": 1, "specs": {"a.b": "int<8>", "a.b": "int<8>"}}': 'specs.a.b: this key is repeated',
    '{"version": 1, "specs": {"a": {"kind": "fixed", "width": 8, "integer": 3, "width": 8}}}': (
        'specs.a.width: this key is repeated'
    ),
    '{"version": 1, "specs": {"": "int<8>"}}': "specs: a name must be a non-empty string of Unicode: ''",
    '{"version": 1, "specs": {"\\ud800": "int<8>"}}': "specs: a name must be a non-empty string of Unicode: '\\ud800'",
    '{"version": 1, "specs": {"a": "ap_fixed<0,3>"}}': "specs.a: 'ap_fixed<0,3>': 'width' must be an integer from 1 to",
    '{"version": 1, "specs": {"a": 8}}': 'specs.a: must be an object with a kind, or a type string: 8',
    '{"version": 1, "specs": {"a": null}}': 'specs.a: must be an object with a kind, or a type string: null',
    '{"version": 1, "specs": {"a": "fixed<8>"}}': "specs.a: 'fixed<8>': 'fixed' takes 2 to 5 arguments, not 1",
    '{"version": 1, "specs": {"a": {"width": NaN}}}': 'broken JSON: NaN is not JSON',
    document(**FIXED | {'width': 0}): "specs.dense1.weight.width: 'width' must be an integer from 1 to 4096: 0",
    document(**FIXED | {'width': 8.0}): "specs.dense1.weight.width: 'width' must be an integer from 1 to 4096: 8.0",
    document(**FIXED | {'width': '8'}): "specs.dense1.weight.width: 'width' must be an integer from 1 to 4096: '8'",
    document(**FIXED | {'width': True}): "specs.dense1.weight.width: 'width' must be an integer from 1 to 4096: true",
    document(**FIXED | {'signed': 2}): "specs.dense1.weight.signed: 'signed' must be True, False, 0 or 1: 2",
    document(**FIXED | {'rounding': 'RNDD'}): "specs.dense1.weight.rounding: 'rounding' must be one of RND, ",
    document(**FIXED | {'rounding': None}): "specs.dense1.weight.rounding: 'rounding' must be one of ",
    document(**FIXED | {'overflow': 'WRAP_SM', 'signed': False}): (
        "specs.dense1.weight.overflow: 'overflow' WRAP_SM must go with a signed format"
    ),
    document(**FIXED | {'f': 5}): 'specs.dense1.weight.f: unknown key',
    document(kind='fixed', width=8): 'specs.dense1.weight.integer: this key is missing',
    document(kind='ternary', width=2): 'specs.dense1.weight.width: unknown key',
    document(kind='fix'): (f"specs.dense1.weight.kind: must be one of {KINDS}: 'fix'"),
    document(kind=['fixed']): f"specs.dense1.weight.kind: must be one of {KINDS}: ['fixed']",
    channels(): 'specs.dense1.weight.specs: must be a list of formats, one a channel: []',
    channels(specs=8): 'specs.dense1.weight.specs: must be a list of formats, one a channel: 8',
    channels(specs={'0': 'int<8>'}): 'specs.dense1.weight.specs: must be a list of formats, one a channel: {',
    channels(8): 'specs.dense1.weight.specs.0: must be an object with a kind, or a type string: 8',
    channels('int<8>', 'int<x>'): "specs.dense1.weight.specs.1: 'int<x>': 'width' must be an integer",
    channels('int<8>', FIXED | {'width': 0}): (
        "specs.dense1.weight.specs.1.width: 'width' must be an integer from 1 to 4096: 0"
    ),
    channels('int<8>', FIXED | {'f': 0}): 'specs.dense1.weight.specs.1.f: unknown key',
    channels('int<8>', {'kind': 'fix'}): "specs.dense1.weight.specs.1.kind: must be one of 'fixed', ",
    channels({'axis': 0, 'specs': ['int<8>']}): "specs.dense1.weight.specs.0.kind: must be one of 'fixed', ",
    document(**FIXED | {'spec': 1}).replace('dense1.weight', 'spec'): 'specs.spec.spec: unknown key',
    document(**FIXED | {'fixed': 1}).replace('dense1.weight', '[key]'): 'specs.[key].fixed: unknown key',
    channels('int<8>', FIXED | {'channels': 0}): 'specs.dense1.weight.specs.1.channels: unknown key',
    channels('int<8>', axis=64): "specs.dense1.weight.axis: 'axis' must be an integer from -64 to 63: 64",
    channels('int<8>', axis=True): "specs.dense1.weight.axis: 'axis' must be an integer from -64 to 63: true",
    channels('int<8>', axis='1'): "specs.dense1.weight.axis: 'axis' must be an integer from -64 to 63: '1'",
    channels('int<8>', width=8): 'specs.dense1.weight.width: unknown key',
    channels('int<8>', kind='fixed'): (
        'specs.dense1.weight.axis: unknown key; known are kind, width, integer, signed, '
    ),
    channels('int<8>').replace('"axis": 1, ', ''): 'specs.dense1.weight.axis: this key is missing',
    document(axis=1): 'specs.dense1.weight.specs: this key is missing',
    channels('int<8>').replace('"int<8>"', '{"width": 8, "width": 8}'): (
        'specs.dense1.weight.specs.0.width: this key is repeated'
    ),
    channels('int<8>').replace('2', '1'): (
        'version: must be 2 where a name has formats per channel, as specs.dense1.weight has: 1'
    ),
    document(width=8): (f'specs.dense1.weight.kind: must be one of {KINDS}: this key is missing'),
}


@pytest.mark.parametrize(('text', 'message'), REFUSED.items(), ids=range(len(REFUSED)))
def test_each_line_of_a_refusal_has_the_path_inside_the_file(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f'^{re.escape(message)}') as caught:
        QuantizerConfig.from_json(text)
    path = tmp_path / 'config.json'
    path.write_text(text)
    with pytest.raises(ValueError) as of_file:  # noqa: PT011  (the message is compared below)
        QuantizerConfig.load(path)
    assert str(of_file.value).split('\n') == [f'{path}: {line}' for line in str(caught.value).split('\n')]


def test_a_file_that_is_no_text_is_refused() -> None:
    with pytest.raises(ValueError, match=r'^broken JSON: '):
        QuantizerConfig.from_json(b'\xff\xfe\xfa')


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        ({'specs': ['int<8>']}, "'specs' must be a mapping from names to specs: ['int<8>']"),
        ({'specs': {}, 'version': 3}, 'version: must be 1 or 2: 3'),
        ({'specs': {}, 'version': True}, 'version: must be 1 or 2: True'),
        ({'specs': {}, 'version': 1.0}, 'version: must be 1 or 2: 1.0'),
        ({'specs': {}, 'description': 3}, 'description: must be a string: 3'),
        ({'specs': {'': 'int<8>'}}, "specs: a name must be a non-empty string: ''"),
        ({'specs': {3: 'int<8>'}}, 'specs: a name must be a non-empty string: 3'),
        ({'specs': {'a.b': 'int<x>'}}, "specs.a.b: 'int<x>': 'width' must be an integer"),
        (
            {'specs': {'a.b': {'kind': 'binary'}}},
            "specs.a.b: must be a spec, a PerChannel or a type string: {'kind': 'binary'}",
        ),
    ],
)
def test_the_constructor_refuses_what_a_file_may_not_say(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f'^{re.escape(message)}'):
        QuantizerConfig(**arguments)


def test_save_and_load(tmp_path: Path) -> None:
    path = tmp_path / 'config.json'
    CONFIG.save(path)
    assert QuantizerConfig.load(path) == QuantizerConfig.load(str(path)) == CONFIG
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(FileNotFoundError, match=r'missing\.json'):
        QuantizerConfig.load(tmp_path / 'missing.json')


def test_a_save_that_fails_leaves_the_old_file_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / 'config.json'
    CONFIG.save(path)

    def full(descriptor: int) -> None:
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr(os, 'fsync', full)
    with pytest.raises(OSError, match=re.escape(f"No space left on device: '{path}'")):
        QuantizerConfig({}).save(path)
    assert QuantizerConfig.load(path) == CONFIG
    assert list(tmp_path.iterdir()) == [path]


def test_of_several_files_none_is_replaced_before_all_are_whole(tmp_path: Path) -> None:
    first, second = tmp_path / 'first', tmp_path / 'no folder' / 'second'
    first.write_text('old')
    with pytest.raises(FileNotFoundError, match='second'):
        write_whole({first: b'new', second: b'new'})
    assert first.read_text() == 'old'
    assert list(tmp_path.iterdir()) == [first]


def test_a_replaced_file_keeps_its_permissions_and_a_link_stays_one(tmp_path: Path) -> None:
    target, link = tmp_path / 'target', tmp_path / 'link'
    target.write_text('old')
    target.chmod(0o640)
    link.symlink_to(target)
    write_whole({link: b'new'})
    assert link.is_symlink()
    assert target.read_text() == 'new'
    assert target.stat().st_mode & 0o777 == 0o640


def test_the_published_schema_is_in_step() -> None:
    schema = QuantizerConfig.json_schema()
    Draft202012Validator.check_schema(schema)
    assert (SPECS / 'quantizer-config.schema.json').read_text() == json.dumps(schema, indent=2) + '\n'


# No rule between two fields is in the schema, and to JSON Schema 8.0 is an integer; type strings are texts.
SCHEMA_REFUSES = [
    text
    for text, message in REFUSED.items()
    if re.match('{"version": [12], "specs": {"dense1', text)
    and not re.search(r'WRAP_SM|8\.0|int<x>|repeated|version:', text + message)
]


@pytest.mark.parametrize('text', SCHEMA_REFUSES, ids=range(len(SCHEMA_REFUSES)))
def test_the_schema_refuses_what_load_refuses(text: str) -> None:
    tree = json.loads(text)
    assert list(validator().iter_errors(tree))


@pytest.mark.parametrize('kind', [FixedQ, MinifloatQ])
def test_the_limits_of_the_schema_are_those_of_the_specs(kind: Any) -> None:
    definition = QuantizerConfig.json_schema()['$defs'][kind.__name__]['properties']
    valid = {'width': 4096, 'integer': 3} if kind is FixedQ else {'mantissa_bits': 3, 'exponent_bits': 3}
    checked = 0
    for field, rule in definition.items():
        for limit, step in ((rule.get('minimum'), -1), (rule.get('maximum'), 1)):
            if limit is not None:
                if field != 'saturation_bits' or limit == 0:
                    kind(**valid | {field: limit})
                with pytest.raises(ValueError, match=field):
                    kind(**valid | {field: limit + step})
                checked += 1
    assert checked == 6


@pytest.mark.parametrize('path', EXAMPLES, ids=lambda path: path.name)
def test_the_examples_load_and_are_valid(path: Path) -> None:
    config = QuantizerConfig.load(path)
    assert config
    assert config.description
    assert not list(validator().iter_errors(json.loads(path.read_text())))


def test_the_examples_say_what_their_names_say() -> None:
    assert len(EXAMPLES) >= 3
    examples = {path.stem: QuantizerConfig.load(path) for path in EXAMPLES}
    assert examples['hls4ml-default']['dense1.weight'] == FixedQ(16, 6, True, 'TRN', 'WRAP')
    fp4, fp6_e2m3, fp6_e3m2 = examples['ocp-microscaling'].values()
    assert (fp4.max, fp6_e2m3.max, fp6_e3m2.max) == (6, 7.5, 28)
    assert {'dense1.weight', 'dense1.bias', 'dense2.weight', 'dense2.bias'} <= set(examples['digits'])


def test_what_is_equal_and_not_the_same_is_checked_each_time() -> None:
    for value, said in ((True, 'true'), (1.0, '1.0'), ('1', "'1'")):
        tree = {'version': 1, 'specs': {'a': FIXED | {'width': 1}, 'x': FIXED | {'width': value}}}
        message = f"specs.x.width: 'width' must be an integer from 1 to 4096: {said}"
        with pytest.raises(ValueError, match=f'^{re.escape(message)}'):
            QuantizerConfig.from_json(json.dumps(tree))


def test_of_equal_entries_of_a_file_one_spec_is_made() -> None:
    texts = [f'fixed<{n},2>' for n in range(3, 8)] + [FIXED | {'width': n} for n in range(3, 8)]
    tree = {'version': 2, 'specs': {f'n{n}': texts[n % 10] for n in range(1000)}}
    tree['specs']['w'] = {'axis': 0, 'specs': texts * 10}  # type: ignore[index]
    config = QuantizerConfig.from_json(json.dumps(tree))
    w = config['w']
    assert isinstance(w, PerChannel)
    assert len({id(spec) for spec in (*list(config.values())[:-1], *w.specs)}) == 10
    assert all(config[f'n{n}'] == w.specs[n % 10] for n in range(1000))


def test_the_unknown_key_is_said_first_with_the_one_that_was_meant() -> None:
    for tree, lines in (
        (
            {'a': {'kind': 'fixed', 'widht': 8, 'integer': 3}},
            ["specs.a.widht: unknown key; did you mean 'width'?", 'specs.a.width: this key is missing'],
        ),
        (
            {'a': {'widht': 8, 'Integer': 3}},
            [
                "specs.a.widht: unknown key; did you mean 'width'?",
                "specs.a.Integer: unknown key; did you mean 'integer'?",
                f'specs.a.kind: must be one of {KINDS}: this key is missing',
            ],
        ),
        (
            {'a': {'axis': 1, 'spec': []}},
            ["specs.a.spec: unknown key; did you mean 'specs'?", 'specs.a.specs: this'],
        ),
        (
            {'a': {'axs': 1, 'specs': ['int<8>']}},
            ["specs.a.axs: unknown key; did you mean 'axis'?", 'specs.a.axis: t'],
        ),
        ({'a': {'kind': 'binary', 'foo': 8}}, ['specs.a.foo: unknown key; known are kind']),
        (
            {'a': 8, 'b': {'kind': 'binary', 'kin': 8}},
            ["specs.b.kin: unknown key; did you mean 'kind'?", 'specs.a: '],
        ),
    ):
        with pytest.raises(ValueError, match='unknown key') as caught:
            QuantizerConfig.from_json(json.dumps({'version': 2, 'specs': tree}))
        found = str(caught.value).split('\n')
        assert len(found) == len(lines)
        assert all(line.startswith(start) for line, start in zip(found, lines, strict=True))


def test_all_that_is_wrong_is_said_a_line_each_and_ten_at_most(tmp_path: Path) -> None:
    specs = {f'n{n}': {'kind': 'fixed', 'width': n, 'integer': 'x', 'rounding': 'RNDD'} for n in (0, 8)}
    path = tmp_path / 'config.json'
    path.write_text(json.dumps({'version': 3, 'specs': specs | {'': 'int<8>'}}))
    with pytest.raises(ValueError, match=r'version') as caught:
        QuantizerConfig.load(path)
    places = ['version', 'specs.n0.width', 'specs.n0.integer', 'specs.n0.rounding', 'specs.n8.integer']
    places += ['specs.n8.rounding', 'specs']
    lines = str(caught.value).split('\n')
    assert [line.split(': ')[:2] for line in lines] == [[str(path), place] for place in places]
    for count, more in ((10, []), (11, ['and 1 more']), (5000, ['and 4990 more'])):
        path.write_text(json.dumps({'version': 1, 'specs': dict.fromkeys(map(str, range(count)), 8)}))
        with pytest.raises(ValueError, match='must be an object') as caught:
            QuantizerConfig.load(path)
        assert str(caught.value).split('\n')[10:] == more


VALUES = (None, True, 0, 8, 10**4000, 1.5, '', 'int<8>', '\ud800', 'v' * 10_000, [], [[]], {}, ['x'], {'kind': 'x'})
KEYS = ('kind', 'widht', 'axis', '$schema', '\ud800', '', 'a\nb', 'n' * 10_000)


def wrong_documents() -> Iterator[Any]:
    """Each value in each place of a file, and each key in each object of one."""

    def of(formats: Any, **other: Any) -> Any:
        return {'version': 2, 'specs': {'a': formats}} | other

    for value in VALUES:
        yield value
        for key in ('version', 'specs', 'description', '$schema'):
            yield of('int<8>', **{key: value})
        for formats in (value, {'axis': value, 'specs': ['int<8>']}, {'axis': 0, 'specs': value}):
            yield of(formats)
        yield of({'axis': 0, 'specs': ['int<8>', value]})
        for key in ('kind', 'width', 'integer', 'signed', 'rounding', 'overflow', 'saturation_bits'):
            yield of(FIXED | {key: value})
            yield of({'axis': 0, 'specs': [FIXED | {key: value}]})
    for key in KEYS:
        yield of('int<8>', **{key: 1})
        yield {'version': 1, 'specs': {key: 'int<x>'}}
        for formats in (FIXED | {key: 1}, {key: 1}, {'axis': 0, 'specs': ['int<8>'], key: 1}):
            yield of(formats)
        yield of({'axis': 0, 'specs': [FIXED | {key: 1}]})


# all that pydantic can say of the models of a file
PROVOKED = {
    'dict_type',
    'extra_forbidden',
    'greater_than_equal',
    'int_type',
    'less_than_equal',
    'list_type',
    'missing',
    'model_type',
    'string_too_short',
    'string_type',
    'string_unicode',
    'too_short',
    'union_tag_invalid',
    'union_tag_not_found',
    'value_error',
}


def lines_of(text: str) -> list[str]:
    """What is wrong in a file."""
    try:
        QuantizerConfig.from_json(text)
    except ValueError as error:
        return str(error).split('\n')
    return []


def words_of_pydantic() -> list[str]:
    """What begins each of its messages."""
    messages = [error['message_template_python'] for error in list_all_errors()]
    return sorted({message.split('{')[0] for message in messages if len(message.split('{')[0]) > 8})


def test_no_words_of_pydantic_and_no_long_value_reach_a_user(monkeypatch: pytest.MonkeyPatch) -> None:
    words, provoked = words_of_pydantic(), set[str]()
    assert {'Input should be a valid string', 'Value error, ', 'Field required'} <= set(words)
    original = schema.refusals

    def seen(errors: Any, *kinds: Any) -> Any:
        provoked.update(error['type'] for error in errors)
        return original(errors, *kinds)

    monkeypatch.setattr(schema, 'refusals', seen)
    for text in (*REFUSED, *map(json.dumps, wrong_documents())):
        for line in lines_of(text):
            assert not any(word in line for word in words), line
            assert not re.search('v{81}|n{81}', line)
            assert line.isprintable()
    assert provoked == PROVOKED


def test_a_file_may_name_its_schema(tmp_path: Path) -> None:
    tree = {'$schema': './quantizers.schema.json', 'version': 1, 'specs': {'a': 'int<8>'}}
    config = QuantizerConfig.from_json(json.dumps(tree))
    assert config == QuantizerConfig({'a': 'int<8>'})
    assert '$schema' not in config.to_json()
    assert not list(validator().iter_errors(tree))
    assert list(validator().iter_errors(tree | {'$schema': 3}))


@pytest.mark.parametrize('encoding', ['utf-8', 'utf-8-sig', 'utf-16', 'utf-32'])
def test_a_byte_order_mark_is_no_content(encoding: str, tmp_path: Path) -> None:
    (tmp_path / 'c.json').write_bytes(CONFIG.to_json().encode(encoding))
    assert QuantizerConfig.load(tmp_path / 'c.json') == CONFIG
    assert QuantizerConfig.from_json('\ufeff' + CONFIG.to_json().replace('\n', '\r')) == CONFIG


def test_the_constructor_shows_no_long_name() -> None:
    for named in ({'n' * 10_000: 'int<x>'}, {'n' * 10_000: 8}, {'a\nb': 'int<x>'}):
        with pytest.raises(ValueError, match=r'^specs\.') as caught:
            QuantizerConfig(named)  # type: ignore[arg-type]
        assert len(str(caught.value)) < 300
        assert '\n' not in str(caught.value)
    with pytest.raises(ValueError, match=r'^version: ') as caught:
        QuantizerConfig({'n' * 10_000: PerChannel(0, (BinaryQ(),))}, version=1)
    assert len(str(caught.value)) < 300


def test_neither_the_package_nor_a_config_imports_pydantic_before_a_file_is_read() -> None:
    code = (
        'import sys, quantizers.config as c; c.QuantizerConfig({"a": "int<8>"}).to_json(); '
        'assert "pydantic" not in sys.modules; c.QuantizerConfig.json_schema(); assert "pydantic" in sys.modules'
    )
    subprocess.run([sys.executable, '-c', code], check=True)
