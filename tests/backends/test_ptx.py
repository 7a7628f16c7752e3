"""What Triton makes of kernels for an NVIDIA GPU, which it compiles without one: nothing inexact, nothing flushed."""

from __future__ import annotations

import re
from typing import Any

import pytest
import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from quantizers._maths.law import ALL_CAUTIONS, Cautions
from quantizers._maths.laws import BINARY, MINIFLOAT, FixedLaw, FloatLaw
from quantizers.backends.program.operations import BOOL, INT, OPERATIONS, Operand, Operation
from quantizers.backends.program.triton import Code
from quantizers.backends.torch.kernels import _made

POINTERS = {'float32': '*fp32', 'float64': '*fp64', 'float16': '*fp16', 'bfloat16': '*bf16'}
IF = (('i', 'f'), ('x', 'i', 'f'))
ALL = ('m', 'e', 'e0'), ('x', 'm', 'e', 'e0')
SIGNED = (('k', 1),)
# a law, a dtype, what is known of its widths, those that are selected and those that are tensors, the gradients wanted,
# and whether random numbers are drawn
KERNELS: dict[str, tuple[Any, ...]] = {
    'a format': (FixedLaw('RND', 'SAT'), 'float32', Cautions(), SIGNED, (), None, False),
    'its gradient': (FixedLaw('RND', 'SAT'), 'float32', Cautions(), SIGNED, (), ('x',), False),
    'TRN WRAP': (FixedLaw('TRN', 'WRAP'), 'bfloat16', ALL_CAUTIONS, (), ('k', *IF[0]), ('x', 'f'), False),
    'RND_CONV SAT_SYM': (FixedLaw('RND_CONV', 'SAT_SYM'), 'float64', ALL_CAUTIONS, SIGNED, *IF, False),
    'drawn WRAP_SM': (FixedLaw('RND', 'WRAP_SM', 1), 'float32', ALL_CAUTIONS, SIGNED, *IF, True),
    'TRN_ZERO SAT_ZERO': (FixedLaw('TRN_ZERO', 'SAT_ZERO'), 'float16', ALL_CAUTIONS, SIGNED, *IF, False),
    'minifloats': (MINIFLOAT, 'float32', ALL_CAUTIONS, (), *ALL, False),
    'minifloats of float64': (FloatLaw('RND_INF', 'INF'), 'float64', ALL_CAUTIONS, (), *ALL, False),
    'binary': (BINARY, 'float32', Cautions(), (), (), ('x',), False),
}


# sizes that are 1, of which Triton makes constants; the inner one may be beyond 32 bits
ONES = {'a format': ('outer', 'channels'), 'minifloats': ('inner',), 'its gradient': ('outer',)}


def ptx(name: str) -> str:
    """The assembly of a kernel, of which ptxas makes a cubin."""
    law, target, asked, selected, tensors, wanted, drawn = KERNELS[name]
    made = _made(law, target, asked, selected, tensors, drawn, wanted=wanted)
    compute = POINTERS['float64' if target == 'float64' else 'float32']
    types: dict[str, str] = {}
    for argument in made.kernel.arguments:
        if argument.endswith(('_at', '_result')):
            of_width = argument.removesuffix('_at') in tensors
            types[argument] = '*i64' if argument == 'seed_at' else compute if of_width else POINTERS[target]
        else:
            types[argument] = '*fp64' if argument.endswith('_sums') else 'i64' if argument == 'inner' else 'i32'
    constants = {'OUTER': 1, 'CHANNELS': 4, 'INNER': 256} | dict.fromkeys(ONES.get(name, ()), 1)
    signature = types | dict.fromkeys(constants, 'constexpr')
    names = list(signature)
    source = ASTSource(
        fn=made.run,
        signature=signature,
        constexprs={(names.index(argument),): value for argument, value in constants.items()},
        attrs={(n,): [['tt.divisibility', 16]] for n, argument in enumerate(names) if signature[argument][0] == '*'},
    )
    compiled = triton.compile(source, target=GPUTarget('cuda', 90, 32), options={'enable_fp_fusion': False})
    assert compiled.asm['cubin']
    text: str = compiled.asm['ptx']
    return text


@pytest.mark.parametrize('name', KERNELS)
def test_nothing_is_inexact(name):
    """No fused multiply-add, no approximation, no subnormal number for 0; what has no rounding mode ptxas may fuse."""
    text = ptx(name)
    if name == 'binary':  # within the exponential function of float64, whose high word it compares
        text = '\n'.join(line for line in text.splitlines() if 'fma.rn.f64' not in line and 'abs.ftz.f32' not in line)
    assert 'ld.global' in text
    assert 'st.global' in text
    assert re.findall(r'\S*(?:\.ftz|\bfma\.|\.approx|\.full)\S*', text) == []
    assert re.findall(r'\b(?:add|sub|mul|div)\.f(?:32|64)', text) == []


def test_each_operation_can_be_printed():
    for name, signature in OPERATIONS.items():
        code = Code('float32')
        kinds = [kind or (BOOL if signature.result is BOOL else INT) for kind in signature.operands]
        operands = tuple(Operand(kind, f'x{n}') for n, kind in enumerate(kinds))
        operation = Operation('y', name, signature.result or INT, operands)
        code.operation(operation, [f'x{n}' for n in range(len(kinds))], varies=True)
        assert code.lines, name


def test_numbers_in_a_program():
    code = Code('float64')
    texts = [code.number(operand.kind, operand.value) for operand in (Operand(INT, -3), Operand(BOOL, True))]
    assert texts == ['tl.full((), -3, tl.int32)', 'tl.full((), True, tl.int1)']
