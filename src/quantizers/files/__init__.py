"""Files that are read and written: arrays, numbers, YAML, JSON, and text of memories."""
