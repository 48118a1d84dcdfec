from __future__ import annotations

from datetime import date

import pytest

from treue.kernel.estimate import Figure, proportion
from treue.kernel.language import Language
from treue.kernel.status import Status


@pytest.fixture
def english():
    return Language("en")


@pytest.fixture
def share():
    """Make one share of a series."""

    def make(events, n, *, period=None, segment=None, provisional=False):
        return proportion(
            "cohort_retention",
            events,
            n,
            window="2026-01-01/2026-02-01",
            as_of=date(2026, 6, 30),
            version="1",
            period=period,
            segment=segment,
            provisional=provisional,
        )

    return make


@pytest.fixture
def amount():
    """Make one amount of money with its interval."""

    def make(value, low, high, *, status=Status.OK, period=None):
        return Figure(
            id="average_order_value",
            value=value,
            numerator=None,
            denominator=None,
            n=200,
            ci_low=low,
            ci_high=high,
            ci_method="linearised",
            status=status,
            window="2026-01-01/2026-02-01",
            as_of=date(2026, 6, 30),
            definition_version="1",
            period=period,
        )

    return make
