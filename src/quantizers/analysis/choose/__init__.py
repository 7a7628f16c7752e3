"""The narrowest formats for given numbers."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...backends.subnormals import keeps_subnormals
from ...formats import Spec
from ...network.keras_files import is_model, load_model
from ...network.onnx_files import is_onnx
from ...network.samples import read_samples
from ..streams import Piece, is_array, pieces, whole_arrays, with_bars
from ._blocks import in_blocks
from ._float_families import Blocks
from ._goal import Goal
from ._kinds import KINDS as KINDS
from ._kinds import Kind as Kind
from ._measure import DB_PER_BIT, MoreBitsError
from ._result import Candidate as Candidate
from ._result import Choice as Choice
from ._result import Choices as Choices
from ._score import Narrowing
from ._search import Search
from ._tensors import read

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ...formats.specials import SpecialsName
    from ...modes import OverflowMode, RoundingMode

_ENOUGH = 14  # bits, where the bound does not say how many
_BEYOND = 6  # bits for the peak of numbers above their mean, the sign, and a bit more for comparison


@keeps_subnormals
def choose(
    x: ArrayLike | Mapping[str, ArrayLike] | Iterable[Any] | str | PathLike[str],
    inputs: Any = None,
    *,
    width: int | None = None,
    sqnr: float | None = None,
    max_error: float | None = None,
    saturated: float | None = None,
    score: Callable[[Mapping[str, Spec]], float] | None = None,
    max_loss: float | None = None,
    elements: Mapping[str, int] | None = None,
    axis: int | None = None,
    kind: Kind = 'fixed',
    specials: SpecialsName | None = None,
    block_size: int | None = None,
    block_axis: int | None = None,
    rounding: RoundingMode | None = None,
    overflow: OverflowMode = 'SAT',
    max_width: int = 32,
    max_size: int | None = None,
    progress: bool = False,
) -> Choices:
    """The narrowest format for numbers, or the best one of a width, for each tensor or channel.

    With `q` the quantized `x`, the SQNR is `10 log10(sum x^2 / sum (x - q)^2)` in dB, signal power over error power;
    inf where there is no error. A number is saturated where its rounded value is out of the format's range.

    Of all widths the least is taken at which a format meets all bounds, and of its formats that meet them, whatever
    their integer bits, the one of the highest SQNR, that is of the least mean square error; then that with the fewest
    saturated numbers, then that with the finest step. No narrower format meets the bounds. A format is signed where a
    number of the tensor, or of the channel, is negative. Zeros take no range: where all numbers are zero, the format
    has 0 integer bits.

    That is fixed point. By `kind` it may also be, of a width, the split into exponent and mantissa that is best so:

    - `float`: a `FloatQ` with a sign and up to 12 exponent bits, by all biases. Of equals it has the fewest exponent
      bits, then the usual bias, `2^(e-1) - 1`, or else the finest step.
    - `minifloat`: a `MinifloatQ`, likewise; the usual `exponent_zero` is 0.
    - `block`: a `BlockQ` with OCP's scales, `E8M0FNU` by the rule `floor`, of which `width` and `max_width` count an
      element's bits. Elements are a `FloatQ` of the usual bias, or, where it has no special codes, a `FixedQ` with one
      integer bit beside its sign, as in MXINT8.

    Their numbers out of range saturate.

    With `score`, a measure of your own such as the accuracy of a network, formats of few bits in all are found whose
    score is at least `score({}) - max_loss` in float64. Bits are elements times width, summed over tensors, and of each
    width a tensor has its best format, as above. The search begins at the least width that keeps the score where all
    tensors have it, and takes one bit from one tensor at a time: of the tensors that can lose one and keep the score
    from that of the most elements, of equals from that of the highest score then, and then from the first. It ends
    where no tensor can lose another bit alone; fewer bits in all may be possible, with more for some tensors. Each
    combination of widths is scored once, and the result once more. Formats chosen so fit the data of the score: say
    how good they are by other data.

    The numbers are read in pieces, once; an array or a file twice where a bound asks for many bits. Memory grows with
    the binades they lie in, with channels and with `max_width`, not with how many they are: how all formats round and
    saturate them is summed up for each binade while they pass. The sums are those of float64, so that an SQNR has a
    relative error of about 1e-13; counts are exact.

    Args:
        x: an array; a mapping from names to arrays, as a `state_dict` of PyTorch is; an iterable of batches, each an
            array or a mapping; the path of an `.npz`, `.safetensors` or `.npy` file, or of text, numbers between commas
            or white space; or a Keras model, or its file, `.keras` or `.h5`, each of whose float weights is measured
            once, by hls4ml's name
            (`dense1.weight`, `lstm.forward_weight` of a Bidirectional; `scale` and `bias` are all of a
            BatchNormalization), or, where a layer has several of a name, with the path of layers inside it
            (`mha/query.weight`); or the file of a model of ONNX, `.onnx`, with the names of a `Network`.
        inputs: for a model, sample inputs: an array, a mapping for several inputs, or an iterable of batches of either;
            for a model's file also the path of an `.npz`, `.npy` or text file.
            The result of each layer is then a tensor, too (`dense1.result`), and each input by the name of its layer;
            but not those that have the format of their input in hls4ml, as `Flatten`, `ZeroPadding2D` and their like.
            See `QuantizerConfig.to_hls4ml`.
        width: the width in bits, 1 to 512, in place of the bounds `sqnr` and `max_error`, and of `score`.
        sqnr: the least SQNR in dB; `math.inf` asks for no error.
        max_error: the largest error, `max |x - q|`, in the unit of `x`.
        saturated: the largest share of saturated numbers, from 0 to 1; 0 is a format that never overflows, whose
            integer bits follow from the range. It goes with `width`, `score` or bounds.
        score: a function of a mapping from names, those of the result, to formats; the higher its number the better.
            The mapping is read-only and new each time. A tensor without a format stays as it is: the mapping is empty,
            or has all names. Formats meet the bounds given beside it, too. What the function raises passes through.
        max_loss: how much of the score may be lost, at least 0, in its own unit.
        elements: with `score`, how many elements of a tensor count, by its name, such as one sample's for activations;
            otherwise all that were read do, and of the results of a model those of one sample.
        axis: the axis of each tensor whose indices are channels, with a format each; None: a format a tensor. With
            `score` the channels of a tensor have one width.
        kind: fixed, float, minifloat or block.
        specials: of floats, and of the elements of blocks, the codes that are Inf and NaN; see `FloatQ`. P3109's of
            one bit of precision are not tried.
        block_size: the numbers of a block; None: 32.
        block_axis: the axis of each tensor along which blocks lie; None: the last. The last block may have fewer
            numbers. A file's tensor is then in memory as a whole, and of batches each begins a block.
        rounding: the rounding mode; a stochastic one is measured as at inference. None: RND, and RND_CONV of floats and
            blocks, which is minifloats' only one.
        overflow: SAT or SAT_SYM; or WRAP or SAT_ZERO, which go with formats that never overflow alone. Of floats and
            blocks SAT.
        max_width: the widest format that is tried with bounds or with `score`; 1 to 512.
        max_size: how many bytes the arrays of a file may have in all; None: 100 times as many as the file has. A small
            archive may hold zeros without end.
        progress: whether a bar on stderr shows how much was read; it needs rich: `pip install 'quantizers[cli]'`.

    Raises:
        ValueError: a goal that no format meets (with what is reached), a width that no format of the kind has, goals
            that do not go together, no numbers, NaN
            or Inf (with their number and the first place), integers beyond 2^53, an axis that is not there
            or is no integer; a score that is no number, or that is below the bound when it is asked again; a model
            with a weight that hls4ml has no name for, two of one name, or a `LearnedFixed`, whose format is learned.
        TypeError: `x` is no real number, or has a mask.
        OSError: the file cannot be read.
        ImportError: a `.safetensors` file without safetensors (`pip install 'quantizers[safetensors]'`).

    >>> import numpy as np
    >>> choices = choose([0.3, -1.2, 0.7], sqnr=30)
    >>> choices.spec.cpp_type, choices['x'].reason
    ('ap_fixed<6, 2, AP_RND, AP_SAT>', 'the narrowest with SQNR >= 30 dB: 5 bits reach 24.3 dB')
    >>> def score(specs):  # that of a network is its accuracy
    ...     w, b = (specs[name](value) if name in specs else value for name, value in tensors.items())
    ...     return -abs(float(w @ w + b) - 1.75)
    >>> tensors = {'w': np.array([0.3, -1.2]), 'b': np.array(0.22)}
    >>> choices = choose(tensors, score=score, max_loss=0.1)
    >>> choices['w'].reason
    '4 bits keep the score at -0.09375: with 3 bits it is -0.46875, below the bound -0.1'
    >>> [spec.cpp_type for spec in choices.specs], choices.bits
    (['ap_fixed<4, 2, AP_RND, AP_SAT>', 'ap_ufixed<3, -2, AP_RND, AP_SAT>'], 11)
    >>> choose([0.3, -1.2, 0.7, 96], width=6, kind='float').spec
    FloatQ(3, 2, 1)
    """
    goal = Goal(
        width=width,
        sqnr=sqnr,
        max_error=max_error,
        saturated=saturated,
        rounding=rounding,
        overflow=overflow,
        max_width=max_width,
        score=score,
        max_loss=max_loss,
        elements=elements,
        axis=axis,
        kind=kind,
        specials=specials,
        block_size=block_size,
        block_axis=block_axis,
    )
    x, inputs = _loaded(x, inputs, max_size)
    for bits in _bits_kept(x, goal):
        source = _pieces(x, inputs, goal, max_size)
        tensors = read(with_bars(source, whole=_is_whole(x)) if progress else source, goal, bits)
        searches = [Search(name, parts, goal) for name, (parts, _) in tensors.items()]
        if score is not None:
            sizes = {name: size for name, (_, size) in tensors.items()} | _sizes_of_results(x, inputs)
            return Narrowing(goal, searches, sizes).choices()
        with suppress(MoreBitsError):
            return Choices({name: one for search in searches for name, one in search.choices().items()}, axis=axis)
    raise AssertionError('the last one has all bits')


def _bits_kept(x: object, goal: Goal) -> list[int]:
    """How many bits to sum up: those that the bound will ask for, and then all, where numbers can be read again."""
    if goal.width is not None or goal.score is not None or not _is_whole(x):
        return [goal.widest]
    enough = _ENOUGH if goal.sqnr is None else max(goal.sqnr, 0) / DB_PER_BIT + _BEYOND
    return [math.ceil(enough), goal.widest] if enough < goal.widest else [goal.widest]


def _is_whole(x: object) -> bool:
    """Whether each tensor is there as a whole, and can be read again."""
    return isinstance(x, str | PathLike | Mapping) or is_array(x)


def _loaded(x: Any, inputs: Any, max_size: int | None) -> tuple[Any, Any]:
    """What is in the file of a model, and in that of its samples."""
    if isinstance(x, str | PathLike) and is_onnx(Path(x)):
        from ...network.onnx_results import tensors

        return tensors(Path(x), inputs, max_size), None
    if not isinstance(x, str | PathLike) or not is_model(Path(x)):
        return x, inputs
    model = load_model(Path(x))
    if isinstance(inputs, str | PathLike):
        from ...network.keras_results import input_shapes

        inputs = read_samples(Path(inputs), input_shapes(model), max_size)
    return model, inputs


def _pieces(x: Any, inputs: Any, goal: Goal, max_size: int | None) -> Iterator[Piece]:
    keras = sys.modules.get('keras')  # there is no model without it
    model = getattr(keras, 'Model', None)
    if model is not None and isinstance(x, model):
        from ._keras import tensors

        x, inputs = tensors(x, inputs), None
    if inputs is not None:
        raise ValueError(f"'inputs' must go with a Keras model as 'x': {type(x).__name__}")
    if isinstance(goal.family, Blocks):
        return in_blocks(whole_arrays(x, max_size), goal.family.size, goal.family.axis)
    return pieces(x, goal.axis, max_size)


def _sizes_of_results(x: Any, inputs: Any) -> dict[str, int | None]:
    """How many elements the result of each layer of a model has for one sample; None where inputs decide that."""
    if inputs is None:
        return {}
    from ._keras import sizes_of_results

    return sizes_of_results(x)
