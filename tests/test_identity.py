"""Phones and ID numbers in their normal forms; all of them are invented."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.identity import normal_id_number, normal_phone


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("13900000001", "+8613900000001"),
        (" 139-0000-0001 ", "+8613900000001"),
        ("139 0000 0001", "+8613900000001"),
        ("+86 139 0000 0001", "+8613900000001"),
        ("008613900000001", "+8613900000001"),
        ("１３９０００００００１", "+8613900000001"),
        ("0919-3183456", "+869193183456"),
        ("(010)12345678", "+861012345678"),
        ("400-820-8820", "+864008208820"),
        ("８００８２０８８２０", "+868008208820"),
        ("110", "110"),
        ("12345", "12345"),
        ("95588", "95588"),
        ("+852 9123 4567", "+85291234567"),
    ],
)
def test_a_phone_has_one_form_however_it_is_written(written: str, normal: str) -> None:
    assert normal_phone(written) == normal
    assert normal_phone(normal) == normal


@pytest.mark.parametrize(
    "wrong",
    ["", "  ", "3183456", "1390000000", "139000000012", "99999", "12", "MARKED", "13900000001转8", "0919-3183456 ext 8",
     "+99912345678", "1" * 300, "+", "13900000001;13900000002", "139٠٠٠٠٠٠٠١x"],
)  # fmt: skip
def test_what_is_no_phone_is_refused_without_being_repeated(wrong: str) -> None:
    with pytest.raises(ValueError, match="phone") as refused:
        normal_phone(wrong)
    assert len(wrong.strip()) < 2 or wrong.strip() not in str(refused.value)


GOOD = "610202193803070020"


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        (GOOD, GOOD),
        ("11010519491231002x", "11010519491231002X"),
        ("６１０２０２１９３８０３０７００２０", GOOD),
        (" 610202 19380307 0020 ", GOOD),
    ],
)
def test_an_id_number_has_one_form_however_it_is_written(written: str, normal: str) -> None:
    assert normal_id_number(written) == normal


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("", "18 characters"),
        (GOOD[:17], "18 characters"),
        ("610202380307002", "18 characters"),
        (GOOD[:17] + "3", "check digit"),
        ("61020219380230002X", "no date"),
        ("610202189912310020", "1900"),
        ("610202209912310020", "ahead"),
        ("61020219380307002A", "17 digits"),
        ("6102021938O3070022", "17 digits"),
    ],
)
def test_a_wrong_id_number_is_refused_with_what_is_wrong_and_without_being_repeated(wrong: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as refused:
        normal_id_number(wrong)
    assert not wrong or wrong not in str(refused.value)


def test_nobody_is_born_after_today() -> None:
    assert normal_id_number(GOOD, today=date(1938, 3, 7)) == GOOD
    with pytest.raises(ValueError, match="ahead"):
        normal_id_number(GOOD, today=date(1938, 3, 6))


@given(st.integers(0, 16), st.integers(1, 9))
def test_every_single_mistyped_digit_is_found(place: int, by: int) -> None:
    wrong = GOOD[:place] + str((int(GOOD[place]) + by) % 10) + GOOD[place + 1 :]
    with pytest.raises(ValueError, match="ID number"):
        normal_id_number(wrong)


@given(st.text())
def test_any_text_is_normal_or_refused(text: str) -> None:
    for normal in (normal_phone, normal_id_number):
        try:
            found = normal(text)
        except ValueError:
            continue
        assert normal(found) == found
