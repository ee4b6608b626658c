"""What may be said of a method of the store: the columns of the table."""

HAPPY, MISSING, SCOPE, STALE, TWICE, RACE, LOST, MANY, REFUSED = (
    "does what it says",
    "not found",
    "out of scope",
    "stale, or another's",
    "a second time",
    "racing writers",
    "a lost connection",
    "ten thousand rows",
    "a value or an owner that can't stand",
)

Row = dict[str, str]
"""Behaviour → name of the test that states it."""
