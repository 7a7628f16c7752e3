"""hls4ml: its configuration, its layers, its names."""
