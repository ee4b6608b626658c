"""Bringing in the workbooks that staff have: what is read, what is refused, and that nothing is doubled."""

import base64
import json
import os
import signal
import stat
import subprocess
import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from api.terminal import EXIT_REFUSED, EXIT_STOPPED
from graph.engine import Engine
from graph.model.actors import EVERYTHING, Scope
from graph.store import Store
from seeds.tables.columns import ERROR
from seeds.tables.reading import Unreadable
from tests.tables import A_NEED, A_NUMBER, NEED_HEADER, bad, book, bring, cells, needs_there, text
from tests.web import BIN, environment
from tests.worlds import FakeClock, add, broken, fill, fingerprint, need, raw

KEY = base64.b64encode(b"a key of 32 bytes for the tests!").decode()
MANY = 5000


@pytest.fixture
def city(embedded_store: Store) -> Store:
    fill(embedded_store)
    return embedded_store


def one(store: Store, i: str) -> Any:
    return store.read(lambda graph: graph.needs.many([i])[0], scope=EVERYTHING)


# ── the workbooks that staff have ────────────────────────────────────────────────────────────────────────────


def test_a_workbook_with_a_title_merged_headers_blank_rows_and_notes_is_read(
    city: Store, clock: FakeClock, tmp_path: Path
) -> None:
    rows = [
        ["2026年东社区居民需求登记表"],
        ["填表人:张三", None, None, "填表日期:2026年11月1日"],
        ["序号", "标题 *", "所属网格", "所需能力", "要求", None, "备注"],
        [None, None, None, None, "数量（个）", "截止日期", None],
        [],
        [1, "  厨房水管漏水　", "东社区/１号楼", "水电维修:３", "２", "2026年12月5日", "急"],
        [None, " ", None],
        [2, "借轮椅", "990002001002", "wheelchair", 1, date(2026, 12, 6), None],
        [3, "电路跳闸", "西社区/一网格", "电路维修", 1.0, "2026/12/7 18:30", None],
    ]
    path = book(tmp_path / "需求.xlsx", {"登记": rows}, merged=["A1:G1", "A3:A4", "B3:B4", "C3:C4", "D3:D4", "E3:F3"])
    report = bring(city, "needs", path, clock)
    assert (report.new, report.wrong, report.sheet) == (3, [], "登记")
    assert report.left_out == ["序号", "备注"]
    found = {n.title: n for n in (one(city, i) for i in needs_there(city))}
    leak = found["厨房水管漏水"]
    assert (leak.area, leak.quantity, leak.requires[0].level) == ("east-1", 2, 3)
    assert {(n.title, n.area, f"{n.due:%m-%d %H:%M}") for n in found.values()} == {
        ("厨房水管漏水", "east-1", "12-05 15:59"),
        ("借轮椅", "west", "12-06 15:59"),
        ("电路跳闸", "west-grid", "12-07 10:30"),
    }


def test_of_several_sheets_the_one_whose_header_fits_is_taken_and_named(
    city: Store, clock: FakeClock, tmp_path: Path
) -> None:
    sheets = {
        "说明": [["怎样填写这张表"], ["每行一个需求"]],
        "十月": [NEED_HEADER, A_NEED],
        "十一月": [NEED_HEADER, ("借轮椅", "西社区", "轮椅")],
    }
    path = book(tmp_path / "n.xlsx", sheets)
    report = bring(city, "needs", path, clock)
    assert (report.sheet, report.others, report.new) == ("十月", ("十一月",), 1)
    report = bring(city, "needs", path, clock, sheet="十一月")
    assert (report.sheet, report.new) == ("十一月", 1)
    with pytest.raises(Unreadable, match="no row of it is a header"):
        bring(city, "needs", path, clock, sheet="说明")
    with pytest.raises(Unreadable, match="十二月"):
        bring(city, "needs", path, clock, sheet="十二月")


