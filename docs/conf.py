"""The manual's settings; `make docs` builds it into build/docs."""

from __future__ import annotations

import logging
import os
import re
from pathlib import Path
from typing import Any

os.environ.setdefault('KERAS_BACKEND', 'jax')  # before `quantizers.layers` imports Keras

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.pycode import ModuleAnalyzer
from sphinx.util.docutils import SphinxDirective
from sphinx.util.inspect import signature as init_signature
from sphinx.util.inspect import stringify_signature

import quantizers
from quantizers._checks.capabilities import table
from quantizers._tables import BOX
from quantizers.formats import KINDS

project = 'quantizers'
version = release = quantizers.__version__
extensions = ['myst_nb', 'sphinx.ext.autodoc', 'sphinx.ext.napoleon', 'sphinx_copybutton']
exclude_patterns = ['**.py']

# Markdown: GitHub shows the same pages
myst_enable_extensions = ['attrs_block', 'colon_fence', 'deflist']
myst_heading_anchors = 4

# notebooks: each is run by the build, in a folder of its own, and what a cell raises or warns of fails it
nb_execution_mode = 'force'
logging.getLogger('traitlets').setLevel(logging.WARNING)  # that a cell is run is no news
nb_execution_in_temp = True
nb_execution_raise_on_error = True
nb_execution_timeout = 300
nb_output_stderr = 'error'
nb_merge_streams = True

# docstrings are plain text, where `code` stands in single backticks
default_role = 'code'
autodoc_member_order = 'bysource'
autodoc_typehints_format = 'short'
python_maximum_signature_line_length = 88
napoleon_use_ivar = True
napoleon_use_rtype = False

# the pages of other projects are not at hand when this one is built
nitpick_ignore_regex = [
    ('py:class', r'quantizers\..*Data'),  # a typed dictionary, whose schema `quantizers schema` prints
    ('py:.*', r'(collections|decimal|fractions|keras|np|numpy|onnx|os|torch|typing)\..*'),
    ('py:class', r'ArrayLike|Axes|Coded|DTypeLike|Exact|Figure|Kind|NDArray|NodeProto|PathLike|Program'),
    ('py:class', r'Reference|Source|SpecialsName|TensorProto'),
    ('py:class', r'((quantizers\.formats\.base\.)?Format|(quantizers\.network\.operations\.)?Operation)'),
    ('py:class', r'quantizers\.values\.operators\.Operators'),
]

html_theme = 'furo'
html_title = f'quantizers {version}'
html_static_path = ['static']
html_logo = html_favicon = '../src/quantizers/show/explore/icon.svg'
copybutton_exclude = '.gp, .go'  # prompts, and what is shown below them
html_css_files = ['manual.css']
pygments_dark_style = 'github-dark'
html_copy_source = False
html_show_copyright = False


# what Furo leaves unsaid to those who hear a page, by axe-core
UNSAID = {
    '<p class="caption" role="heading">': '<p class="caption" role="heading" aria-level="2">',
    '<aside class="sidebar-drawer">': '<aside aria-label="All pages" class="sidebar-drawer">',
    '<aside class="toc-drawer': '<aside aria-label="On this page" class="toc-drawer',
}
PARAMETERS = re.compile(r'<dl>\s*((?:<dd>.*?</dd>\s*)+)</dl>', re.DOTALL)  # definitions of nothing, as Sphinx has it


class CommandHelp(SphinxDirective):
    """The help of every command, as the command itself prints it."""

    def run(self) -> list[nodes.Node]:
        """A section for each command."""
        from quantizers.command.app import program

        group: Any = program()
        return [self.section(name, group.get_command(None, name)) for name in sorted(group.list_commands(None))]

    def section(self, name: str, command: Any) -> nodes.section:
        """A title, and the text of `quantizers NAME --help`."""
        title = f'quantizers {name}'
        with command.make_context(title, [], resilient_parsing=True, terminal_width=88) as context:
            text = command.get_help(context)
        body = nodes.literal_block(text, text, language='text')
        return nodes.section('', nodes.title('', title), body, ids=[nodes.make_id(title)], names=[title])


