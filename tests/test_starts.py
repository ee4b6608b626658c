"""When a unit of a timed need may start: by one candidate or by all at once, minute by minute."""

from hypothesis import given, settings
from hypothesis import strategies as st

from matching import Problem
from matching.optimizer.starts import all_start_ranges, start_ranges
from matching.problem import Windows
from tests.problems import HORIZON, ints

SOME = st.one_of(
    st.none(), st.lists(st.sampled_from([(0, 1), (1, 3), (3, 4), (5, 7), (7, 9)]), unique=True), st.just([(0, 3)])
)


@settings(max_examples=200, deadline=None)
@given(SOME, SOME, st.integers(1, 4))
def test_a_start_is_allowed_where_all_its_minutes_are(
    of_need: list[tuple[int, int]] | None, of_resource: list[tuple[int, int]] | None, duration: int
):
    p = Problem(
        need_quantity=ints([1, 1]),
        need_value=ints([0, 0]),
        resource_capacity=ints([1]),
        need=ints([1, 0]),
        resource=ints([0, 0]),
        value=ints([0, 0]),
        need_duration=ints([duration, 0]),
        need_windows=Windows.of([of_need, None]),
        resource_windows=Windows.of([of_resource]),
    )
    first, low, high = all_start_ranges(p)
    together = list(zip(low.tolist(), high.tolist(), strict=True))
    assert first.tolist() == [0, 0, len(together)]  # an untimed need's candidate has none
    working = None if of_resource is None else {minute for window in of_resource for minute in range(*window)}
    for start in range(HORIZON):
        minutes = set(range(start, start + duration))
        allowed = of_need is None or any(minutes <= set(range(*window)) for window in of_need)
        allowed = allowed and (working is None or minutes <= working)
        for ranges in (start_ranges(p, 1), together):
            assert any(earliest <= start <= latest for earliest, latest in ranges) is allowed
