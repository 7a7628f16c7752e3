"""QuantizerConfig to the configuration of hls4ml and back, and what hls4ml itself makes of it."""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
import types
import warnings
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from oracles.reference import OF_AP_FIXED
from oracles.spec_strategies import fixed, specs
from quantizers import BinaryQ, FixedQ, MinifloatQ, PerChannel, QuantizerConfig, TernaryQ, convert
from quantizers.exchange.hls4ml.layers import IGNORED, KEYS, OF_THE_MODEL, TENSORS
from quantizers.files.yaml import read_yaml

OVERFLOWS = ('WRAP', 'SAT', 'SAT_SYM', 'SAT_ZERO')
sayable = fixed().filter(lambda spec: spec.overflow in OVERFLOWS)
# no upper case and no '_', by which hls4ml could take one name for another
layers = st.text(st.characters(exclude_categories=['Cs', 'Lu', 'Lt'], exclude_characters='_'), min_size=1)
names = st.builds('{}.{}'.format, layers.filter(lambda name: name == name.lower()), st.sampled_from(TENSORS))
names |= st.sampled_from(OF_THE_MODEL)


def refused(message: str) -> Any:
    return pytest.raises(ValueError, match=f'^{re.escape(message)}')


def test_the_dictionary_that_hls4ml_takes() -> None:
    config = QuantizerConfig(
        {
            'default': 'fixed<16,6>',
            'maximum': 'fixed<24,10>',
            'dense1.weight': FixedQ(8, 3, True, 'RND', 'SAT'),
            'dense1.result': FixedQ(9, 4, False, 'TRN', 'WRAP', 2),
            'block.0/dense.default': 'int<8>',
            'softmax.exp_table': 'fixed<12,1>',
            'softmax.accum': 'fixed<18,8>',
            'dense1_tanh.table': 'int<9>',
        },
        description='has no place there',
    )
    assert config.to_hls4ml() == {
        'Model': {'Precision': {'default': 'fixed<16,6>', 'maximum': 'fixed<24,10>'}},
        'LayerName': {
            'dense1': {'Precision': {'weight': 'fixed<8,3,RND,SAT>', 'result': 'ufixed<9,4,TRN,WRAP,2>'}},
            'block.0/dense': {'Precision': {'default': 'fixed<8,8>'}},
            'softmax': {'exp_table_t': 'fixed<12,1>', 'Precision': {'accum': 'fixed<18,8>'}},
            'dense1_tanh': {'table_t': 'fixed<9,9>'},
        },
    }
    assert QuantizerConfig.from_hls4ml(config.to_hls4ml()) == QuantizerConfig(config)
    assert QuantizerConfig({}).to_hls4ml() == {'Model': {}, 'LayerName': {}}


def test_the_example_is_exported_whole() -> None:
    config = QuantizerConfig.load(Path(__file__).parents[2] / 'specs' / 'examples' / 'hls4ml-default.json')
    tree = config.to_hls4ml()
    assert list(tree['LayerName']) == ['input', 'dense1', 'softmax']
    assert dict(QuantizerConfig.from_hls4ml(tree)) == dict(config)


@given(st.dictionaries(names, sayable, max_size=6))
def test_every_export_is_read_back_to_equal_specs(named: dict[str, FixedQ]) -> None:
    config = QuantizerConfig(named)
    tree = config.to_hls4ml()
    assert QuantizerConfig.from_hls4ml(tree) == config
    project = yaml.safe_dump({'Backend': 'Vitis', 'HLSConfig': tree})
    assert QuantizerConfig.from_hls4ml(project) == config


@given(specs)
def test_any_spec_is_read_back_equal_or_refused_by_name(spec: Any) -> None:
    config = QuantizerConfig({'dense1.weight': spec})
    if isinstance(spec, FixedQ) and spec.rounding in OF_AP_FIXED and spec.overflow in OVERFLOWS:
        assert QuantizerConfig.from_hls4ml(config.to_hls4ml()) == config
    else:
        with pytest.raises(ValueError, match=r'^specs\.dense1\.weight: .*cannot say'):
            config.to_hls4ml()