@pytest.mark.parametrize(
    ("code", "delimiter"),
    [("utf-8-sig", ","), ("utf-8", ";"), ("gb18030", ","), ("gb18030", ";"), ("utf-16", "\t"), ("utf-8", "\t")],
)
def test_a_csv_is_read_in_every_code_and_with_every_separator(
    city: Store, clock: FakeClock, tmp_path: Path, code: str, delimiter: str
) -> None:
    rows = [
        ["东社区需求"],
        [*NEED_HEADER, "详情"],
        [*A_NEED, '他说:"漏得很,请快来";第二行\n在这里'],
        [],
        ["电路跳闸", "西社区/一网格", "电路维修", ""],
    ]
    report = bring(city, "needs", text(tmp_path / "n.csv", rows, code=code, delimiter=delimiter), clock)
    assert (report.new, report.wrong) == (2, [])
    texts = {city.read(lambda g, i=i: g.needs.text(i), scope=EVERYTHING) for i in needs_there(city)}
    assert texts == {'他说:"漏得很,请快来";第二行\n在这里', "电路跳闸"}


def test_a_header_in_english_does_as_well(city: Store, clock: FakeClock, tmp_path: Path) -> None:
    path = text(tmp_path / "n.csv", [("Title", "AREA", "requires"), ("leak", "east-1", "plumbing")])
    assert bring(city, "needs", path, clock).new == 1


