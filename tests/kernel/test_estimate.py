import json
import math
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treue.kernel.estimate import Figure, count_status, proportion
from treue.kernel.status import Status

AS_OF = date(2011, 1, 31)


def share(events, n, **more):
    return proportion(
        "retention_rate", events, n, window="2011-01-01/2011-02-01", as_of=AS_OF, version="1", **more
    )


def figure(**changes):
    fields = {
        "id": "average_order_value",
        "value": 12.5,
        "numerator": 125.0,
        "denominator": 10.0,
        "n": 10,
        "ci_low": 10.0,
        "ci_high": 15.0,
        "ci_method": "bootstrap_customers",
        "status": Status.OK,
        "window": "2011",
        "as_of": AS_OF,
        "definition_version": "1",
    }
    return Figure(**(fields | changes))


def test_180_of_200_is_90_percent_with_its_interval():
    found = share(180, 200)
    assert (found.value, found.numerator, found.denominator, found.n) == (0.9, 180, 200, 200)
    assert (round(found.ci_low, 3), round(found.ci_high, 3), found.ci_method) == (0.851, 0.934, "wilson")
    assert found.status is Status.OK


def test_2_of_3_says_how_little_that_is():
    found = share(2, 3)
    assert (round(found.ci_low, 3), round(found.ci_high, 3)) == (0.208, 0.939)
    assert found.status is Status.INSUFFICIENT


def test_0_of_0_has_no_value():
    found = share(0, 0)
    assert (found.value, found.ci_low, found.ci_high, found.ci_method) == (None, None, None, None)
    assert found.status is Status.UNDEFINED


@pytest.mark.parametrize(
    ("n", "events", "status"),
    [
        (0, 0, "undefined"),
        (1, 1, "insufficient"),
        (29, 15, "insufficient"),
        (30, 15, "ok"),
        (30, 4, "insufficient"),
        (30, 5, "ok"),
        (30, 25, "ok"),
        (30, 26, "insufficient"),
        (1000, 0, "insufficient"),
        (1000, 1000, "insufficient"),
    ],
)
def test_status_needs_30_observations_and_5_of_each_kind(n, events, status):
    assert count_status(n, events).value == status


def test_an_open_window_is_provisional_unless_there_is_nothing_at_all():
    assert count_status(100, 50, provisional=True) is Status.PROVISIONAL
    assert count_status(3, 1, provisional=True) is Status.PROVISIONAL
    assert count_status(0, 0, provisional=True) is Status.UNDEFINED


@pytest.mark.parametrize(("events", "n"), [(-1, 10), (11, 10), (1, 0), (2.5, 10), (2, 10.5), (0, -1)])
def test_what_is_no_count_of_a_whole_is_refused(events, n):
    with pytest.raises(ValueError, match=r"retention_rate: events=.* of n=.* is not a count of a whole"):
        share(events, n)


@pytest.mark.parametrize("name", ["value", "numerator", "denominator", "ci_low", "ci_high"])
@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_figure_is_never_nan_or_infinite(name, number):
    with pytest.raises(ValueError, match=f"average_order_value: {name}=.* is not a finite number"):
        figure(**{name: number})


def test_a_figure_cannot_be_undefined_and_have_a_value():
    with pytest.raises(ValueError, match=r"status=undefined but value=12\.5"):
        figure(status=Status.UNDEFINED)


def test_a_figure_cannot_be_ok_without_a_value():
    with pytest.raises(ValueError, match="status=ok but there is no value"):
        figure(value=None)


def test_the_keys_of_a_figure_are_fixed():
    keys = [
        "id",
        "value",
        "numerator",
        "denominator",
        "n",
        "ci_low",
        "ci_high",
        "ci_method",
        "status",
        "window",
        "as_of",
        "definition_version",
    ]
    assert list(figure().as_dict()) == keys
    assert list(figure(period="2011-01").as_dict()) == [*keys, "period", "segment"]
    assert list(figure(segment="DE").as_dict()) == [*keys, "period", "segment"]


def test_a_figure_is_plain_json():
    again = json.loads(json.dumps(share(180, 200, period="2011-01", segment="DE").as_dict()))
    assert (again["status"], again["as_of"], again["period"], again["segment"]) == (
        "ok",
        "2011-01-31",
        "2011-01",
        "DE",
    )
    assert again["value"] == 0.9


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_a_share_lies_in_its_interval_and_the_interval_in_0_to_1(counts):
    found = share(*counts)
    assert 0 <= found.ci_low <= found.value <= found.ci_high <= 1


@given(st.integers(1, 5_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_kept_and_lost_mirror_one_another(counts):
    events, n = counts
    kept, lost = share(events, n), share(n - events, n)
    assert kept.value == pytest.approx(1 - lost.value)
    assert kept.ci_low == pytest.approx(1 - lost.ci_high, abs=1e-12)
    assert kept.status is lost.status
