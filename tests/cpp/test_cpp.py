"""Type strings of all dialects, and back to specs."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import product
from typing import Any

import apytypes
import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracles.reference import ROUNDINGS
from oracles.spec_strategies import fixed, minifloat, specs
from quantizers import BinaryQ, BlockQ, FieldError, FixedQ, FloatQ, MinifloatQ, QuantizerConfig, TernaryQ, formats
from quantizers.cpp import convert, parse_type
from quantizers.cpp.notations import NOTATIONS
from quantizers.formats.named import NUMPY
from quantizers.formats.named_blocks import BLOCKS
from quantizers.modes import OVERFLOWS

MEANINGS = {
    # defaults of UG1399
    'ap_fixed<16,6>': FixedQ(16, 6, True, 'TRN', 'WRAP', 0),
    'ap_ufixed<16,6>': FixedQ(16, 6, False, 'TRN', 'WRAP', 0),
    'ap_fixed<8,3,AP_RND>': FixedQ(8, 3, True, 'RND', 'WRAP'),
    'ap_fixed<8,3,AP_RND,AP_SAT>': FixedQ(8, 3, True, 'RND', 'SAT'),
    'ap_ufixed<8,3,AP_TRN,AP_WRAP,2>': FixedQ(8, 3, False, 'TRN', 'WRAP', 2),
    'ap_fixed<8,-3,AP_RND_CONV,AP_WRAP_SM,1>': FixedQ(8, -3, True, 'RND_CONV', 'WRAP_SM', 1),
    'ap_fixed<8,+12>': FixedQ(8, 12),
    'ap_int<7>': FixedQ(7, 7, True),
    'ap_uint<7>': FixedQ(7, 7, False),
    # as logs print it
    'ap_fixed<8, 4, (ap_q_mode)5, (ap_o_mode)3, 0>': FixedQ(8, 4, True, 'TRN', 'WRAP', 0),
    'ap_ufixed<8, 4, (ap_q_mode)4, (ap_o_mode)0, 0>': FixedQ(8, 4, False, 'RND_CONV', 'SAT', 0),
    'ap_fixed<8, 4, 0, 2, 0>': FixedQ(8, 4, True, 'RND', 'SAT_SYM', 0),
    'ap_fixed<8, 4, ( AP_Q_MODE ) 6 , (ap_o_mode)4, 1>': FixedQ(8, 4, True, 'TRN_ZERO', 'WRAP_SM', 1),
    # white space and case
    ' \tap_fixed\n< 8 ,3 , ap_rnd,Ap_Sat > ': FixedQ(8, 3, True, 'RND', 'SAT'),
    'AP_FIXED<8,3,RND,SAT>': FixedQ(8, 3, True, 'RND', 'SAT'),
    # defaults of Algorithmic C
    'ac_fixed<8,3>': FixedQ(8, 3, True, 'TRN', 'WRAP'),
    'ac_fixed<8,3,false>': FixedQ(8, 3, False, 'TRN', 'WRAP'),
    'ac_fixed<8,3,1,AC_RND>': FixedQ(8, 3, True, 'RND', 'WRAP'),
    'ac_fixed<8,3,0,AC_TRN_ZERO,AC_SAT_ZERO>': FixedQ(8, 3, False, 'TRN_ZERO', 'SAT_ZERO'),
    'AC_Fixed< 8, 3, TRUE, ac_rnd_min_inf, ac_sat_sym >': FixedQ(8, 3, True, 'RND_MIN_INF', 'SAT_SYM'),
    'ac_fixed<8,3,true,AC_RND_CONV_ODD,AC_SAT>': FixedQ(8, 3, True, 'RND_CONV_ODD', 'SAT'),
    'ac_int<8>': FixedQ(8, 8, True),
    'ac_int<8,false>': FixedQ(8, 8, False),
    # hls4ml: I counts the sign bit
    'fixed<16,6>': FixedQ(16, 6),
    'fixed<16,6,RND,SAT>': FixedQ(16, 6, True, 'RND', 'SAT'),
    'ufixed<16,6,RND_INF,WRAP,3>': FixedQ(16, 6, False, 'RND_INF', 'WRAP', 3),
    'int<8>': FixedQ(8, 8, True),
    'uint<8>': FixedQ(8, 8, False),
    # the names of dtypes
    'int8': FixedQ(8, 8),
    'uint16_t': FixedQ(16, 16, False),
    'float8_e4m3fn': formats.E4M3FN,
    'float8_e4m3b11fnuz': formats.E4M3B11FNUZ,
    ' BFloat16 ': formats.BFLOAT16,
    'Binary8p3se': formats.p3109('Binary8p3se'),
    'binary16p16UE': formats.p3109('Binary16p16ue'),
    # those that say no modes
    'fxp-s8/5': FixedQ(8, 3),
    'fxp-u8/-2': FixedQ(8, 10, False),
    'UQ4.4': FixedQ(8, 4, False),
    'Q15': FixedQ(16, 1),
    'sfix16_En14': FixedQ(16, 2),
    'ufix8': FixedQ(8, 8, False),
    'sfix8_E3': FixedQ(8, 11),
    'numerictype(1,16,12)': FixedQ(16, 4),
    'numerictype( false , 16, -2 )': FixedQ(16, 18, False),
    'sfixed(7 downto -8)': FixedQ(16, 8),
    'ufixed (-3 DOWNTO -10)': FixedQ(8, -2, False),
    'APyFixed(bits=8, int_bits=3)': FixedQ(8, 3),
    'APyFixed(int_bits=-1, frac_bits=9)': FixedQ(8, -1),
    'apyfixed( frac_bits=5 , bits=8 )': FixedQ(8, 3),
    'APyFloat(exp_bits=4, man_bits=3)': formats.E4M3,
    'APyFloat(4, 3, bias=5)': FloatQ(4, 3, 5, 'ieee', 'RND_CONV', 'INF'),
    # QKeras, which rounds to even and saturates
    'quantized_bits(8,2)': FixedQ(8, 3, True, 'RND_CONV', 'SAT'),
    'quantized_bits(8,2,1)': FixedQ(8, 3, True, 'RND_CONV', 'SAT_SYM'),
    'quantized_bits(8, 2, symmetric=True, alpha=1.0)': FixedQ(8, 3, True, 'RND_CONV', 'SAT_SYM'),
    'quantized_bits(8,2,1,keep_negative=False,alpha=None)': FixedQ(8, 2, False, 'RND_CONV', 'SAT'),
    'quantized_bits(4,0,use_stochastic_rounding=1)': FixedQ(4, 1, True, 'S_RND_CONV', 'SAT'),
    'quantized_bits()': FixedQ(8, 1, True, 'RND_CONV', 'SAT'),
    'quantized_relu(6,3)': FixedQ(6, 3, False, 'RND_CONV', 'SAT'),
    # no vendor's
    'ap_minifloat<3,4,-1>': MinifloatQ(3, 4, -1),
    'ap_minifloat<1,2>': MinifloatQ(1, 2, 0),
    'ap_float<3,4,-1>': MinifloatQ(3, 4, -1),
    'AP_Binary': BinaryQ(),
}

REFUSALS = {
    '': 'not a type',
    'ap fixed<8,3>': 'not a type',
    'ap_fixed<8,3> x': 'not a type',
    'ap_fixd<8,3>': "no known type; did you mean 'ap_fixed'? Known are ap_fixed, ",
    'zzzz<8,3>': 'no known type; known are ',
    'int12': "no known type: write 'ap_int<12>'",
    'ap_float<8,3>': "two meanings, 'ap_minifloat<8, 3, 0>' in the dialect 'hls4ml', and in Vitis HLS a float of ",
    'Q3.5': "two meanings, 'ap_fixed<9, 4>' in the dialect 'ti', 'ap_fixed<8, 3>' in the dialect 'arm': say ",
    'fp4_e2m1': "write 'float4_e2m1fn'",
    'E4M3': "write 'float8_e4m3', which has Inf, or 'float8_e4m3fn'",
    'e2m5': "write 'ap_minifloat<5, 2, 1>' for the float without Inf and NaN",
    'half': "write 'float16'",
    'float64': 'it is the dtype of an array',
    'Binary8p9se': "must be as 'Binary8p3se'",
    'fxp-s0/0': "'width' must be an integer from 1 to 4096: 0",
    'sfixed(-8 downto 7)': "'width' must be an integer from 1 to 4096: -14",
    'E5M2': "write 'float8_e5m2'",
    "quantized_bits(8,2,alpha='auto_po2')": "'alpha' must be 1, as no format has another one: 'auto_po2'",
    'quantized_bits(8,2,0,1,0.5)': "'alpha' must be 1, as no format has another one: 0.5",
    'quantized_bits(1)': 'BinaryQ() takes 0 for -1',
    'quantized_bits(8,2,qnoise_factor=0.5)': "'quantized_bits' takes bits, integer, symmetric, keep_negative, alpha, ",
    'quantized_bits(8,2.5)': "'integer' must be an integer from -4096 to 4096: 3.5",
    'quantized_relu(8,2,1)': "'use_sigmoid' must be 0, as no format has another one: 1",
    'quantized_relu(8,2,negative_slope=0.25)': "'negative_slope' must be 0, as no format has another one: 0.25",
    'quantized_tanh(8)': 'not a type',
    'APyFixed(8, 3)': "'APyFixed' takes two of bits, int_bits, frac_bits",
    'APyFixed(bits=8)': "'APyFixed' takes two of bits, int_bits, frac_bits",
    'APyFixed(bits=8, int_bits=3, frac_bits=5)': "'APyFixed' takes two of bits, int_bits, frac_bits",
    'APyFloat(exp_bits=4)': "'APyFloat' takes exp_bits, man_bits, bias",
    'APyFloat(-1, 3)': "'exponent_bits' must be an integer from",
    'q0.0': 'not a type',
    'int99999': 'no known type; ',
    'float8': 'no known type; ',
    'ap_fixed': "'ap_fixed' takes 2 to 5 arguments, not 0",
    'ap_fixed<8>': "'ap_fixed' takes 2 to 5 arguments, not 1",
    'ap_fixed<8,3,RND,SAT,0,0>': "'ap_fixed' takes 2 to 5 arguments, not 6",
    'ap_int<8,8>': "'ap_int' takes 1 argument, not 2",
    'ap_binary<1>': "'ap_binary' takes 0 arguments, not 1",
    'ap_fixed<8.5,3>': "'width' must be an integer of at most nine digits: '8.5'",
    'ap_fixed<8,>': "'integer' must be an integer of at most nine digits: ''",
    f'ap_fixed<{"9" * 5000},3>': "'width' must be an integer of at most nine digits",
    'ap_fixed<0,3>': "'width' must be an integer from 1 to 4096: 0",
    'ap_ufixed<8,3,TRN,WRAP_SM>': "'overflow' WRAP_SM must go with a signed format",
    'ap_fixed<8,3,AP_TRN,AP_SAT,1>': "'saturation_bits' must be 0",
    'ap_fixed<8,3,AP_RNDD>': "'rounding' must be one of RND, ",
    'ap_fixed<8,3,AP_RND,AP_STA>': "'overflow' must be one of SAT, ",
    'ap_fixed<8,3,S_RND>': "'rounding' must be one of RND, ",
    'ap_fixed<8,3,AC_RND>': "in the dialect 'ap': 'AC_RND'",
    'ap_fixed<8,3,7>': "'rounding' must be a number from 0 to 6, of its own enum: '7'",
    'ap_fixed<8,3,(ap_o_mode)0>': "'rounding' must be a number from 0 to 6, of its own enum: '(ap_o_mode)0'",
    'ap_fixed<8,3,0,(ap_q_mode)0>': "'overflow' must be a number from 0 to 4, of its own enum: '(ap_q_mode)0'",
    f'ap_fixed<8,3,{"1" * 5000}>': "'rounding' must be a number from 0 to 6",
    'ac_fixed<8,3,yes>': "'signed' must be true, false, 1 or 0: 'yes'",
    'ap_fixed<8,3,AP_RND_CONV_ODD>': "in the dialect 'ap': 'AP_RND_CONV_ODD'",
    'FixedQ(8)': "'FixedQ' takes width, integer, signed, rounding, overflow, saturation_bits",
    'FixedQ(8, 3, 1, 2, 3, 4, 5)': "'FixedQ' takes width, integer, signed",
    'FixedQ(8, 3, sign=True)': "'FixedQ' takes width, integer, signed",
    'BinaryQ(1)': "'BinaryQ' takes no arguments",
    'FixedQ(8, 3.5)': "'integer' must be an integer from -4096 to 4096: 3.5",
    'FixedQ(8, x)': "an argument must be a number, True, False or a name in quotes: 'x'",
    'FixedQ(8, 3.5.1)': "could not convert string to float: '3.5.1'",
    'FixedQ(width=8, 3)': "an argument by its place cannot follow one by its name: '3'",
    "FixedQ(8, 3, True, 'RNT')": "'rounding' must be one of TRN, RND, S_RND, ",
    'PowerQ(8, 3)': 'not a type: a name, and arguments in <>, are wanted',
    'fixed<8,3,CEIL>': "in the dialect 'hls4ml': 'CEIL'",
    'ac_fixed<8,3,true,AC_RND,AC_WRAP_SM>': "in the dialect 'ac': 'AC_WRAP_SM'",
    'ac_fixed<8,3,true,AP_RND>': "in the dialect 'ac': 'AP_RND'",
    'ac_fixed<8,3,true,0>': "in the dialect 'ac': '0'",
    'fixed<16,6,RND,WRAP_SM>': "in the dialect 'hls4ml': 'WRAP_SM'",
    'ap_minifloat<3,0>': "'exponent_bits' must be an integer from 1 to 11: 0",
}


@pytest.mark.parametrize(('text', 'spec'), MEANINGS.items())
def test_a_type_string_means_its_spec(text: str, spec: object) -> None:
    assert parse_type(text) == spec


def test_what_a_refusal_says_to_write_is_a_type() -> None:
    for text in ('int12', 'fp4_e2m1', 'e4m3', 'e2m5', 'half', 'bf16'):
        with pytest.raises(ValueError, match='no known type') as caught:
            parse_type(text)
        written = re.findall(r"'(ap_[^']+|b?float[^']+)'", str(caught.value))
        assert written
        for each in written:
            parse_type(each)


@pytest.mark.parametrize('name', ['e4m3fn', 'e5m2', 'e4m3fnuz', 'e5m2fnuz', 'e4m3b11fnuz'])
def test_what_is_said_of_a_float8_is_its_dtype(name: str) -> None:
    with pytest.raises(ValueError, match=f"write 'float8_{name}'$"):
        parse_type(name)
    assert np.dtype(getattr(ml_dtypes, f'float8_{name}')).name == f'float8_{name}'


@pytest.mark.parametrize(('text', 'dialect', 'spec'), [('Q3.12', 'ti', FixedQ(16, 4)), ('Q3.12', 'arm', FixedQ(15, 3))])
def test_a_dialect_says_which_meaning(text: str, dialect: Any, spec: FixedQ) -> None:
    assert parse_type(text, dialect) == spec
    assert convert(spec, dialect) == text


@pytest.mark.parametrize(
    ('text', 'dialect', 'reason'),
    [
        ('int8', 'matlab', "'int8': not a type of the dialect 'matlab', but of 'numpy'"),
        ('Q15', 'vhdl', "'Q15': not a type of the dialect 'vhdl', but of 'ti', 'arm'"),
        ('ap_int<8>', 'ac', "'ap_int<8>': not a type of the dialect 'ac', but of 'ap'"),
        ('zzz', 'ti', "'zzz': no known type"),
    ],
)
def test_a_type_of_another_dialect_is_refused(text: str, dialect: Any, reason: str) -> None:
    with pytest.raises(ValueError, match=re.escape(reason)):
        parse_type(text, dialect)


@given(fixed(), st.sampled_from([*NOTATIONS]))
@settings(deadline=None)
def test_the_round_trip_of_dialects_without_modes_is_lossless(spec: FixedQ, dialect: Any) -> None:
    plain = FixedQ(spec.width, spec.integer, spec.signed)
    for each in {spec, plain}:
        try:
            text = convert(each, dialect)
        except ValueError as error:
            assert str(error).startswith(f'the dialect {dialect!r} cannot say {each.label!r}: it')  # noqa: PT017
            assert each != plain or dialect in ('numpy', 'p3109', 'mx', 'ti', 'arm', 'qkeras') or not each.signed
            continue
        assert each == parse_type(text, dialect)
        assert each == plain or dialect == 'qkeras'


def test_every_format_of_qkeras_is_written_as_its_call() -> None:
    for each in product(range(1, 5), range(-2, 4), (True, False), ROUNDINGS, OVERFLOWS):
        if each[-1] == 'WRAP_SM' or each[0] == 1:
            continue
        spec, (signed, rounding, overflow) = FixedQ(*each), each[2:]
        has = rounding in ('RND_CONV', 'S_RND_CONV') and (overflow == 'SAT' or (signed and overflow == 'SAT_SYM'))
        if has:
            assert parse_type(convert(spec, 'qkeras'), 'qkeras') == spec
        else:
            with pytest.raises(ValueError, match=r"'qkeras' cannot say .*: it rounds to even, and saturates"):
                convert(spec, 'qkeras')
    assert convert(TernaryQ(), 'qkeras') == 'quantized_bits(2,1,1)'
    with pytest.raises(ValueError, match='of two bits at least'):
        convert(FixedQ(1, 1, True, 'RND_CONV', 'SAT'), 'qkeras')


@pytest.mark.parametrize('keep_negative', [True, False])
@pytest.mark.parametrize('symmetric', [0, 1])
def test_quantized_bits_is_what_qkeras_computes(symmetric: int, keep_negative: bool) -> None:
    """By the formula of its `quantized_bits.__call__`, in float64."""
    for bits, integer in product(range(2, 7), range(-1, 4)):
        spec = parse_type(f'quantized_bits({bits},{integer},{symmetric},{keep_negative})')
        steps = np.arange(-(2 ** (bits + 1)), 2 ** (bits + 1), 1 / 4)
        m, one = 2 ** (bits - keep_negative), 2.0**integer
        x = steps * one / m
        wanted = one * np.clip(np.rint(x * m / one), keep_negative * (-m + symmetric), m - 1) / m
        assert np.array_equal(spec(x), wanted), spec


@pytest.mark.parametrize('text', ['APyFixed(bits=8, int_bits=3)', 'APyFixed(int_bits=-1, frac_bits=9)'])
def test_fixed_point_of_apytypes_is_its_own(text: str) -> None:
    spec, x = parse_type(text), np.random.default_rng(0).normal(0, 4, 1000)
    wide = apytypes.APyFixedArray.from_float(x, int_bits=16, frac_bits=48)
    cast = wide.cast(**{name: int(n) for name, n in re.findall(r'(\w+)=(-?\d+)', text)})
    assert np.array_equal(spec(wide.to_numpy()), cast.to_numpy())
    assert convert(spec, 'apytypes').startswith('APyFixed(bits=8, int_bits=')


@pytest.mark.parametrize('text', ['APyFloat(exp_bits=4, man_bits=3)', 'APyFloat(exp_bits=3, man_bits=2, bias=1)'])
def test_floats_of_apytypes_are_its_own(text: str) -> None:
    spec, x = parse_type(text), np.random.default_rng(0).normal(0, 1, 1000) * np.logspace(-4, 4, 1000)
    arguments = {name: int(n) for name, n in re.findall(r'(\w+)=(-?\d+)', text)}
    assert np.array_equal(spec(x), apytypes.APyFloatArray.from_float(x, **arguments).to_numpy())
    assert convert(spec, 'apytypes') == text
    for other in (formats.E4M3FN, MinifloatQ(3, 4), replace(spec, rounding='TRN'), BinaryQ()):
        with pytest.raises(ValueError, match=r"'apytypes' cannot say .*: it has no [a-z]+ type"):
            convert(other, 'apytypes')


@pytest.mark.parametrize(('name', 'spec'), NUMPY.items())
def test_names_of_dtypes_are_written_and_read(name: str, spec: FloatQ) -> None:
    assert parse_type(name) == spec == parse_type(spec.label)
    assert convert(spec, 'numpy') == name == spec.label
    with pytest.raises(ValueError, match='it has no name for it'):
        convert(replace(spec, rounding='TRN'), 'numpy')


@pytest.mark.parametrize(('name', 'spec'), BLOCKS.items())
def test_names_of_blocks_are_written_and_read(name: str, spec: BlockQ) -> None:
    for text in (name, name.lower(), f' {name} '):
        assert parse_type(text) == parse_type(text, 'mx') == spec
    assert convert(spec, 'mx') == name  # type: ignore[arg-type]  # no `Spec`, whose users ask for more
    for dialect in ('ap', 'ac', 'hls4ml', 'vhdl', 'apytypes', 'qkeras'):
        with pytest.raises(ValueError, match=f"the dialect '{dialect}' cannot say '{name}': it has no block type"):
            convert(spec, dialect)  # type: ignore[arg-type]
    assert QuantizerConfig({'w': name})['w'] == spec
    with pytest.raises(ValueError, match="'mx' cannot say 'ap_fixed<8, 3>': it has no name for it"):
        convert(FixedQ(8, 3), 'mx')


def test_names_of_p3109_are_written_and_read() -> None:
    spec = formats.p3109('Binary6p2uf')
    assert convert(spec, 'p3109') == 'Binary6p2uf'
    assert parse_type('Binary6p2uf', 'p3109') == spec
    for other in (FixedQ(8, 8), formats.E4M3FN, BinaryQ()):
        with pytest.raises(ValueError, match=r"'p3109' cannot say .*: it has no name for it"):
            convert(other, 'p3109')
    with pytest.raises(ValueError, match='it has no float type'):
        convert(spec, 'vhdl')


@pytest.mark.parametrize(('text', 'reason'), REFUSALS.items(), ids=range(len(REFUSALS)))
def test_a_refusal_shows_the_text_and_what_is_wrong(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=re.escape(reason)) as caught:
        parse_type(text)
    assert str(caught.value).startswith(repr(text) if len(text) <= 80 else repr(text[:80] + '...'))


@pytest.mark.parametrize(
    ('text', 'field', 'value'),
    [
        ('ap_fixed<0,3>', 'width', 0),
        ('ap_fixed<x,3>', 'width', 'x'),
        ('ac_fixed<8,3,maybe>', 'signed', 'maybe'),
        ('ap_fixed<8,3,AP_RNDX>', 'rounding', 'AP_RNDX'),
        ('ap_fixed<8,3,9>', 'rounding', '9'),
        ('ap_fixed<8,3,AP_RND,AP_SAT,1>', 'saturation_bits', 1),
    ],
)
def test_a_refusal_of_an_argument_has_its_field_and_value(text: str, field: str, value: object) -> None:
    with pytest.raises(FieldError) as caught:
        parse_type(text)
    assert (caught.value.field, caught.value.value) == (field, value)
    assert str(caught.value).startswith(f'{text!r}: {field!r} {caught.value.rule}: ')


def test_no_string_is_refused() -> None:
    with pytest.raises(ValueError, match="'text' must be a string: 8"):
        parse_type(8)  # type: ignore[arg-type]


def test_the_numbers_of_the_enums_are_in_the_order_of_the_vendors_headers() -> None:
    q_modes = 'RND RND_ZERO RND_MIN_INF RND_INF RND_CONV TRN TRN_ZERO'.split()
    o_modes = 'SAT SAT_ZERO SAT_SYM WRAP WRAP_SM'.split()
    for (q, rounding), (o, overflow) in product(enumerate(q_modes), enumerate(o_modes)):
        expected = FixedQ(8, 4, True, rounding, overflow)
        assert parse_type(f'ap_fixed<8, 4, (ap_q_mode){q}, (ap_o_mode){o}, 0>') == expected


@pytest.mark.parametrize(
    ('spec', 'dialect', 'text'),
    [
        (FixedQ(16, 6), 'ap', 'ap_fixed<16, 6>'),
        (FixedQ(16, 6), 'ac', 'ac_fixed<16, 6, true>'),
        (FixedQ(16, 6), 'hls4ml', 'fixed<16,6>'),
        (FixedQ(8, 3, False, 'RND', 'SAT'), 'ap', 'ap_ufixed<8, 3, AP_RND, AP_SAT>'),
        (FixedQ(8, 3, False, 'RND', 'SAT'), 'ac', 'ac_fixed<8, 3, false, AC_RND, AC_SAT>'),
        (FixedQ(8, 3, False, 'RND', 'SAT'), 'hls4ml', 'ufixed<8,3,RND,SAT>'),
        (FixedQ(8, 3, True, 'RND'), 'hls4ml', 'fixed<8,3,RND>'),
        (FixedQ(8, 3, True, 'TRN', 'SAT'), 'hls4ml', 'fixed<8,3,TRN,SAT>'),
        (FixedQ(8, 3, True, 'TRN', 'WRAP', 2), 'hls4ml', 'fixed<8,3,TRN,WRAP,2>'),
        (FixedQ(8, 3, True, 'S_RND', 'SAT'), 'ac', 'ac_fixed<8, 3, true, AC_RND, AC_SAT>'),
        (FixedQ(8, 3, False, 'RND_CONV_ODD'), 'ac', 'ac_fixed<8, 3, false, AC_RND_CONV_ODD>'),
        (TernaryQ(), 'ap', 'ap_fixed<2, 2, AP_RND_CONV, AP_SAT_SYM>'),
        (TernaryQ(), 'hls4ml', 'fixed<2,2,RND_CONV,SAT_SYM>'),
        (MinifloatQ(1, 2, 1), 'ap', 'ap_minifloat<1, 2, 1>'),
        (BinaryQ(), 'ap', 'ap_binary'),
    ],
)
def test_convert_writes_the_dialect(spec: FixedQ, dialect: str, text: str) -> None:
    assert convert(spec, dialect) == text  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ('spec', 'dialect', 'reason'),
    [
        (FixedQ(8, 3, overflow='WRAP_SM'), 'ac', 'no overflow mode WRAP_SM'),
        (FixedQ(8, 3, overflow='WRAP_SM'), 'hls4ml', 'no overflow mode WRAP_SM'),
        (FixedQ(8, 3, saturation_bits=1), 'ac', 'no saturation bits'),
        (FixedQ(8, 3, rounding='RND_CONV_ODD'), 'ap', "no rounding mode RND_CONV_ODD (the dialect 'ac' has)"),
        (FixedQ(8, 3, rounding='RND_CONV_ODD'), 'hls4ml', "no rounding mode RND_CONV_ODD (the dialect 'ac' has)"),
        *(
            (
                FixedQ(8, 3, rounding=mode),
                dialect,
                f'no rounding mode {mode} (take one of RND, RND_ZERO, RND_MIN_INF, {end})',
            )
            for mode in ('CEIL', 'AWAY', 'TO_ODD')
            for dialect, end in (
                ('ap', 'RND_INF, RND_CONV, TRN, TRN_ZERO'),
                ('ac', 'RND_INF, RND_CONV, TRN, TRN_ZERO, RND_CONV_ODD'),
                ('hls4ml', 'RND_INF, RND_CONV, TRN, TRN_ZERO'),
            )
        ),
        (MinifloatQ(1, 2), 'ac', 'no minifloat type'),
        (MinifloatQ(1, 2), 'hls4ml', 'no minifloat type'),
        (BinaryQ(), 'ac', 'no binary type'),
        (BinaryQ(), 'hls4ml', 'no binary type'),
    ],
)
def test_convert_says_what_a_dialect_cannot_say(spec: FixedQ, dialect: str, reason: str) -> None:
    expected = f'the dialect {dialect!r} cannot say {spec.label!r}: it has {reason}'
    with pytest.raises(ValueError, match=f'^{re.escape(expected)}$'):
        convert(spec, dialect)  # type: ignore[arg-type]


def test_an_unknown_dialect_is_refused() -> None:
    with pytest.raises(ValueError, match=r"'dialect' must be one of ap, ac, hls4ml, numpy, .*, apytypes: 'verilog'"):
        convert(FixedQ(8, 3), 'verilog')  # type: ignore[arg-type]


# that ac_fixed.h converts some inputs otherwise is nothing to its text
whatever_ac_converts = pytest.mark.filterwarnings('ignore:.*ac_fixed.h makes 0 of')


@given(fixed() | minifloat | st.just(BinaryQ()))
@settings(deadline=None)
def test_the_round_trip_of_ap_is_lossless(spec: FixedQ) -> None:
    assert parse_type(convert(spec, 'ap')) == spec
    assert convert(spec, 'ap') == spec.cpp_type


@whatever_ac_converts
@given(fixed() | fixed(roundings=('RND_CONV_ODD',)), st.sampled_from(['ac', 'hls4ml']))
@settings(deadline=None)
def test_the_round_trip_of_the_other_dialects_is_lossless(spec: FixedQ, dialect: str) -> None:
    if spec.overflow == 'WRAP_SM':
        spec = replace(spec, overflow='WRAP')
    if dialect == 'ac':
        spec = replace(spec, saturation_bits=0)
    elif spec.rounding == 'RND_CONV_ODD':
        spec = replace(spec, rounding='RND_CONV')
    assert parse_type(convert(spec, dialect)) == spec  # type: ignore[arg-type]


@whatever_ac_converts
@given(specs, st.sampled_from(['ap', 'ac', 'hls4ml']))
@settings(deadline=None)
def test_a_stochastic_rounding_and_a_ternary_read_back_as_what_they_mean(spec: FixedQ, dialect: str) -> None:
    try:
        text = convert(spec, dialect)  # type: ignore[arg-type]
    except ValueError as error:
        assert 'cannot say' in str(error)  # noqa: PT017  (a refusal is as good as a text)
        return
    meant = FixedQ(2, 2, True, 'RND_CONV', 'SAT_SYM') if isinstance(spec, TernaryQ) else spec
    if isinstance(meant, FixedQ):
        meant = replace(meant, rounding=meant.rounding.removeprefix('S_'))
        assert meant.rounding in ROUNDINGS
    assert parse_type(text) == meant


@given(specs)
@settings(deadline=None)
def test_what_python_writes_is_read(spec: FixedQ) -> None:
    assert parse_type(repr(spec)) == spec
    keywords = ', '.join(
        f'{key} = "{value}"' if isinstance(value, str) else f'{key}={value}'
        for key, value in spec.get_config().items()
        if key != 'kind'
    )
    assert parse_type(f' {type(spec).__name__} ({keywords}) ') == spec


@pytest.mark.parametrize(
    'spec', [FloatQ(4, 3, 7, 'fn', 'TO_ODD', 'NAN'), formats.E8M0FNU, FloatQ(5, 3, 9, 'ieee', signed=False)]
)
def test_floats_are_read_as_python_writes_them(spec: FloatQ) -> None:
    assert parse_type(repr(spec)) == spec


@given(st.text() | st.text('aip_fixedu<>,0123456789- ()TRNWASD'))
@settings(deadline=None)
def test_any_text_is_read_or_refused_with_a_value_error(text: str) -> None:
    try:
        parse_type(text)
    except ValueError as error:
        assert str(error).startswith(repr(text[:80])[:-1])  # noqa: PT017  (either is right)


def test_the_float_of_two_templates_asks_which() -> None:
    """With the arguments of hls4ml alone, which the one of Vitis HLS has too."""
    assert parse_type('ap_float<8,3>', 'hls4ml') == parse_type('ap_float<8,3,0>') == MinifloatQ(8, 3)
    for dialect in ('ap', 'vitis'):
        with pytest.raises(ValueError, match=f'not a type of the dialect {dialect!r}, but of .hls4ml.$'):
            parse_type('ap_float<8,3>', dialect)  # type: ignore[arg-type]
