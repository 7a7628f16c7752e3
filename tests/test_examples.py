"""Every example of the README and of the manual, each page in a folder and a process of its own; and of docstrings."""

from __future__ import annotations

import ast
import doctest
import importlib
import pkgutil
import re
from importlib.util import find_spec
from pathlib import Path

import pytest

import quantizers
from oracles.pages import examples, failures, run_page

ROOT = Path(__file__).parents[1]
README = ROOT / 'README.md'
PAGES = [README, *sorted((ROOT / 'docs').rglob('*.md'))]
# the site has these pages too
TEXTS = [README, ROOT / 'CHANGELOG.md', ROOT / 'CONTRIBUTING.md', *sorted((ROOT / 'benchmarks').glob('*.md'))]


@pytest.mark.parametrize('page', PAGES[1:], ids=lambda page: str(page.relative_to(ROOT)))
def test_every_example_gives_what_it_shows(page: Path, tmp_path: Path) -> None:
    """Keras is run on JAX here."""
    if examples(page):  # else a process would have nothing to run
        run_page(page, tmp_path)


WRONG = {
    'python': ('```python\n>>> 1 + 1\n3\n```\n', 'Got:\n    2'),
    'error': ('```python\n>>> 1 / 0\n```\n', 'ZeroDivisionError'),
    'console': ('```console\n$ echo one\ntwo\n```\n', 'Got:\n$ echo one\none'),
    'more': ('```console\n$ echo one; echo two\none\n```\n', 'one\ntwo'),
    'nested': ('````{note}\n```python\n>>> 1 + 1\n3\n```\n````\n', 'Got:\n    2'),
}


@pytest.mark.parametrize('name', WRONG)
def test_a_wrong_example_is_found(name: str, tmp_path: Path) -> None:
    text, message = WRONG[name]
    (tmp_path / 'page.md').write_text(f'```python\n>>> 1\n1\n```\n\n{text}')
    count, (wrong,) = failures(tmp_path / 'page.md')
    assert count == 2
    assert message in wrong


NOT_RUN = {
    'unknown': '```fortran\nprint *, 1\n```\n',
    'none': '```\n>>> 1\n```\n',
    'directive': '```{code-block} python\n>>> 1\n```\n',
    'no prompt': '```python\nprint(1)\n```\n',
    'no command': '```console\nquantizers\n```\n',
}


@pytest.mark.parametrize('name', NOT_RUN)
def test_a_block_that_is_not_run_is_found(name: str, tmp_path: Path) -> None:
    (tmp_path / 'page.md').write_text(NOT_RUN[name])
    with pytest.raises(ValueError, match='is not run'):
        failures(tmp_path / 'page.md')


def test_a_page_writes_into_its_own_folder_alone(tmp_path: Path) -> None:
    (tmp_path / 'page.md').write_text('```json ../formats.json\n{}\n```\n')
    with pytest.raises(ValueError, match='of the current folder'):
        failures(tmp_path / 'page.md')


def test_a_directive_is_no_example(tmp_path: Path) -> None:
    (tmp_path / 'page.md').write_text('```{figure} picture.png\nA caption\n```\n\n```sh\nmake test\n```\n')
    assert failures(tmp_path / 'page.md') == (0, [])


