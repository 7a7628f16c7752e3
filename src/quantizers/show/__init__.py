"""Formats and numbers, shown: in tables, pictures, notebooks and a page."""
