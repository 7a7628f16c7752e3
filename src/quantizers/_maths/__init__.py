"""The formulas of every format, once: pure functions of a namespace `xp` of plain primitives (`namespace.py`).

`laws.py` says how the formulas are put together, for each kind of format. No array library is imported here; a backend
binds `xp` to one.
"""
