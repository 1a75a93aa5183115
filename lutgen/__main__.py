"""The installed command, and ``python -m lutgen``."""

from __future__ import annotations

import os


def entry() -> None:
    """Run the command line and end the process, also where it cannot be loaded to its end.

    As little as can be comes before signals are told in one line.
    """
    try:
        from lutgen import signals

        signals.end_at_once()
        from lutgen.cli import entry
    except KeyboardInterrupt:
        os.write(2, b"error: interrupted\n")
        os._exit(130)
    except ModuleNotFoundError as problem:
        os.write(2, f"error: {problem}; install lutgen again: pip install lutgen\n".encode())
        os._exit(1)
    entry()


if __name__ == "__main__":
    entry()
