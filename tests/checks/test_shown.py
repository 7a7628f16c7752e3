"""What an error shows of a value, a type or a name: at most 80 characters, whatever it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from quantizers import (
    FixedQ,
    MinifloatQ,
    PerChannel,
    QuantizerConfig,
    choose,
    convert,
    get_fixed_quantizer_np,
    memory_files,
    parse_type,
    register_backend,
)
from quantizers.cpp import header


class Unshowable:
    def __repr__(self) -> str:
        raise RuntimeError('no')


HUGE = [
    10**5000,
    -(10**5000),
    10**100,
    'x ' * 5000,
    [10**5000],
    Unshowable(),
    [Unshowable()],
    b'y' * 1000,
    {'a': 'b' * 99},
]


@pytest.mark.parametrize('value', HUGE, ids=lambda value: type(value).__name__)
@pytest.mark.parametrize(
    'refused',
    [
        lambda value: FixedQ(value, 3),
        lambda value: FixedQ(8, value),
        lambda value: FixedQ(8, 3, value),
        lambda value: FixedQ(8, 3, True, value),
        lambda value: FixedQ(8, 3, True, 'RND', value),
        lambda value: FixedQ(8, 3, saturation_bits=value),
        lambda value: FixedQ(8, 3, kind=value),
        lambda value: MinifloatQ(value, 4),
        lambda value: FixedQ(8, 3)(np.ones(3), threads=value),
        lambda value: FixedQ.from_kif(1, value, 3),
        lambda value: FixedQ(8, 3).cpp_declaration(value),
        lambda value: register_backend(value, 'a:b'),
        get_fixed_quantizer_np,
        lambda value: get_fixed_quantizer_np('RND', 'WRAP', value),
        lambda value: convert(FixedQ(8, 3), value),
        lambda value: choose([1.0], width=value),
        lambda value: choose([1.0], width=8, axis=value),
        lambda value: choose([0.3], sqnr=value),
        lambda value: choose([1.0], sqnr=30, max_width=value),
        lambda value: choose([1.0], width=8, max_loss=value),
        lambda value: header({'w': FixedQ(8, 3)}, guard=value),
        lambda value: header({'w': FixedQ(8, 3)}, description=[value]),
        lambda value: header({'w': value}),
        lambda value: PerChannel(value, [FixedQ(8, 3)]),
        lambda value: PerChannel(0, [value]),
        lambda value: memory_files.to_text(FixedQ(8, 3), [1.0], value),
    ],
)
def test_an_error_shows_at_most_80_characters_of_a_value(refused: Any, value: Any) -> None:
    with pytest.raises(ValueError, match=r"^'[\w\[\]]+':? ") as caught:
        refused(value)
    text = str(caught.value)
    assert 'set_int_max_str_digits' not in text
    assert len(text) <= 330


@pytest.mark.parametrize(
    'text', ['ap_fixed<8,3,{}>', 'ap_fixed<{},3>', 'ac_fixed<8,3,{}>', 'ap_fixed<8,3,AP_TRN,{}>', 'ap_fixed<8,3,{}5>']
)
@pytest.mark.parametrize('token', ['A' * 5000, '9' * 5000])
def test_an_error_shows_at_most_80_characters_of_a_word_of_a_type(text: str, token: str) -> None:
    with pytest.raises(ValueError, match=r'must be|no ') as caught:
        parse_type(text.format(token))
    assert len(str(caught.value)) <= 330


@pytest.mark.parametrize('name', ['A' * 5000 + '.kernel', 'A' * 5000 + '.weight', 'a.' + 'A' * 5000])
def test_an_error_shows_at_most_80_characters_of_a_name(name: str) -> None:
    with pytest.raises(ValueError, match=r'^specs\.') as caught:
        QuantizerConfig({name: FixedQ(8, 3), name.upper(): FixedQ(8, 3), name.lower(): FixedQ(8, 3)}).to_hls4ml()
    assert len(str(caught.value)) <= 500


def test_what_is_shown_of_a_large_integer() -> None:
    with pytest.raises(
        ValueError, match=r"^'width' must be an integer from 1 to 4096: -0x[0-9a-f]+\.\.\. \(16610 bits\)$"
    ) as caught:
        FixedQ(-(10**5000), 3)
    assert len(str(caught.value).partition('4096: ')[2]) == 80
    with pytest.raises(ValueError, match=r'run from -128 to 127: 0x[0-9a-f]+\.\.\. \(16610 bits\)$'):
        FixedQ(8, 3).decode([10**5000])
    with pytest.raises(ValueError, match=r'has 8 bits: 0x'):
        FixedQ(8, 3).from_bits([10**5000])
