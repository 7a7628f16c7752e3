"""`quantizers.choose` by a score: the bound is kept, no tensor can lose another bit, and the reasons are so."""

from __future__ import annotations

import itertools
import math
import os
import re
import runpy
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantizers import Choices, FixedQ, QuantizerConfig, Spec, choose
from quantizers.analysis.choose._score import numbers

ROOT = Path(__file__).parents[2]
Tensors = dict[str, np.ndarray[Any, Any]]
Widths = tuple[int, ...]


def network(seed: int) -> tuple[Tensors, Callable[[Mapping[str, Spec]], float]]:
    """Random weights, and how often the network's class is that of the same network without formats."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(200, 5))
    weights = {'a': rng.normal(size=(5, 6)), 'b': rng.normal(size=(6, 4)), 'c': rng.normal(size=(4, 3))}

    def classes(specs: Mapping[str, Spec]) -> Any:
        a, b, c = (specs[name](w) if name in specs else w for name, w in weights.items())
        return (np.tanh(np.tanh(x @ a) @ b) @ c).argmax(axis=1)

    expected = classes({})
    return weights, lambda specs: float(np.mean(classes(specs) == expected))


def formats(tensors: Tensors, widths: Widths) -> dict[str, Spec]:
    """The best format of each tensor by itself."""
    return {name: choose(x, width=w).spec for (name, x), w in zip(tensors.items(), widths, strict=True)}


def total(tensors: Tensors, widths: Widths) -> int:
    return sum(x.size * w for x, w in zip(tensors.values(), widths, strict=True))


def widths_of(choices: Choices) -> Widths:
    return tuple(spec.width for spec in choices.specs)


def narrower(widths: Widths) -> dict[int, Widths]:
    """By the tensor that has lost a bit."""
    return {j: (*widths[:j], w - 1, *widths[j + 1 :]) for j, w in enumerate(widths) if w > 1}


def check_reason(reason: str, width: int, score: float, lost: float | None, bound: float) -> None:
    """What it says is what was measured anew."""
    number = r'(-?[\d.e+-]+)'
    start = rf'{width} bits? keeps? the score at {number}: '
    if lost is None:
        found = re.fullmatch(start + 'no format is narrower', reason)
        assert found, reason
        assert float(found[1]) == pytest.approx(score, rel=1e-5)
        return
    found = re.fullmatch(rf'{start}with {width - 1} bits? it is {number}, below the bound {number}', reason)
    assert found, reason
    assert [float(part) for part in found.groups()] == pytest.approx([score, lost, bound], rel=1e-5)
    assert float(found[2]) < float(found[3]) <= float(found[1])


@pytest.mark.parametrize('seed', range(4))
def test_no_tensor_of_a_network_can_lose_another_bit(seed: int) -> None:
    tensors, score = network(seed)
    most = 6
    of_width = [formats(tensors, (w,) * 3) for w in range(1, most + 1)]
    table = {
        ws: score({name: of_width[w - 1][name] for name, w in zip(tensors, ws, strict=True)})
        for ws in itertools.product(range(1, most + 1), repeat=3)
    }
    calls: list[dict[str, Spec]] = []

    def counted(specs: Mapping[str, Spec]) -> float:
        calls.append(dict(specs))
        return score(specs)

    choices = choose(tensors, score=counted, max_loss=0.06, max_width=most)
    widths, bound = widths_of(choices), 1 - 0.06
    assert dict(zip(tensors, choices.specs, strict=True)) == formats(tensors, widths)
    assert (choices.reference, choices.score, choices.bits) == (1, table[widths], total(tensors, widths))
    assert table[widths] >= bound
    for j, (name, choice) in enumerate(choices.items()):
        less = narrower(widths).get(j)
        assert less is None or table[less] < bound, name
        check_reason(choice.reason, widths[j], table[widths], None if less is None else table[less], bound)
        assert choice.chosen in choice.candidates
    uniform = min(w for w in range(1, most + 1) if table[w, w, w] >= bound)
    least = min(total(tensors, ws) for ws, reached in table.items() if reached >= bound)
    assert least <= choices.bits <= total(tensors, (uniform,) * 3)
    print(
        f'{choices.bits} bits, {least} the fewest of {len(table)} combinations, uniform {uniform}', len(calls), 'scores'
    )
    # each combination once, and the last one again
    times = Counter(tuple(specs.values()) for specs in calls)
    assert times.pop(tuple(choices.specs)) == 2
    assert set(times.values()) == {1}
    assert calls[0] == {}
    assert calls[-1] == formats(tensors, widths)
    assert choose(tensors, score=score, max_loss=0.06, max_width=most) == choices


# Scores of widths alone: any function of them -------------------------------------------------------------------------

MOST = 4
ALL = list(itertools.product(range(1, MOST + 1), repeat=3))
SIZES = {'a': 5, 'b': 2, 'c': 2}
THREE: Tensors = {name: np.linspace(-1, 0.9, size) for name, size in SIZES.items()}


def by_widths(table: Mapping[Widths, float], reference: float = 9) -> Callable[[Mapping[str, Spec]], float]:
    return lambda specs: table[tuple(spec.bits for spec in specs.values())] if specs else reference


def expected_widths(table: Mapping[Widths, float], bound: float) -> Widths:
    """The documented search, plainly."""
    at = next(ws for w in range(1, MOST + 1) if table[ws := (w, w, w)] >= bound)
    sizes = list(SIZES.values())
    while kept := {j: ws for j, ws in narrower(at).items() if table[ws] >= bound}:
        at = kept[max(kept, key=lambda j: (sizes[j], table[kept[j]], -j))]
    return at


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=len(ALL), max_size=len(ALL)), st.integers(0, 9))
def test_the_search_is_the_one_that_is_documented(scores: list[int], loss: int) -> None:
    table = dict(zip(ALL, map(float, scores), strict=True))
    uniform = [table[w, w, w] for w in range(1, MOST + 1)]
    if max(uniform) < 9 - loss:
        message = (
            f"'score' must be at least {9 - loss}, which is 9 without formats less 'max_loss', with all tensors at a"
            f' width of at most 4 bits: the most is {max(uniform):g}, at {uniform.index(max(uniform)) + 1} bit'
        )
        with pytest.raises(ValueError, match=f'^{re.escape(message)}'):
            choose(THREE, score=by_widths(table), max_loss=loss, max_width=MOST)
        return
    choices = choose(THREE, score=by_widths(table), max_loss=loss, max_width=MOST)
    assert widths_of(choices) == expected_widths(table, 9 - loss)
    assert choices.score == table[widths_of(choices)]


def test_elements_weigh_the_tensors() -> None:
    # 8 bits in all: whoever comes first loses what there is to lose
    table = {ws: float(sum(ws) >= 8) for ws in ALL}
    score = by_widths(table, 1)
    plain = choose(THREE, score=score, max_loss=0)
    assert (widths_of(plain), plain.bits) == ((2, 3, 3), 5 * 2 + 2 * 3 + 2 * 3)
    given_sizes = choose(THREE, score=score, max_loss=0, elements={'c': np.int64(7)})
    assert (widths_of(given_sizes), given_sizes.bits) == ((3, 3, 2), 5 * 3 + 2 * 3 + 7 * 2)
    batches = [{'a': np.array([0.5, -0.25])}, {'a': np.array([0.125])}]
    assert choose(iter(batches), score=lambda _: 1, max_loss=0).bits == 3
    assert choose(iter(batches), score=lambda _: 1, max_loss=0, elements={'a': 1}).bits == 1


@pytest.mark.parametrize(('of_b', 'of_c', 'widths'), [(5, 6, (2, 2, 1)), (6, 5, (2, 1, 2)), (5, 5, (2, 1, 2))])
def test_of_equal_savings_the_higher_score_decides_and_then_the_order(of_b: float, of_c: float, widths: Widths) -> None:
    table = dict.fromkeys(ALL, 0.0) | {(2, 2, 2): 7.0, (2, 1, 2): of_b, (2, 2, 1): of_c}
    assert widths_of(choose(THREE, score=by_widths(table), max_loss=4)) == widths


def test_the_mapping_is_new_each_time_and_cannot_be_changed() -> None:
    seen = []

    def score(specs: Mapping[str, Spec]) -> int:
        seen.append(specs)
        with pytest.raises(TypeError):
            specs['a'] = FixedQ(8, 8)  # type: ignore[index]
        return sum(spec.bits for spec in specs.values()) if specs else 11

    choices = choose(THREE, score=score, max_loss=2)
    assert len({id(specs) for specs in seen}) == len(seen)
    assert [dict(specs) for specs in seen].count({}) == 1
    assert (choices.score, choices.reference) == (9, 11)
    assert choices.specs == tuple(seen[-1].values())


def test_bounds_hold_beside_the_score() -> None:
    x = np.linspace(-1, 0.99, 200)
    choice = choose(x, score=lambda _: 7, max_loss=0, sqnr=30, saturated=0)['x']
    assert choice.spec == choose(x, sqnr=30, saturated=0).spec
    assert choice.chosen.saturated == 0
    alone = choose(x, width=choice.spec.width - 1, saturated=0)['x'].chosen.sqnr
    assert choice.reason == f'6 bits keep the score at 7: 5 bits reach {alone:.1f} dB'
    skewed = np.array([0.1] * 99 + [0.9])
    score = by_widths({(w,): -1.0 for w in range(1, 9)}, 0)
    free = choose(skewed, score=score, max_loss=1, max_width=8).spec
    bounded = choose(skewed, score=score, max_loss=1, max_width=8, saturated=0).spec
    assert choose(skewed, width=1).spec == free
    assert choose(skewed, width=1, saturated=0).spec == bounded != free
    with pytest.raises(ValueError, match=r"^'x': no format of at most 4 bits has SQNR >= 90 dB: 4 bits reach "):
        choose(x, score=lambda _: 7, max_loss=0, sqnr=90, max_width=4)
    # a tensor that needs more than the others starts where it can
    both = choose({'x': x, 'y': np.array([0.5])}, score=lambda _: 7, max_loss=0, sqnr=30)
    assert widths_of(both) == (6, 1)
    wrap = choose(skewed, score=lambda _: 7, max_loss=0, overflow='WRAP')['x']
    assert wrap.chosen.saturated == 0


def test_one_bit_of_two_signs_needs_another_in_sat_sym() -> None:
    choice = choose([1.0, -1.0], score=lambda _: 1, max_loss=0, overflow='SAT_SYM')['x']
    assert choice.spec == choose([1.0, -1.0], width=2, overflow='SAT_SYM').spec
    assert choice.reason == '2 bits keep the score at 1: no format is narrower'
    with pytest.raises(ValueError, match=r"^'x': no format of at most 1 bits has a value but 0$"):
        choose([1.0, -1.0], score=lambda _: 1, max_loss=0, overflow='SAT_SYM', max_width=1)


def test_channels_have_one_width_and_formats_of_their_own() -> None:
    w = np.random.default_rng(0).normal(size=(40, 3)) * [1, 4, 0.1]
    names = {'w[0]': 0, 'w[1]': 1, 'w[2]': 2}

    def score(specs: Mapping[str, Spec]) -> float:
        assert not specs or specs.keys() == names.keys()
        return -max((float(np.abs(specs[n](w[:, c]) / w[:, c].std() - w[:, c] / w[:, c].std()).max())
                     for n, c in names.items() if n in specs), default=0.0)  # fmt: skip

    choices = choose({'w': w}, score=score, max_loss=0.1, axis=1)
    width = choices['w[0]'].spec.width
    assert widths_of(choices) == (width,) * 3
    assert choices.bits == w.size * width
    assert [spec.integer for spec in choices.specs] == [s.integer for s in choose(w, width=width, axis=1).specs]
    less = score(dict(zip(names, choose(w, width=width - 1, axis=1).specs, strict=True)))
    assert score(dict(zip(names, choices.specs, strict=True))) >= -0.1 > less
    for choice in choices.values():
        check_reason(choice.reason, width, choices.score or 0, less, -0.1)


def test_a_file_is_as_its_arrays(tmp_path: Path) -> None:
    tensors, score = network(9)
    np.savez(tmp_path / 'w.npz', **tensors)
    kept = choose(tmp_path / 'w.npz', score=score, max_loss=0.1)
    assert kept == choose(tensors, score=score, max_loss=0.1)
    assert kept.config() == QuantizerConfig(formats(tensors, widths_of(kept)))
    assert choose(tensors, width=4).bits is None


@pytest.mark.parametrize(
    ('goal', 'message'),
    [
        ({'score': 3, 'max_loss': 1}, "'score' must be callable, with formats by the names of tensors: 3"),
        ({'score': len}, "'max_loss' must be given with 'score', how much of it may be lost: None"),
        ({'score': len, 'max_loss': -1}, "'max_loss' must be from 0 to inf (a difference of scores): -1"),
        ({'score': len, 'max_loss': math.nan}, "'max_loss' must be from 0 to inf (a difference of scores): nan"),
        ({'score': len, 'max_loss': '1'}, "'max_loss' must be a number (a difference of scores): '1'"),
        ({'score': len, 'max_loss': 1, 'width': 8}, "'width' must not be given with 'score', for which"),
        ({'score': len, 'max_loss': 1, 'elements': 5}, "'elements' must be a mapping from names of tensors"),
        ({'score': len, 'max_loss': 1, 'elements': {'y': 5}}, "'elements' must have names of tensors, 'x': 'y'"),
        ({'score': len, 'max_loss': 1, 'elements': {'x': 0}}, "'elements[x]' must be an integer from 1 to"),
        ({'score': len, 'max_loss': 1, 'elements': {'x': True}}, ': True (a bool is none)'),
        ({'max_loss': 1, 'width': 8}, "'max_loss' must go with 'score': 1"),
        ({'elements': {'x': 5}, 'width': 8}, "'elements' must go with 'score': {'x': 5}"),
        ({'max_loss': 1}, "'sqnr', 'max_error' or 'width' must be given"),
        ({'score': lambda _: math.nan, 'max_loss': 1}, "'score' must return a number: nan without formats"),
        ({'score': lambda s: math.nan if s else 1, 'max_loss': 1}, "'score' must return a number: nan with formats"),
        ({'score': lambda _: math.inf, 'max_loss': 1}, "'score' must return a finite number without formats: inf"),
        ({'score': lambda _: None, 'max_loss': 1}, "'score' must return a number: None"),
        ({'score': lambda _: True, 'max_loss': 1}, "'score' must return a number: True"),
        ({'score': lambda _: np.True_, 'max_loss': 1}, "'score' must return a number: np.True_"),
        ({'score': lambda _: '0.9', 'max_loss': 1}, "'score' must return a number: '0.9'"),
        ({'score': lambda _: 1j, 'max_loss': 1}, "'score' must return a number: 1j"),
        ({'score': lambda _: np.complex128(1), 'max_loss': 1}, "'score' must return a number: np.complex128(1+0j)"),
        ({'score': lambda _: np.ones(1), 'max_loss': 1}, "'score' must return a number: array([1.])"),
    ],
)  # fmt: skip
def test_what_is_refused(goal: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        choose([1.0, 0.3], **goal)


def test_what_the_score_raises_passes() -> None:
    class MyError(Exception):
        pass

    raised = MyError('mine')

    def score(specs: Mapping[str, Spec]) -> float:
        if specs:
            raise raised
        return 1

    with pytest.raises(MyError) as caught:
        choose([1.0], score=score, max_loss=0)
    assert caught.value is raised
    assert caught.value.__cause__ is None


def test_numbers_of_any_kind_are_scores_and_one_that_changes_is_refused() -> None:
    for one in (1, Fraction(1, 2), np.float32(0.25), np.array(3), np.int8(4)):
        assert choose([1.0], score=lambda _, one=one: one, max_loss=0).score == float(one)
    falling = iter([5.0, 5.0, 4.0])
    with pytest.raises(ValueError, match=r"^'score' must be the same whenever the formats are: 5\.0, then 4\.0$"):
        choose([1.0], score=lambda _: next(falling), max_loss=0.5)
    unsteady = iter([5.0, 5.0, 4.5])
    assert choose([1.0], score=lambda _: next(unsteady), max_loss=0.5).score == 4.5
    assert choose([1.0, 0.3], score=lambda s: -math.inf if s else 0, max_loss=math.inf).score == -math.inf


def test_numbers_keep_their_order() -> None:
    assert numbers(1 / 3, 0.25) == ['0.333333', '0.25']
    assert numbers(438, 437, 436.75) == ['438', '437', '436.75']
    assert numbers(0.97 + 1e-9, 0.97, 0.96) == ['0.970000001', '0.97', '0.96']
    assert numbers(0.1 + 0.2, 0.3) == ['0.30000000000000004', '0.29999999999999999']
    assert numbers(-math.inf, 3) == ['-inf', '3']


# The example ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope='module')
def example(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The configuration that it writes, and its output."""
    path = tmp_path_factory.mktemp('example') / 'new' / 'chosen.json'
    command = [sys.executable, ROOT / 'examples' / 'choose_digits.py', '--out', path]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return path, result.stdout


