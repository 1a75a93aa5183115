"""The installed command, and ``python -m lutgen``."""

from __future__ import annotations

import os
from typing import NoReturn


def entry() -> NoReturn:
    """Run the command line and end the process, also where Ctrl-C comes before it is loaded."""
    try:
        from lutgen.cli import entry

        entry()
    except KeyboardInterrupt:
        os.write(2, b"error: interrupted\n")
        os._exit(130)


if __name__ == "__main__":
    entry()
