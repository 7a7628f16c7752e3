"""A user's code, which mypy strict accepts."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray
from typing_extensions import assert_type

from quantizers import (
    AffineQ,
    BinaryQ,
    BlockQ,
    DiffReport,
    FixedArray,
    FixedQ,
    FloatQ,
    MinifloatQ,
    Overflow,
    PerChannel,
    QuantizerConfig,
    Rounding,
    Spec,
    TernaryQ,
    binary_quantize,
    choose,
    convert,
    diff,
    get_fixed_quantizer,
    get_fixed_quantizer_np,
    parse_type,
    plot_data,
    plot_history,
    plot_report,
    plot_values,
    qonnx,
    result_type,
)
from quantizers.modes import canonical_overflow, canonical_rounding

weight = FixedQ(8, 3, True, 'RND', 'SAT')
index = FixedQ(width=8, integer=8, signed=False, overflow='WRAP', saturation_bits=2)
fp4 = MinifloatQ(1, 2, 1)
by_mode: list[FixedQ] = [
    FixedQ(8, 3, True, 'AP_RND_CONV', 'AP_SAT_SYM'),
    FixedQ(8, 3, True, Rounding.S_RND, Overflow.WRAP_SM),
    FixedQ(8, 3, True, weight.rounding, weight.overflow),
    FixedQ.from_kif(1, 2, 5, *(weight.modes[:2])),
    FixedQ(8, 3, True, canonical_rounding('Ap_rnd'), canonical_overflow('sat')),
]
specs: list[Spec] = [weight, index, fp4, BinaryQ(), TernaryQ(), FixedQ.from_kif(1, 2, 5)]
eps: int | Fraction = weight.eps
bits: int = sum(spec.bits for spec in specs)
by_type: dict[Spec, str] = {spec: spec.cpp_type for spec in specs}
quantized = weight(np.linspace(-5, 5, 11, dtype=np.float32), out=None)
codes: np.ndarray[tuple[int, ...], np.dtype[np.generic]] = weight.encode(quantized)
text: str = convert(parse_type('ap_ufixed<8, 3, AP_RND, AP_SAT>'), 'ac')
product: FixedQ = weight * index - -weight
accumulators: list[FixedQ] = [
    result_type.sum_of(product, 64),
    result_type.divide(weight, index) / weight,
    result_type.dot(weight, [0.5, -1], bias=3),
    result_type.dot([weight, index], np.ones((2, 3), np.float32), np.zeros(3)),
    result_type.add(weight, index) + result_type.negate(index),
]
values = FixedArray.of([0.5, -0.1], weight)
assert_type((1 - values * 2 + np.ones(2)) / values, FixedArray)
assert_type(-values @ [Fraction(1, 2), Fraction(1)] << 2, FixedArray)
assert_type(values[1:].reshape(-1).cast(index).sum(axis=0), FixedArray)
assert_type(values < 0.5, NDArray[np.bool_])
values[0] += 1
values[..., None].T[0, :1] = Fraction(1, 2)
report: DiffReport = diff(weight, 'ap_fixed<8, 3>', [0.1, 3.99])
why: tuple[str, ...] = report.causes
node: qonnx.Node = fp4.to_qonnx()
read: FixedQ | MinifloatQ = qonnx.from_qonnx(*node)
scale: float = node.inputs['scale']
config = QuantizerConfig(specs={'weight': weight})
from_config: Spec | PerChannel | BlockQ = config['weight']
chosen: QuantizerConfig = choose({'weight': np.ones(3)}, sqnr=30).config()
widths: list[int] = [spec.width for spec in choose(iter([np.ones(3)]), width=8, axis=0).specs]
reason: str = choose('weights.npz', max_error=0.1)['weight'].reason

figures: list[Figure] = [
    weight.plot(),
    fp4.plot(Figure().subplots(2), xlim=(-1, 1)),
    plot_values(*specs),
    plot_data(np.ones(3, np.float32), weight, ax=Figure().add_subplot()),
    plot_report(config, {'weight': np.ones(3)}),
    plot_history({'bits': [3, 2], 'loss': [0.5, 0.1]}),
]


def accuracy(specs: Mapping[str, Spec]) -> float:
    """Of a network whose weights are quantized by `specs`."""
    return float(np.mean([spec.bits for spec in specs.values()]))


by_score: int | None = choose({'w': np.ones(3)}, score=accuracy, max_loss=0.005, elements={'w': 3}).bits


def width(spec: Spec) -> int:
    """The width of each member of the union; mypy knows that there are no others."""
    if isinstance(spec, FixedQ):
        return spec.width
    if isinstance(spec, MinifloatQ):
        return 1 + spec.exponent_bits + spec.mantissa_bits
    if isinstance(spec, FloatQ):
        return spec.signed + spec.exponent_bits + spec.mantissa_bits
    if isinstance(spec, BinaryQ):
        return 1
    if isinstance(spec, AffineQ):
        return spec.bits
    return spec.f + 2


def arrays(x: NDArray[np.float32], n: NDArray[np.int64], given: ArrayLike, t: torch.Tensor) -> None:
    """The result is of the library, and where the dtype stays of the dtype, of what is quantized."""
    per_channel, functional = PerChannel(0, (weight,)), get_fixed_quantizer('RND', 'SAT')
    assert_type(weight(x, out=x, threads=None), NDArray[np.float32])
    assert_type(by_type.popitem()[0](x), NDArray[np.float32])
    assert_type(per_channel(x, training=False), NDArray[np.float32])
    for result in (weight(n), weight([0.5, 1]), weight(0.5), per_channel([0.5]), get_fixed_quantizer_np()(x, 1, 2, 5)):
        assert_type(result, NDArray[Any])
    weight(given).sum()
    assert_type(weight(t, training=True, seed_gen=1), torch.Tensor)
    assert_type(fp4(torch.nn.Parameter(t)), torch.Tensor)
    assert_type(per_channel(t), torch.Tensor)
    assert_type(functional(t, 1, 2, f=t), torch.Tensor)
    assert_type(functional.round(t, 2), torch.Tensor)
    assert_type(binary_quantize(t), torch.Tensor)
