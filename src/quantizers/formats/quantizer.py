"""What all quantizers have in common: the call, the configuration, the kind, equality."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, overload

from .._checks.capabilities import Capability
from .._checks.fields import FieldError, integer_between
from .._checks.shown import shown
from .._maths.view import once
from ..backends import backend_for
from . import conveniences

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from typing_extensions import Self, Unpack

    from ..backends.hints import Array, Float, OnHost, Options, Shape, Tensor
    from .base import Format

MAX_THREADS = 1024

KINDS: dict[str, type[Quantizer]] = {}
"""The kinds by their names, in the order in which they were registered."""


class Quantizer:
    """A frozen dataclass that quantizes arrays; its fields are its configuration.

    `class Mine(Quantizer, kind='mine')` registers a kind, with a field `kind` of that default. A subclass without a
    kind is of the kind of its base. Two are equal where their configurations are, those of a subclass too; equal ones
    hash alike.

    Raises ValueError, when a class is made, for a kind that is taken.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {'strict': True, 'extra': 'forbid'}

    if TYPE_CHECKING:
        __dataclass_fields__: ClassVar[dict[str, Any]]

        @property
        def kind(self) -> str:
            """The name of the kind."""

    can: ClassVar[frozenset[Capability]] = frozenset()
    why_not: ClassVar[Mapping[Capability, str]] = MappingProxyType({})

    def __init_subclass__(cls, *, kind: str | None = None, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        if kind is not None:
            if not cls.__module__.startswith(f'{__package__}.'):
                from . import KINDS as kinds  # noqa: F401, N811  (each of ours, before the first of a user)
            if kind in KINDS:
                raise ValueError(f"'kind' must be new, and is that of {KINDS[kind].__name__}: {shown(kind)}")
            KINDS[kind] = cls

    @once
    def _identity(self) -> tuple[Any, ...]:
        return tuple((field.name, getattr(self, field.name)) for field in fields(self))

    def __repr__(self) -> str:
        """As one writes it, `FixedQ(8, 3, True, 'RND')`: up to the last field that is not its default."""
        values = [(field, getattr(self, field.name)) for field in fields(self) if field.repr]
        placed = [pair for pair in values if not pair[0].kw_only]
        while placed and placed[-1][1] == placed[-1][0].default:
            del placed[-1]
        named = [f'{field.name}={value!r}' for field, value in values if field.kw_only and value != field.default]
        return f'{type(self).__qualname__}({", ".join([*(repr(value) for _, value in placed), *named])})'

    def __eq__(self, other: object) -> bool:
        """Whether both have the same configuration; a subclass that adds no field equals its base."""
        return self._identity == other._identity if isinstance(other, Quantizer) else NotImplemented

    def __hash__(self) -> int:
        # as a dataclass makes it, so that a subclass with an equality of its own hashes alike, too
        return hash(tuple(value for _, value in self._identity))

    @overload
    def __call__(
        self, x: np.ndarray[Shape, np.dtype[Float]], **options: Unpack[Options]
    ) -> np.ndarray[Shape, np.dtype[Float]]: ...
    @overload
    def __call__(self, x: OnHost, **options: Unpack[Options]) -> NDArray[Any]: ...
    @overload
    def __call__(self, x: Array[Tensor], **options: Unpack[Options]) -> Tensor: ...
    @overload
    def __call__(self, x: Any, **options: Unpack[Options]) -> Any: ...

    def __call__(
        self, x: Any, *, out: Any = None, training: bool = False, seed_gen: Any = None, threads: int | None = 1
    ) -> Any:
        """Quantize `x` elementwise.

        The result is of `x`'s array library, shape and floating dtype; NumPy computes integers, bools, scalars and
        lists in float64, and float8 in float32. Ints of any size, Fractions and Decimals are quantized as they are,
        to float64. Of complex numbers the real and the imaginary part are quantized. Of NumPy's subclasses a masked
        array stays one, with a copy of its mask; every other one (`np.matrix`, `np.memmap`) gives a plain array. The
        values are those of the format, exact wherever `fits(dtype)` holds; else within one unit in the last place of
        the exact result, with a `PrecisionWarning` once for each spec and dtype. NaN gives NaN. Inf saturates, gives 0
        under SAT_ZERO and NaN under WRAP and WRAP_SM. The input is not changed.

        Args:
            x: an array, a scalar or a list.
            out: an array of the result's shape and dtype, which is filled and returned; it may be `x` itself.
            training: only where the array library has gradients; NumPy takes it with a stochastic mode alone.
            seed_gen: the source of random numbers of a stochastic mode in training; for NumPy arrays a
                `numpy.random.Generator`.
            threads: how many parts of a large NumPy array are quantized at a time; None for as many as there are cores.

        Raises:
            TypeError: the dtype is no real number, or no backend knows `type(x)`.
            ValueError: the step is larger than the largest number of the dtype, `training=True` on NumPy, or `threads`
                that is no number from 1 to 1024, or where the array library has threads of its own.
        """
        if threads is not None and (threads != 1 or type(threads) is not int):
            threads = integer_between('threads', threads, 1, MAX_THREADS)
        return backend_for(x).quantize(self, x, out=out, training=training, seed_gen=seed_gen, threads=threads)

    def as_layer(self) -> Any:
        """The layer of Keras that quantizes so.

        :meta private:
        """
        return conveniences.layer(self)

    @classmethod
    def presets(cls) -> Mapping[str, Format]:
        """Formats of this kind that are known by a name.

        :meta private:
        """
        return {}

    def get_config(self) -> dict[str, Any]:
        """The fields as plain data, `kind` first; `from_config` takes it back. Keras saves a spec by these two."""
        return {'kind': self.kind} | {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """The spec of a configuration.

        Raises ValueError for a field that is not allowed, TypeError for one that is missing or unknown.
        """
        return cls(**config)

    def __reduce__(self) -> tuple[Any, ...]:
        # the fields alone: what a backend has cached on the object stays behind
        return type(self), tuple(getattr(self, f.name) for f in fields(self) if not f.kw_only)


def check_kind(spec: Quantizer, kind: str) -> None:
    """Refuse a `kind` that is not that of the class."""
    if spec.kind != kind:
        raise FieldError('kind', f'must be {kind!r}', spec.kind)


def spec_of(config: object) -> object:
    """The spec of a configuration. What is none stays, to be refused by the field that it is for."""
    from . import KINDS as kinds  # noqa: N811  (all of them)

    kind = config.get('kind') if isinstance(config, Mapping) else None
    spec = kinds.get(kind) if isinstance(kind, str) else None
    return config if spec is None else spec.from_config(config)  # type: ignore[arg-type]  # which is a mapping