@pytest.mark.parametrize(
    ('specs', 'message'),
    [
        (
            {'dense1.weight': MinifloatQ(2, 3)},
            "specs.dense1.weight: the dialect 'hls4ml' cannot say 'ap_minifloat<2, 3, 0>': it has no minifloat type",
        ),
        ({'d.bias': BinaryQ()}, "specs.d.bias: the dialect 'hls4ml' cannot say 'ap_binary': it has no binary type"),
        (
            {'d.bias': FixedQ(8, 3, True, 'TRN', 'WRAP_SM')},
            "specs.d.bias: the dialect 'hls4ml' cannot say 'ap_fixed<8, 3, AP_TRN, AP_WRAP_SM>': it has no",
        ),
        (
            {'d.bias': TernaryQ()},
            f"specs.d.bias: hls4ml cannot say {TernaryQ()!r}; 'fixed<2,2,RND_CONV,SAT_SYM>' is FixedQ(2, ",
        ),
        ({'d.bias': FixedQ(8, 3, True, 'S_RND')}, 'specs.d.bias: hls4ml cannot say FixedQ(8, '),
        ({'d.biases': 'int<8>'}, "specs.d.biases: hls4ml knows no tensor 'biases'; the nearest are bias, "),
        ({'d.maximum': 'int<8>'}, "specs.d.maximum: hls4ml knows no tensor 'maximum'; the nearest are "),
        ({'weights': 'int<8>'}, "specs.weights: hls4ml knows no tensor 'weights'; the nearest are weight, "),
        ({'d.slope': 'int<8>'}, "specs.d.slope: hls4ml uses the format of 'slope' nowhere"),
        ({'table': 'int<8>'}, "specs.table: hls4ml takes the format of 'table' layer by layer: 'layer.table'"),
        ({'pointwise': 'int<8>'}, "specs.pointwise: hls4ml takes the format of 'pointwise' layer by layer: 'layer.poi"),
        ({'d.': 'int<8>'}, "specs.d.: hls4ml knows no tensor ''; the nearest are "),
        ({'\n.bias': BinaryQ()}, "specs.'\\n.bias': the dialect 'hls4ml' cannot say 'ap_binary'"),
        ({'.weight': 'int<8>'}, 'specs..weight: the name of a layer must be a non-empty string'),
        (
            {'softmax.exp_table': 'int<8>', 'softmax_exp.table': 'int<9>'},
            "specs.softmax_exp.table: hls4ml calls it 'softmax_exp_table', and 'softmax.exp_table' too: rename one",
        ),
        (
            {'Dense.bias': 'int<8>', 'dense.bias': 'int<8>'},
            "specs.dense.bias: hls4ml calls it 'dense_bias', and 'Dense.bias' too: rename one of the layers",
        ),
    ],
)
def test_what_hls4ml_cannot_say_is_refused_by_name(specs: dict[str, Any], message: str) -> None:
    with refused(message):
        QuantizerConfig(specs).to_hls4ml()


def test_hls4ml_gets_the_joined_type_and_a_warning_of_its_cost() -> None:
    formats = [FixedQ(width, integer, True, 'RND', 'SAT') for width, integer in ((6, 1), (7, 3), (6, 5))]
    config = QuantizerConfig({'dense.weight': PerChannel(1, tuple(formats)), 'dense.bias': 'fixed<8,3>'})
    message = (
        'specs.dense.weight: hls4ml has one type for all channels, ap_fixed<10, 5, AP_RND, AP_SAT>: 10 bits a number'
        ' instead of 6.33 on average'
    )
    with pytest.warns(UserWarning, match=f'^{re.escape(message)}$') as caught:
        tree = config.to_hls4ml()
    assert [warning.filename for warning in caught] == [__file__]
    assert tree['LayerName']['dense']['Precision'] == {'weight': 'fixed<10,5,RND,SAT>', 'bias': 'fixed<8,3>'}
    with (
        warnings.catch_warnings(),
        refused("specs.dense.weight: the dialect 'hls4ml' cannot say 'ap_binary': it has no binary type"),
    ):
        warnings.simplefilter('ignore')
        QuantizerConfig({'dense.weight': PerChannel(0, (BinaryQ(), BinaryQ()))}).to_hls4ml()


def test_the_way_out_of_other_names() -> None:
    with pytest.raises(ValueError, match=r"; 'kernel' of Keras is 'weight' there$"):
        QuantizerConfig({'dense1.kernel': 'int<8>'}).to_hls4ml()
    with pytest.raises(ValueError, match=r", and a layer's tensor is named 'layer\.tensor'$"):
        QuantizerConfig({'input': 'int<8>'}).to_hls4ml()


THEIRS: dict[str, Any] = {
    'Model': {'Precision': 'ap_fixed<16, 6>', 'ReuseFactor': 1},
    'LayerType': {'Dense': {'Strategy': 'Resource', 'Precision': 'auto'}},
    'LayerName': {
        'dense1': {'Precision': {'weight': 'ap_fixed<8,3>', 'bias': None, 'result': 'auto'}, 'accum_t': 'auto'},
        'softmax': {'Precision': 'auto', 'ExpTableT': 'fixed<12,1>', 'inv_table_t': 'auto', 'ReuseFactor': 4},
        'plain': {'Precision': 'fixed<9,3>', 'Trace': True},
        'flat': None,
    },
    'Optimizers': ['some'],
}