@pytest.mark.parametrize('page', PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_prompt_is_that_of_an_example(page: Path) -> None:
    """And of none in a block that is only shown, or in no block; nor is one excused from giving what it shows."""
    text = page.read_text(encoding='utf-8')
    prompts = re.findall(r'^\s*(?:>>>|\$) ', text, re.MULTILINE)
    sessions = [example.parsed for example in examples(page)]
    commands = [line for session in sessions if isinstance(session, str) for line in re.findall(r'(?m)^\$ ', session)]
    statements = [session for session in sessions if isinstance(session, doctest.Example)]
    assert len(prompts) == len(commands) + len(statements)
    assert 'doctest:' not in text


def public_names(package: str) -> list[str]:
    """What a package has in `__all__`, or re-exports in its stub as `NAME as NAME`, where that is no module."""
    module = Path(str(find_spec(package).origin))
    stub = module.with_suffix('.pyi')
    tree = ast.parse((stub if stub.exists() else module).read_text(encoding='utf-8'))
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == '__all__':
            return list(ast.literal_eval(node.value))
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    modules = {node.module for node in imports}
    own = [alias.name for node in imports for alias in node.names if alias.name == alias.asname]
    return [name for name in own if name not in modules]


REFERENCE = ROOT / 'docs' / 'reference'
# a module of the root is public where its name does not begin with `_`, unless it is one of these rooms
ROOMS = {'analysis', 'backends', 'command', 'exchange', 'files', 'show', 'training'}
PUBLIC = [
    f'quantizers.{module.name}'
    for module in pkgutil.iter_modules(quantizers.__path__)
    if not module.name.startswith('_') and module.name not in ROOMS
]


@pytest.mark.parametrize('module', ['quantizers', *PUBLIC])
def test_every_public_module_and_name_is_in_the_reference(module: str) -> None:
    pages = ''.join(page.read_text(encoding='utf-8') for page in REFERENCE.glob('*.md'))
    directives = ' '.join(re.findall(r'^(?:\.\.|   :members:) .*|`[\w.]+`', pages, re.MULTILINE))
    names = public_names(module)
    assert names
    assert [name for name in names if name not in re.findall(r'\w+', directives)] == []
    assert f'| `{module}`' in (REFERENCE / 'modules.md').read_text(encoding='utf-8').replace('`, `', '` |\n| `')


def test_every_extra_that_the_pages_name_exists() -> None:
    pyproject = (ROOT / 'pyproject.toml').read_text(encoding='utf-8')
    section = pyproject.partition('[project.optional-dependencies]')[2].partition('\n[')[0]
    extras = set(re.findall(r'^([\w-]+) = \[', section, re.MULTILINE))
    named = {
        extra
        for page in PAGES
        for group in re.findall(r'quantizers\[([\w,-]+)\]', page.read_text(encoding='utf-8'))
        for extra in group.split(',')
    }
    assert {'cli', 'keras'} <= named <= extras


def test_every_picture_is_on_a_page_and_has_its_dark_twin() -> None:
    pictures = {path.name for path in (ROOT / 'docs' / 'pictures').glob('*.png')}
    light = {name for name in pictures if not name.endswith('_dark.png')}
    assert pictures - light == {name.replace('.png', '_dark.png') for name in light}
    text = ''.join(page.read_text(encoding='utf-8') for page in PAGES)
    assert set(re.findall(r'!\[[^\]]+\]\(\S*pictures/(\S+)\)', text)) == light


def test_the_make_commands_exist() -> None:
    targets = set(re.findall(r'^([\w-]+):.*## ', (ROOT / 'Makefile').read_text(), re.MULTILINE))
    commands = set(re.findall(r'^make ([\w-]+)', README.read_text(encoding='utf-8'), re.MULTILINE))
    assert commands == {'demo', 'test'}
    assert commands <= targets


@pytest.mark.parametrize('page', TEXTS, ids=lambda page: page.name)
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    """In the manual Sphinx sees to it."""
    links = re.findall(r'\]\(([^)#\s]+)', page.read_text(encoding='utf-8'))
    assert [link for link in links if '://' not in link and not (page.parent / link).exists()] == []


def test_every_mode_is_in_the_tables() -> None:
    from quantizers import Overflow, Rounding

    for mode in (*Rounding, *Overflow):
        assert f'`{mode.value}`' in README.read_text(encoding='utf-8')


SOURCE = Path(quantizers.__path__[0])
# others need not be imported, and some cannot be: those of the framework that Keras does not run on
WITH_EXAMPLES = [
    '.'.join(file.relative_to(SOURCE.parent).with_suffix('').parts).removesuffix('.__init__')
    for file in sorted(SOURCE.rglob('*.py'))
    if '>>>' in file.read_text(encoding='utf-8')
]


@pytest.mark.parametrize('name', WITH_EXAMPLES)
def test_every_example_of_a_docstring(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_docstrings_have_examples() -> None:
    formats = importlib.import_module('quantizers.formats')
    assert doctest.testmod(formats).attempted > 0
