"""Errors that name no field, and those of many."""

from __future__ import annotations

from .shown import MOST


class VerificationError(RuntimeError):
    """No comparison could be made: a compiler or header is missing, or C++ did not compile or did not end."""

    __module__ = 'quantizers'  # as users see it


class ExtraError(ImportError):
    """A package is missing that an extra installs."""


class FileError(ValueError):
    """All that is wrong in a file, a line each, of which at most ten are shown."""

    def __str__(self) -> str:
        more = len(self.args) - MOST
        return '\n'.join([*self.args[:MOST], *([f'and {more} more'] if more > 0 else [])])


def within(path: object, error: ValueError) -> ValueError:
    """The same error, of a file: each line begins with its path."""
    lines = error.args if isinstance(error, FileError) else [error]
    return FileError(*(f'{path}: {line}' for line in lines))
