"""The macros of C++ headers, as a compiler sees them, and the list of them that the package keeps.

`make macros` adds those of this machine's g++ to the list, `PYTHONPATH=tests python -m oracles.macros COMPILER
[FLAG ...]` those of another one. Nothing is removed: the list is of many compilers, targets and C libraries.
"""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import product
from pathlib import Path

from oracles import vendor
from quantizers import get_include

LIST = Path(__file__).parents[2] / 'src' / 'quantizers' / 'cpp' / 'macros.txt'
STANDARDS = ('c++11', 'gnu++11', 'c++17', 'gnu++17', 'gnu++20')
# what emitted headers include, and what those of Algorithmic C have, which designs for Catapult include beside it
INCLUDES = (
    ('ap_types', 'ap_fixed.h ap_int.h ap_minifloat.h ap_binary.h'),
    ('ac_types', 'ac_fixed.h ac_int.h'),
)


def macros(*command: str) -> set[str]:
    """The names that cannot be used in a program with these headers, less those that C++ keeps for the compiler."""
    folder = vendor.headers()
    names: set[str] = set()
    for standard, (library, includes) in product(STANDARDS, INCLUDES):
        places = ['-isystem', str(folder.parents[1] / library / folder.name), '-I', get_include()]
        text = ''.join(f'#include <{include}>\n' for include in includes.split())
        done = subprocess.run(
            [*command, f'-std={standard}', '-dM', '-E', '-x', 'c++', *places, '-'],
            input=text,
            check=True,
            capture_output=True,
            text=True,
        )
        names.update(re.findall(r'^#define (\w+)', done.stdout, re.MULTILINE))
    return {name for name in names if not re.match('_[A-Z]|.*__', name)}


if __name__ == '__main__':
    kept = set(LIST.read_text('ascii').split())
    found = macros(*(sys.argv[1:] or [vendor.compiler()]))
    LIST.write_text(''.join(f'{name}\n' for name in sorted(kept | found)), 'ascii')
    print(f'{len(found)} macros, {len(found - kept)} of them new, in {LIST.name}')
