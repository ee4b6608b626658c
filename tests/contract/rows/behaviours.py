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


class Because(str):
    """Why a writer needs no test of its own for a behaviour."""


Row = dict[str, str]
"""Behaviour → name of the test that states it, or `Because`."""

AT_ONCE = "test_what_many_send_at_once_under_keys_of_their_own_happens_once"
UNDER_ONE_KEY = "test_what_many_send_at_once_under_one_key_has_one_effect"
CUT = "test_what_is_cut_off_and_sent_again_has_one_effect"

LOOKS = Because("it only reads: the key for hashing is looked for and not made")
SAYS = Because("it only says what is to be made; see `declare`")
LOADED = Because("Loading.nodes and Loading.relationships in one transaction; see their rows")
ONE_STATEMENT = Because("one statement that comes to the same a second time")
