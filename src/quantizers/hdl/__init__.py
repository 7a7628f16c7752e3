"""VHDL and SystemVerilog: packages with the types and the tensors of a configuration."""

from .package import LANGUAGES, LanguageName, package

__all__ = ['LANGUAGES', 'LanguageName', 'package']
