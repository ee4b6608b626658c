"""Importing a register of 50,000 needs into the embedded store: as it comes, and a second time."""

from __future__ import annotations

import csv
import tempfile
import time
from pathlib import Path
from random import Random

from graph.engine import connect
from graph.model.actors import Actor, Role
from graph.model.areas import AreaKind
from graph.model.times import SystemClock
from graph.sealing import MasterKeys
from graph.store import Store
from matching.use_cases.lookups import acting_in
from seeds.city import City
from seeds.load import load
from seeds.tables.exporting import export_table
from seeds.tables.importing import import_table
from seeds.tongchuan import build

ROWS = 50_000
SCALE = 0.05
CLOCK = SystemClock()
HEADER = ("编号", "标题", "区域", "所需能力", "详情", "紧急程度", "领域", "渠道", "数量", "时间", "居民系统编号")


def write_register(path: Path, city: City, rows: int) -> None:
    """Write a register as staff keep it; every second need is a resident's, the others are the public's."""
    chance = Random(1)
    names = {area.id: area for area in city.areas}
    grids = [area for area in city.areas if area.kind is AreaKind.GRID]
    with path.open("w", encoding="gb18030", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(HEADER)
        for number in range(rows):
            grid = chance.choice(grids)
            community = names[grid.parent or ""]
            place = f"{names[community.parent or ''].name}/{community.name}/{grid.name}"
            resident = chance.choice(city.people).id if number % 2 else ""
            words = f"王阿姨家厨房水管漏水,请师傅上门看一看,最好下午来。第{number}号"
            start = (f"R{number}", "厨房水管漏水", place, "水暖维修", words, "定期办理", "住房保障", "电话", 1)
            lines.writerow((*start, "周一至周五 9:00-11:30;周六全天", resident))


def run() -> None:
    """Print a table."""
    print(f"| {ROWS:,} needs, embedded | s | rows a second |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with connect("embedded", data=folder / "embedded") as engine:
            store = Store(engine, MasterKeys(bytes(32)), patience=60)
            store.migrate()
            city = build(scale=SCALE, now=CLOCK.now())
            load(store, city)
            register = folder / "register.csv"
            write_register(register, city, ROWS)
            by = acting_in(store, None, by=Actor("operator:bench", Role.OPERATOR))
            for what, new in (("import", ROWS), ("import again", 0)):
                started = time.perf_counter()
                report = import_table(store, "needs", register, by=by, clock=CLOCK)
                assert (report.new, report.wrong) == (new, [])
                _line(what, started, ROWS)
            started = time.perf_counter()
            count = export_table(store, "needs", folder / "needs.xlsx", by=by, clock=CLOCK)
            _line("export as .xlsx", started, count)


def _line(what: str, started: float, rows: int) -> None:
    seconds = time.perf_counter() - started
    print(f"| {what} | {seconds:.1f} | {rows / seconds:,.0f} |", flush=True)


if __name__ == "__main__":
    run()
