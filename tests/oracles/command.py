"""The command `quantizers`, as the fixture `run` calls it: what a refusal is."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from jsonschema import Draft202012Validator

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


def of_json(run: Run, *arguments: object) -> Any:
    """What a command writes with --json, which keeps to its schema."""
    code, out, _ = run(*arguments, '--json')
    assert code in (0, 1)
    name = f'config-{arguments[1]}' if arguments[0] == 'config' else str(arguments[0])
    schema_code, schema, _ = run('schema', name)
    assert schema_code == 0
    Draft202012Validator.check_schema(json.loads(schema))
    data = json.loads(out, parse_constant=pytest.fail)
    Draft202012Validator(json.loads(schema)).validate(data)
    assert isinstance(data, dict)
    return data