def test_what_is_no_format_survives_in_a_base() -> None:
    before = deepcopy(THEIRS)
    config = QuantizerConfig.from_hls4ml(THEIRS)
    assert list(config) == ['default', 'dense1.weight', 'softmax.exp_table', 'plain.default']
    assert config.to_hls4ml(base=THEIRS) == THEIRS
    new = {
        'default': 'fixed<16,7>',
        'weight': 'int<3>',
        'dense1.weight': 'fixed<8,3,RND>',
        'dense1.bias': 'int<4>',
        'dense1.accum': 'int<20>',
        'softmax.default': 'int<5>',
        'softmax.exp_table': 'int<6>',
        'softmax.inv_table': 'int<7>',
        'softmax.inv_inp': 'int<8>',
        'plain.bias': 'int<9>',
        'flat.default': 'int<10>',
        'other.result': 'int<11>',
    }
    tree = QuantizerConfig(new).to_hls4ml(base=THEIRS)
    assert tree == {
        'Model': {'Precision': {'default': 'fixed<16,7>', 'weight': 'fixed<3,3>'}, 'ReuseFactor': 1},
        'LayerType': THEIRS['LayerType'],
        'LayerName': {
            'dense1': {
                'Precision': {'weight': 'fixed<8,3,RND>', 'bias': 'fixed<4,4>', 'result': 'auto'},
                'accum_t': 'fixed<20,20>',
            },
            'softmax': {
                'Precision': 'fixed<5,5>',
                'ExpTableT': 'fixed<6,6>',
                'inv_table_t': 'fixed<7,7>',
                'inv_inp_t': 'fixed<8,8>',
                'ReuseFactor': 4,
            },
            'plain': {'Precision': {'default': 'fixed<9,3>', 'bias': 'fixed<9,9>'}, 'Trace': True},
            'flat': {'Precision': {'default': 'fixed<10,10>'}},
            'other': {'Precision': {'result': 'fixed<11,11>'}},
        },
        'Optimizers': ['some'],
    }
    again = QuantizerConfig.from_hls4ml(tree)
    assert dict(again) == {**QuantizerConfig({'plain.default': 'fixed<9,3>'}), **QuantizerConfig(new)}
    tree['LayerType']['Dense']['Strategy'] = tree['Optimizers'][0] = 'changed'
    assert before == THEIRS


def test_a_base_may_be_a_project() -> None:
    network = object()
    project = {'Backend': 'Vitis', 'KerasModel': network, 'HLSConfig': THEIRS}
    tree = QuantizerConfig({'dense1.weight': 'int<8>'}).to_hls4ml(base=project)
    assert tree['KerasModel'] is network
    assert tree['Backend'] == 'Vitis'
    assert tree['HLSConfig'] == QuantizerConfig({'dense1.weight': 'int<8>'}).to_hls4ml(base=THEIRS)
    assert project['HLSConfig'] is THEIRS
    assert THEIRS['LayerName']['dense1']['Precision']['weight'] == 'ap_fixed<8,3>'


def test_only_the_layers_of_the_formats_must_be_of_the_model() -> None:
    config = QuantizerConfig({'dense1.weight': 'int<8>'})
    assert config.to_hls4ml(Model(), base=THEIRS) == config.to_hls4ml(base=THEIRS)
    with refused("'model' has no layer 'flat'; its layers are inputs, "):
        QuantizerConfig({'flat.default': 'int<8>'}).to_hls4ml(Model(), base=THEIRS)


@pytest.mark.parametrize(
    ('base', 'message'),
    [
        (3, 'base: must be a mapping: 3'),
        ({'HLSConfig': None}, 'base.HLSConfig: must be a mapping: None'),
        ({'LayerName': []}, 'base.LayerName: must be a mapping: []'),
        ({'LayerName': {'d': 'int<8>'}}, "specs.d.bias: base.LayerName.d: must be a mapping: 'int<8>'"),
        ({'LayerName': {'D': {}}}, "specs.d.bias: 'base' calls it 'D', and hls4ml takes both for one: write its"),
    ],
)
def test_a_base_that_is_no_configuration_is_refused(base: Any, message: str) -> None:
    with refused(message):
        QuantizerConfig({'d.bias': 'int<8>'}).to_hls4ml(base=base)


class Model:
    """What is asked of a Keras model."""

    def get_config(self) -> dict[str, Any]:
        def layer(kind: str, calls: int = 1, **config: Any) -> dict[str, Any]:
            return {'class_name': kind, 'config': config, 'inbound_nodes': [{}] * calls}

        return {
            'layers': [
                {'class_name': 'InputLayer', 'config': {'name': 'inputs'}},
                layer('Dense', name='dense1', activation='relu'),
                layer('Dense', 2, name='shared', activation='tanh'),
                layer('Dense', name='dense2', activation='linear'),
                layer('Dense', name='dense3', activation={'class_name': 'FixedQ'}),
                layer('Dense', name='plain', use_bias=False),
                layer('ZeroPadding1D', name='pad'),
                layer('AveragePooling1D', name='mean'),
                layer('LSTM', name='lstm', activation='tanh'),
                layer('Mine', name='mine'),
                layer('Activation', name='act', activation='relu'),
            ]
        }


def test_the_layers_of_a_model() -> None:
    known = ['inputs', 'dense1', 'dense1_relu', 'shared', 'shared_tanh', 'shared_0', 'shared_tanh_0', 'dense2']
    known += ['dense3', 'plain', 'pad', 'mean', 'lstm', 'mine', 'act']
    results = (f'{name}.result' for name in known if name != 'pad')
    config = QuantizerConfig({'default': 'int<9>', **dict.fromkeys(results, 'int<8>')})
    assert config.to_hls4ml(Model()) == config.to_hls4ml()
    message = f"'model' has no layer 'dense', 'shared_1'; its layers are {', '.join(known)}"
    with pytest.raises(ValueError, match=f'^{re.escape(message)}$'):
        QuantizerConfig({'dense.bias': 'int<8>', 'shared_1.bias': 'int<8>', 'act.result': 'int<8>'}).to_hls4ml(Model())
    for other in (3, 'model.keras', {'layers': []}):
        with refused("'model' must be a Sequential or functional model of Keras: "):
            config.to_hls4ml(other)


