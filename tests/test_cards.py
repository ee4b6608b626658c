"""What may stand on a public card."""

import pytest

from matching.use_cases.needs import holds_a_long_number, names_one_of


@pytest.mark.parametrize(
    "title",
    [
        "电话13800138000",
        "电话 138 0013 8000",
        "138  0013  8000",
        "138.0013.8000",
        "138—0013—8000",
        "138/0013/8000",
        "138,0013,8000",
        "138　0013　8000",
        "138 0013 8000",  # full width
        "8123 456",
        "一三八零零一三八零零零",
        "身份证610202195003150011",
        "卡号6222 0212 3456 789",
        "壹叁玖贰零零零零零零壹",
        "幺三九幺幺零零九八八",
    ],
)
def test_a_phone_or_a_card_is_seen_however_it_is_written(title: str) -> None:
    assert holds_a_long_number(title)


@pytest.mark.parametrize(
    "title",
    [
        "2026-11-22 14:30 请人送药",
        "2026年11月22日 14:30",
        "11月22日至12月3日陪诊",
        "3号楼2单元601室",
        "20张桌子,40把椅子",
        "12345转办",
        "一周两次,一次三十分钟",
    ],
)
def test_dates_times_and_counts_may_stand(title: str) -> None:
    assert not holds_a_long_number(title)


def test_a_name_is_seen_with_blanks_in_it_and_of_one_sign_it_is_none() -> None:
    assert names_one_of("给 王 建国 修水管", ["刘桂兰", "王建国"])
    assert names_one_of("Anna-Maria needs a chair", ["ANNA-Maria"])
    assert not names_one_of("王家修水管", ["王建国", "修", ""])
