"""``python -m lutgen``."""

from __future__ import annotations

import sys

from lutgen.cli import main

sys.exit(main())