PROJECT = """\
Backend: Vivado
KerasModel: !keras_model '/no/such/keras_model.keras'
HLSConfig:
  Model:
    Precision: fixed<16,6>
    ReuseFactor: 1
  LayerName:
    inp: {Trace: false, Precision: {result: auto}}
    dense1:
      Precision: {weight: 'ap_fixed<8,3,AP_RND,AP_SAT,0>', bias: 'ac_fixed<6,2,false>', accum: Auto, result:}
      ReuseFactor: 4
    dense1_relu:
      Precision: ufixed<6, 0>
    dense2: {Strategy: Latency}
    dense3:
  LayerType:
    Dense: {Precision: auto, ReuseFactor: 2}
    Softmax: {Precision: {exp_table: auto}}
"""
READ = {
    'default': FixedQ(16, 6),
    'dense1.weight': FixedQ(8, 3, True, 'RND', 'SAT'),
    'dense1.bias': FixedQ(6, 2, False),
    'dense1_relu.default': FixedQ(6, 0, False),
}


def test_the_file_of_a_project(tmp_path: Path) -> None:
    path = tmp_path / 'hls4ml_config.yml'
    path.write_text(PROJECT)
    for source in (path, str(path), PROJECT, read_yaml(PROJECT), read_yaml(PROJECT)['HLSConfig']):
        config = QuantizerConfig.from_hls4ml(source)
        assert dict(config) == READ
        assert QuantizerConfig.from_hls4ml(config.to_hls4ml()) == config
    for encoding in ('utf-8-sig', 'utf-16'):
        path.write_bytes(PROJECT.replace('\n', '\r').encode(encoding))
        assert dict(QuantizerConfig.from_hls4ml(path)) == READ
    path.write_bytes(b'\x89HDF\r\n\x1a\n')
    with refused(f'{path}: an HDF5 file, where text is wanted; '):
        QuantizerConfig.from_hls4ml(path)
    with pytest.raises(FileNotFoundError, match=r'missing\.yml'):
        QuantizerConfig.from_hls4ml(tmp_path / 'missing.yml')
    with refused("'source' must be a mapping, the path of a YAML file, or YAML text of several lines: 3"):
        QuantizerConfig.from_hls4ml(3)  # type: ignore[arg-type]


def weight(text: str) -> str:
    return f'LayerName:\n  dense1: {{Precision: {{weight: {text}}}}}'


