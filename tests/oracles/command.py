"""The command `quantizers`, as the fixture `run` calls it: what a refusal is."""

from __future__ import annotations

from collections.abc import Callable

Run = Callable[..., tuple[int, str, str]]


def wrote(*paths: object) -> str:
    """The line on stderr that says what was written."""
    return f'quantizers: wrote {" and ".join(map(str, paths))}\n'


def refused(result: tuple[int, str, str], *parts: object) -> None:
    """Exit code 2, nothing on stdout, one line on stderr with all `parts`."""
    code, out, err = result
    assert (code, out) == (2, ''), err
    assert err.count('\n') == 1, err
    assert err.startswith('quantizers: error: ')
    for part in parts:
        assert str(part) in err, err
