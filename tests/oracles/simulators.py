"""VHDL and SystemVerilog, run by GHDL and Icarus Verilog."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from quantizers import hdl

# whatever the type: to_sulv of ieee.fixed_pkg is not for what is no fixed point
_BITS = ''.join(
    f'function bits(x : {type_}) return std_ulogic_vector is begin return {convert}(x); end function;\n'
    for type_, convert in (('std_logic_vector', ''), ('unresolved_sfixed', 'to_sulv'), ('unresolved_ufixed', 'to_sulv'))
)


def tool(name: str) -> str:
    """The path of a simulator."""
    path = shutil.which(name)
    if path is None:
        raise RuntimeError(f'{name} is missing: emitted packages are compiled by it (Debian: apt-get install {name}).')
    return path


def compiler_of(language: hdl.LanguageName) -> Path:
    """The program that has the words of a language."""
    if language == 'sv':
        return next(Path(tool('iverilog')).parents[1].glob('lib/**/ivl/ivl'))
    found = Path(tool('ghdl'))
    return next(path for path in (found.with_name('ghdl-mcode'), found.with_name('ghdl-llvm'), found) if path.is_file())


def run(folder: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
    assert done.returncode == 0, f'{" ".join(command)}\n{done.stdout[-2000:]}{done.stderr[-2000:]}'
    return done.stdout


def _vhdl(folder: Path, text: str, shapes: Mapping[str, tuple[int, ...]]) -> str:
    """Print the bits of each element, those of a scalar too."""
    (folder / 'formats.vhd').write_text(text)
    prints = []
    for name, shape in shapes.items():
        index = ', '.join(f'i{axis}' for axis in range(len(shape)))
        loops = [f"for i{axis} in work.formats.{name}'range({axis + 1}) loop" for axis in range(len(shape))]
        element = f'bits(work.formats.{name}{f"({index})" if index else ""})'
        prints += [
            *loops,
            f'write(row, to_bstring({element})); writeline(std.textio.output, row);',
            'end loop;' * len(shape),
        ]
    (folder / 'bench.vhd').write_text(
        'library ieee;\nuse ieee.std_logic_1164.all;\nuse ieee.numeric_std.all;\nuse ieee.fixed_pkg.all;\n'
        'use std.textio.all;\nentity bench is end;\narchitecture run of bench is\n'
        f'{_BITS}begin\nprocess\nvariable row : line;\nbegin\n' + '\n'.join(prints) + '\nwait;\nend process;\nend;\n'
    )
    run(folder, tool('ghdl'), '-a', '--std=08', '-Werror', 'formats.vhd', 'bench.vhd')
    return run(folder, tool('ghdl'), '--elab-run', '--std=08', 'bench')


def _sv(folder: Path, text: str, shapes: Mapping[str, tuple[int, ...]]) -> str:
    (folder / 'formats.sv').write_text(text)
    declared, prints = [], []
    for name, shape in shapes.items():
        declared.append(f'{name}_t at_{name};')
        element = f'{name}[n * {name}_width +: {name}_width]' if shape else name
        loop = f'for (n = 0; n < {name}_size; n = n + 1) ' if shape else ''
        prints.append(f'{loop}begin at_{name} = {element}; $display("%b", at_{name}); end')
    module = ['module bench;', 'import formats::*;', 'integer n;', *declared, 'initial begin', *prints, 'end']
    (folder / 'bench.sv').write_text('\n'.join([*module, 'endmodule\n']))
    run(folder, tool('iverilog'), '-g2012', '-Wall', '-Wno-timescale', '-o', 'bench', 'formats.sv', 'bench.sv')
    return run(folder, tool('vvp'), 'bench')


SIMULATORS: Mapping[hdl.LanguageName, Callable[[Path, str, Mapping[str, tuple[int, ...]]], str]] = {
    'vhdl': _vhdl,
    'sv': _sv,
}


def read_back(
    language: hdl.LanguageName, folder: Path, text: str, shapes: Mapping[str, tuple[int, ...]]
) -> dict[str, list[int]]:
    """The raw bits of the constants of a package, by their identifiers, in C order."""
    lines = SIMULATORS[language](folder, text, shapes).split()
    bits = iter([int(line, 2) for line in lines])
    found = {name: [next(bits) for _ in range(int(np.prod(shape)))] for name, shape in shapes.items()}
    assert next(bits, None) is None
    return found
