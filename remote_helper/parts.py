"""How the helper starts its other processes: the same program again, running one module."""

import sys


def command(module: str) -> list[str]:
    """Return the command that runs a module of ours, from a Python or from the packed program alike."""
    packed = getattr(sys, "frozen", False)
    return [sys.executable, "--part", module] if packed else [sys.executable, "-m", module]
