"""The C++ types of names: one a name, or one a channel and, for arrays, the joined one."""

from __future__ import annotations

from collections.abc import Container, Mapping

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
    for name, formats in specs.items():
        word = identifiers[name]
        if isinstance(formats, PerChannel):
            if not join:
                types = {f'{word}_{channel}_t': spec for channel, spec in enumerate(formats.specs)}
                of_channels |= {identifier: f'channel {n} of {shown(name)}' for n, identifier in enumerate(types)}
                result |= types
            if join or name in arrays:
                result[f'{word}_t'] = type_of_array(name, formats)
        elif isinstance(formats, Quantizer):
            require(formats, Capability.HEADER)
            result[f'{word}_t'] = formats  # type: ignore[assignment]  # blocks cannot
        else:
            raise ValueError(f'{shown(name)}: not a spec: {shown(formats)}')
    _refuse_taken(of_channels, identifiers, taken)
    return result


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
