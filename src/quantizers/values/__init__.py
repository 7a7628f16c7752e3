"""Arrays of fixed point that compute: exact results, in the types that C++ gives them."""

from .array import FixedArray

__all__ = ['FixedArray']
