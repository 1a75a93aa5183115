"""lutgen: neural-network activation functions as integers for edge hardware."""

from __future__ import annotations

__version__ = "0.1.0"
