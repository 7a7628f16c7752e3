"""All messages of the library and the command, collected from the code.

Usage: python tests/oracles/messages.py writes them into tests/data/messages.txt, to be read where one has changed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).parents[2] / 'src' / 'quantizers'
LISTED = Path(__file__).parents[1] / 'data' / 'messages.txt'
# what makes an exception of a message and of what is at hand
MAKERS = ('error', 'refusal', '_refusal', '_unfit', 'warn')


def collected() -> Iterator[tuple[str, str, str]]:
    """Of each message the file, the exception and the text, with what is filled in as the code has it, in braces."""
    for path in sorted(SOURCE.rglob('*.py')):
        nodes = [*ast.walk(ast.parse(path.read_text('utf-8')))]
        raised = {id(node.exc) for node in nodes if isinstance(node, ast.Raise)}
        for call in (node for node in nodes if isinstance(node, ast.Call)):
            name = ast.unparse(call.func)
            if id(call) in raised or name.rpartition('.')[2] in MAKERS:
                texts = [text for argument in call.args if (text := _text(argument)) is not None]
                if texts:
                    yield path.relative_to(SOURCE).as_posix(), name, ' | '.join(texts)


def _text(node: ast.expr) -> str | None:
    """The text of an expression, None of one that is none."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return ''.join(_filled(part) for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        parts = [_text(side) or f'{{{ast.unparse(side)}}}' for side in (node.left, node.right)]
        return ''.join(parts)
    return None


def _filled(part: ast.expr) -> str:
    if isinstance(part, ast.FormattedValue):
        return f'{{{ast.unparse(part.value)}{"!r" if part.conversion == ord("r") else ""}}}'
    return str(_text(part))


def listed() -> str:
    """A line for each."""
    return ''.join(f'{file}: {name}: {text}\n' for file, name, text in collected())


if __name__ == '__main__':
    LISTED.write_text(listed(), 'utf-8')
