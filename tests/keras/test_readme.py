"""The examples of the README that need Keras, on the active backend."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

README = (Path(__file__).parents[2] / 'README.md').read_text(encoding='utf-8')
BLOCKS = re.findall(r'^```python keras\n(.*?)^```$', README, re.MULTILINE | re.DOTALL)


# PyTorch's tensors do not know the newest arguments of NumPy's protocol, by which Keras reads them
@pytest.mark.filterwarnings('ignore:__array__ implementation:DeprecationWarning')
def test_every_example_gives_what_it_shows() -> None:
    assert len(BLOCKS) == 2
    complaints: list[str] = []
    test = doctest.DocTestParser().get_doctest(''.join(BLOCKS), {}, 'README.md', 'README.md', 0)
    doctest.DocTestRunner(verbose=False).run(test, out=complaints.append)
    assert ''.join(complaints) == ''