def protected_workbook() -> bytes:
    """Return a compound file (MS-CFB) with the stream that an encrypted workbook has."""
    end, free = 0xFFFFFFFE, 0xFFFFFFFF
    words = lambda *values: b"".join(v.to_bytes(4, "little") for v in values)  # noqa: E731

    def entry(name: str, kind: int, child: int = free, right: int = free, start: int = end, size: int = 0) -> bytes:
        coded = name.encode("utf-16-le")
        head = coded.ljust(64, b"\0") + (len(coded) + 2 if name else 0).to_bytes(2, "little") + bytes([kind, 1])
        return head + words(free, right, child) + bytes(36) + words(start, size, 0)

    header = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + bytes.fromhex("3e000300feff09000600") + bytes(6)
    header += words(0, 1, 1, 0, 4096, end, 0, end, 0, 0) + words(*[free] * 108)
    fat = words(0xFFFFFFFD, end, *range(3, 10), end, *[free] * 118)
    directory = entry("Root Entry", 5, child=1) + entry("EncryptedPackage", 2, start=2, size=4096) + 2 * entry("", 0)
    return header + fat + directory + bytes(8 * 512)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("n.xlsx", protected_workbook(), "password"),
        ("n.xlsx", b"PK\x03\x04 broken", "broken"),
        ("n.xlsx", b"", "empty"),
        ("n.xlsx", b"not a workbook at all", "no workbook"),
        ("n.csv", b"\xff\x00\xfa\xfb\x80", "neither UTF-8 nor GBK"),
        ("n.csv", "标题,区域\n".encode(), "所需能力"),
        ("n.csv", "今天天气很好\n".encode(), "no row of it is a header"),
        ("n.csv", "标题,标题,区域,所需能力\n".encode(), "two columns 标题"),
        ("n.pdf", b"%PDF", ".xlsx"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_that_is_no_table_is_told(
    city: Store, clock: FakeClock, tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(Unreadable, match=words):
        bring(city, "needs", tmp_path / name, clock)


def test_a_header_with_no_row_below_it_brings_nothing_in(city: Store, clock: FakeClock, tmp_path: Path) -> None:
    for path in (text(tmp_path / "n.csv", [NEED_HEADER]), book(tmp_path / "n.xlsx", {"x": [NEED_HEADER]})):
        report = bring(city, "needs", path, clock)
        assert (report.rows, report.new, report.wrong) == (0, 0, [])


# ── bad rows ─────────────────────────────────────────────────────────────────────────────────────────────────

BAD_ROWS = [
    (*NEED_HEADER, "数量", "期限", "身份证号", "详情"),
    (*A_NEED, 1, "", "", "一切正常"),
    ("", "东社区", "开飞机", "三", "昨天", "", ""),
    ("电话13900000001", "东社区", "水电维修", 1, "2020-01-01", "", ""),
    (*A_NEED, "13900000002", "", "110105194912310021", "长" * 2001),
    (*A_NEED, 1, "", A_NUMBER, ""),
]


def test_every_bad_cell_is_told_with_its_row_and_nothing_is_written(
    city: Store, embedded_engine: Engine, clock: FakeClock, tmp_path: Path
) -> None:
    path = text(tmp_path / "n.csv", BAD_ROWS)
    bring(city, "needs", path, clock, dry_run=True)  # whoever asks first makes the key of the hashes
    before = fingerprint(embedded_engine)
    report = bring(city, "needs", path, clock)
    assert report.refused and report.bad_rows == 4
    assert bad(report) == [
        (3, "标题", None),
        (3, "所需能力", "开飞机"),
        (3, "数量", "三"),
        (3, "期限", "昨天"),
        (4, "标题", None),
        (4, "期限", "2020-01-01"),
        (5, "数量", None),
        (5, "身份证号", None),
        (5, "详情", None),
        (6, "身份证号", None),
    ]
    said = json.dumps([wrong.message for wrong in report.wrong], ensure_ascii=False)
    for personal in ("13900000001", "13900000002", "110105194912310021", A_NUMBER, "长长"):
        assert personal not in said
    assert fingerprint(embedded_engine) == before


def test_a_dry_run_counts_and_writes_nothing(
    city: Store, embedded_engine: Engine, clock: FakeClock, tmp_path: Path
) -> None:
    path = text(tmp_path / "n.csv", [NEED_HEADER, A_NEED])
    bring(city, "needs", path, clock, dry_run=True)
    before = fingerprint(embedded_engine)
    report = bring(city, "needs", path, clock, dry_run=True)
    assert (report.new, report.there) == (1, 0)
    assert fingerprint(embedded_engine) == before


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_bad_rows_go_to_a_file_that_can_be_mended_and_imported(
    city: Store, clock: FakeClock, tmp_path: Path, suffix: str
) -> None:
    rows = [
        ["登记表"],
        (*NEED_HEADER, "详情", "备注"),
        (*A_NEED, "=1+1", "甲"),
        ("借轮椅", "南社区", "轮椅", "@他说", "乙"),
        ("电路跳闸", "西社区", "", "", "丙"),
    ]
    path = tmp_path / f"n.{suffix}"
    text(path, rows) if suffix == "csv" else book(path, {"表": rows})
    report = bring(city, "needs", path, clock, skip_bad_rows=True)
    assert (report.new, report.bad_rows, report.refused) == (1, 2, False)
    assert report.rejects == tmp_path / f"n.rejects.{suffix}"
    assert stat.S_IMODE(report.rejects.stat().st_mode) == 0o600
    header, *rejected = cells(report.rejects)
    assert header == [*rows[1], ERROR]
    assert [row[0] for row in rejected] == ["借轮椅", "电路跳闸"]
    assert "区域" in rejected[0][-1] and "所需能力" in rejected[1][-1]

    rejected[0][1] = "西社区"
    rejected[1][2] = "电路维修"
    text(report.rejects, [header, *rejected]) if suffix == "csv" else book(report.rejects, {"表": [header, *rejected]})
    mended = bring(city, "needs", report.rejects, clock)
    assert (mended.new, mended.wrong, mended.left_out) == (2, [], ["备注"])
    texts = {city.read(lambda g, i=i: g.needs.text(i), scope=EVERYTHING) for i in needs_there(city)}
    assert texts == {"=1+1", "@他说", "电路跳闸"}
    again = bring(city, "needs", path, clock, skip_bad_rows=True)
    assert again.rejects == tmp_path / f"n.rejects-2.{suffix}", "what somebody mends is not overwritten"


def test_a_row_outside_the_area_of_the_import_is_bad(city: Store, clock: FakeClock, tmp_path: Path) -> None:
    path = text(tmp_path / "n.csv", [NEED_HEADER, A_NEED, ("电路跳闸", "西社区/一网格", "电路维修")])
    report = bring(city, "needs", path, clock, area="990002001001")
    assert bad(report) == [(3, "区域", "西社区/一网格")]
    assert "东社区" in report.wrong[0].message


# ── again and again ──────────────────────────────────────────────────────────────────────────────────────────


def test_the_same_file_doubles_nothing_and_edits_stay(
    city: Store, embedded_engine: Engine, clock: FakeClock, tmp_path: Path
) -> None:
    path = text(tmp_path / "n.csv", [(*NEED_HEADER, "期限"), (*A_NEED, "2026-11-20")])
    assert bring(city, "needs", path, clock).new == 1
    raw(embedded_engine, "MATCH (n:Need)-[i:IN_AREA]->() DELETE i SET n.title = '改过'")
    raw(embedded_engine, "MATCH (n:Need), (a:Area {id: 'west-1'}) CREATE (n)-[:IN_AREA]->(a)")
    before = fingerprint(embedded_engine)
    clock.advance(days=7)  # the deadline is over by now: that is no reason to refuse what is there
    report = bring(city, "needs", path, clock)
    assert (report.new, report.there, report.wrong) == (0, 1, [])
    assert fingerprint(embedded_engine) == before


def test_an_own_number_names_the_need_within_its_community(city: Store, clock: FakeClock, tmp_path: Path) -> None:
    rows = [("编号", *NEED_HEADER), ("1", *A_NEED), ("1", "电路跳闸", "西社区/一网格", "电路维修")]
    assert bring(city, "needs", text(tmp_path / "n.csv", rows), clock).new == 2
    moved = [("编号", *NEED_HEADER), (1, "水管又漏了", "东社区/一网格", "水电维修")]
    report = bring(city, "needs", book(tmp_path / "m.xlsx", {"表": moved}), clock)
    assert (report.new, report.there) == (0, 1)


def test_two_rows_that_are_the_same_are_told(city: Store, clock: FakeClock, tmp_path: Path) -> None:
    report = bring(city, "needs", text(tmp_path / "n.csv", [NEED_HEADER, A_NEED, A_NEED]), clock)
    assert bad(report) == [(3, "标题", None)]
    assert "row 2" in report.wrong[0].message


def test_an_imported_need_has_its_first_event(city: Store, clock: FakeClock, tmp_path: Path) -> None:
    bring(city, "needs", text(tmp_path / "n.csv", [NEED_HEADER, A_NEED]), clock)
    [made] = needs_there(city)
    [event] = city.read(lambda g: g.events.history(made), scope=EVERYTHING)
    assert (event.verb, event.seq, event.actor, event.after) == ("record", 1, "operator:test", "open")
    assert broken(city) == []


# ── people, organisations, resources ─────────────────────────────────────────────────────────────────────────

PEOPLE_HEADER = ("姓名", "身份证号", "电话", "出生年份", "家庭住址", "所属网格", "是否核实")


def test_people_come_in_and_are_found_again_by_their_id_number(
    city: Store, embedded_engine: Engine, clock: FakeClock, tmp_path: Path
) -> None:
    rows = [
        PEOPLE_HEADER,
        ("陈玉兰", A_NUMBER, "139 1234 5678", "", "光明路1号", "东社区/一网格", "是"),
        ("周伟", "", "12345", 1980, "光明路2号", "西社区/一网格", ""),
    ]
    assert bring(city, "people", text(tmp_path / "p.csv", rows), clock).new == 2
    married = [PEOPLE_HEADER, ("陈玉兰(新名)", A_NUMBER.lower(), "", 1949, "", "西社区/一网格", ""), rows[2]]
    report = bring(city, "people", text(tmp_path / "q.csv", married), clock)
    assert (report.new, report.there, report.wrong) == (0, 2, [])
    [row] = raw(embedded_engine, "MATCH (p:Person {birth_year: 1949}) RETURN properties(p) AS p")
    kept = json.dumps(row)
    assert A_NUMBER not in kept and "陈玉兰" not in kept and "光明路" not in kept
    east = Scope(area="east")
    found = city.read(lambda g: g.tables.people([row["p"]["id"]], personal=["name", "id_number"]), scope=east)
    assert [(p.person.name, p.person.id_number, p.person.verified) for p in found] == [("陈玉兰", A_NUMBER, True)]


def test_an_id_number_in_a_number_column_is_refused(city: Store, clock: FakeClock, tmp_path: Path) -> None:
    rows = [("姓名", "身份证号", "区域"), ("陈玉兰", 110105194912310021, "东社区")]
    report = bring(city, "people", book(tmp_path / "p.xlsx", {"表": rows}), clock)
    assert bad(report) == [(2, "身份证号", None)]
    assert "15 digits" in report.wrong[0].message


def test_a_need_is_for_the_person_of_its_id_number(city: Store, clock: FakeClock, tmp_path: Path) -> None:
    people = [PEOPLE_HEADER, ("陈玉兰", A_NUMBER, "", "", "", "东社区/一网格", "")]
    bring(city, "people", text(tmp_path / "p.csv", people), clock)
    path = text(tmp_path / "n.csv", [(*NEED_HEADER, "身份证号", "详情"), (*A_NEED, A_NUMBER, "陈玉兰家漏水")])
    assert bring(city, "needs", path, clock).new == 1
    [made] = needs_there(city)
    assert one(city, made).person is not None
    west = text(tmp_path / "w.csv", [(*NEED_HEADER, "身份证号"), ("电路跳闸", "西社区", "电路维修", A_NUMBER)])
    report = bring(city, "needs", west, clock, area="west")
    assert [wrong.message for wrong in report.wrong] == ["no such resident in this area; import the people first"]


def test_organisations_and_what_they_lend_come_in_and_are_found_by_name(
    city: Store, embedded_engine: Engine, clock: FakeClock, tmp_path: Path
) -> None:
    rows = [
        ("单位名称", "类型", "所在社区", "联系人", "报到社区", "协议"),
        ("社区医院", "单位", "东社区", "李主任", "", ""),
        ("阳光超市（东店）", "商户", "东社区", "", "东社区", "每月一次义卖"),
    ]
    report = bring(city, "organisations", text(tmp_path / "o.csv", rows), clock)
    assert (report.new, report.there) == (1, 1), "the clinic was there already, under another id"

    rows = [
        ("提供者类型", "提供者", "标题", "能力", "数量", "周期", "服务区域", "服务时间"),
        ("单位", "社区医院", "轮椅借用", "轮椅", 3, "每月", "", ""),
        (
            "商户",
            "阳光超市(东店)",
            "送轮椅",
            "轮椅:4、陪伴:2:2027-05-01",
            1,
            "",
            "街道、西社区",
            "周一至周五 9:00-11:30",
        ),
        ("单位", "不存在的单位", "帮忙", "陪伴", 1, "", "", ""),
        ("个人", "", "陪伴13900000001", "陪伴", 1, "", "", ""),
    ]
    report = bring(city, "resources", text(tmp_path / "r.csv", rows), clock, skip_bad_rows=True)
    assert (report.new, report.there) == (1, 1)
    assert [(wrong.row, wrong.column) for wrong in report.wrong] == [(4, "提供者"), (5, "身份证号")]
    [made] = raw(embedded_engine, "MATCH (r:Resource {title: '送轮椅'}) RETURN r.id AS id")
    resource = city.read(lambda g: g.resources.get(made["id"]), scope=EVERYTHING)
    assert (resource.reaches, len(resource.provides), len(resource.windows or ())) == (("street", "west"), 2, 5)


# ── killed, stopped, run again ───────────────────────────────────────────────────────────────────────────────


def count(engine: Engine, label: str) -> int:
    return int(raw(engine, f"MATCH (n:{label}) RETURN count(n) AS n")[0]["n"])


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT], ids=["killed", "stopped"])
def test_an_import_that_was_cut_off_goes_on_where_it_was_and_doubles_nothing(
    city: Store, embedded_engine: Engine, embedded_data: Path, tmp_path: Path, how: signal.Signals
) -> None:
    path = text(tmp_path / "n.csv", [("编号", *NEED_HEADER), *((i, *A_NEED) for i in range(MANY))])
    command = [str(BIN / "renling"), "import", "needs", str(path), "--json"]
    settings = environment(embedded_data, RENLING_MASTER_KEY=KEY)
    first = subprocess.Popen(command, env=settings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while first.poll() is None and count(embedded_engine, "Need") == 0:
        time.sleep(0.01)
    os.kill(first.pid, how)
    said, _ = first.communicate(timeout=120)
    cut = count(embedded_engine, "Need")
    assert 0 < cut < MANY and cut % 1000 == 0, "only whole pages are written"
    assert count(embedded_engine, "Event") == cut
    if how is signal.SIGINT:
        assert first.returncode == EXIT_STOPPED
        assert json.loads(said)["stopped"] is True and json.loads(said)["new"] == cut

    second = subprocess.run(command, env=settings, capture_output=True, text=True, timeout=250)
    assert second.returncode == 0, second.stderr
    report = json.loads(second.stdout)
    assert (report["new"], report["there"]) == (MANY - cut, cut)
    assert count(embedded_engine, "Need") == count(embedded_engine, "Event") == MANY
    [joined] = raw(embedded_engine, "MATCH (:Need)-[r:IN_AREA|REQUIRES]->() RETURN count(r) AS n")
    assert joined["n"] == 2 * MANY


# ── on the command line ──────────────────────────────────────────────────────────────────────────────────────


def renling(data: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    settings = environment(data, RENLING_MASTER_KEY=KEY)
    return subprocess.run([str(BIN / "renling"), *arguments], env=settings, capture_output=True, text=True, timeout=120)


def test_the_command_line_tells_bad_rows_and_leaves_with_their_code(
    city: Store, embedded_data: Path, tmp_path: Path
) -> None:
    path = text(tmp_path / "n.csv", BAD_ROWS)
    done = renling(embedded_data, "import", "needs", str(path))
    assert done.returncode == EXIT_REFUSED
    assert "nothing was written" in done.stdout and "开飞机" in done.stderr
    assert "13900000001" not in done.stdout + done.stderr

    done = renling(embedded_data, "import", "needs", str(path), "--skip-bad-rows")
    assert done.returncode == EXIT_REFUSED
    assert "1 needs new" in done.stdout and "n.rejects.csv" in done.stdout


def test_a_template_is_a_table_that_can_be_imported(city: Store, embedded_data: Path, tmp_path: Path) -> None:
    path = tmp_path / "模板.xlsx"
    done = renling(embedded_data, "template", "needs", "--out", str(path))
    assert done.returncode == 0, done.stderr
    header, example, *_ = cells(path)
    assert header[:3] == ["编号", "标题", "区域"]
    example[header.index("区域")], example[header.index("所需能力")] = "东社区", "水电维修"
    book(path, {"需求": [header, example]})
    done = renling(embedded_data, "import", "needs", str(path))
    assert "1 needs new" in done.stdout, done.stderr


def test_what_is_personal_is_exported_with_a_reason_only(city: Store, embedded_data: Path, tmp_path: Path) -> None:
    add(city, need())
    for arguments in (
        ("people", "p.csv", "--personal"),
        ("needs", "n.csv", "--with-text"),
        ("needs", "n.csv", "--personal"),
    ):
        done = renling(embedded_data, "export", arguments[0], str(tmp_path / arguments[1]), *arguments[2:])
        assert done.returncode == 2 and not list(tmp_path.iterdir())
    path = tmp_path / "n.csv"
    done = renling(embedded_data, "export", "needs", str(path), "--with-text", "--reason", "handling")
    assert (done.returncode, done.stdout) == (0, f"1 needs in {path}\n")
