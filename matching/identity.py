"""Phones and ID numbers in one form each, so that the same one is found again however it was written."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

import phonenumbers
from phonenumbers import PhoneNumberFormat, shortnumberinfo

from graph.model.times import SystemClock, city_date

_REGION = "CN"
_EARLIEST_BIRTH = 1900
_WEIGHTS = [2**power % 11 for power in range(17, 0, -1)]  # ISO 7064 MOD 11-2
_CHECK = "10X98765432"
_PUNCTUATION = re.compile(r"[\s\-‐-―−.()]+")


def normal_phone(text: str) -> str:
    """Return a phone as E.164 (`+8613900000001`), a short or service number (`12345`) as it is.

    Mobile numbers, landlines with their area code, 400 and 800 numbers, and short numbers such as 110, 12345
    or 95588; from abroad with `+` and the country's code.

    Raises
    ------
    ValueError
        It is none of these; says what is wrong, and never repeats it.
    """
    plain = _PUNCTUATION.sub("", unicodedata.normalize("NFKC", text))
    if not re.fullmatch(r"\+?\d+", plain, re.ASCII):
        raise ValueError("a phone has digits only, with + before a country's code; give an extension elsewhere")
    try:
        number = phonenumbers.parse(plain, _REGION)
    except phonenumbers.NumberParseException:
        raise ValueError("this is no phone: too short, too long, or an unknown country's code") from None
    if not plain.startswith("+") and shortnumberinfo.is_valid_short_number_for_region(number, _REGION):
        return plain
    if not phonenumbers.is_valid_number(number):
        raise ValueError(
            "no such phone: a mobile has 11 digits, a landline needs its area code (0919…), a number from abroad its +"
        )
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def normal_id_number(text: str, *, today: date | None = None) -> str:
    """Return a citizen's ID number (居民身份证) with digits and X as ASCII has them.

    Parameters
    ----------
    today
        Nobody is born after it; the date in the city where it is not given.

    Raises
    ------
    ValueError
        It has another length, its day of birth can't be, or its check digit is wrong; never repeats it.

    References
    ----------
    GB 11643-1999: 17 digits (six of the place, eight of the birth, three in order), then the check digit by
    ISO 7064 MOD 11-2.
    """
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).upper()
    if len(plain) != 18:
        raise ValueError(f"an ID number has 18 characters, not {len(plain)}")
    if not re.fullmatch(r"\d{17}[\dX]", plain, re.ASCII):
        raise ValueError("an ID number has 17 digits, then a digit or X")
    try:
        born = date(int(plain[6:10]), int(plain[10:12]), int(plain[12:14]))
    except ValueError:
        raise ValueError("the day of birth in the ID number (its characters 7 to 14) is no date") from None
    if not date(_EARLIEST_BIRTH, 1, 1) <= born <= (today or city_date(SystemClock().now())):
        raise ValueError(f"the day of birth in the ID number lies before {_EARLIEST_BIRTH} or ahead")
    total = sum(int(digit) * weight for digit, weight in zip(plain, _WEIGHTS, strict=False))
    if _CHECK[total % 11] != plain[17]:
        raise ValueError("the ID number's check digit is wrong: one of its characters was mistyped")
    return plain
