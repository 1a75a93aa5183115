"""Exact numbers: literals, enclosures and rounding.  No floats."""