class Capabilities(SphinxDirective):
    """What each kind of format can be used for, from the table by which the library refuses the others."""

    def run(self) -> list[nodes.Node]:
        """A table: a row for each use, a column for each kind."""
        head, *rows = table(KINDS)
        group = nodes.tgroup('', cols=len(head))
        group.extend(nodes.colspec('', colwidth=4 if n == 0 else 1) for n in range(len(head)))
        group += nodes.thead('', self.row(head))
        group += nodes.tbody('', *map(self.row, rows))
        return [nodes.table('', group)]

    def row(self, cells: tuple[str, ...]) -> nodes.row:
        """A row of text."""
        return nodes.row('', *(nodes.entry('', nodes.paragraph(text=cell)) for cell in cells))


def public(app: Sphinx, env: Any, node: Any, text: Any) -> nodes.Node | None:
    """The reference to a name in a type hint, which stands there without its module, or is that of a type alias."""
    name = node['reftarget'].rpartition('.')[2]
    found = (
        env.get_domain('py').resolve_xref(env, node['refdoc'], app.builder, 'obj', f'{module}.{name}', node, text)
        for module in ('quantizers', node.get('py:module'))
    )
    return next(filter(None, found), None)


def untyped(app: Sphinx, what: str, name: str, of: Any, options: Any, lines: list[str]) -> None:
    """Keep napoleon from reading the beginning of a property's docstring, up to a colon, as its type."""
    if what == 'property':
        lines[:0] = ['..', '']


def from_init(app: Sphinx, what: str, name: str, of: Any, options: Any, signature: Any, result: Any) -> Any:
    """The arguments of a Keras layer: those of its `__init__`, which Keras hides behind a `__new__` of its own."""
    if what == 'class' and signature == '(*args, **kwargs)':
        own = init_signature(of.__init__, bound_method=True)
        signature = stringify_signature(own, show_return_annotation=False, unqualified_typehints=True)
    return signature, result


def dark(app: Sphinx, document: nodes.document) -> None:
    """Beside a picture that has a dark sibling, show each in its own theme; the page names the light one alone."""
    for light in list(document.findall(nodes.image)):
        path = Path(light['uri'])
        sibling = path.with_name(f'{path.stem}_dark{path.suffix}')
        if (Path(document['source']).parent / sibling).exists():
            twin = light.copy()
            light['classes'].append('only-light')
            twin['uri'] = str(sibling)
            twin['classes'].append('only-dark')
            light.parent.insert(light.parent.index(light) + 1, twin)


def boxed(app: Sphinx, document: nodes.document) -> None:
    """Tables of the command keep their lines where other code is folded."""
    for block in document.findall(nodes.literal_block):
        if BOX.top[0] in block.astext():
            block['classes'].append('boxed')


def heard(app: Sphinx, error: Exception | None) -> None:
    """Say it in every page, and write parameters, a line each, as no list of definitions."""
    for path in Path(app.outdir).rglob('*.html') if app.builder.format == 'html' else ():
        text = path.read_text('utf-8')
        for said, better in UNSAID.items():
            text = text.replace(said, better)
        path.write_text(PARAMETERS.sub(as_lines, text), 'utf-8')


def as_lines(parameters: re.Match[str]) -> str:
    """The parameters of a signature, a line each."""
    lines = parameters[1].replace('dd>', 'span>')
    return f'<span class="parameters">{lines}</span>'


def setup(app: Sphinx) -> dict[str, bool]:
    """Add what is above."""
    # overloads are for type checkers: the manual shows the signature that they stand for
    ModuleAnalyzer.overloads = property(lambda _: {}, lambda _, found: None)
    app.add_directive('command-help', CommandHelp)
    app.add_directive('capabilities', Capabilities)
    app.connect('missing-reference', public)
    app.connect('autodoc-process-signature', from_init)
    app.connect('autodoc-process-docstring', untyped, priority=100)
    app.connect('build-finished', heard)
    app.connect('doctree-read', boxed)
    app.connect('doctree-read', dark, priority=100)  # before Sphinx collects the pictures
    return {'parallel_read_safe': True, 'parallel_write_safe': True}
