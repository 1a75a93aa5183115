"""The faces of an error report.  No arithmetic: every figure comes from ``accuracy.py``."""
