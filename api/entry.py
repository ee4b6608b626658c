"""Where `renling` starts: what works on files alone is run without loading the service."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line."""
    try:
        if sys.argv[1:2] in (["solve"], ["verify"]):
            from api.solve_commands import main as run
        else:
            from api.cli import main as run
        run()
    except KeyboardInterrupt:  # while it was still loading
        sys.stderr.write("renling: stopped\n")
        sys.exit(130)
