"""Memory files: words, the readers of each form, C arrays."""
