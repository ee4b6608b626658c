"""What goes out comes back the same, is safe to open, and shows nobody without a reason."""

import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.engine import Engine
from graph.model.actors import EVERYTHING
from graph.model.ids import natural_id
from graph.model.needs import Channel, Field, Need, NeedKind, Required, Urgency
from graph.model.people import Organisation, OrganisationKind, Person, Team
from graph.model.resources import Provided, ProviderKind, Resource
from graph.model.times import Period, Window
from graph.store import Store
from matching.use_cases.importing import bring_in
from matching.use_cases.lookups import acting_in
from matching.use_cases.needs import ShowReason
from seeds.tables.exporting import export_table
from tests.tables import A_NUMBER, BEGINS_A_FORMULA, OPERATOR, bring, cells
from tests.worlds import NOON, FakeClock, fill, fresh_store, need, raw

FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "'=1", "''", '=HYPERLINK("http://x")')
# What a table can hold: no blanks at the ends, and no halves of characters.
WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30).filter(
    lambda words: words == words.strip(" \u3000\xa0\u200b\ufeff\t\r\n") and words.strip()
)
# A bare \r goes out harmless too, but is no text that comes in.
TAKEN = [words for words in FORMULAS if "\r" not in words]
ANY_TEXT = st.one_of(WORDS, st.builds("{}{}".format, st.sampled_from(TAKEN), WORDS))


def export(store: Store, table: str, path: Path, clock: FakeClock, **how: Any) -> int:
    return export_table(store, table, path, by=acting_in(store, None, by=OPERATOR), clock=clock, **how)


def some_needs(texts: list[str]) -> list[Need]:
    """Return needs that differ in every column."""
    kinds, urgencies, fields, channels = list(NeedKind), list(Urgency), list(Field), list(Channel)
    return [
        need(
            natural_id("need", at),
            title=f"第{at}件",
            area=("east-1", "east-grid", "west", "city")[at % 4],
            requires=(Required("company", at % 5 + 1), Required("plumbing")) if at % 2 else (Required("wheelchair"),),
            kind=kinds[at % len(kinds)],
            urgency=urgencies[at % len(urgencies)],
            field=fields[at % len(fields)],
            channel=channels[at % len(channels)],
            quantity=at + 1,
            person="liu" if at % 3 == 0 else None,
            household="liu-home" if at % 3 == 1 else None,
            place="east-grid" if at % 3 == 2 else None,
            raised_by="wang" if at % 2 else None,
            raised_by_organisation=None if at % 2 else "clinic",
            group=natural_id("group") if at % 3 == 1 else None,
            at_home=at % 2 == 0,
            duration=at * 7,
            windows=(None, (), (Window(0, 10080),), (Window(540, 690), Window(1500, 4000)))[at % 4],
            due=None if at % 3 else NOON + timedelta(days=at + 1, seconds=at, milliseconds=at),
            raised_at=NOON - timedelta(hours=at, minutes=at),
            text=words,
        )
        for at, words in enumerate(texts)
    ]


def needs_of(store: Store) -> dict[str, tuple[Need, str]]:
    ids = [
        row["id"]
        for row in store.read(lambda g: g.transaction.rows("MATCH (n:Need) RETURN n.id AS id"), scope=EVERYTHING)
    ]
    found = store.read(lambda g: g.needs.many(ids), scope=EVERYTHING)
    return {n.id: (replace(n, rev=1), store.read(lambda g, i=n.id: g.needs.text(i), scope=EVERYTHING)) for n in found}


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(ANY_TEXT, min_size=1, max_size=12))
def test_needs_that_go_out_come_back_the_same(
    embedded_engine: Engine, tmp_path: Path, suffix: str, texts: list[str]
) -> None:
    clock = FakeClock()
    store = fresh_store(embedded_engine)
    fill(store, *some_needs(texts))
    before = needs_of(store)
    path = tmp_path / f"n.{suffix}"
    assert export(store, "needs", path, clock, reason=ShowReason.HANDLING) == len(texts)
    report = bring(store, "needs", path, clock)
    assert (report.new, report.there, report.wrong) == (0, len(texts), [])

    store = fresh_store(embedded_engine)
    fill(store)
    report = bring(store, "needs", path, clock)
    assert (report.new, report.wrong, report.left_out) == (len(texts), [], [])
    assert needs_of(store) == before


OTHERS: dict[str, Callable[[], list[Any]]] = {
    "people": lambda: [
        Person(
            natural_id("p1"), "欧阳 明", "east-1", "+8613912345678", A_NUMBER, "=街1号", "@要轮椅", 1949, None, ("zh",)
        ),
        Person(
            natural_id("p2"), "Anna-Maria", "west", verified=True, consent=date(2026, 1, 2), keep_until=date(2030, 1, 1)
        ),
    ],
    "organisations": lambda: [
        Organisation(
            natural_id("o1"), OrganisationKind.MERCHANT, "-超市", "east", False, "李 12345", "street", "每月一次"
        ),
        Organisation(natural_id("o2"), OrganisationKind.OWNERS_COMMITTEE, "业委会", "west-grid"),
    ],
    "teams": lambda: [
        Team(natural_id("t1"), "=红马甲", Field.CULTURE, "east", ("liu", "zhao"), verified=False),
        Team(natural_id("t2"), "蓝马甲", Field.ELDER_CARE, "west-grid"),
    ],
    "resources": lambda: [
        Resource(
            natural_id("r1"),
            "clinic",
            ProviderKind.ORGANISATION,
            "+轮椅",
            (Provided("company", 5, date(2027, 1, 1)), Provided("wheelchair", 3)),
            0,
            Period.ONCE,
            (Window(0, 600),),
            30,
            ("east", "west"),
            "@预约",
        ),
        Resource(natural_id("r2"), "wang", ProviderKind.PERSON, "修水管", (Provided("plumbing", 1),), 7, windows=()),
    ],
}


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
@pytest.mark.parametrize("table", OTHERS)
def test_a_table_that_goes_out_comes_back_the_same(
    embedded_engine: Engine, clock: FakeClock, tmp_path: Path, table: str, suffix: str
) -> None:
    personal = None if table in ("resources", "teams") else ShowReason.SUPERVISION
    files = []
    for turn in ("made", "imported"):
        store = fresh_store(embedded_engine)
        fill(store, resources=[])
        by = acting_in(store, None, by=OPERATOR)
        if turn == "made":
            bring_in(store, OTHERS[table](), by=by, clock=clock)
        else:
            report = bring(store, table, tmp_path / f"made.{suffix}", clock, skip_bad_rows=True)
            assert (report.new, report.left_out) == (len(OTHERS[table]()), [])
        path = tmp_path / f"{turn}.{suffix}"
        export(store, table, path, clock, reason=personal)
        files.append(cells(path))
    assert files[0] == files[1]
    assert len(files[0]) > len(OTHERS[table]())


