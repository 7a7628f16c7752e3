"""The version of the file format."""

NEWEST = 2
