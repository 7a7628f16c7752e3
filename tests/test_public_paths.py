"""Every import path that users have had goes on working, and names of the package are imported when they are used."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import quantizers

PATHS = {
    'quantizers': """
        AffineQ BinaryQ BlockQ Candidate Choice Choices Counterexample DiffReport FieldError FixedArray FixedQ FloatQ
        Formats
        MinifloatQ Mismatch Overflow PerChannel PrecisionWarning Proof QuantizerConfig Report Rounding Spec TernaryQ
        VerificationError
        binary_quantize binary_quantize_np choose codes config convert cpp diff float_decompose float_decompose_np
        float_quantize float_quantize_np formats functional get_fixed_quantizer get_fixed_quantizer_np get_include
        hdl
        memory_files modes network parse_type plot_data plot_history plot_learned plot_report plot_values prove qonnx
        register_backend result_type
        ternary_quantize ternary_quantize_np verify
    """,
    'quantizers.cli': 'main',
    'quantizers.codes': 'code_range decode encode fits from_bits from_text to_bits to_text values',
    'quantizers.config': 'QuantizerConfig',
    'quantizers.cpp': 'DIALECTS TEMPLATES Dialect Template convert header modes_of parse_type read_spec',
    'quantizers.fixed_point': 'get_fixed_quantizer get_fixed_quantizer_np',
    'quantizers.fixed_point._fixed_point_ops': '_get_fixed_quantizer round_conv',
    'quantizers.fixed_point.fixed_point_ops': 'get_fixed_quantizer',
    'quantizers.fixed_point.fixed_point_ops_np': 'get_fixed_quantizer_np',
    'quantizers.formats': """
        KINDS MAX_BITS SPECS AffineQ BinaryQ BlockCodes BlockQ CppClass FixedFormat FixedQ Format MinifloatQ Quantizer
        Spec TernaryQ
    """,
    'quantizers.functional': """
        FixedQuantizerKeras FixedQuantizerNumpy binary_quantize binary_quantize_np float_decompose float_decompose_np
        float_quantize float_quantize_np get_fixed_quantizer get_fixed_quantizer_np round_conv ternary_quantize
        ternary_quantize_np
    """,
    'quantizers.hdl': 'LANGUAGES LanguageName package',
    'quantizers.memory_files': 'EXTENSIONS FORMATS MemoryFormat from_text read to_text to_texts write',
    'quantizers.minifloat': 'float_quantize float_quantize_np',
    'quantizers.minifloat.float_point_ops': 'float_quantize',
    'quantizers.minifloat.float_point_ops_np': 'float_quantize_np',
    'quantizers.modes': """
        CPP_MODES OVERFLOWS ROUNDINGS Overflow OverflowMode Rounding RoundingMode canonical_overflow canonical_rounding
        deterministic
    """,
    'quantizers.network': 'Comparison Layer LayerCost LayerDifference Network NetworkReport QuantizedNetwork',
    'quantizers.qonnx': 'DOMAIN Node from_qonnx make_node read_node to_qonnx',
    'quantizers.torch': 'LearnedFixed Quantize QuantizedConv2d QuantizedLinear bit_cost export_qonnx learned_modules',
    'quantizers.result_type': 'add divide dot multiply negate subtract sum_of',
    'quantizers.values': 'FixedArray',
}
ROOMS_OF_THE_ROOT = {'__init__', '__main__', 'cli', 'memory_files', 'modes', 'qonnx', 'result_type'}
LOADED = """
import sys
import quantizers
others = {'concurrent.futures', 'keras', 'matplotlib', 'platformdirs', 'pydantic', 'typer'}
ours = 'codes.codecs formats.affine formats.block formats.named formats.spacing'.split()
print(*sorted((others | {f'quantizers.{name}' for name in ours}) & {*sys.modules}))
"""


@pytest.mark.parametrize(('path', 'name'), [(path, name) for path, names in PATHS.items() for name in names.split()])
def test_a_public_name_is_where_it_was(path: str, name: str) -> None:
    assert hasattr(import_module(path), name)


@pytest.mark.parametrize('path', PATHS)
def test_a_path_is_imported_first(path: str) -> None:
    """In a process of its own, where no other module was imported before it."""
    subprocess.run([sys.executable, '-c', f'import {path}'], check=True)


@pytest.mark.parametrize('path', PATHS)
def test_a_public_module_says_its_names(path: str) -> None:
    module = import_module(path)
    assert {*PATHS[path].split()} <= {*module.__all__}
    assert all(hasattr(module, name) for name in module.__all__)


def test_all_names_are_listed_for_people_and_for_type_checkers() -> None:
    expected = PATHS['quantizers'].split()
    assert sorted(quantizers.__all__) == sorted(expected)
    assert {*expected} <= {*dir(quantizers)}
    stub = ast.parse((Path(quantizers.__file__).parent / '__init__.pyi').read_text())
    places = {
        alias.asname: ('.' * line.level + (line.module or ''), alias.name)
        for line in stub.body
        if isinstance(line, ast.ImportFrom)
        for alias in line.names
    }
    assert sorted(map(str, places)) == sorted(expected)
    for exported, (module, name) in places.items():
        found = getattr(quantizers, str(exported))
        if module == '.':
            assert found is import_module(f'quantizers.{name}')
        else:
            assert found is getattr(import_module(module, 'quantizers'), name)


def test_a_name_that_is_none_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'quantizers' has no attribute 'FixedP'"):
        quantizers.FixedP  # noqa: B018


def test_the_package_loads_no_more_than_its_formats() -> None:
    done = subprocess.run([sys.executable, '-c', LOADED], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == ''


def test_no_file_but_public_paths_stands_at_the_root() -> None:
    root = Path(quantizers.__file__).parent
    assert {path.stem for path in root.glob('*.py')} == ROOMS_OF_THE_ROOT
    assert not {path.name for path in root.iterdir()} & {'choose', 'diff', 'verify'}  # these are functions
