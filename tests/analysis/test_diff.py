"""The mismatch doctor: what it counts, shows and says, and that it never names a cause that the numbers do not show."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracles.command import Run
from oracles.spec_strategies import specs
from quantizers import BinaryQ, DiffReport, FixedQ, MinifloatQ, Mismatch, Spec, TernaryQ, diff

A = FixedQ(8, 3, True, 'RND', 'SAT')
X = np.concatenate([np.arange(-300, 300) / 64, np.arange(-40, 40) / 3.7, [0.3, -0.3, 100, -100]])


def test_the_report_of_a_small_example() -> None:
    report = diff('ap_fixed<8,3,AP_RND,AP_SAT>', 'ap_fixed<8,3>', [[0.046875, 1], [100, -0.3]])
    assert report == DiffReport(
        'ap_fixed<8, 3, AP_RND, AP_SAT>',
        'ap_fixed<8, 3>',
        4,
        2,
        Mismatch((0, 0), 0.046875, 0.0625, 0.03125, '00000010', '00000001'),
        Mismatch((1, 0), 100.0, 3.96875, -4.0, '01111111', '10000000'),
        (
            'b differs by rounding TRN, not RND and overflow WRAP (wraps), not SAT (saturates)',
            '1 of the 2 differing inputs: rounded above the largest value, 3.96875',
            '1 of the 2 differing inputs: ties, midway between two values of a',
        ),
    )
    assert bool(report)
    assert repr(report) == str(report)
    assert str(report).splitlines()[2:5] == [
        '4 compared, 2 differences',
        'first: x[0, 0] = 0.046875: a = 0.0625 (00000010), b = 0.03125 (00000001)',
        'worst: x[1, 0] = 100: a = 3.96875 (01111111), b = -4 (10000000)',
    ]
    with pytest.raises(FrozenInstanceError):
        report.compared = 0  # type: ignore[misc]


def test_nothing_differs() -> None:
    report = diff(A, A(X), X)
    assert (report.compared, report.differences, report.first, report.worst, report.causes) == (
        X.size,
        0,
        None,
        None,
        (),
    )
    assert not report
    assert not diff('ap_fixed<8,3,AP_RND,AP_SAT>', A, X)
    assert not diff(A, 'ap_fixed<8,3,AP_RND,AP_SAT>', 0.1)
    assert str(diff(A, 'int<8>', 0.6)).splitlines()[3] == 'first: x = 0.6: a = 0.59375 (00010011), b = 0 (00000000)'


@pytest.mark.parametrize(
    ('changed', 'words'),
    [
        ({'rounding': 'RND_CONV'}, 'rounding RND_CONV, not RND'),
        ({'rounding': 'TRN'}, 'rounding TRN, not RND'),
        ({'overflow': 'WRAP'}, 'overflow WRAP (wraps), not SAT (saturates)'),
        ({'overflow': 'SAT_ZERO'}, 'overflow SAT_ZERO (gives 0), not SAT (saturates)'),
        (
            {'overflow': 'WRAP', 'saturation_bits': 1},
            'overflow WRAP (wraps, 1 saturation bits), not SAT (saturates)',
        ),
        (
            {'integer': 4},
            'integer 4, not 3 (one off, as where the sign bit is counted or not) and 4 fraction bits, not 5 (too few)',
        ),
        (
            {'integer': 2},
            (
                'integer 2, not 3 (one off, as where the sign bit is counted or not)'
                ' and 6 fraction bits, not 5 (more than a has)'
            ),
        ),
        ({'integer': 4, 'width': 9}, 'integer 4, not 3 (one off, as where the sign bit is counted or not)'),
        ({'width': 7}, '4 fraction bits, not 5 (too few)'),
        ({'width': 5}, '2 fraction bits, not 5 (too few)'),
        ({'signed': False}, 'unsigned, not signed'),
        (
            {'rounding': 'TRN', 'overflow': 'WRAP'},
            'rounding TRN, not RND and overflow WRAP (wraps), not SAT (saturates)',
        ),
        ({'rounding': 'TRN', 'width': 6}, 'rounding TRN, not RND and 3 fraction bits, not 5 (too few)'),
        (
            {'rounding': 'TRN', 'overflow': 'WRAP', 'width': 9},
            (
                'rounding TRN, not RND and overflow WRAP (wraps), not SAT (saturates)'
                ' and 6 fraction bits, not 5 (more than a has)'
            ),
        ),
    ],
)
def test_a_changed_format_is_named_from_its_numbers_alone(changed: dict[str, Any], words: str) -> None:
    b = replace(A, **changed)
    of_numbers, of_formats = diff(A, b(X), X), diff(A, b, X)
    assert of_numbers.causes[0] == of_formats.causes[0] == f'b differs by {words}'
    assert of_numbers.differences == of_formats.differences == np.count_nonzero(A(X) != b(X))


def test_changes_that_the_inputs_do_not_tell_apart_are_all_named() -> None:
    tie = diff(A, [0.0], [0.015625])
    assert tie.causes[0].startswith('b differs by rounding TRN, not RND; or rounding TRN_ZERO, not RND; or rounding ')
    assert 'other changes, all equal on these inputs' in tie.causes[0]
    assert (
        diff(FixedQ(8, 3), 'ap_fixed<8,3,AP_RND,AP_SAT>', [0.046875]).causes[0] == 'b differs by rounding RND, not TRN'
    )


def test_a_number_that_no_change_gives_names_no_cause() -> None:
    b = A(X)
    b[7] = 0.123
    report = diff(A, b, X)
    assert report.differences == 1
    assert report.first == report.worst
    assert report.first is not None
    assert (report.first.index, report.first.b, report.first.b_bits) == ((7,), 0.123, None)
    assert report.causes == ('the differing input: rounded below the smallest value, -4',)


def test_each_place_is_told_and_what_explains_all_of_it() -> None:
    b = FixedQ(8, 3, True, 'RND_ZERO', 'WRAP')(X)
    b[np.abs(X) == 1] = 0.7  # values of a, so that nothing explains everything
    b = np.where((X == -3.5), np.nan, b)
    report = diff(A, b, X)
    text = '\n'.join(report.causes)
    above = next(cause for cause in report.causes if 'above' in cause)
    count = np.count_nonzero((A(X) != b) & (X >= 4 - 1 / 64))
    assert above.startswith(
        f'{count} of the {report.differences} differing inputs: rounded above the largest value, 3.'
    )
    assert '; there b is as by ' in above
    assert 'and overflow WRAP (wraps), not SAT (saturates)' in above
    assert 'two values of a; there b is as by rounding TRN_ZERO, not RND; or rounding RND_ZERO, not RND' in text
    assert f'3 of the {report.differences} differing inputs: values of a' in text
    assert report.worst is not None
    assert np.isnan(report.worst.b)
    assert report.worst.b_bits is None


def test_what_is_no_set_of_values() -> None:
    assert diff(A, X, X).causes[0] == 'b is x itself, not quantized'
    assert diff(A, A.encode(X), X).causes[0] == 'b holds the codes of a, not its values'
    assert diff(A, A.to_bits(X), X).causes[0] == 'b holds the raw bits of a, not its values'
    wide = FixedQ(40, 4, True, 'RND', 'SAT')
    x = np.linspace(-3, 3, 50) / 7
    rounded = diff(wide, wide(x).astype(np.float32), x)
    assert rounded.causes[0] == 'b is a rounded to float32, which cannot hold every value of it'


def test_minifloats() -> None:
    a = MinifloatQ(2, 3, 1)
    for changed in ({'mantissa_bits': 1}, {'exponent_bits': 2}, {'exponent_zero': 2}, {'exponent_zero': 0}):
        b = replace(a, **changed)
        for report in (diff(a, b(X), X), diff(a, b, X)):
            name, value = next(iter(changed.items()))
            assert report.causes[0] == f'b differs by {name} {value}, not {getattr(a, name)}'
    other = a(X)
    other[np.isin(X, (2.25, 2.75))] = 7  # ties: the values there are 2, 2.5 and 3
    report = diff(a, other, X)
    assert report.causes == ('all 2 differing inputs: ties, midway between two values of a',)
    assert not diff(a, np.abs(a(X)) * np.sign(X), X)  # -0 is 0


def test_binary_ternary_and_two_kinds() -> None:
    report = diff(BinaryQ(), np.where(X >= 0, 1, -1), X)
    assert report.first is not None
    assert (report.differences, report.first.a_bits, report.first.b_bits) == (2, '0', '1')
    assert report.causes == ('all 2 differing inputs: ties, midway between two values of a',)
    assert diff(TernaryQ(), 'ap_fixed<2,2>', X).causes[0].startswith('b differs by rounding TRN, not RND_CONV and over')
    assert not diff(TernaryQ(), FixedQ(2, 2, True, 'RND_CONV', 'SAT_SYM'), X)
    report = diff(A, MinifloatQ(2, 3), X)
    assert report.causes[0] == 'b is another kind of format: minifloat, not fixed'
    assert diff(A, TernaryQ(), X).causes[0].startswith('b differs by ')


def test_nan_and_inf() -> None:
    x = [np.nan, np.inf, -np.inf, 1.0]
    assert not diff(A, A, x)
    assert not diff('ap_fixed<8,3>', [np.nan, np.nan, np.nan, 1], x)
    report = diff(A, 'ap_fixed<8,3,AP_RND>', x)
    assert (report.differences, report.causes[1]) == (2, 'all 2 differing inputs: infinite')
    assert report.first == Mismatch((1,), np.inf, 3.96875, report.first.b, '01111111', None)  # type: ignore[union-attr]
    assert 'b = nan (no code)' in str(report)
    report = diff(A, [0, 3.96875, -4, np.inf], x)
    assert report.worst is not None
    assert (report.worst.index, report.first.index if report.first else ()) == ((0,), (0,))
    assert [cause for cause in report.causes if 'NaN' in cause] == ['1 of the 2 differing inputs: NaN']


def test_wide_formats_are_compared_exactly() -> None:
    a = FixedQ(200, 100, True, 'RND', 'SAT')
    x = np.array([0.1, 1e20, -3.3, 1e300])
    exact = a.decode(a.encode(x), exact=True)
    assert not diff(a, exact, x)
    exact[1] += Fraction(1, 2**100)
    report = diff(a, exact, x)
    assert (report.differences, report.first == report.worst) == (1, True)
    assert report.first is not None
    assert report.first.b - report.first.a == Fraction(1, 2**100)
    assert int(str(report.first.b_bits), 2) == int(str(report.first.a_bits), 2) + 1
    assert diff(a, 'ap_fixed<200,100,AP_RND>', x).causes[0].startswith('b differs by overflow WRAP')
    big = np.array([2**63 - 1, -(2**63), 2**53 + 1])
    assert not diff(FixedQ(64, 64), big, big)
    report = diff(FixedQ(64, 64), big - [0, 0, 1], big)
    assert report.first == Mismatch((2,), 2**53 + 1, 2**53 + 1, 2**53, f'{2**53 + 1:064b}', f'{2**53:064b}')


# What the inputs could not show


@pytest.mark.parametrize(
    ('b', 'x', 'words'),
    [
        ({'rounding': 'RND_CONV'}, [0.25, 0.3], 'rounding RND_CONV, not RND; x = 0.015625 would (ties, midway between'),
        ({'rounding': 'RND_INF'}, [0.015625], 'rounding RND_INF, not RND; x = -0.015625 would (ties, midway between'),
        ({'rounding': 'TRN'}, [0.25, 9], 'rounding TRN, not RND; x = '),
        ({'overflow': 'WRAP'}, [0.3, -4], 'overflow WRAP (wraps), not SAT (saturates); x = 4 would (rounded above'),
        (
            {'overflow': 'SAT_SYM'},
            [9],
            'overflow SAT_SYM (saturates symmetrically), not SAT (saturates); x = -4 would (',
        ),
        ({'signed': False}, [0.3, 3], 'unsigned, not signed; x = 4 would (rounded above the largest value, 3.96875)'),
        (
            {'width': 9, 'integer': 4},
            [0.3, -3],
            'integer 4, not 3 (one off, as where the sign bit is counted or not); x',
        ),
        ({'width': 9}, [0.5, -3], '6 fraction bits, not 5 (more than a has); x = '),
    ],
)
def test_a_difference_that_no_input_meets_is_said(b: dict[str, Any], x: list[float], words: str) -> None:
    a, b_ = A, replace(A, **b)
    report = diff(a, b_, x)
    assert (report.differences, report.edge_inputs, len(report.not_shown)) == (0, False, 1)
    assert report.not_shown[0].startswith(words)
    assert str(report).endswith(f', 0 differences\nnot shown by these inputs:\n  {report.not_shown[0]}')
    shown = float(report.not_shown[0].partition('; x = ')[2].partition(' ')[0])
    assert a(shown) != b_(shown)
    with_it = diff(a, b_, [*x, shown])
    assert (with_it.differences, with_it.not_shown) == (1, ())
    assert diff(a, b_).differences > 0
    assert diff(a, b_).not_shown == ()


def test_each_difference_is_said_by_itself() -> None:
    b = replace(A, rounding='RND_CONV', overflow='WRAP')
    report = diff(A, b, [0.25, 9])
    assert report.causes[0] == 'b differs by overflow WRAP (wraps), not SAT (saturates)'
    assert [line.partition(';')[0] for line in report.not_shown] == ['rounding RND_CONV, not RND']
    # only the coarse one rounds these
    fine, coarse = FixedQ(8, 3, True, 'TRN', 'SAT'), FixedQ(6, 3, True, 'RND', 'SAT')
    assert diff(fine, coarse, [0.09375, 0.0625]).not_shown == diff(coarse, fine, [0.09375, 0.0625]).not_shown == ()
    names = [line.partition(',')[0] for line in diff(MinifloatQ(3, 4), MinifloatQ(2, 5), [1, 0.3]).not_shown]
    assert names == ['mantissa_bits 2', 'exponent_bits 5']
    # no field alone makes these a format
    report = diff('ap_fixed<8,3,AP_TRN,AP_WRAP_SM>', 'ap_ufixed<8,3>', [1.0])
    assert [line.partition(';')[0] for line in report.not_shown][-1] == 'unsigned, not signed'
    (line,) = diff(A, MinifloatQ(3, 4), [1]).not_shown
    assert line.startswith('another kind of format: minifloat, not fixed; x = 4 would (')
    (line,) = diff(BinaryQ(), 'ap_fixed<2,2>', [1]).not_shown
    assert line.endswith('not binary; x = 0 would (ties, midway between two values of a)')


def test_formats_that_no_input_tells_apart() -> None:
    a, b = 'ap_ufixed<8,3,AP_RND,AP_SAT>', 'ap_ufixed<8,3,AP_RND,AP_SAT_SYM>'
    words = 'overflow SAT_SYM (saturates symmetrically), not SAT (saturates)'
    assert diff(a, b).not_shown == (words,)
    assert diff(a, b, [1]).not_shown == (f'{words}; nor do the edge inputs of a and b',)
    # edge inputs are normal doubles
    assert diff('ap_fixed<8,-1068>', 'ap_fixed<8,-1068,AP_RND>').not_shown == ('rounding RND, not TRN',)
    for same in (
        (A, A),
        (FixedQ(8, 3, True, 'S_RND', 'SAT'), A),
        (TernaryQ(), FixedQ(2, 2, True, 'RND_CONV', 'SAT_SYM')),
    ):
        for inputs in ((), ([0.5],)):
            report = diff(*same, *inputs)
            assert (report.differences, report.not_shown) == (0, ())


def test_two_formats_alone_are_compared_on_their_edges() -> None:
    report = diff('ap_fixed<8,3,AP_RND>', 'ap_fixed<8,3,AP_RND_CONV>')
    assert report.edge_inputs
    assert report.compared > 1500
    assert report.first == report.worst == Mismatch((), 0.015625, 0.03125, 0.0, '00000001', '00000000')
    assert report.causes[0] == 'b differs by rounding RND_CONV, not RND'
    assert (
        str(report).splitlines()[2] == f'{report.compared:,} edge inputs compared, {report.differences:,} differences'
    )
    with pytest.raises(ValueError, match="'x' must be given where 'b' is no format: the inputs that it was made of"):
        diff(A, [1.0])


MODES = [
    (rounding, overflow, bits)
    for rounding in ('TRN', 'TRN_ZERO', 'RND', 'RND_MIN_INF', 'RND_INF', 'RND_ZERO', 'RND_CONV')
    for overflow, bits in (
        *((o, 0) for o in ('SAT', 'SAT_SYM', 'SAT_ZERO', 'WRAP', 'WRAP_SM')),
        ('WRAP', 1),
        ('WRAP_SM', 2),
    )
]


@pytest.mark.parametrize(('width', 'integer'), [(4, 2), (8, 3), (13, 20), (16, 6), (24, -3), (40, 40)])
def test_the_edges_tell_all_modes_apart(width: int, integer: int) -> None:
    for n, (rounding, overflow, bits) in enumerate(MODES):
        # the next rounding, the next overflow, and both
        for other in (MODES[n - 7], MODES[n - 1], MODES[n - 8]):
            a, b = FixedQ(width, integer, True, rounding, overflow, bits), FixedQ(width, integer, True, *other)
            report = diff(a, b)
            assert report, (a, b)
            assert report.not_shown == (), (a, b)


def test_places_of_a_where_another_program_was_not_seen() -> None:
    x = np.array([0.3, 1.0])
    assert diff(A, A(x), x).not_shown == (
        'rounded above the largest value, 3.96875: no input is there, as x = 4 is',
        'rounded below the smallest value, -4: no input is there, as x = -8 is',
        'ties, midway between two values of a: no input is there, as x = 0.015625 is',
    )
    x = np.array([0.3, 4, -8, 0.015625])
    assert diff(A, A(x), x).not_shown == ()
    assert diff(BinaryQ(), [1.0], [2.0]).not_shown == (
        'ties, midway between two values of a: no input is there, as x = 0 is',
    )


def test_the_command_without_input(run: Run, tmp_path: Path) -> None:
    types = 'ap_fixed<8,3,AP_RND>', 'ap_fixed<8,3,AP_RND_CONV>'
    assert run('diff', *types) == (1, f'{diff(*types)}\n', '')
    assert run('diff', types[0], types[0])[0] == 0
    code, out, err = run('diff', types[0], '--output', tmp_path / 'y.npy')
    assert (code, out) == (2, '')
    assert '--output needs --input' in err
    (tmp_path / 'x.txt').write_text('0.25 0.3')
    code, out, err = run('diff', *types, '--input', tmp_path / 'x.txt')
    assert (code, err) == (0, '')
    assert '2 compared, 0 differences\nnot shown by these inputs:\n  rounding RND_CONV, not RND; x = 0.015625' in out


def exact(spec: Spec, x: float) -> Any:
    """The value by way of the code; None where there is none."""
    try:
        return spec.decode(spec.encode(x), exact=True)[()]
    except ValueError:
        return None


@settings(deadline=None, max_examples=60)
@given(specs, specs, st.lists(st.floats(), min_size=1, max_size=6))
def test_any_two_formats(a: Spec, b: Spec, x: list[float]) -> None:
    report = diff(a, b, x)
    expected = []
    for value in x:
        p, q = exact(a, value), exact(b, value)
        expected.append(p != q)
    assert (report.differences, bool(report)) == (sum(expected), any(expected))
    if report.first is not None:
        assert report.first.index == (expected.index(True),)
        for spec, value, bits in ((a, report.first.a, report.first.a_bits), (b, report.first.b, report.first.b_bits)):
            assert (bits is None) == (value != value)  # noqa: PLR0124
            assert bits is None or spec.from_bin(bits, exact=True) == value
    assert str(report)
    assert not diff(a, a, x).not_shown


@pytest.mark.parametrize(
    ('a', 'b', 'x', 'error', 'message'),
    [
        (3, A, [1.0], TypeError, "'a' must be a format or its type string: int"),
        ('ap_fixd<8>', A, [1.0], ValueError, 'ap_fixd'),
        (A, 'ap_fixd<8>', [1.0], ValueError, 'ap_fixd'),
        (A, [1j], [1.0], TypeError, "'b' must be a format, its type string, or an array of real numbers"),
        (A, np.array(['1']), ['1'], TypeError, "'x' must be an array of real numbers"),
        (A, [None], [1.0], TypeError, "'b' must be .*: None"),
        (A, [1.0, 2], [1.0], ValueError, r"'b' must have the shape of 'x', \(1,\): \(2,\)"),
        (A, 1.0, [1.0], ValueError, r"'b' must have the shape of 'x', \(1,\): \(\)"),
        (A, [], [], ValueError, r"'x' must have at least one element to be compared: shape \(0,\)"),
    ],
)
def test_what_cannot_be_compared(a: Any, b: Any, x: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        diff(a, b, x)


def test_the_command(run: Run, tmp_path: Path) -> None:
    x, y = tmp_path / 'x.npy', tmp_path / 'y.npy'
    np.save(x, np.asfortranarray(X[:600].reshape(20, 30)))
    np.save(y, A(X[:600].reshape(20, 30)))
    types = 'ap_fixed<8,3>', 'ap_fixed<8,3,AP_RND,AP_SAT>'
    code, out, err = run('diff', *types, '--input', x)
    assert (code, err) == (1, '')
    assert out == f'{diff(*types, X[:600].reshape(20, 30))}\n'
    assert run('diff', types[1], types[1], '--input', x) == (0, str(diff(A, A, X[:600])) + '\n', '')
    assert run('diff', types[1], '--input', x, '--output', y)[0] == 0
    assert run('diff', types[0], '--input', x, '--output', y)[0] == 1
    for arguments in ([types[0]], [*types, '--output', y]):
        code, out, err = run('diff', *arguments, '--input', x)
        assert (code, out) == (2, '')
        assert 'one of a second TYPE and --output is needed' in err


def test_the_command_pairs_arrays_by_name(run: Run, tmp_path: Path) -> None:
    np.savez(tmp_path / 'x.npz', p=X, q=X[:9])
    np.savez(tmp_path / 'y.npz', q=A(X[:9]), p=FixedQ(8, 3)(X))
    code, out, _ = run('diff', A.cpp_type, '--input', tmp_path / 'x.npz', '--output', tmp_path / 'y.npz')
    assert code == 1
    assert out.startswith('p\na: ')
    assert '\n\nq\na: ap_fixed<8, 3, AP_RND, AP_SAT>\nb: an array of float64\n9 compared, 0 differences\n' in out
    np.savez(tmp_path / 'z.npz', q=A(X[:9]))
    code, out, err = run('diff', A.cpp_type, '--input', tmp_path / 'x.npz', '--output', tmp_path / 'z.npz')
    assert (code, out, err) == (
        2,
        '',
        f"quantizers: error: {tmp_path / 'z.npz'}: no array 'p', which is in the input\n",
    )
    code, out, err = run('diff', A.cpp_type, '--input', tmp_path / 'y.npz', '--output', tmp_path / 'x.npz')
    assert code == 1


def test_numbers_as_text(run: Run, tmp_path: Path) -> None:
    x, y = tmp_path / 'x.npy', tmp_path / 'y.txt'
    np.save(x, [[0.1, 100.0], [-0.3, 1.0]])
    y.write_text('# from C++\n0x1.8p-4, 3.96875\n-0.3125 1\n')
    assert run('diff', A.cpp_type, '--input', x, '--output', y)[0] == 0
    for text, message in {
        '1\n2 x\n': f"{y}:2: not a number: 'x'",
        '0x1p99999': f"{y}:1: not a number: '0x1p99999'",
        '1\n1e999': f"{y}:2: a number that float64 cannot hold: '1e999'",
        '1_0': f"{y}:1: not a number: '1_0'",
        '\u0661': f"{y}:1: not a number: '\u0661'",
        '1 2 3': "'b' must have the shape of 'x', (2, 2): (3,)",
    }.items():
        y.write_text(text)
        code, out, err = run('diff', A.cpp_type, '--input', x, '--output', y)
        assert (code, out, err.count('\n')) == (2, '', 1)
        assert message in err
    y.write_bytes(b'\xff\xff')
    assert 'nor text' in run('diff', A.cpp_type, '--input', x, '--output', y)[2]
    assert 'No such file' in run('diff', A.cpp_type, '--input', x, '--output', tmp_path / 'none.txt')[2]
    np.save(x, [1j])
    assert 'dtype complex128' in run('diff', A.cpp_type, 'int<8>', '--input', x)[2]


@pytest.mark.parametrize(
    ('type_', 'x', 'text', 'differences'),
    [
        ('ap_fixed<64,64>', np.array([2**53 + 1]), '9007199254740993', 0),
        ('ap_fixed<64,64>', np.array([2**53 + 1]), '9007199254740992', 1),
        ('ap_fixed<64,64>', np.array([2**53 + 1, 3]), '0x20000000000001 +3', 0),
        ('ap_ufixed<64,64>', np.array([2**64 - 1, 0], np.uint64), '18446744073709551615 0', 0),
        ('ap_fixed<80,70>', np.array([2.0**63, -1, 0.5]), '9223372036854775808 -1 0.5', 0),
        ('ap_fixed<80,70>', np.array([2.0**63, -1, 0.5]), '9223372036854775809 -1 0.5', 1),
        ('ap_fixed<8,8>', np.array([3.0]), '1' + '0' * 400, 1),
    ],
)
def test_integers_as_text_are_exact(run: Run, tmp_path: Path, type_: str, x: Any, text: str, differences: int) -> None:
    np.save(tmp_path / 'x.npy', x)
    (tmp_path / 'y.txt').write_text(text)
    code, out, err = run('diff', type_, '--input', tmp_path / 'x.npy', '--output', tmp_path / 'y.txt')
    assert (code, err) == (min(differences, 1), '')
    assert f'{x.size} compared, {differences} differences' in out.replace('1 difference\n', '1 differences\n')
    if x.dtype.kind in 'iu' and not differences:
        code, out, err = run('diff', type_, '--input', tmp_path / 'y.txt', '--output', tmp_path / 'x.npy')
        assert (code, err) == (0, '')


@pytest.mark.parametrize('dtype', [np.float32, np.float64])
def test_values_beyond_float64(dtype: Any) -> None:
    a = FixedQ(1200, 1200, True, 'RND', 'SAT')
    report = diff(a, np.array([np.inf], dtype), np.array([np.inf]))
    assert f'b is a rounded to {np.dtype(dtype).name}, which cannot hold every value of it' in report.causes
    report = diff(a, np.array([np.inf], np.float32), np.array([1e300]))
    assert report.causes[0] == 'b is a rounded to float32, which cannot hold every value of it'
    assert diff(a, np.array([-np.inf], dtype), np.array([np.inf])).causes == ('the differing input: infinite',)
    assert diff(a, [np.inf], np.array([1e30], np.float32)).differences == 1


def test_integers_beyond_float64_are_not_rounded_before_a_cause_is_named() -> None:
    tie = np.array([2**60 + 1])
    report = diff(FixedQ(62, 63, True, 'RND'), FixedQ(62, 63, True, 'RND_ZERO'), tie)
    assert report.causes[1:] == ('the differing input: ties, midway between two values of a',)
    assert 'is x itself' not in str(diff(FixedQ(60, 58), np.array([2.0**53]), np.array([2**53 + 1])))
    assert 'is x itself' in str(diff(FixedQ(60, 56), tie, tie))
    minifloat = diff(MinifloatQ(52, 8), np.array([0.0]), np.array([2**53 + 1]))
    assert minifloat.causes[-1] == 'the differing input: ties, midway between two values of a'
    below = diff(MinifloatQ(3, 4), np.array([0.0]), np.array([-(2**60) - 1]))
    assert below.causes[-1].startswith('the differing input: rounded below the smallest value, -')


def test_rounding_to_the_dtype_is_done_once() -> None:
    x = np.array([2**60 + 2**36 + 1, -(2**60) - 2**36 - 1])
    for b in (x.astype(np.float32), x.astype(np.float64).astype(np.float32)):
        report = diff(FixedQ(64, 64), b, x)
        assert report.causes[0] == 'b is a rounded to float32, which cannot hold every value of it'
    fine = FixedQ(1200, 10, True, 'RND', 'SAT')
    report = diff(fine, np.array([-0.0], np.float32), [-(2.0**-1000)])
    assert report.causes[0] == 'b is a rounded to float32, which cannot hold every value of it'


def test_a_change_is_named_beside_x_itself() -> None:
    a = FixedQ(8, 3, True, 'RND', 'SAT')
    report = diff(a, FixedQ(9, 3, True, 'RND', 'SAT')([0.015625, 0.5]), [0.015625, 0.5])
    assert report.causes[0] == 'b is x itself, not quantized'
    assert report.causes[1].startswith('b differs by ')
    assert '6 fraction bits, not 5 (more than a has)' in report.causes[1]