def test_the_example_needs_fewer_bits_than_eight_each(example: tuple[Path, str], monkeypatch: Any) -> None:
    path, said = example
    config = QuantizerConfig.load(path)
    monkeypatch.syspath_prepend(ROOT / 'demo')
    compare = runpy.run_path(str(ROOT / 'demo' / 'compare.py'))
    _, images, _, labels = compare['split']()
    weights = dict(np.load(ROOT / 'demo' / 'digits.npz'))

    def right(specs: Mapping[str, Any]) -> int:
        quantized = {name: specs[name](w.astype(np.float64)) for name, w in weights.items()}
        outputs = specs['dense2.output'].from_bits(compare['infer_fixed'](images, quantized, specs))
        return int((outputs.argmax(axis=1) == labels).sum())

    def percent(count: int) -> str:
        return f'{100 * count / len(labels):.2f} %'

    before = int((compare['infer_float'](images, weights).argmax(axis=1) == labels).sum())
    assert right(config) >= before - 0.005 * len(labels)
    sizes = {'input': 64, 'dense1.output': 32, 'dense2.output': 10} | {name: w.size for name, w in weights.items()}
    bits = sum(sizes[name] * spec.bits for name, spec in config.items())
    assert bits < 8 * sum(sizes.values())
    own = QuantizerConfig.load(ROOT / 'specs' / 'examples' / 'digits.json')
    assert f'accuracy before quantization: {percent(before)} of 450 held-out images' in said
    assert f'chosen: {bits} bits, accuracy {percent(right(config))}\n' in said
    assert f'uniform 8: {8 * sum(sizes.values())} bits, ' in said
    own_bits = sum(sizes[name] * spec.bits for name, spec in own.items())
    assert f'specs/examples/digits.json: {own_bits} bits, accuracy {percent(right(own))}\n' in said
    assert 'on the other half, which did not choose: accuracy ' in said
    lines = [[cell.strip() for cell in line.strip('|').split('|')] for line in said.splitlines() if line[0] == '|'][2:]
    assert [(name, type_, int(width)) for name, type_, width, _ in lines] == [
        (name, spec.cpp_type, spec.bits) for name, spec in config.items()
    ]
    train = compare['split']()[0].astype(np.float64)
    hidden = np.maximum(train @ weights['dense1.weight'] + weights['dense1.bias'], 0)
    outputs = hidden @ weights['dense2.weight'] + weights['dense2.bias']
    tensors = weights | {'input': train, 'dense1.output': hidden, 'dense2.output': outputs}
    for name, _, width, why in lines:
        less = dict(config) | {name: choose(tensors[name], width=int(width) - 1).spec}
        scores = (100 * count / len(labels) for count in (right(config), right(less), before - 0.005 * len(labels)))
        check_reason(why, int(width), *scores)


@pytest.mark.test_all
def test_the_demo_takes_the_configuration_of_the_example(example: tuple[Path, str], tmp_path: Path) -> None:
    paths = {'BIN': str(Path(sys.executable).parent), 'CONFIG': str(example[0]), 'OUT': str(tmp_path)}
    result = subprocess.run(
        [ROOT / 'demo' / 'run'], capture_output=True, text=True, env=os.environ | paths, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert 'equal to the bits of Python: 4500 of 4500' in result.stdout
    after = re.findall(r'accuracy after quantization: ([\d.]+)%', result.stdout)
    assert f' bits, accuracy {after[0]} %' in example[1].partition('chosen: ')[2].partition('\n')[0]
