"""Which formats hls4ml 1.3.0 takes, of which layers and for which backends, and where its configuration says them.

A format counts as taken where the network that hls4ml makes has it: in a weight, in a result, or in the layer's struct
of C++. That an attribute of the layer holds it is not enough: hls4ml keeps any key there, and most are used nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import NamedTuple

VIVADO = ('Vivado', 'VivadoAccelerator', 'Vitis')
USUAL = (*VIVADO, 'Quartus', 'Catapult', 'oneAPI')
ALL = (*USUAL, 'Libero')
BACKENDS = (*ALL, 'SymbolicExpression')

# hls4ml reads these beside `Precision`, and there not
KEYS: Mapping[str, str] = MappingProxyType(
    {name: f'{name}_t' for name in ('table', 'exp_table', 'inv_table', 'inv_inp')}
)
# hls4ml itself writes these into the `Precision` of its configurations, and uses them nowhere
IGNORED = ('slope', 'shift', 'dw_output', 'expr')
# of both kinds the types that it writes there, and has whatever stands there; for `table` the second one, of a
# LayerNormalization
ANYWAY: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        'table': ('fixed<18,8>', 'ufixed<8,5,RND_CONV,SAT>'),
        **dict.fromkeys(('exp_table', 'inv_table', 'inv_inp'), ('fixed<18,8,RND,SAT>',)),
        **dict.fromkeys(IGNORED, ('fixed<18,8>',)),
    }
)
DIRECTIONS = ('forward', 'backward')  # of a Bidirectional, before the names of its tensors

_RECURRENT = ('weight', 'recurrent_weight', 'bias', 'recurrent_bias')
_GATES = tuple(f'{name}_{gate}' for name in _RECURRENT[:3] for gate in 'ifco')
_BOTH_WAYS = ' '.join(f'{way}_{name}' for way in DIRECTIONS for name in _RECURRENT)
_WEIGHTS = 'weight bias accum result'


class _Row(NamedTuple):
    """Layers of Keras, or activation functions; their tensors; the backends that have them; what only some take."""

    kinds: str
    tensors: str
    backends: tuple[str, ...] = USUAL
    only: Mapping[str, tuple[str, ...]] = MappingProxyType({})


_ROWS = (
    _Row('Dense', _WEIGHTS, ALL),
    _Row('Conv1D Conv2D', _WEIGHTS),
    _Row('DepthwiseConv1D DepthwiseConv2D', _WEIGHTS, (*VIVADO, 'Catapult', 'oneAPI')),
    _Row(
        'SeparableConv1D SeparableConv2D',
        'depthwise depthwise_accum depthwise_result pointwise pointwise_accum pointwise_result bias accum result',
        (*VIVADO, 'Catapult', 'oneAPI'),
    ),
    _Row('EinsumDense', _WEIGHTS, (*VIVADO, 'oneAPI')),
    _Row('BatchNormalization', 'scale bias result', ALL),
    _Row('LayerNormalization', 'scale bias accum table result', VIVADO),
    _Row('Embedding', 'embeddings result', ALL),
    _Row(
        'MaxPooling1D MaxPooling2D AveragePooling1D AveragePooling2D '
        'GlobalMaxPooling1D GlobalMaxPooling2D GlobalAveragePooling1D GlobalAveragePooling2D',
        'accum result',
        only={'accum': tuple(name for name in USUAL if name != 'Catapult')},  # which widens it
    ),
    _Row('SimpleRNN', 'weight recurrent_weight bias accum table result', ('Quartus', 'oneAPI')),
    _Row(
        'LSTM',
        f'{" ".join((*_RECURRENT, *_GATES))} accum table result',
        (*VIVADO, 'Quartus', 'oneAPI'),
        # Quartus and oneAPI cut the weights into those of the gates
        {
            **dict.fromkeys(_RECURRENT, VIVADO),
            **dict.fromkeys(('weight', 'bias'), (*VIVADO, 'Quartus')),
            **dict.fromkeys(_GATES, ('Quartus', 'oneAPI')),
        },
    ),
    _Row('GRU', f'{" ".join(_RECURRENT)} accum table result', (*VIVADO, 'Quartus', 'oneAPI')),
    _Row('Bidirectional', f'{_BOTH_WAYS} accum table result', VIVADO),
    _Row(
        'softmax Softmax',
        'exp_table inv_table inv_inp accum result',
        only={'inv_inp': VIVADO, 'accum': VIVADO},
    ),
    _Row('elu ELU leaky_relu LeakyReLU PReLU ReLU', 'param table result'),
    _Row('hard_sigmoid', 'result'),
    _Row('Activation', 'table result', ALL),
    _Row('Add Subtract Multiply Average Maximum Minimum Concatenate', 'result'),
    _Row('Dot', 'accum result'),
    _Row(
        'InputLayer linear Dropout AlphaDropout GaussianDropout SpatialDropout1D SpatialDropout2D SpatialDropout3D',
        'result',
        ALL,
    ),
    # these have the format of their input
    _Row(
        'Reshape Flatten Permute ZeroPadding1D ZeroPadding2D Cropping1D Cropping2D UpSampling1D UpSampling2D',
        '',
    ),
    _Row('GarNet GarNetStack', 'edge_weight edge_weight_aggr aggr norm', (*VIVADO, 'Catapult')),
    _Row('SymbolicExpression', 'result', ('SymbolicExpression',)),
)
_TAKEN: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    kind: {tensor: row.only.get(tensor, row.backends) for tensor in row.tensors.split()}
    for row in _ROWS
    for kind in row.kinds.split()
}
TENSORS = ('default', *dict.fromkeys(tensor for taken in _TAKEN.values() for tensor in taken))
# a convolution in two parts takes the model's `weight`, `accum` and `result` for both
OF_THE_MODEL = (
    *(name for name in TENSORS if name not in KEYS and name.partition('_')[0] not in ('depthwise', 'pointwise')),
    'maximum',
)


class Layer(NamedTuple):
    """A layer of hls4ml: what it comes from, and the tensors whose formats are taken; None where that is not known."""

    kind: str
    tensors: tuple[str, ...] | None


def takes_no_format(kind: str) -> bool:
    """Whether a layer of Keras has the format of its input, whatever is said."""
    return kind in _TAKEN and not _TAKEN[kind]


@cache
def of_any_layer(backend: str | None) -> tuple[str, ...]:
    """The tensors that some layer has whose format the backend takes; None stands for all backends together."""
    taken = {tensor for kind in _TAKEN for tensor in _tensors(kind, backend)}
    return tuple(tensor for tensor in TENSORS if tensor in taken)


def layer_of(kind: str, backend: str | None, *, without: str | None = None) -> Layer:
    """A layer of Keras, or an activation function; `without` a tensor that this one has not."""
    return Layer(kind, tuple(t for t in _tensors(kind, backend) if t != without) if kind in _TAKEN else None)


def kind_of_function(function: object) -> str:
    """What a layer is that hls4ml makes of an activation function."""
    return function if isinstance(function, str) and function in _TAKEN else 'Activation'


def _tensors(kind: str, backend: str | None) -> tuple[str, ...]:
    taken = [tensor for tensor, backends in _TAKEN[kind].items() if backend is None or backend in backends]
    # `default` stands for those in `Precision`
    return (*taken, *(['default'] if set(taken) - set(KEYS) else []))
