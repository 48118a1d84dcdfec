"""What goes back of an order is never more than the order, at whichever rate the later file is converted."""

from __future__ import annotations

import pytest

from treue.app.core.models import Firm
from treue.app.customers.importing.work import bring_in
from treue.app.customers.models import ImportedFile

HEAD = "customer,order,date,order total,product,currency,status,refunded amount\n"


@pytest.fixture
def at_rate(real_database, write):
    Firm.the()
    Firm.objects.update(currency="EUR")

    def bring(rows, rates):
        path = write("orders.csv", HEAD + rows)
        file = ImportedFile.objects.create(
            name="orders.csv", path=str(path), state="running", actor="command", choices={"rates": rates}
        )
        return bring_in(file, lambda _words, _share: None)

    return bring


def test_a_later_rate_makes_no_refund_and_no_cancellation_larger_than_its_order(at_rate, held):
    refunded = "k1,17,2026-01-01,100.00,hat,USD,paid,99.00\n"
    first = f"{refunded}k1,18,2026-01-02,100.00,hat,USD,paid,\nk1,19,2026-01-03,100.00,hat,USD,paid,\n"
    at_rate(first, "USD=0.92")
    before = held.rows("purchases")
    later = (
        f"{refunded}k1,18,2026-01-02,100.00,hat,USD,cancelled,\nk1,19,2026-01-03,100.00,hat,USD,paid,50.00\n"
    )
    for rates, added, filled in (("USD=0.95", 2, 0), ("USD=0.90", 0, 0), ("USD=0.95", 0, 0)):
        counts = at_rate(later, rates).reading["counts"]["returns"]
        assert counts == {"added": added, "filled": filled}
    assert held.rows("purchases") == before
    told = [("cancelled:18", 9200), ("refund:17", 9108), ("refund:19", 4600)]
    assert [row[0::4] for row in held.rows("returns")] == told
    # More of it really went back.
    at_rate(later.replace("50.00", "75.00"), "USD=0.95")
    assert [row[0::4] for row in held.rows("returns")] == [*told[:2], ("refund:19", 6900)]


@pytest.mark.parametrize("real_database", ["sqlite"], indirect=True)
def test_of_an_order_that_is_stated_larger_later_no_more_goes_back_than_is_there(at_rate, held):
    at_rate("k1,17,2026-01-01,100.00,hat,EUR,paid,\nk1,18,2026-01-01,100.00,hat,EUR,paid,\n", "")
    at_rate("k1,17,2026-01-01,150.00,hat,EUR,paid,120.00\nk1,18,2026-01-01,150.00,hat,EUR,paid,50.00\n", "")
    assert [row[0::4] for row in held.rows("returns")] == [("refund:17", 10000), ("refund:18", 5000)]
