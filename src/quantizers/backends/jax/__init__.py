"""JAX: its primitives and its answers."""
