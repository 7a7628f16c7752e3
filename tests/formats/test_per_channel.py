"""Formats per channel: what they quantize, encode and join, what is refused, and every command with them."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import dask.array as da
import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracles.channels import KINDS, THREE
from oracles.command import Run, wrote
from oracles.spec_strategies import fixed, specs
from quantizers import (
    BinaryQ,
    FieldError,
    FixedQ,
    MinifloatQ,
    PerChannel,
    QuantizerConfig,
    Spec,
    TernaryQ,
    choose,
    result_type,
)
from quantizers.analysis.losses import Statistics
from quantizers.cpp import header
from quantizers.files.stored import CHUNK

X = np.random.default_rng(0).normal(size=(20, 3, 7)) * np.array([0.3, 1, 5])[:, None]


def channel_by_channel(formats: PerChannel, x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    parts = [spec(x.take(channel, formats.axis)) for channel, spec in enumerate(formats.specs)]
    return np.stack(parts, formats.axis)


def refused(message: str) -> Any:
    return pytest.raises(ValueError, match=f'^{re.escape(message)}$')


# the class


def test_a_mask_stays() -> None:
    x = np.ma.masked_array(X, X > 0.5)
    got = THREE(x)
    assert type(got) is np.ma.MaskedArray
    assert np.array_equal(np.ma.getmaskarray(got), x.mask)
    assert np.array_equal(got.data, THREE(X))
    assert type(THREE(X)) is np.ndarray


@pytest.mark.parametrize('dtype', ['float64', 'float32', 'float16', ml_dtypes.bfloat16, 'int64', 'bool'])
@pytest.mark.parametrize('axis', [0, 1, 2, -1, -2, -3])
def test_each_channel_is_quantized_by_its_own_format(axis: int, dtype: Any) -> None:
    formats = PerChannel(axis, KINDS)
    x = np.moveaxis(np.random.default_rng(1).normal(scale=3, size=(5, 4, 7)), 2, axis).astype(dtype)
    for array in (x, np.asfortranarray(x), x[::-1]):
        before = array.copy()
        q = formats(array)
        assert q.shape == array.shape
        expected = channel_by_channel(formats, array)
        assert q.dtype == expected.dtype
        assert q.tobytes() == expected.tobytes()  # the sign of zeros, too
        assert np.array_equal(array, before)


def test_lists_and_no_elements_and_one_format() -> None:
    assert THREE([[0.3, 0.3, 9.9], [-5, -5, -5]]).tolist() == [[0.3125, 0.3125, 10], [-1, -4, -5]]
    assert THREE(np.empty((0, 3, 2), np.float32)).shape == (0, 3, 2)
    same = PerChannel(0, [TernaryQ()] * 2)
    assert same([0.3, 0.9]).tolist() == [0, 1]


def test_a_dask_array_stays_one() -> None:
    x = da.from_array(X, chunks=(7, 2, 7))
    q = THREE(x)
    assert isinstance(q, da.Array)
    assert np.array_equal(q.compute(), THREE(X))


@pytest.mark.parametrize('shape', [(), (3,), (5, 4), (3, 2, 3), (3, 1)])
def test_other_channels_are_refused(shape: tuple[int, ...]) -> None:
    with refused(f"'x' must have 3 channels on axis 1: its shape is {shape}"):
        THREE(np.zeros(shape))


def test_it_is_an_immutable_value() -> None:
    again = PerChannel(axis=np.int64(1), specs=list(THREE.specs))  # type: ignore[arg-type]
    assert again == THREE == eval(repr(THREE)) == pickle.loads(pickle.dumps(THREE)) == copy.deepcopy(THREE)
    assert type(again.axis) is int
    assert hash(again) == hash(THREE)
    assert THREE != PerChannel(-1, THREE.specs) != PerChannel(1, THREE.specs[:2])
    assert str(THREE) == '3 types by axis 1, 6 to 7 bits'
    with pytest.raises(dataclasses.FrozenInstanceError):
        THREE.axis = 2  # type: ignore[misc]


@pytest.mark.parametrize(
    ('axis', 'formats', 'message'),
    [
        (64, KINDS, "'axis' must be an integer from -64 to 63: 64"),
        (-65, KINDS, "'axis' must be an integer from -64 to 63: -65"),
        (1.0, KINDS, "'axis' must be an integer from -64 to 63: 1.0"),
        (True, KINDS, "'axis' must be an integer from -64 to 63: True (a bool is none)"),
        (1, (), "'specs' must be formats, one a channel: ()"),
        (1, 3, "'specs' must be formats, one a channel: 3"),
        (1, [BinaryQ(), 'int<8>'], "'specs[1]' must be a format: 'int<8>'"),
        (1, [THREE], f"'specs[0]' must be a format: {repr(THREE)[:77]}..."),
    ],
)
def test_what_cannot_be(axis: Any, formats: Any, message: str) -> None:
    with refused(message):
        PerChannel(axis, formats)


def test_its_configuration_nests_those_of_the_formats() -> None:
    config = json.loads(json.dumps(PerChannel(-1, KINDS).get_config()))
    assert config == {'axis': -1, 'specs': [spec.get_config() for spec in KINDS]}
    assert PerChannel.from_config(config) == PerChannel(-1, KINDS)


BINARY = BinaryQ().get_config()


@pytest.mark.parametrize(
    ('config', 'message'),
    [
        ({'axis': 64, 'specs': [BINARY]}, "'axis' must be an integer from -64 to 63: 64"),
        ({'axis': 0, 'specs': []}, "'specs' must be formats, one a channel: []"),
        ({'axis': 0, 'specs': BINARY}, "'specs[0]' must be a format: 'kind'"),
        ({'axis': 0, 'specs': 3}, "'specs' must be formats, one a channel: 3"),
        ({'axis': 0, 'specs': [BINARY, {'kind': ['binary']}]}, "'specs[1]' must be a format: {'kind': ['binary']}"),
        ({'axis': 0, 'specs': [BINARY, {'kind': 'fixed', 'width': 0, 'integer': 0}]}, "'width' must be an integer"),
    ],
)
def test_a_configuration_that_cannot_be(config: dict[str, Any], message: str) -> None:
    with pytest.raises(FieldError, match=f'^{re.escape(message)}'):
        PerChannel.from_config(config)


@pytest.mark.parametrize('config', [{'axis': 0}, {'specs': [BINARY]}, {'axis': 0, 'specs': [BINARY], 'width': 8}])
def test_a_configuration_with_other_fields(config: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match='argument'):
        PerChannel.from_config(config)


# the joined type

few_values = fixed(5).map(lambda spec: dataclasses.replace(spec, integer=max(-9, min(spec.integer, 9))))
few_values |= st.builds(MinifloatQ, st.integers(0, 2), st.integers(1, 2), st.integers(-3, 3))
few_values |= st.sampled_from([BinaryQ(), TernaryQ()])


@given(st.lists(few_values, min_size=2, max_size=4))
@settings(deadline=None)
def test_the_joined_type_is_the_least_that_holds_all_values(formats: list[Spec]) -> None:
    joined = PerChannel(0, tuple(formats)).joined
    if len(set(formats)) == 1:
        assert joined == formats[0]
        return
    # of zeros and ones alone the least type is told by their values, whatever the formats are
    values = np.concatenate([spec.values() for spec in formats])
    least = result_type.constants(values)
    assert isinstance(joined, FixedQ)
    assert (joined.width, joined.integer, joined.signed) == (least.width, least.integer, least.signed)
    assert np.array_equal(joined(values), values)


def test_the_joined_type_keeps_the_modes_that_all_channels_have() -> None:
    assert THREE.joined == FixedQ(10, 5, True, 'RND', 'SAT')
    other = dataclasses.replace(THREE.specs[0], rounding='RND_CONV')
    assert PerChannel(1, (*THREE.specs, other)).joined == FixedQ(10, 5)
    assert PerChannel(0, (FixedQ(4, 2, True, 'TRN', 'WRAP', 3), FixedQ(5, 2, True, 'TRN', 'WRAP', 3))).joined == FixedQ(
        5, 2, True, 'TRN', 'WRAP', 3
    )
    symmetric = PerChannel(0, (FixedQ(4, 1, True, 'RND', 'SAT_SYM'), TernaryQ(), FixedQ(2, 2, False, 'RND', 'SAT_SYM')))
    assert symmetric.joined == FixedQ(6, 3)
    with refused("no type holds the values of all channels: 'width' must be an integer from 1 to 4096: 8192"):
        _ = PerChannel(0, (FixedQ(1, 4096, False), FixedQ(1, -4095, False))).joined


@given(st.lists(specs, min_size=1, max_size=4), st.data())
@settings(deadline=None, max_examples=60)
def test_the_codes_of_the_joined_type_are_exact(formats: Sequence[Spec], data: st.DataObject) -> None:
    per_channel = PerChannel(-1, tuple(formats))
    try:
        joined = per_channel.joined
    except ValueError:
        return
    x = np.array(
        data.draw(st.lists(st.lists(st.floats(-1e30, 1e30), min_size=len(formats), max_size=len(formats)), min_size=1))
    )
    codes = per_channel.encode_joined(x)
    assert codes.shape == x.shape
    for channel, spec in enumerate(formats):
        expected = spec.decode(spec.encode(x[:, channel]), exact=True).tolist()
        assert joined.decode(codes[:, channel], exact=True).tolist() == expected


# the file


def test_a_configuration_has_them_and_the_version_that_says_them(tmp_path: Path) -> None:
    config = QuantizerConfig({'w': THREE, 'b': 'fixed<8,3>'})
    assert (config['w'], config.version) == (THREE, 2)
    assert QuantizerConfig({'b': 'fixed<8,3>'}).version == 1
    config.save(tmp_path / 'c.json')
    assert QuantizerConfig.load(tmp_path / 'c.json') == config == eval(repr(config)) == copy.deepcopy(config)
    assert hash(QuantizerConfig.load(tmp_path / 'c.json')) == hash(config)
    assert config != QuantizerConfig({**config, 'w': PerChannel(0, THREE.specs)})
    tree = json.loads((tmp_path / 'c.json').read_text())
    assert (tree['version'], tree['specs']['w']) == (2, {'axis': 1, 'specs': [s.get_config() for s in THREE.specs]})
    by_hand = ['fixed<6,1,RND,SAT>', 'ap_fixed<7,3,AP_RND,AP_SAT>', tree['specs']['w']['specs'][2]]
    tree['specs'] = {'w': {'axis': 1, 'specs': by_hand}, 'b': 'fixed<8,3>'}
    assert QuantizerConfig.from_json(json.dumps(tree)) == config


def test_an_older_file_stays_one_and_a_newer_one_too() -> None:
    for version in (1, 2):
        text = json.dumps({'version': version, 'specs': {'a': 'int<8>'}})
        config = QuantizerConfig.from_json(text)
        assert (config.version, json.loads(config.to_json())['version']) == (version, version)
    message = 'version: must be 2 where a name has formats per channel, as specs.w has: 1'
    with refused(message):
        QuantizerConfig({'w': THREE}, version=1)
    with refused(message):
        QuantizerConfig.from_json(json.dumps({'version': 1, 'specs': {'w': THREE.get_config()}}))


# choose


def test_choose_gives_them() -> None:
    choices = choose({'w': X, 'v': X[0, 0]}, width=6, saturated=0, axis=-1)
    assert (list(choices)[:2], len(choices)) == (['w[0]', 'w[1]'], 14)
    config = choices.config('of channels')
    assert (list(config), config.description, config.version) == (['w', 'v'], 'of channels', 2)
    for name in config:
        assert config[name] == PerChannel(-1, tuple(c.spec for n, c in choices.items() if n.startswith(f'{name}[')))
    assert len(choose(X, width=6, axis=1).config()['x'].specs) == 3  # type: ignore[union-attr]
    odd = choose({'a': X, 'a[0]': -X}, width=6, axis=1).config()  # names that look like those of channels
    assert list(odd) == ['a', 'a[0]']
    assert odd['a[0]'] == choose({'x': -X}, width=6, axis=1).config()['x']


def test_choose_by_a_score_gives_them() -> None:
    choices = choose({'w': X}, score=lambda found: -sum(spec.bits for spec in found.values()), max_loss=15, axis=1)
    assert choices.config()['w'] == PerChannel(1, choices.specs)


# the commands


@pytest.fixture
def chosen(run: Run, tmp_path: Path) -> Path:
    """The configuration that `choose --axis 1` writes for weights.npz beside it."""
    np.savez(tmp_path / 'weights.npz', **{'dense.weight': X})
    arguments = ('--width', 6, '--saturated', 0, '--axis', 1)
    assert run('choose', tmp_path / 'weights.npz', *arguments, '-o', tmp_path / 'c.json')[::2] == (
        0,
        wrote(tmp_path / 'c.json'),
    )
    assert (
        QuantizerConfig.load(tmp_path / 'c.json') == choose({'dense.weight': X}, width=6, saturated=0, axis=1).config()
    )
    return tmp_path / 'c.json'


def test_every_command_takes_what_choose_writes(run: Run, chosen: Path, tmp_path: Path) -> None:
    weights = tmp_path / 'weights.npz'
    commands: list[tuple[object, ...]] = [
        ('describe', chosen),
        ('emit', chosen, '-o', tmp_path / 'a.h'),
        ('emit', chosen, '--join', '-o', tmp_path / 'b.h'),
        ('quantize', chosen, weights, '-o', tmp_path / 'out'),
        ('quantize', chosen, weights, '-o', tmp_path / 'no', '--no-header'),
        ('plot', chosen, '--input', weights, '-o', tmp_path / 'a.svg'),
        ('plot', chosen, '--values', '-o', tmp_path / 'b.svg'),
        ('verify', chosen, '-n', 1000),
    ]
    for arguments in commands:
        code, _, err = run(*arguments)
        assert (code, err.count('\n'), err.count('wrote')) == (0, *[int('-o' in arguments)] * 2), arguments


def test_describe_has_a_line_for_each_channel(run: Run, tmp_path: Path) -> None:
    no_joined = PerChannel(0, (FixedQ(1, 4096, False), FixedQ(1, -4095, False)))
    QuantizerConfig({'w': THREE, 'huge': no_joined}).save(tmp_path / 'c.json')
    out = run('describe', tmp_path / 'c.json')[1]
    rows = [[cell.strip() for cell in line.strip('│').split('│')] for line in out.splitlines() if line.startswith('│')]
    types = ('ap_fixed<10, 5, AP_RND, AP_SAT>', *(spec.cpp_type for spec in THREE.specs))
    assert rows[0] == ['w', f'axis 1, joined {types[0]}', '10', '0.03125', '-16', '15.96875']
    assert [row[:2] for row in rows[1:4]] == [[f'w[{n}]', types[n + 1]] for n in range(3)]
    assert rows[4] == ['huge', 'axis 0, no joined type', '-', '-', '-', '-']
    assert [row[0] for row in rows[5:]] == ['huge[0]', 'huge[1]']


@pytest.mark.parametrize('order', ['C', 'F'])
@pytest.mark.parametrize('axis', [0, 1, -1])
def test_files_are_quantized_exactly_chunk_by_chunk(
    run: Run, order: Any, axis: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = np.moveaxis(np.random.default_rng(2).normal(size=(90, 171, 7)), 2, axis)
    formats = PerChannel(axis, KINDS)
    tensors = {'w': np.asarray(x, order=order), 'b': X[0]}
    QuantizerConfig({'w': formats, 'b': 'fixed<8,3>'}).save(tmp_path / 'c.json')
    np.savez(tmp_path / 'w.npz', **tensors)
    sizes = []
    monkeypatch.setattr(Statistics, 'add', _seen(Statistics.add, sizes))
    code, out, err = run('quantize', tmp_path / 'c.json', tmp_path / 'w.npz', '-o', tmp_path / 'out')
    assert (code, err) == (0, wrote(tmp_path / 'out' / 'w.npz', tmp_path / 'out' / 'w.h'))
    assert x.size > CHUNK >= max(sizes)
    assert sum(sizes) == x.size + X[0].size
    expected = channel_by_channel(formats, tensors['w'])
    with np.load(tmp_path / 'out' / 'w.npz') as quantized:
        assert np.array_equal(quantized['w'], expected)
    assert (tmp_path / 'out' / 'w.h').read_text() == header({'w': formats, 'b': FixedQ(8, 3)}, tensors)
    error = np.abs(x - expected)
    row = next(line for line in out.splitlines() if line.startswith('│ w '))
    assert '7 types by axis' in row
    assert f' {error.max():.3g} ' in row
    assert f' {10 * np.log10(np.sum(x**2) / np.sum(error**2)):.1f} ' in row


def _seen(add: Callable[..., None], sizes: list[int]) -> Callable[..., None]:
    def seen(self: Statistics, x: Any, *others: Any) -> None:
        sizes.append(x.size)
        add(self, x, *others)

    return seen


def test_quantize_refuses_other_channels_and_what_has_no_code(run: Run, chosen: Path, tmp_path: Path) -> None:
    def said(x: np.ndarray[Any, Any]) -> str:
        np.savez(tmp_path / 'w.npz', **{'dense.weight': x})
        code, out, err = run('quantize', chosen, tmp_path / 'w.npz', '-o', tmp_path / 'out')
        assert code
        assert (out, err.count('error: '), (tmp_path / 'out').exists()) == ('', 1, False)
        return str(err)

    assert "'dense.weight': 'x' must have 3 channels on axis 1: its shape is (20, 7, 3)" in said(X.swapaxes(1, 2))
    x = X.copy()
    x[3, 1, 2] = np.nan
    assert "'dense.weight': holds NaN" in said(x)
    huge = PerChannel(1, (FixedQ(1, 1000, False), FixedQ(1, -4000, False), FixedQ(1, 1)))
    QuantizerConfig({'dense.weight': huge}).save(chosen)
    assert "'dense.weight': no type holds the values of all channels: 'width' must be" in said(X)
