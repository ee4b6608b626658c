"""What people type into cells, and what it means."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.model.areas import Area, AreaKind
from graph.model.capabilities import Capability, CapabilityKind
from graph.model.needs import Channel, Required, Urgency
from graph.model.resources import Provided
from graph.model.times import MINUTES_A_WEEK, Window, to_milliseconds
from matching.identity import normal_id_number, normal_phone
from matching.use_cases.lookups import Places
from seeds.tables import cells, hours
from seeds.tables.known import Known
from seeds.tables.reading import protected, unprotected
from seeds.tables.subjects import SUBJECTS
from seeds.tables.words import CHANNELS, URGENCIES
from tests.tables import A_NUMBER, BEGINS_A_FORMULA

DAY = 24 * 60


# ── days and instants ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "cell",
    [
        "2026年3月5日",
        "2026年03月05日 ",
        "2026/3/5",
        "2026-03-05",
        "2026.3.5",
        "20260305",
        "２０２６年３月５日",
        20260305.0,
        date(2026, 3, 5),
        datetime(2026, 3, 5),
        "2026-03-05 00:00:00",
    ],
    ids=repr,
)
def test_a_day_is_read_in_every_form_that_people_write(cell: cells.Cell) -> None:
    assert cells.day(cell) == date(2026, 3, 5)


@pytest.mark.parametrize(
    "cell", ["3月5日", "2026年2月30日", "2026-13-01", "明天", 46086.0, "2026-03-05 18:00"], ids=repr
)
def test_what_is_no_day_is_refused(cell: cells.Cell) -> None:
    with pytest.raises(ValueError, match=r"day|date"):
        cells.day(cell)


@pytest.mark.parametrize(
    ("cell", "utc"),
    [
        ("2026-03-05 18:30", (10, 30, 0)),
        ("2026年3月5日18时30分", (10, 30, 0)),
        ("2026/3/5 18点半", (10, 30, 0)),
        ("2026-03-05 18:30:15", (10, 30, 15)),
        (datetime(2026, 3, 5, 18, 30), (10, 30, 0)),
        ("2026-03-05", (15, 59, 0)),
        (date(2026, 3, 5), (15, 59, 0)),
    ],
)
def test_a_deadline_is_the_citys_time_and_a_day_alone_lasts_to_its_end(
    cell: cells.Cell, utc: tuple[int, int, int]
) -> None:
    assert cells.end_of(cell) == datetime(2026, 3, 5, *utc, tzinfo=UTC)


@given(st.datetimes(datetime(1950, 1, 1), datetime(2190, 1, 1), timezones=st.just(UTC)))
def test_an_instant_written_out_is_read_back(at: datetime) -> None:
    at = at.replace(microsecond=at.microsecond // 1000 * 1000)
    assert to_milliseconds(cells.moment(cells.date_and_time_words(at))) == to_milliseconds(at)


# ── hours of the week ────────────────────────────────────────────────────────────────────────────────────────


def on(*days: int, start: int = 0, end: int = DAY) -> list[Window]:
    return [Window(d * DAY + start, d * DAY + end) for d in days]


@pytest.mark.parametrize(
    ("words", "windows"),
    [
        ("周一至周五 9:00-11:30", on(*range(5), start=540, end=690)),
        ("周一至周五9:00~11:30", on(*range(5), start=540, end=690)),
        ("星期一、三、五 下午", on(0, 2, 4, start=840, end=1080)),
        ("工作日 9点-11点半,14:00-17:00", [*on(*range(5), start=540, end=690), *on(*range(5), start=840, end=1020)]),
        ("周末上午", on(5, 6, start=480, end=720)),
        ("每天晚上", on(*range(7), start=1080, end=1260)),
        ("周六全天", on(5)),
        ("周日", on(6)),
        ("９：００－１１：００", on(*range(7), start=540, end=660)),
    ],
)
def test_hours_are_read_as_people_write_them(words: str, windows: list[Window]) -> None:
    assert hours.windows(words) == tuple(sorted(windows))


def test_stretches_that_touch_become_one() -> None:
    assert hours.windows("周一全天;周二 0:00-8:00") == (Window(0, DAY + 480),)


@pytest.mark.parametrize("words", ["有空就行", "周一 11:00-9:00", "周一 9:70-10:00", "周五至周一", "22:00-26:00", ";"])
def test_hours_that_make_no_sense_are_refused(words: str) -> None:
    with pytest.raises(ValueError, match=r"hours|days"):
        hours.windows(words)


minutes = st.integers(0, MINUTES_A_WEEK)


@given(st.none() | st.lists(st.tuples(minutes, minutes).filter(lambda p: p[0] != p[1]).map(sorted), max_size=12))
def test_hours_written_out_are_read_back(pairs: list[list[int]] | None) -> None:
    covered = None if pairs is None else {m for start, end in pairs for m in range(start, end)}
    read = hours.windows(hours.words_of(None if pairs is None else tuple(Window(*pair) for pair in pairs)))
    assert (None if read is None else {m for w in read for m in range(w.start, w.end)}) == covered
    assert hours.windows(hours.words_of(read)) == read


# ── people ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "cell", [A_NUMBER, "11010519491231002x", " 110105 19491231 002X ", "１１０１０５１９４９１２３１００２Ｘ"]
)
def test_an_id_number_has_one_form(cell: str) -> None:
    assert cells.id_number(cell) == A_NUMBER == normal_id_number(cell)


@pytest.mark.parametrize("cell", ["110105194912310021", "1101051949123100", "XXXXXXXXXXXXXXXXXX", "刘桂兰"])
def test_an_id_number_that_does_not_fit_is_refused_and_not_repeated(cell: str) -> None:
    with pytest.raises(ValueError, match="ID number") as refused:
        cells.id_number(cell)
    assert cell not in str(refused.value)


@pytest.mark.parametrize("cell", [1.10105194912310e17, 110105194912310021, "1.10105E+17"])
def test_an_id_number_in_a_number_cell_is_refused_with_the_reason(cell: cells.Cell) -> None:
    with pytest.raises(ValueError, match="15 digits"):
        cells.id_number(cell)


@pytest.mark.parametrize("cell", ["139 1234 5678", 13912345678.0, "＋86 13912345678", "139-1234-5678"])
def test_a_phone_has_one_form(cell: cells.Cell) -> None:
    assert cells.phone(cell) == normal_phone("13912345678") == normal_phone(cells.phone(cell))


def test_a_short_number_can_be_called_and_a_piece_of_one_not() -> None:
    assert cells.phone("12345") == "12345"
    with pytest.raises(ValueError, match="phone"):
        cells.phone("1391234")


@pytest.mark.parametrize("cell", [1951.0, "1951", "1951年", "1951年3月", "1951-03-05", date(1951, 3, 5)], ids=repr)
def test_of_a_day_of_birth_only_the_year_is_kept(cell: cells.Cell) -> None:
    assert cells.birth_year(cell) == 1951


def test_a_masked_name_is_refused() -> None:
    with pytest.raises(ValueError, match="masked"):
        cells.name_of_somebody("王**")


# ── words and numbers ────────────────────────────────────────────────────────────────────────────────────────


def test_a_choice_is_read_by_its_chinese_words_and_by_its_code() -> None:
    parse = cells.one_of(URGENCIES)
    assert parse("立即办理 ") is parse("at_once") is parse("AT_ONCE") is Urgency.AT_ONCE
    assert cells.one_of(CHANNELS)(12345.0) is Channel.HOTLINE
    with pytest.raises(ValueError, match="立刻办理"):
        parse("马上")


def test_whole_numbers_come_in_full_width_and_as_excel_keeps_them() -> None:
    parse = cells.whole(1, 10_000)
    assert [parse(cell) for cell in ("３", 3.0, "1,000", " 3 ")] == [3, 3, 1000, 3]
    for cell in ("三", 3.5, "3个", 0, 10_001):
        with pytest.raises(ValueError, match=r"1 to 10000|whole"):
            parse(cell)


@given(st.builds(str.__add__, st.sampled_from(["", *BEGINS_A_FORMULA]), st.text()))
def test_whatever_a_csv_protects_comes_back(words: str) -> None:
    assert unprotected(protected(words)) == words
    assert protected(words)[:1] not in {*BEGINS_A_FORMULA}


# ── areas and capabilities ───────────────────────────────────────────────────────────────────────────────────


def areas() -> list[Area]:
    found = [
        Area("c", AreaKind.CITY, "铜川市", code="6102"),
        Area("d", AreaKind.DISTRICT, "王益区", parent="c", code="610202"),
        Area("s", AreaKind.STREET, "桃园街道办事处", parent="d", code="610202001"),
        Area("k", AreaKind.COMMUNITY, "光明社区居委会", parent="s", code="610202001001"),
        Area("m", AreaKind.COMMUNITY, "红旗社区居委会", parent="s", code="610202001002"),
    ]
    for community, name in (("k", "光明社区"), ("m", "红旗社区")):
        found += [Area(f"{community}{n}", AreaKind.GRID, f"{name}第{n}网格", parent=community) for n in (1, 2)]
    return [*found, Area("odd", AreaKind.GRID, "东/西网格", parent="k")]


def known(top: str = "c") -> Known:
    every = {area.id: area for area in areas()}

    def inside(i: str | None) -> bool:
        return i is not None and (i == top or inside(every[i].parent))

    capabilities = (
        Capability("plumbing", "水暖维修", CapabilityKind.SKILL, "visit"),
        Capability("electrical", "电工维修", CapabilityKind.SKILL, "visit"),
        Capability("gas", "燃气、煤气", CapabilityKind.SKILL, "visit"),
    )
    return Known(Places(every[top], every, frozenset(filter(inside, every)), {c.id: c for c in capabilities}))


@pytest.mark.parametrize(
    ("words", "area"),
    [
        ("桃园街道/光明社区/第1网格", "k1"),
        ("桃园街道办事处 / 光明社区居委会 / 第１网格", "k1"),
        ("光明社区第2网格", "k2"),
        ("王益区/第2网格/", None),
        ("红旗社区＞第2网格", "m2"),
        ("610202001001", "k"),
        (610202001001.0, "k"),
        ("铜川市/光明社区", "k"),
        ("m2", "m2"),
    ],
)
def test_an_area_is_found_by_its_path_however_short(words: cells.Cell, area: str | None) -> None:
    if area is None:
        with pytest.raises(ValueError, match="stands for 2 areas"):
            known().area(words)
    else:
        assert known().area(words) == area


def test_a_name_means_the_area_of_it_that_lies_where_one_works() -> None:
    assert known("m").area("第1网格") == "m1"
    with pytest.raises(ValueError, match="no such area"):
        known().area("第9网格")


@pytest.mark.parametrize("area", [area.id for area in areas()])
def test_an_area_written_out_is_read_back(area: str) -> None:
    assert known().area(known().area_words(area)) == area


def test_capabilities_are_read_by_name_or_slug_with_their_level() -> None:
    assert known().requires("水暖维修:3；electrical") == (Required("electrical"), Required("plumbing", 3))
    assert known().provides("电工维修：4级：2027年1月1日") == (Provided("electrical", 4, date(2027, 1, 1)),)
    for words in ("开飞机", "水暖维修:9", "水暖维修、plumbing", "水暖维修:1:2"):
        with pytest.raises(ValueError, match=r"capability|level|twice"):
            known().requires(words)


@given(st.dictionaries(st.sampled_from(["plumbing", "electrical", "gas"]), st.integers(1, 5), min_size=1))
def test_capabilities_written_out_are_read_back(levels: dict[str, int]) -> None:
    requires = tuple(Required(*pair) for pair in sorted(levels.items()))
    provides = tuple(Provided(c, level, date(2027, 1, level)) for c, level in sorted(levels.items()))
    assert known().requires(known().requires_words(requires)) == requires
    assert known().provides(known().provides_words(provides)) == provides


# ── the columns themselves ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("subject", SUBJECTS.values(), ids=SUBJECTS)
def test_no_header_means_two_columns(subject: object) -> None:
    table = subject.table  # type: ignore[attr-defined]
    headers = [header for column in table.columns for header in column.headers]
    assert len(headers) == len(set(headers))
