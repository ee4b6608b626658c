"""What import and export ask of the store, on both of them."""

from pathlib import Path

from graph.store import Store
from matching.use_cases.importing import acting_in
from matching.use_cases.needs import ShowReason
from seeds.tables.exporting import export_table
from tests.tables import A_NEED, A_NUMBER, NEED_HEADER, OPERATOR, bring, cells, text
from tests.worlds import FakeClock, fill


def test_tables_come_in_and_go_out_on_either_store(store: Store, clock: FakeClock, tmp_path: Path) -> None:
    fill(store)
    person = ("陈玉兰", A_NUMBER, "东社区/一网格", "王街1号")
    tables = {
        "people": [("姓名", "身份证号", "区域", "住址"), person],
        "organisations": [("名称", "类型", "区域", "联系人", "报到社区"), ("超市", "商户", "西社区", "李", "东社区")],
        "resources": [
            ("提供者类型", "提供者", "身份证号", "标题", "能力"),
            ("单位", "超市", "", "送轮椅", "轮椅"),
            ("个人", "", A_NUMBER, "陪伴", "陪伴"),
        ],
        "needs": [(*NEED_HEADER, "身份证号", "详情"), (*A_NEED, A_NUMBER, "陈玉兰家漏水")],
    }
    for name, rows in tables.items():
        path = text(tmp_path / f"{name}.csv", rows)
        new = len(rows) - 1
        for expected in ((new, 0), (0, new)):
            report = bring(store, name, path, clock)
            assert (report.new, report.there, report.wrong) == (*expected, [])
    by = acting_in(store, "990002001001", by=OPERATOR)
    said = {}
    for name in tables:
        reason = None if name == "resources" else ShowReason.HANDLING
        export_table(store, name, tmp_path / "out.csv", by=by, clock=clock, reason=reason)
        said[name] = " ".join(cell for row in cells(tmp_path / "out.csv") for cell in row)
    assert "陈玉兰" in said["people"] and A_NUMBER in said["people"] and "赵强" not in said["people"]
    assert "陈玉兰家漏水" in said["needs"]
    assert "陪伴" in said["resources"] and "送轮椅" not in said["resources"]
    assert "社区医院" in said["organisations"] and "超市" not in said["organisations"]


def test_without_a_reason_nobody_goes_out_with_their_building_or_their_year_of_birth(
    store: Store, clock: FakeClock, tmp_path: Path
) -> None:
    fill(store)
    by = acting_in(store, None, by=OPERATOR)
    said = {}
    for reason in (None, ShowReason.HANDLING):
        export_table(store, "people", tmp_path / "p.csv", by=by, clock=clock, reason=reason)
        header, *rows = cells(tmp_path / "p.csv")
        columns = [header.index(name) for name in ("姓名", "区域", "出生年份")]
        said[reason] = {tuple(row[at] for at in columns) for row in rows}
    assert ("刘**", "区/街道/东社区/一网格", "") in said[None]
    assert not [row for row in said[None] if "号楼" in row[1]]
    assert ("刘桂兰", "区/街道/东社区/一网格/1号楼", "1938") in said[ShowReason.HANDLING]
