"""What a table may bring in is what the API takes: the same texts, the same public titles."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from graph.store import Store
from matching.errors import InvalidInput
from matching.use_cases.listings import list_resource
from matching.use_cases.needs import record_need
from tests.tables import A_NEED, NEED_HEADER, bad, book, bring, text
from tests.worlds import EAST_STAFF, WANG_TIME, FakeClock, fill, key, need

HIDDEN = ("水管\0漏水", "水管\a漏水", "水管\u202e漏水", "水管\n漏水", "水管\u200b漏水")


@pytest.fixture
def city(embedded_store: Store) -> Store:
    fill(embedded_store)
    return embedded_store


@pytest.mark.parametrize("words", HIDDEN, ids=[ascii(words) for words in HIDDEN])
def test_one_line_of_what_can_be_seen_stands_in_a_title_and_a_name(
    city: Store, clock: FakeClock, tmp_path: Path, words: str
) -> None:
    tables = {
        "needs": [NEED_HEADER, (words, *A_NEED[1:])],
        "people": [("姓名", "区域"), (words, "东社区")],
        "organisations": [("名称", "类型", "区域"), (words, "商户", "东社区")],
        "teams": [("队名", "领域", "区域"), (words, "养老", "东社区")],
        "resources": [("提供者类型", "提供者", "标题", "能力"), ("单位", "clinic", words, "轮椅")],
    }
    for name, rows in tables.items():
        report = bring(city, name, text(tmp_path / f"{name}.csv", rows), clock, dry_run=True)
        assert ["not seen" in wrong.message for wrong in report.wrong] == [True], name


def test_full_words_may_have_lines_but_nothing_that_is_no_text(city: Store, clock: FakeClock, tmp_path: Path) -> None:
    rows = [(*NEED_HEADER, "详情"), (*A_NEED, "一行\r\n二行"), ("又漏了", *A_NEED[1:], "一行\a二行")]
    report = bring(city, "needs", text(tmp_path / "n.csv", rows), clock, dry_run=True)
    assert [(wrong.row, wrong.column, wrong.value) for wrong in report.wrong] == [(3, "详情", None)]


def test_a_year_of_birth_does_not_lie_ahead(city: Store, clock: FakeClock, tmp_path: Path) -> None:
    year = clock.now().year
    rows = [("姓名", "区域", "出生年份"), ("陈玉兰", "东社区", year), ("陈小兰", "东社区", year + 1)]
    report = bring(city, "people", text(tmp_path / "p.csv", rows), clock, dry_run=True)
    assert bad(report) == [(3, "出生年份", str(year + 1))]


def test_a_public_title_names_neither_the_resident_nor_the_provider(
    city: Store, clock: FakeClock, tmp_path: Path
) -> None:
    titled = need("named", person="liu", title="刘桂兰家漏水")
    with pytest.raises(InvalidInput, match="title") as refused:
        record_need(city, titled, by=EAST_STAFF, key=key(), clock=clock)
    assert "刘桂兰" not in str(refused.value.more)
    with pytest.raises(InvalidInput, match="title"):
        taps = replace(WANG_TIME, id="new", title="王 建国修水管")
        list_resource(city, taps, provider="wang", by=EAST_STAFF, key=key(), clock=clock)
    rows = [(*NEED_HEADER, "居民系统编号"), ("刘桂兰家漏水", *A_NEED[1:], "liu"), (*A_NEED, "liu")]
    report = bring(city, "needs", text(tmp_path / "n.csv", rows), clock, dry_run=True)
    assert [(wrong.row, wrong.column) for wrong in report.wrong] == [(2, "标题")]
    rows = [("提供者类型", "提供者", "标题", "能力", "条件"), ("个人", "wang", "陪伴", "陪伴", "找王建国")]
    report = bring(city, "resources", text(tmp_path / "r.csv", rows), clock, dry_run=True)
    assert [(wrong.row, wrong.column) for wrong in report.wrong] == [(2, "条件")]


def test_a_cell_that_a_merged_one_covers_is_told_as_that(city: Store, clock: FakeClock, tmp_path: Path) -> None:
    rows = [(*NEED_HEADER, "截止日期"), (*A_NEED, date(2026, 12, 5)), ("又漏了", None, "水电维修", None)]
    path = book(tmp_path / "n.xlsx", {"表": rows}, merged=["B2:B3", "D2:D3"])
    report = bring(city, "needs", path, clock, dry_run=True)
    assert [(wrong.row, wrong.column, "unmerge" in wrong.message) for wrong in report.wrong] == [
        (3, "区域", True),
        (3, "截止日期", True),
    ]


def test_a_workbook_that_is_named_csv_is_read_as_what_it_is(city: Store, clock: FakeClock, tmp_path: Path) -> None:
    path = book(tmp_path / "n.xlsx", {"表": [NEED_HEADER, A_NEED]}).rename(tmp_path / "n.csv")
    assert bring(city, "needs", path, clock).new == 1