def test_no_cell_of_a_file_is_evaluated(embedded_store: Store, clock: FakeClock, tmp_path: Path) -> None:
    fill(embedded_store, *some_needs(list(FORMULAS)))
    export(embedded_store, "needs", tmp_path / "n.csv", clock, reason=ShowReason.HANDLING)
    for row in cells(tmp_path / "n.csv"):
        assert not [cell for cell in row if cell[:1] in {*BEGINS_A_FORMULA}]
    export(embedded_store, "needs", tmp_path / "n.xlsx", clock, reason=ShowReason.HANDLING)
    with zipfile.ZipFile(tmp_path / "n.xlsx") as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
        assert "<f>" not in sheet and "hyperlink" not in sheet
        assert 'quotePrefix="1"' in parts.read("xl/styles.xml").decode()
    texts = {row[4] for row in cells(tmp_path / "n.xlsx")[1:]}
    assert texts == set(FORMULAS)


def test_a_csv_opens_in_excel_as_utf_8(embedded_store: Store, clock: FakeClock, tmp_path: Path) -> None:
    fill(embedded_store)
    export(embedded_store, "organisations", tmp_path / "o.csv", clock)
    assert (tmp_path / "o.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_without_a_reason_people_are_masked_and_nothing_is_written_down(
    embedded_store: Store, embedded_engine: Engine, clock: FakeClock, tmp_path: Path
) -> None:
    fill(embedded_store, need())
    export(embedded_store, "people", tmp_path / "p.csv", clock)
    export(embedded_store, "needs", tmp_path / "n.csv", clock)
    said = (tmp_path / "p.csv").read_text("utf-8") + (tmp_path / "n.csv").read_text("utf-8")
    assert "刘**" in said
    for personal in ("刘桂兰", "13900000001", "家厨房"):
        assert personal not in said
    assert raw(embedded_engine, "MATCH (e:Event) RETURN count(e) AS n") == [{"n": 0}]
    report = bring(embedded_store, "people", tmp_path / "p.csv", clock)
    assert report.refused and "masked" in report.wrong[0].message


def test_every_showing_is_written_down_with_its_reason(
    embedded_store: Store, embedded_engine: Engine, clock: FakeClock, tmp_path: Path
) -> None:
    fill(embedded_store, need())
    for table in ("needs", "people", "organisations"):
        export(embedded_store, table, tmp_path / "x.csv", clock, reason=ShowReason.SUPERVISION)
    events = raw(embedded_engine, "MATCH (e:Event) RETURN e.subject AS s, e.verb AS v, e.reason AS r, e.actor AS a")
    assert {tuple(event.values()) for event in events} == {
        ("leak", "show_text", "supervision", "operator:test"),
        *((who, "show_personal", "supervision", "operator:test") for who in ("liu", "wang", "zhao")),
        ("clinic", "show_contact", "supervision", "operator:test"),
    }


def test_only_the_area_that_was_named_goes_out(embedded_store: Store, clock: FakeClock, tmp_path: Path) -> None:
    fill(embedded_store, need(), need("dark", area="west-1", title="电路跳闸"))
    by = acting_in(embedded_store, "west", by=OPERATOR)
    for table, words in (("needs", "电路跳闸"), ("people", "赵*"), ("resources", "水电维修"), ("organisations", None)):
        path = tmp_path / f"{table}.csv"
        count = export_table(embedded_store, table, path, by=by, clock=clock)
        assert count == (1 if words else 0)
        assert (words or "") in path.read_text("utf-8")


def test_more_than_a_page_goes_out_whole(embedded_store: Store, clock: FakeClock, tmp_path: Path) -> None:
    fill(embedded_store)
    by = acting_in(embedded_store, None, by=OPERATOR)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    bring_in(embedded_store, [need(natural_id(i), raised_at=start) for i in range(2345)], by=by, clock=clock)
    assert export(embedded_store, "needs", tmp_path / "n.xlsx", clock) == 2345
    rows = cells(tmp_path / "n.xlsx")
    assert len({row[rows[0].index("系统编号")] for row in rows[1:]}) == 2345


def test_a_file_that_cant_be_finished_leaves_the_old_one(
    embedded_store: Store, clock: FakeClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(embedded_store, need())
    (tmp_path / "n.csv").write_text("before")

    def fails(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("seeds.tables.needs.row", fails)
    with pytest.raises(KeyboardInterrupt):
        export(embedded_store, "needs", tmp_path / "n.csv", clock)
    assert [path.name for path in tmp_path.iterdir()] == ["n.csv"]
    assert (tmp_path / "n.csv").read_text() == "before"
