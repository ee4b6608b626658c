"""What import and export ask of the store, on both of them."""

from pathlib import Path

from graph.engine import Engine
from graph.model.actors import Scope
from graph.model.times import to_milliseconds
from graph.store import Store
from matching.use_cases.lookups import acting_in
from matching.use_cases.needs import ShowReason
from seeds.tables.exporting import export_table
from tests.contract.worlds import write
from tests.tables import A_NEED, A_NUMBER, NEED_HEADER, OPERATOR, bring, cells, text
from tests.worlds import FakeClock, fill, raw


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
        "teams": [
            ("队名", "领域", "区域", "成员身份证号", "成员系统编号"),
            ("红马甲", "养老", "东社区", A_NUMBER, "liu;wang"),
            ("蓝马甲", "文体", "西社区", "", ""),
        ],
        "needs": [
            (*NEED_HEADER, "身份证号", "详情", "家庭系统编号", "对象区域", "提出人系统编号", "提出单位"),
            (*A_NEED, A_NUMBER, "陈玉兰家漏水", "", "", "wang", ""),
            ("高龄家庭陪伴", "东社区/1号楼", "陪伴", "", "", "liu-home", "", "", "社区医院"),
            ("楼道灯不亮", "东社区/1号楼", "电路维修", "", "", "", "东社区/一网格", "", "clinic"),
        ],
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
        reason = None if name in ("resources", "teams") else ShowReason.HANDLING
        path = tmp_path / f"out-{name}.csv"
        export_table(store, name, path, by=by, clock=clock, reason=reason)
        said[name] = " ".join(cell for row in cells(path) for cell in row)
    assert "陈玉兰" in said["people"] and A_NUMBER in said["people"] and "赵强" not in said["people"]
    assert "陈玉兰家漏水" in said["needs"]
    assert "陪伴" in said["resources"] and "送轮椅" not in said["resources"]
    assert "社区医院" in said["organisations"] and "超市" not in said["organisations"]
    assert "红马甲" in said["teams"] and "liu、wang" in said["teams"] and "蓝马甲" not in said["teams"]
    found = store.read(lambda g: g.needs.many(g.tables.need_ids()), scope=Scope(area="city"))
    whom = {n.title: (n.household, n.place, n.raised_by, n.raised_by_organisation) for n in found}
    assert whom == {
        "厨房水管漏水": (None, None, "wang", None),
        "高龄家庭陪伴": ("liu-home", None, None, "clinic"),
        "楼道灯不亮": (None, "east-grid", None, "clinic"),
    }
    again = bring(store, "needs", tmp_path / "out-needs.csv", clock)
    assert (again.new, again.there, again.wrong) == (0, 3, [])


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


def test_somebody_who_came_without_an_id_number_is_not_doubled_by_a_list_with_one(
    store: Store, clock: FakeClock, tmp_path: Path
) -> None:
    fill(store)
    header = ("姓名", "电话", "身份证号", "出生年份", "区域", "住址")
    plain = ("陈玉兰", "13912345678", "", "", "东社区/一网格", "光明路1号")

    def brought(*row: str) -> tuple[int, int, list[tuple[str, str | None]]]:
        report = bring(store, "people", text(tmp_path / "p.csv", [header, row]), clock)
        return report.new, report.there, [(wrong.column, wrong.value) for wrong in report.wrong]

    assert brought(*plain) == (1, 0, [])
    assert brought(*plain[:-1], "光明路9号") == (0, 1, []), "who has moved is found by name and phone"
    numbered = ("陈玉兰", "139 1234 5678", A_NUMBER, "", "东社区/一网格", "光明路1号")
    assert brought(*numbered) == (0, 0, [("身份证号", None)]), "a person decides whether they are the same"
    assert brought("陈玉兰", "", *numbered[2:]) == (1, 0, []), "another of this name"
    assert brought("陈玉兰", "13912345679", "", "", "东社区/一网格", "光明路3号") == (1, 0, []), "another phone"
    assert brought("陈小兰", "13912345678", "", "", "东社区/一网格", "光明路1号") == (1, 0, []), (
        "of one home, another name"
    )


def test_somebody_who_came_with_an_id_number_is_found_by_a_list_without_one(
    store: Store, clock: FakeClock, tmp_path: Path
) -> None:
    fill(store)
    header = ("姓名", "电话", "身份证号", "出生年份", "区域")
    for row, expected in (
        (("陈玉兰", "13912345678", A_NUMBER, "", "东社区"), (1, 0)),
        (("陈玉兰", "13912345678", "", "", "东社区"), (0, 1)),
        (("陈玉兰", "13912345678", "", "1949", "西社区"), (0, 1)),
        (("陈玉兰", "13912345678", "", "1980", "东社区"), (1, 0)),
    ):
        report = bring(store, "people", text(tmp_path / "p.csv", [header, row]), clock)
        assert (report.new, report.there, report.wrong) == (*expected, [])


def test_what_lasts_says_since_when(store: Store, engine: Engine, clock: FakeClock, tmp_path: Path) -> None:
    fill(store)
    tables = {
        "people": [("姓名", "区域"), ("陈玉兰", "东社区/一网格")],
        "organisations": [("名称", "类型", "区域", "报到社区"), ("超市", "商户", "西社区", "东社区")],
        "teams": [("队名", "领域", "区域", "成员系统编号"), ("红马甲", "养老", "东社区", "liu;wang")],
    }
    for name, rows in tables.items():
        bring(store, name, text(tmp_path / f"{name}.csv", rows), clock)
    query = "MATCH ()-[r]->() WHERE r.since = $now RETURN type(r) AS type, count(r) AS n"
    found = {row["type"]: row["n"] for row in raw(engine, query, now=to_milliseconds(clock.now()))}
    assert found == {"LIVES_IN": 1, "LOCATED_IN": 2, "REPORTS_TO": 1, "JOINED": 2}


def test_whatever_comes_in_has_its_first_event(store: Store, engine: Engine, clock: FakeClock, tmp_path: Path) -> None:
    fill(store)
    tables = {
        "people": [("姓名", "区域"), ("陈玉兰", "东社区/一网格")],
        "organisations": [("名称", "类型", "区域"), ("超市", "商户", "西社区")],
        "teams": [("队名", "领域", "区域"), ("红马甲", "养老", "东社区")],
        "resources": [("提供者类型", "提供者", "标题", "能力"), ("单位", "超市", "送轮椅", "轮椅")],
    }
    for name, rows in tables.items():
        for _ in range(2):
            bring(store, name, text(tmp_path / f"{name}.csv", rows), clock)
    query = "MATCH (e:Event) RETURN e.verb AS verb, e.seq AS seq, e.after AS after"
    found = sorted((row["verb"], row["seq"], row["after"] or "") for row in raw(engine, query))
    assert found == [("add", 1, ""), ("add", 1, ""), ("list", 1, "listed"), ("record", 1, "")]
    [person] = raw(engine, "MATCH (e:Event {verb: 'record'}) MATCH (p:Person {id: e.subject}) RETURN p.id AS id")
    assert write(store, lambda g: g.people.count_event(person["id"])) == 2
