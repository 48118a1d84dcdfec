"""Digits that Python counts among digits and reads as no number, and numbers longer than any: no page breaks on them."""

from __future__ import annotations

import pytest

from treue.app.customers.timeline import Place

ODD = ["²", "①", "1²", "9" * 5_000, "-1", "٣"]


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize(
    "address",
    [
        "/customers/?page={}",
        "/customers/?segment={}",
        "/customers/?add={}",
        "/customers/?g0-0-field=rung&g0-0-op=is&g0-0-value=client&add={}",
        "/customers/?g{0}-{0}-field=rung",
        "/customers/?g0-0-field=orders&g0-0-op=at_least&g0-0-value={}",
        "/customers/{customer}/?before=2026-01-01T00:00:00%2B00:00~purchase~{}",
        "/audit/?before={}",
        "/audit/?q={}",
    ],
)
def test_pages_are_shown_whatever_stands_for_a_number(ines, lea, browse, address, odd):
    answer = browse(ines).get(address.format(odd, customer=lea.pk))
    assert answer.status_code in {200, 422}


@pytest.mark.parametrize("odd", ODD)
def test_a_step_of_care_takes_whole_numbers_of_days_only(ines, lea, browse, odd):
    client = browse(ines)
    sent = {"kind": "later", "days": odd, "outcome": "", "text": ""}
    assert client.post(f"/care/{lea.pk}/", sent).status_code in {302, 422}


@pytest.mark.parametrize("odd", ODD)
def test_a_place_on_the_timeline_is_read_or_is_none(odd):
    assert Place.read(f"2026-01-01T00:00:00+00:00~purchase~{odd}") is None
    assert Place.read("2026-01-01T00:00:00+00:00~purchase~7").number == 7


@pytest.mark.parametrize(
    "at", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+00:00"]
)
@pytest.mark.parametrize("kind", ["note", "contract"])
def test_a_place_at_an_end_of_the_calendar_is_none(ines, lea, browse, at, kind):
    assert Place.read(f"{at}~{kind}~1") is None
    answer = browse(ines).get(f"/customers/{lea.pk}/", {"before": f"{at}~{kind}~1"})
    assert answer.status_code == 200
