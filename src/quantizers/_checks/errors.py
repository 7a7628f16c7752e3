"""Errors that name no field."""

from __future__ import annotations


class VerificationError(RuntimeError):
    """No comparison could be made: a compiler or header is missing, or C++ did not compile or did not end."""

    __module__ = 'quantizers'  # as users see it
