"""Text of others, fit to be shown."""


def one_line(text: str) -> str:
    """`text` with every character that would move the cursor escaped."""
    if text.isprintable():
        return text
    return ''.join(c if c.isprintable() else repr(c)[1:-1] for c in text)