PATH = 'LayerName.dense1.Precision.weight: '
REFUSED = {
    'Model: {\n': "broken YAML: expected the node content, but found '<stream end>' (line 2, column 1)",
    'a: b: c\n': 'broken YAML: mapping values are not allowed here (line 1, column 5)',
    'Model: {}\n---\nModel: {}\n': 'broken YAML: but found another document (line 2, column 1)',
    '\x00\n': 'broken YAML: unacceptable character #x0000',
    '[' * 2000 + '\n': 'broken YAML: nested too deeply',
    "Model: !!python/object/apply:os.system ['exit 3']\n": (
        "broken YAML: could not determine a constructor for the tag 'tag:yaml.org,2002:python/object/apply:os.system'"
    ),
    'Model: !!int ""\n': 'broken YAML: string index out of range',
    'Model: !!bool 3\n': "broken YAML: '3'",
    'Model: !!timestamp 3\n': "broken YAML: 'NoneType' object has no attribute 'groupdict'",
    f'Model: {"1" * 5000}\n': 'broken YAML: Exceeds the limit',
    f'Model: 1{":00" * 200}.5\n': 'broken YAML: int too large to convert to float',
    'Model: {}\nModel: {}\n': 'Model: this key is repeated',
    'Flows: [{a: 1}, {a: 1, a: 2}]\nModel: {}\n': 'Flows.a: this key is repeated',
    'HLSConfig:\n  LayerName:\n    a: {Precision: {weight: int<8>, weight: int<9>}}\n': (
        'HLSConfig.LayerName.a.Precision.weight: this key is repeated'
    ),
    'a: &a {b: 1}\nModel: {<<: *a}\n': 'Model.<<: must not be merged: write its keys out',
    'a: &a {b: 1}\nModel: {c: [{d: 1, ? !!merge x : [*a, *a]}]}\n': 'Model.c.x: must not be merged: write its keys out',
    '\n': 'the configuration: must be a mapping: None',
    '- 1\n': 'the configuration: must be a mapping: [1]',
    '&a [*a, *a]\n': 'the configuration: must be a mapping: [',
    'HLSConfig:\n': 'HLSConfig: must be a mapping: None',
    'HLSConfig: {}\n': 'HLSConfig.LayerName: this key is missing, and so are Model and LayerType',
    'Backend: Vivado\n': 'LayerName: this key is missing, and so are Model and LayerType',
    'Model: 3\n': 'Model: must be a mapping: 3',
    'LayerName: []\n': 'LayerName: must be a mapping: []',
    'LayerName: {dense1: int<8>}\n': "LayerName.dense1: must be a mapping: 'int<8>'",
    'LayerName: {on: {Precision: int<8>}}\n': (
        'LayerName.True.Precision: the name of a layer must be a non-empty string (in quotes, in YAML): True'
    ),
    "LayerName: {'': {Precision: int<8>}}\n": 'LayerName..Precision: the name of a layer must be a non-empty string',
    'LayerName: {dense1: {Precision: {kernel: int<8>}}}\n': (
        "LayerName.dense1.Precision.kernel: hls4ml knows no tensor 'kernel'; "
    ),
    'LayerName: {dense1: {Precision: {1: int<8>}}}\n': 'LayerName.dense1.Precision.1: hls4ml knows no tensor 1; ',
    'LayerName: {a: {Precision: {bias: int<8>}}, A: {Precision: {bias: int<8>}}}\n': (
        "LayerName.A.Precision.bias: hls4ml calls it 'a_bias', and 'a.bias' too: rename one of the layers"
    ),
    'LayerName: {a: {table_t: int<8>}, A: {table_t: int<8>}}\n': (
        "LayerName.A.table_t: hls4ml calls it 'a_table', and 'a.table' too: rename one of the layers"
    ),
    'LayerName: {a: {table_t: int<8>, TableT: int<9>}}\n': (
        "LayerName.a.TableT: 'a.table' has a type already, in another spelling: 'int<9>'"
    ),
    'LayerName: {a: {Precision: {accum: int<8>}, accum_t: int<9>}}\n': (
        "LayerName.a.Precision.accum: 'a.accum' has a type already, in another spelling: 'int<8>'"
    ),
    'LayerName: {a: {weight_t: int<8>}}\n': (
        "LayerName.a.weight_t: hls4ml ignores this key: 'int<8>'; it reads Precision.weight"
    ),
    'LayerName: {a: {tables_t: int<8>}}\n': "LayerName.a.tables_t: hls4ml ignores this key: 'int<8>'",
    'LayerName: {a: {exp_table_t: 8}}\n': 'LayerName.a.exp_table_t: must be a type string: 8',
    'LayerName: {a: {Precision: {exp_table: 8}}}\n': 'LayerName.a.Precision.exp_table: must be a type string: 8',
    'Model: {table_t: int<8>}\n': "Model.table_t: hls4ml ignores this key: 'int<8>'",
    'Model: {Precision: {table: int<8>}}\n': (
        "Model.Precision.table: hls4ml takes the format of 'table' layer by layer: 'layer.table'"
    ),
    'LayerType: {Softmax: {exp_table_t: int<8>}}\n': (
        "LayerType.Softmax.exp_table_t: must be said by layer, under LayerName, or with a model: 'int<8>'"
    ),
    'LayerType:\n  Dense: {Precision: {weight: int<8>}}\n': (
        "LayerType.Dense.Precision.weight: must be said by layer, under LayerName, or with a model: 'int<8>'"
    ),
    'LayerName: {"a\\nb": {Precision: {"\\e": int<8>}}}\n': (
        "LayerName.'a\\nb'.Precision.'\\x1b': hls4ml knows no tensor '\\x1b'; "
    ),
    'LayerName: {"a\\n": {}, "a\\n": {}}\n': "LayerName.'a\\n': this key is repeated",
    weight('8'): f'{PATH}must be a type string: 8',
    weight('[8, 3]'): f'{PATH}must be a type string: [8, 3]',
    weight("'fixed<8>'"): f"{PATH}'fixed<8>': 'fixed' takes 2 to 5 arguments, not 1",
    weight("'fixed<8,3,AC_RND_CONV_ODD>'"): f"{PATH}'fixed<8,3,AC_RND_CONV_ODD>': 'rounding' must be one of RND_CONV, ",
    weight("'ap_float<16,5>'"): f"{PATH}'ap_float<16,5>': must be a fixed-point or integer type; the floats of hls4ml",
    weight('float'): f"{PATH}'float': no known type",
    weight("'ap_fixed<8,3,AP_RND,AP_WRAP_SM>'"): (
        f"{PATH}the dialect 'hls4ml' cannot say 'ap_fixed<8, 3, AP_RND, AP_WRAP_SM>': it has no overflow mode WRAP_SM"
    ),
}


@pytest.mark.parametrize(('text', 'message'), REFUSED.items(), ids=range(len(REFUSED)))
def test_a_refusal_is_one_line_with_the_path_inside_the_file(text: str, message: str, tmp_path: Path) -> None:
    with refused(message) as caught:
        QuantizerConfig.from_hls4ml(text)
    assert '\n' not in str(caught.value)
    assert len(str(caught.value)) < 400
    path = tmp_path / 'config.yml'
    path.write_text(text)
    with refused(f'{path}: {message}'):
        QuantizerConfig.from_hls4ml(path)


def test_the_types_beside_precision_are_read_as_hls4ml_reads_them() -> None:
    text = """\
LayerName:
  softmax:
    Precision: {result: 'fixed<9,1>', exp_table: 'fixed<18,8,RND,SAT,0>', accum: auto}
    exp_table_t: fixed<12,1>
    InvTableT: ufixed<11,2>
    inv_inp_t: auto
    accum_t: ap_fixed<20,9>
    TableSize: 1024
    Trace: false
"""
    assert dict(QuantizerConfig.from_hls4ml(text)) == {
        'softmax.exp_table': FixedQ(12, 1),
        'softmax.inv_table': FixedQ(11, 2, False),
        'softmax.accum': FixedQ(20, 9),
        'softmax.result': FixedQ(9, 1),
    }


