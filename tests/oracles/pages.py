"""Runs every example of a page, from top to bottom in the current folder: `python pages.py PAGE [WITHOUT]`.

| block | what is done |
| --- | --- |
| `python` | each `>>>` is run, and gives what it shows |
| `console` | each `$` line is run by the shell, and all of it is what is shown |
| any language and a file's name, `json formats.json` | the file is written |
| `sh`, `text` | none: it is only shown |
| `{code-cell}` | none here: of notebooks, which the manual runs when it is built |

A block of another kind is an error, as it would be shown and never run; MyST's directives, `{figure}` and so on, are
no examples.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from sybil import Document, Example, Region, Sybil
from sybil.evaluators.doctest import DocTestEvaluator
from sybil.example import SybilFailure
from sybil.parsers.abstract import DocTestStringParser
from sybil.parsers.markdown.lexers import RawFencedCodeBlockLexer

SHOWN = ('sh', 'text', '{code-cell}')
ROOM = 110  # columns, as there are for code in the manual on a screen of 1280 pixels
FENCES = RawFencedCodeBlockLexer(re.compile(r'[ \t]*(?P<info>[^\n]*)\n'))
SESSIONS = DocTestStringParser(DocTestEvaluator())


def blocks(document: Document, marked: str | None = None, without: str | None = None) -> Iterator[Region]:
    """The examples of a page; only, or all but, those of Python with this word behind the language."""
    for block in FENCES(document):
        info, source = block.lexemes['info'].strip(), block.lexemes['source']
        language, _, name = info.partition(' ')
        if language.startswith('{') and 'code' not in language and 'doctest' not in language:
            continue
        word = name if language == 'python' else ''
        if marked not in (None, word) or (without and word == without):
            continue
        if '.' in name:
            yield Region(block.start, block.end, (name, source), write)
        elif language == 'python' and '>>> ' in source:
            for region in SESSIONS(source, document.path):
                region.adjust(block, source)
                yield region
        elif language == 'console' and source.startswith('$ '):
            yield Region(block.start, block.end, source, run)
        elif language not in SHOWN:
            raise ValueError(f'{document.path}: {document.line_column(block.start)}: a block of {info!r} is not run')


def write(example: Example) -> None:
    """Write a file into the current folder."""
    name, text = example.parsed
    if Path(name).name != name:
        raise ValueError(f'{example.path}: line {example.line}: a file must be of the current folder: {name!r}')
    Path(name).write_text(text, encoding='utf-8')


def run(example: Example) -> str | None:
    """The session as the shell gives it, where that is not what is shown."""
    path = f'{Path(sys.executable).parent}{os.pathsep}{os.environ["PATH"]}'
    env = os.environ | {'PATH': path, 'PYTHONUTF8': '1'}
    env.pop('FORCE_COLOR', None)
    got = ''
    for command in re.findall(r'^\$ (.*(?:\\\n.*)*)$', example.parsed, re.MULTILINE):
        # what goes into a file or a pipe is as wide as it takes
        room = {} if re.search(r' [>|] ', command) else {'COLUMNS': str(ROOM)}
        result = subprocess.run(
            command,
            shell=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding='utf-8',
            check=False,
            env=env | room,
        )
        got += f'$ {command}\n' + re.sub(r' +$', '', result.stdout, flags=re.MULTILINE)
    return None if got == example.parsed else f'Expected:\n{example.parsed}\nGot:\n{got}'


def examples(page: Path, marked: str | None = None, without: str | None = None) -> list[Example]:
    """The examples of a page, in their order; `marked` and `without` as in `blocks`."""

    def parser(document: Document) -> Iterator[Region]:
        return blocks(document, marked, without)

    return list(Sybil([parser]).parse(page))


def failures(page: Path, marked: str | None = None, without: str | None = None) -> tuple[int, list[str]]:
    """How many examples were run, and what those say that give something else than is shown."""
    results = [failure(example) for example in examples(page, marked, without)]
    return len(results), [result for result in results if result is not None]


def failure(example: Example) -> str | None:
    """What an example says that gives something else than is shown."""
    try:
        example.evaluate()
    except SybilFailure as error:
        return str(error)
    return None


def run_page(page: Path, folder: Path, without: str = '') -> None:
    """Run the examples of a page in a process and a new folder of its own."""
    # a warning is an error, but for the deprecations inside Keras; the user's own cache is left alone
    warnings = ('-W', 'error', '-W', 'ignore::DeprecationWarning')
    command = [sys.executable, *warnings, __file__, str(page), without]
    env = os.environ | {'KERAS_BACKEND': 'jax', 'XDG_CACHE_HOME': str(folder / 'cache')}
    (folder / 'page').mkdir()
    result = subprocess.run(command, cwd=folder / 'page', env=env, capture_output=True, text=True, check=False)
    print(result.stdout)
    assert result.returncode == 0, result.stdout + result.stderr


def main(page: Path, without: str | None = None) -> int:
    """Print the failures and the count; 0 where all examples give what they show."""
    sys.path[0] = ''  # as in a session in this folder
    count, wrong = failures(page, without=without)
    print(*wrong, f'{count} examples, {len(wrong)} failures', sep='\n')
    return int(bool(wrong))


if __name__ == '__main__':
    sys.exit(main(Path(sys.argv[1]), *sys.argv[2:]))
