"""`make bench`: everything there is to measure, a few minutes."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime

from benchmarks import flow, stores, tables

if __name__ == "__main__":
    print(f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    flow.run()
    print()
    stores.run()
    print()
    tables.run()