def test_what_hls4ml_ignores_in_precision_is_left_out_with_one_warning() -> None:
    tree = {
        'LayerName': {
            'softmax': {
                'Precision': {'exp_table': 'fixed<12,1>', 'inv_table': 'fixed<18,8,RND,SAT,0>', 'result': 'int<8>'}
            },
            'hard': {'Precision': {'slope': 'ufixed<4,0>', 'shift': 'auto', 'table': 'fixed<18,8,TRN,WRAP,0>'}},
        }
    }
    message = (
        "left out, as hls4ml ignores it: LayerName.softmax.Precision.exp_table: 'fixed<12,1>' (it reads "
        "LayerName.softmax.exp_table_t); LayerName.hard.Precision.slope: 'ufixed<4,0>'"
    )
    with pytest.warns(UserWarning, match=f'^{re.escape(message)}$') as caught:
        config = QuantizerConfig.from_hls4ml(tree)
    assert [warning.filename for warning in caught] == [__file__]
    assert dict(config) == {'softmax.result': FixedQ(8, 8)}


@pytest.mark.parametrize(
    ('tensor', 'text'),
    [
        ('exp_table', 'fixed<18,8>'),
        ('inv_table', 'ufixed<8,5,RND_CONV,SAT>'),
        ('inv_inp', 'fixed<18,8>'),
        ('table', 'fixed<18,8,RND,SAT>'),
        ('slope', 'fixed<18,8,RND,SAT>'),
    ],
)
def test_a_type_that_hls4ml_has_for_another_tensor_is_not_left_out_without_a_word(tensor: str, text: str) -> None:
    with pytest.warns(UserWarning, match=f'LayerName.s.Precision.{tensor}: {re.escape(repr(text))}'):
        assert not QuantizerConfig.from_hls4ml({'LayerName': {'s': {'Precision': {tensor: text}}}})


def test_the_configurations_that_hls4ml_makes_are_read_without_a_warning() -> None:
    from hls4ml.backends import get_available_backends, get_backend
    from hls4ml.model.attributes import TypeAttribute
    from hls4ml.model.layers import layer_map

    count = 0
    for backend, (name, kind) in itertools.product(get_available_backends(), layer_map.items()):
        attributes = get_backend(backend).create_layer_class(kind).expected_attributes
        types_of = {a.name: a.default for a in attributes if isinstance(a, TypeAttribute) and a.configurable}
        # as hls4ml.utils.config_from_keras_model
        precision = {key.removesuffix('_t'): str(default or 'auto') for key, default in types_of.items()}
        tree = {'LayerName': {name: {'Precision': precision}}}
        config = QuantizerConfig.from_hls4ml(tree)
        assert config.to_hls4ml(base=tree) == tree
        # the one default that it takes from there
        assert set(config) <= {f'{name}.accum'}
        count += len(precision)
    assert count > 500


def test_a_backend_by_any_case_and_no_other() -> None:
    config = QuantizerConfig({'softmax.inv_inp': 'int<8>'})
    assert config.to_hls4ml(backend='vitis') == config.to_hls4ml(backend='VIVADO') == config.to_hls4ml()
    with refused("specs.softmax.inv_inp: hls4ml's Quartus takes no format of 'inv_inp', of whatever layer"):
        config.to_hls4ml(backend='quartus')
    with refused("'backend' must be one of Vivado, VivadoAccelerator, Vitis, Quartus, Catapult, oneAPI, Libero, "):
        config.to_hls4ml(backend='Vivado HLS')
    with refused("'backend' must be one of "):
        config.to_hls4ml(backend=3)  # type: ignore[arg-type]


def test_what_a_layer_does_not_take_is_refused_by_name() -> None:
    def refusal(name: str, backend: str | None = None) -> str:
        with pytest.raises(ValueError, match=rf'^specs\.{name}: ') as caught:
            QuantizerConfig({name: 'int<8>'}).to_hls4ml(Model(), backend=backend)
        return str(caught.value).partition(': ')[2]

    assert refusal('dense1.table') == (
        "hls4ml takes no format of 'table' of 'dense1' (Dense); of this layer it takes those of weight, bias, accum, "
        'result, default'
    )
    assert refusal('pad.result') == (
        "hls4ml takes no format of 'result' of 'pad' (ZeroPadding1D), which has that of its input"
    )
    assert refusal('shared_tanh_0.weight').startswith(
        "hls4ml takes no format of 'weight' of 'shared_tanh_0' (Activation)"
    )
    assert refusal('mean.accum', 'catapult').startswith(
        "hls4ml's Catapult takes no format of 'accum' of 'mean' (Average"
    )
    assert refusal('mean.accum', 'libero').endswith("'mean' (AveragePooling1D): it has no such layer")
    assert refusal('plain.bias').endswith(
        "'plain' (Dense); of this layer it takes those of weight, accum, result, default"
    )
    # of a layer that is not hls4ml's own, nothing is known
    every = QuantizerConfig({f'mine.{tensor}': 'int<8>' for tensor in TENSORS})
    assert every.to_hls4ml(Model()) == every.to_hls4ml()


