"""What quantization did, or would do, to numbers."""
