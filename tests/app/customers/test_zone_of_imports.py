"""All purchases are read in one time zone, whoever changes it while the first of them are brought in."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from django.contrib.auth.hashers import make_password
from django.db import connection, transaction

from treue.app.core.models import Firm, User
from treue.app.customers.importing.services import import_paths
from treue.app.customers.importing.work import bring_in
from treue.app.customers.models import Customer, ImportedFile, Purchase
from treue.app.web.refusal_words import why_words
from treue.kernel.errors import Refused
from treue.kernel.language import Language

ORDERS = "Customer,Order,Date,Total,Currency\nlea,1001,2026-03-01,19.99,NOK\n"


@pytest.mark.parametrize("real_database", ["sqlite"], indirect=True)
def test_a_file_that_was_read_in_another_zone_is_not_taken_over(real_database, write):
    Firm.the()
    path = write("orders.csv", ORDERS)
    file = ImportedFile.objects.create(name="orders.csv", path=str(path), state="running", actor="command")

    def change(words, _share):
        if words == "writing":
            Firm.objects.update(timezone="Europe/Oslo")

    with pytest.raises(Refused, match="time zone") as caught:
        bring_in(file, change)
    assert not Purchase.objects.exists()
    said = {why_words(str(caught.value), Language(code, "treue.app")) for code in ("en", "de", "nb")}
    assert len(said) == 3
    assert all(here for _, here in said)
    import_paths([path], by="command")
    assert Purchase.objects.get().ordered_at == datetime(2026, 2, 28, 23, tzinfo=UTC)


def test_whoever_changes_the_zone_waits_for_the_first_purchases(real_database, browse):
    Firm.the()
    owner = User.objects.create(email="i@firm.example", password=make_password("x"), name="I", role="owner")
    lea = Customer.objects.create(code="lea")
    client = browse(owner)
    form = {"timezone": "Europe/Oslo", "language": "en", "window": "found", "hour": "5"}
    form |= dict.fromkeys(("name", "currency", "country", "window_days", "margin"), "")
    answers = []

    def ask():
        answers.append(client.post("/settings/", form).status_code)
        connection.close()

    asking = threading.Thread(target=ask)
    with transaction.atomic():
        # As an import does.
        assert Firm.objects.select_for_update(no_key=True).get().timezone == "UTC"
        at = datetime(2026, 3, 1, tzinfo=UTC)
        Purchase.objects.create(code="1001", customer=lea, ordered_at=at, net_amount=1, currency="NOK")
        asking.start()
        asking.join(0.7)
        assert asking.is_alive()
    asking.join(20)
    assert answers == [422]
    assert Firm.the().timezone == "UTC"
