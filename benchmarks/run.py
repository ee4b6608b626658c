"""`make bench`: everything there is to measure, about half an hour; `--small` is a quick look at whether it runs."""

from __future__ import annotations

import os
import platform
import sys
from datetime import UTC, datetime

from benchmarks import city, flow, sides, stores, tables

if __name__ == "__main__":
    small = "--small" in sys.argv[1:]
    print(f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    if not small:
        flow.run()
        print()
        sides.run()
        print()
        stores.run()
        print()
        tables.run()
        print()
    city.run(small=small)
