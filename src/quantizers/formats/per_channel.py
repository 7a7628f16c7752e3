"""Formats per channel, and tensors that have them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Union, overload

import numpy as np

from .._checks.capabilities import Capability, require
from .._checks.fields import FieldError, Integer, check_fields, checked
from .._maths.floats import times_power
from .._maths.result_type import smallest
from .._maths.view import once
from ..backends import backend_for
from ..backends.numpy.backend import backend as numpy_backend
from ..backends.numpy.inputs import as_real_array
from . import BlockQ, FixedQ, Quantizer, Spec
from .quantizer import spec_of

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray
    from typing_extensions import Self, Unpack

    from ..backends.hints import Array, Float, OnHost, Shape, Tensor, Training

MAX_AXES = 64  # of an array of NumPy


@checked
@dataclass(frozen=True)
class PerChannel:
    """The formats of the channels of a tensor, which are the indices of one of its axes.

    Two are equal where their axes and formats are.

    Args:
        axis: the axis, -64 to 63; as in NumPy a negative one counts from the last, and stays as it is given.
        specs: the format of each index of the axis, of any kinds.

    Raises FieldError for anything else.

    >>> per_channel = PerChannel(1, (FixedQ(4, 1), FixedQ(4, 3)))
    >>> per_channel([[0.3, 0.3], [0.7, 1.7]])
    array([[0.25 , 0.   ],
           [0.625, 1.5  ]])
    >>> per_channel.joined.cpp_type
    'ap_fixed<6, 3>'
    """

    axis: Annotated[
        int, Integer(-MAX_AXES, MAX_AXES - 1, 'whose indices are the channels; a negative one counts from the last')
    ]
    specs: tuple[Spec, ...]

    def __post_init__(self) -> None:
        check_fields(self)
        specs = tuple(self.specs) if isinstance(self.specs, Iterable) else ()
        if not specs:
            raise FieldError('specs', 'must be formats, one a channel', self.specs)
        for channel, spec in enumerate(specs):
            if not isinstance(spec, Quantizer):
                raise FieldError(f'specs[{channel}]', 'must be a format', spec)
            require(spec, Capability.PER_CHANNEL)
        object.__setattr__(self, 'specs', specs)

    @overload
    def __call__(
        self, x: np.ndarray[Shape, np.dtype[Float]], **options: Unpack[Training]
    ) -> np.ndarray[Shape, np.dtype[Float]]: ...
    @overload
    def __call__(self, x: OnHost, **options: Unpack[Training]) -> NDArray[Any]: ...
    @overload
    def __call__(self, x: Array[Tensor], **options: Unpack[Training]) -> Tensor: ...
    @overload
    def __call__(self, x: Any, **options: Unpack[Training]) -> Any: ...

    def __call__(self, x: Any, *, training: bool = False, seed_gen: Any = None) -> Any:
        """Quantize each channel of `x` by its own format, as `FixedQ.__call__` does; a mask stays.

        Raises ValueError where `x` has not as many channels as there are formats.
        """
        backend = backend_for(x)
        if backend is numpy_backend:
            x = as_real_array(x)
        axis = self.axis_in(tuple(x.shape))
        # NumPy's own functions call those of dask and CuPy (NEP 18)
        xp: Any = np if hasattr(type(x), '__array_function__') else backend
        parts = [
            spec(xp.take(x, channels, axis=axis), training=training, seed_gen=seed_gen)
            for spec, channels in self._channels.items()
        ]
        together = [channel for channels in self._channels.values() for channel in channels]
        concatenate = np.ma.concatenate if isinstance(x, np.ma.MaskedArray) else xp.concatenate
        return xp.take(concatenate(parts, axis=axis), sorted(range(len(together)), key=together.__getitem__), axis=axis)

    def axis_in(self, shape: tuple[int, ...]) -> int:
        """The axis, from 0 on, in an array of that shape. Raises ValueError where it does not have these channels."""
        if not -len(shape) <= self.axis < len(shape) or shape[self.axis] != len(self.specs):
            n = len(self.specs)
            raise ValueError(f"'x' must have {n} channel{'s' * (n > 1)} on axis {self.axis}: its shape is {shape}")
        return self.axis % len(shape)

    @once
    def _channels(self) -> Mapping[Spec, list[int]]:
        """The channels of each format, ascending."""
        found: dict[Spec, list[int]] = {}
        for channel, spec in enumerate(self.specs):
            found.setdefault(spec, []).append(channel)
        return found

    @cached_property
    def groups(self) -> Mapping[Spec, NDArray[np.intp]]:
        """The channels of each format, ascending."""
        return {spec: np.array(channels, np.intp) for spec, channels in self._channels.items()}

    def parts(self, channel: NDArray[np.intp]) -> Iterator[tuple[Spec, NDArray[np.intp]]]:
        """The formats of elements of these channels, each with the indices of the elements that have it."""
        group = self._group[channel]
        order = np.argsort(group, kind='stable')
        ends = np.cumsum(np.bincount(group, minlength=len(self.groups)))
        for spec, at in zip(self.groups, np.split(order, ends[:-1]), strict=True):
            if at.size:
                yield spec, at

    @cached_property
    def _group(self) -> NDArray[Any]:
        """The position in `groups` of the format of each channel, in a dtype that is sorted fast."""
        group = np.empty(len(self.specs), np.min_scalar_type(len(self.groups)))
        for n, channels in enumerate(self.groups.values()):
            group[channels] = n
        return group

    @cached_property
    def joined(self) -> Spec:
        """The least type that holds the values of all channels, exactly.

        Of equal formats it is that format. Else it is fixed-point, of any kinds of formats, and a minifloat's -0 is 0
        there. It has the modes of the channels where those of all are the same, and else TRN and WRAP, as the types of
        `quantizers.result_type` do: no value of a channel is rounded or out of range in it.

        Raises ValueError where that needs more than 4096 bits.
        """
        if len(self.groups) == 1:
            return self.specs[0]
        specs = [*self.groups]
        f = max(-spec.spacing.weights[0] for spec in specs)
        step = times_power(1, f)
        low, high = min(spec.min for spec in specs) * step, max(spec.max for spec in specs) * step
        modes = {spec.modes for spec in specs}
        try:
            return FixedQ(*smallest(int(low), int(high), f), *(modes.pop() or () if len(modes) == 1 else ()))
        except ValueError as error:
            raise ValueError(f'no type holds the values of all channels: {error}') from None

    def encode_joined(self, x: ArrayLike) -> NDArray[Any]:
        """The codes of `self(x)` in the type `joined`, exact for every width from the input as it was given."""
        array = np.asarray(as_real_array(x))
        axis = self.axis_in(array.shape)
        if len(self.groups) == 1:
            return self.specs[0].encode(array)
        step = times_power(1, -self.joined.spacing.weights[0])
        result = np.empty(array.shape, object)
        for spec, channels in self.groups.items():
            part = array.take(channels, axis)
            codes, inverse = np.unique(spec.encode(part), return_inverse=True)
            values = np.array([int(value * step) for value in spec.decode(codes, exact=True).tolist()], object)
            result[(slice(None),) * axis + (channels,)] = values[inverse].reshape(part.shape)
        return result

    def get_config(self) -> dict[str, Any]:
        """The fields as plain data, as the file of a configuration has them; `from_config` takes it back."""
        return {'axis': self.axis, 'specs': [spec.get_config() for spec in self.specs]}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """The formats of a configuration.

        Raises FieldError for a field that is not allowed, TypeError for one that is missing or unknown.
        """
        specs = config.get('specs')
        made = {'specs': [spec_of(spec) for spec in specs]} if isinstance(specs, Iterable) else {}
        return cls(**{**config, **made})

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.axis, self.specs)

    def __str__(self) -> str:
        widths = sorted({spec.bits for spec in self.specs})
        bits = ' to '.join(map(str, dict.fromkeys([widths[0], widths[-1]])))
        return f'{len(self.specs)} types by axis {self.axis}, {bits} bits'


Formats = Union[Spec, PerChannel, BlockQ]  # noqa: UP007  (as Spec is)


def by_channel(named: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Names and formats, where a tensor `w` with formats per channel is `w[0]`, `w[1]` and so on."""
    for name, formats in named.items():
        if isinstance(formats, PerChannel):
            yield from ((f'{name}[{channel}]', spec) for channel, spec in enumerate(formats.specs))
        else:
            yield name, formats
