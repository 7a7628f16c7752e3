"""NumPy: arrays by blocks, small ones by one expression, and compiled loops where llvmlite is installed."""
