"""PyTorch: its primitives, and its tensors in the memory of a CPU."""
