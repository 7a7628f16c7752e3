"""Every message that the code can say, listed once, so that whoever changes one reads it beside the others."""

from __future__ import annotations

import re
from collections import Counter

from oracles.messages import LISTED, collected, listed

PYDANTIC = 'Value error|Input should|validation error|type=|pydantic'


def test_all_messages_are_listed():
    assert LISTED.read_text('utf-8') == listed(), 'read what has changed; python tests/oracles/messages.py lists it'


def test_what_messages_say():
    messages = [*collected()]
    assert len(messages) > 300
    for file, _, text in messages:
        assert text.isascii(), (file, text)
        assert not re.search(PYDANTIC, text), (file, text)
        assert not re.search(r'[^.]\.$', text), (file, text)


def test_a_message_stands_in_one_place():
    """But for what Python asks of each module that loads lazily."""
    times = Counter(text for _, name, text in collected() if name != 'AttributeError' and len(text) > 30)
    assert [text for text, count in times.items() if count > 1] == []
