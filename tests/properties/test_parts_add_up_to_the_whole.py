"""A quarter is its three months: nobody is lost between them, nobody is counted twice."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import treue
from treue.history.period_counts import period_counts

# A firm takes a second to measure, and shrinking one would take minutes.
QUICK = [Phase.explicit, Phase.reuse, Phase.generate]

FLOWS = ("acquired", "reactivated", "lost", "exposure_days")


def test_what_is_there_and_comes_and_goes_is_what_is_there_afterwards(histories, firms):
    @settings(max_examples=4, phases=QUICK)
    @given(orders=firms, window_days=st.integers(10, 200))
    def hold(orders, window_days):
        with histories(orders, window_days=window_days) as history:
            by = {grain: period_counts(history, grain) for grain in ("month", "quarter", "year")}
            moves = treue.measure("active_customers", history, by="quarter")
        assert [figure.value for figure in moves] == [count.at_end for count in by["quarter"]]
        for counts in by.values():
            for one in counts:
                assert one.at_start + one.acquired + one.reactivated - one.lost == one.at_end
                assert one.retained <= min(one.at_start, one.at_end)
            for one, following in pairwise(counts):
                assert (one.at_end, one.period.end) == (following.at_start, following.period.start)

    hold()


def test_months_add_up_to_quarters_and_quarters_to_years(histories, firms):
    @settings(max_examples=4, phases=QUICK)
    @given(orders=firms, window_days=st.integers(10, 200))
    def hold(orders, window_days):
        with histories(orders, window_days=window_days) as history:
            by = {grain: period_counts(history, grain) for grain in ("month", "quarter", "year")}
        for fine, coarse in (("month", "quarter"), ("quarter", "year")):
            compared = 0
            for whole in by[coarse]:
                low, high = whole.period.start, whole.period.end
                parts = [part for part in by[fine] if low <= part.period.start and part.period.end <= high]
                assert (parts[0].at_start, parts[-1].at_end) == (whole.at_start, whole.at_end)
                for flow in FLOWS:
                    assert sum(getattr(part, flow) for part in parts) == getattr(whole, flow), (flow, whole)
                compared += len(parts)
            assert compared == len(by[fine])

    hold()


def test_rows_are_either_accepted_or_set_aside(histories, firms):
    @settings(max_examples=4, phases=QUICK)
    @given(orders=firms, torn=st.sets(st.integers(0, 24), min_size=1))
    def hold(orders, torn):
        with histories(orders, torn=torn) as history:
            reading = history.reading
        assert reading.rows_read == len(orders)
        assert reading.set_aside == len(torn)
        assert reading.accepted == len(orders) - len(torn)

    hold()
