"""The C++ types of names: one a name, or one a channel and, for arrays, the joined one."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping

from .._checks.capabilities import Capability, require
from .._checks.shown import shown
from ..formats import Quantizer, Spec
from ..formats.per_channel import Formats, PerChannel


def typedefs(
    specs: Mapping[str, Formats],
    identifiers: Mapping[str, str],
    taken: Mapping[str, str],
    arrays: Container[str],
    *,
    join: bool,
) -> dict[str, Spec]:
    """The identifiers of the types, and what they are.

    `identifiers` has that of each name, and `taken` maps further ones to what they are. ValueError for what is no spec,
    for the type of a channel whose identifier is taken, and where a joined type is needed and there is none.
    """
    result: dict[str, Spec] = {}
    of_channels: dict[str, str] = {}
    for name, channel, spec in types_of(specs, arrays, Capability.HEADER, join=join):
        identifier = f'{identifiers[name]}_t' if channel is None else f'{identifiers[name]}_{channel}_t'
        result[identifier] = spec
        if channel is not None:
            of_channels[identifier] = f'channel {channel} of {shown(name)}'
    _refuse_taken(of_channels, identifiers, taken)
    return result


def types_of(
    specs: Mapping[str, Formats], arrays: Container[str], use: Capability, *, join: bool
) -> Iterator[tuple[str, int | None, Spec]]:
    """The types of names: the name, the channel or None, the format, which must be for the use.

    Of formats per channel there is one a channel, without `join`, and the joined one, with it or for an array.
    """
    for name, formats in specs.items():
        if isinstance(formats, PerChannel):
            if not join:
                yield from ((name, channel, spec) for channel, spec in enumerate(formats.specs))
            if join or name in arrays:
                yield name, None, type_of_array(name, formats)
        elif isinstance(formats, Quantizer):
            require(formats, use)
            yield name, None, formats  # type: ignore[misc]  # blocks cannot
        else:
            raise ValueError(f'{shown(name)}: not a spec: {shown(formats)}')


def _refuse_taken(of_channels: Mapping[str, str], identifiers: Mapping[str, str], taken: Mapping[str, str]) -> None:
    """`of_channels` has the identifiers of the types of channels; two of these never clash."""
    if not of_channels:
        return
    words = {identifier: shown(name) for name, word in identifiers.items() for identifier in (word, f'{word}_t')}
    for identifier, owner in (words | dict(taken)).items():
        if identifier in of_channels:
            raise ValueError(
                f'{owner} and {of_channels[identifier]} would both become the C++ identifier {shown(identifier)}'
            )


def type_of_array(name: str, formats: Formats) -> Spec:
    """The type of a tensor's array: that of formats per channel is the joined one. ValueError where there is none."""
    try:
        return formats.joined if isinstance(formats, PerChannel) else formats  # type: ignore[return-value]  # no blocks
    except ValueError as error:
        raise ValueError(f'{shown(name)}: {error}') from None
