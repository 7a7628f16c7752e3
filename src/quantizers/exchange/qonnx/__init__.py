"""QONNX: its operators, and nodes of graphs."""