def test_a_part_that_says_nothing_has_no_specs() -> None:
    for part in ('Model', 'LayerName', 'LayerType'):
        assert not QuantizerConfig.from_hls4ml(f'{part}:\n')
        assert not QuantizerConfig.from_hls4ml({part: {}})


def test_formats_of_a_type_are_those_of_its_layers_by_the_model() -> None:
    tree = {
        'LayerName': {
            'dense1': {'Precision': {'weight': 'int<8>', 'bias': 'auto', 'result': None}},
            'Dense2': {'Precision': 'int<9>'},
            'dense3': {'Precision': 'auto'},
            'act': {'Precision': {'table': 'fixed<18,8>'}},
            True: {'ReuseFactor': 1},
        },
        'LayerType': {
            'dense': {'Precision': {'weight': 'int<3>', 'bias': 'int<4>', 'default': 'int<5>'}, 'ReuseFactor': 4},
            'Activation': {'Precision': {'result': 'int<6>'}, 'table_t': 'int<7>'},
            'Pooling1D': {'Precision': 'int<10>'},
            'Input': {'Precision': 'int<11>'},
            'Mine': {'Precision': {'weight': 'int<12>'}},
            'ZeroPadding1D': {'Precision': 'int<13>'},
        },
    }
    dense = {'weight': 'int<3>', 'bias': 'int<4>', 'default': 'int<5>'}
    relus = ('dense1_relu', 'shared_tanh', 'shared_tanh_0', 'act')
    expected = {
        'dense1.weight': 'int<8>',
        'Dense2.default': 'int<9>',
        'dense1.default': 'int<5>',
        **{f'{layer}.{tensor}': text for tensor, text in dense.items() for layer in ('shared', 'shared_0')},
        'plain.weight': 'int<3>',
        'plain.default': 'int<5>',
        **{f'{layer}.table': 'int<7>' for layer in relus},
        **{f'{layer}.result': 'int<6>' for layer in relus},
        'mean.default': 'int<10>',
        'inputs.default': 'int<11>',
        'mine.weight': 'int<12>',
    }
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        assert QuantizerConfig.from_hls4ml(tree, Model()) == QuantizerConfig(expected)
    assert QuantizerConfig.from_hls4ml({'HLSConfig': tree}, Model()) == QuantizerConfig(expected)
    with refused('LayerType.dense.Precision.weight: must be said by layer, under LayerName, or with a model'):
        QuantizerConfig.from_hls4ml(tree)
    for of_type, message in (
        ({'Dense': {'Precision': {'kernel': 'int<8>'}}}, "LayerType.Dense.Precision.kernel: hls4ml knows no tensor '"),
        ({'Dense': {'weight_t': 'int<8>'}}, 'LayerType.Dense.weight_t: hls4ml ignores this key'),
        ({'Dense': {'Precision': 'int<x>'}}, "LayerType.Dense.Precision: 'int<x>': 'width' must be"),
        ({'Dense': 'int<8>'}, "LayerType.Dense: must be a mapping: 'int<8>'"),
    ):
        with refused(message):
            QuantizerConfig.from_hls4ml({'LayerType': of_type}, Model())
    with refused("'model' must be a Sequential or functional model of Keras: 3"):
        QuantizerConfig.from_hls4ml({'LayerType': {'Dense': {'Precision': 'int<8>'}}}, 3)  # type: ignore[arg-type]


@pytest.mark.parametrize('kind', ['Dens', 'MaxPooling1D', 'InputLayer'])
def test_a_type_of_no_layer_is_left_out_with_a_warning(kind: str) -> None:
    message = (
        f"left out, as hls4ml ignores it: LayerType.{kind}.Precision: 'int<8>' (of layers the model has Input, Dense"
    )
    with pytest.warns(UserWarning, match=f'^{re.escape(message)}') as caught:
        assert not QuantizerConfig.from_hls4ml({'LayerType': {kind: {'Precision': 'int<8>'}}}, Model())
    assert [warning.filename for warning in caught] == [__file__]


PIECES = r"""!!int !!float !!bool !!timestamp !!binary !!omap !!merge !keras_model !x <<: &a *a ? : - { } [ ] , "" 1 0x
1:00 2001-99-99 | > --- ... a b""".split()


@given(st.lists(st.sampled_from([*PIECES, '\n', '\x07']), max_size=8).map(' '.join))
def test_whatever_the_text_only_value_errors_come(text: str) -> None:
    with suppress(ValueError):
        read_yaml(text)


def test_an_alias_may_stand_twice_and_inside_itself() -> None:
    text = 'Model: &m {Precision: &p {default: int<8>}, Self: *m}\nLayerName: {a: {Precision: *p}}\n'
    assert dict(QuantizerConfig.from_hls4ml(text)) == {'default': FixedQ(8, 8), 'a.default': FixedQ(8, 8)}


def test_no_model_is_loaded_whatever_hls4ml_has_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(loader: Any, node: Any) -> None:
        raise AssertionError('a model was loaded')

    monkeypatch.setattr(
        yaml.SafeLoader, 'yaml_constructors', yaml.SafeLoader.yaml_constructors | {'!keras_model': load}
    )
    with pytest.raises(AssertionError, match='a model was loaded'):
        yaml.safe_load(PROJECT)
    assert dict(QuantizerConfig.from_hls4ml(PROJECT)) == READ


def test_without_pyyaml_a_dictionary_is_read_and_a_file_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, 'yaml', None)
    assert dict(QuantizerConfig.from_hls4ml({'Model': {'Precision': 'int<8>'}})) == {'default': FixedQ(8, 8)}
    with pytest.raises(ImportError, match=r"PyYAML: pip install 'quantizers\[hls4ml\]'$"):
        QuantizerConfig.from_hls4ml(PROJECT)


def test_neither_pyyaml_nor_hls4ml_is_imported_for_a_dictionary() -> None:
    code = (
        'import sys; from quantizers import QuantizerConfig as Config; '
        'Config.from_hls4ml(Config({"a.weight": "int<8>"}).to_hls4ml()); '
        'assert not {"yaml", "hls4ml", "keras"} & set(sys.modules)'
    )
    subprocess.run([sys.executable, '-c', code], check=True)


def test_hls4ml_itself_reads_each_export_to_the_same_numbers() -> None:
    from hls4ml.backends import FPGABackend

    count = 0
    integers = (-3, 0, 3, 8, 12)
    for width, integer, signed in itertools.product((2, 8, 65), integers, (True, False)):
        for rounding, overflow in itertools.product(OF_AP_FIXED, OVERFLOWS):
            for bits in (0, 1) if overflow == 'WRAP' else (0,):
                spec = FixedQ(width, integer, signed, rounding, overflow, bits)
                tree = QuantizerConfig({'dense1.weight': spec}).to_hls4ml()
                text = tree['LayerName']['dense1']['Precision']['weight']
                read = FPGABackend.convert_precision_string(text)
                assert (read.width, read.integer, read.signed) == (width, integer, signed)
                modes = read.rounding_mode.name, read.saturation_mode.name, read.saturation_bits
                assert modes == (rounding, overflow, bits)
                # and its own spelling comes back
                again = QuantizerConfig.from_hls4ml({'LayerName': {'dense1': {'Precision': str(read)}}})
                assert again['dense1.default'] == spec
                count += 1
    print(f'{count} formats read by hls4ml')
    assert count == 3 * 5 * 2 * 7 * 5


@given(sayable)
def test_hls4ml_reads_any_width(spec: FixedQ) -> None:
    from hls4ml.backends import FPGABackend

    read = FPGABackend.convert_precision_string(convert(spec, 'hls4ml'))
    assert (read.width, read.integer, read.signed) == (spec.width, spec.integer, spec.signed)
    modes = read.rounding_mode.name, read.saturation_mode.name, read.saturation_bits
    assert modes == (spec.rounding, spec.overflow, spec.saturation_bits)


@given(st.dictionaries(names, sayable, min_size=1, max_size=6), st.data())
@settings(deadline=None)  # the first call imports hls4ml's layers
def test_hls4ml_finds_each_format_in_its_place(named: dict[str, FixedQ], data: st.DataObject) -> None:
    from hls4ml.model.graph import HLSConfig

    config = HLSConfig({'Backend': 'Vivado', 'HLSConfig': QuantizerConfig(named).to_hls4ml()})
    name = data.draw(st.sampled_from(list(named)))
    layer, dot, tensor = name.rpartition('.')
    if tensor == 'maximum':
        assert config.model_precision['maximum'] == convert(named[name], 'hls4ml')
        return
    # a layer of another name stands for all that have no format of their own
    node = types.SimpleNamespace(name=layer if dot else '_', class_name='Dense')
    if tensor in KEYS:
        found = config.backend.convert_precision_string(config.get_layer_config(node)[f'{tensor}_t'])
    else:
        found, _ = config.get_precision(node, tensor)
    expected = named[name]
    assert (found.width, found.integer, found.signed) == (expected.width, expected.integer, expected.signed)
    assert (found.rounding_mode.name, found.saturation_mode.name) == (expected.rounding, expected.overflow)


def test_the_tensors_are_those_of_hls4ml() -> None:
    from hls4ml.backends import get_available_backends, get_backend
    from hls4ml.model.attributes import TypeAttribute
    from hls4ml.model.layers import layer_map

    known = {
        attribute.name.removesuffix('_t')
        for backend, layer in itertools.product(get_available_backends(), layer_map.values())
        for attribute in get_backend(backend).create_layer_class(layer).expected_attributes
        if isinstance(attribute, TypeAttribute) and attribute.configurable
    }
    assert len(known) > 20
    assert set(IGNORED) - {'expr'} <= known <= {*TENSORS, *IGNORED}
    # looked up by name: in GarNet, in the halves of a convolution, and for the gates of an LSTM
    by_name = {name for name in TENSORS if re.fullmatch('.*_[ifco]|pointwise_result', name)}
    assert set(TENSORS) - known == {'default', 'edge_weight', 'edge_weight_aggr', 'aggr', 'norm', *by_name}
