from __future__ import annotations

import csv
import io
from datetime import date

import pytest

from treue.app.core.models import AuditEntry, Firm
from treue.app.customers import queries, services
from treue.app.customers.models import Customer, Segment
from treue.app.measuring.models import Run, Score

PAYLOADS = [
    "'",
    '"',
    "%00",
    "1 OR 1=1",
    "name__password",
    "-name, id",
    "{{7*7}}",
    "a" * 300,
    "\x00",
    "🦊",
    "99999999999999999999",
]


@pytest.fixture
def shown(ines):
    firm = Firm.the()
    firm.run = Run.objects.create(version="1", state="done", as_of=date(2026, 6, 30))
    firm.currency = "EUR"
    firm.save()
    for name, amount in (("=Åse", 12_345), ("Bo", 500), ("Cai", 90_000)):
        made = services.add_customer(name, email=f"{name.strip('=').lower()}@x.example", by="system")
        Score.objects.create(run=firm.run, customer=made, rung="client", orders_count=2, net_amount=amount)
    return firm


def names(page):
    return [part.split("</a>")[0].split(">")[-1] for part in page.split('<th scope="row">')[1:]]


def test_the_list_shows_whom_most_was_sold_to_first(shown, ines, browse):
    page = browse(ines).get("/customers/").content.decode()
    assert names(page) == ["Cai", "=Åse", "Bo"]
    assert "3 customers" in page
    assert "€900" in page


def test_a_search_and_a_filter_narrow_it(shown, ines, browse):
    client = browse(ines)
    assert names(client.get("/customers/?words=åSE").content.decode()) == ["=Åse"]
    sent = {"g0c0-field": "money", "g0c0-op": "most", "g0c0-value": "200"}
    page = client.get("/customers/", sent).content.decode()
    assert names(page) == ["=Åse", "Bo"]
    assert "Bought for is at most 200" in page


def test_a_whole_address_leads_to_its_customer(shown, ines, browse):
    page = browse(ines).get("/customers/?words=BO@x.example").content.decode()
    assert "is the customer with exactly this number or address" in page


def test_a_filter_is_kept_used_and_forgotten(shown, ines, browse):
    client = browse(ines)
    sent = {"g0c0-field": "orders", "g0c0-op": "least", "g0c0-value": "2", "name": "Often"}
    answer = client.post("/customers/save/", sent)
    kept = Segment.objects.get()
    assert answer.url == f"/customers/?segment={kept.pk}"
    assert "Often" in client.get(answer.url).content.decode()
    client.post(f"/customers/forget/{kept.pk}/")
    assert not Segment.objects.exists()


def test_an_export_for_a_spreadsheet_guards_and_one_for_programs_does_not(shown, ines, browse):
    client = browse(ines)
    answer = client.post("/customers/export/", {"form": "spreadsheet", "every": "1"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["Name"] for row in rows] == ["Cai", "'=Åse", "Bo"]
    assert [row["E-mail"] for row in rows] == ["cai@x.example", "åse@x.example", "bo@x.example"]
    answer = client.post("/customers/export/", {"form": "machines", "every": "1"})
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert [(row["name"], row["net_amount"]) for row in rows] == [
        ("Cai", "900.00"),
        ("=Åse", "123.45"),
        ("Bo", "5.00"),
    ]
    entry = AuditEntry.objects.filter(action="customers.exported").first()
    assert (entry.actor, entry.detail["rows"]) == (f"user:{ines.pk}", 3)


def test_an_export_is_logged_before_it_leaves_with_all_it_holds_however_long(
    shown, ines, browse, monkeypatch
):
    monkeypatch.setattr(queries, "COUNTED", 2)
    client = browse(ines)
    assert "More than 2 customers" in client.get("/customers/").content.decode()
    answer = client.post("/customers/export/", {"form": "machines"})
    assert AuditEntry.objects.get(action="customers.exported").detail["rows"] == 3
    assert len(b"".join(answer.streaming_content).splitlines()) == 1 + 3


def test_who_is_restricted_is_the_owners_to_see(shown, ines, jonas, browse):
    hidden = Customer.objects.get(name="Bo")
    Customer.objects.filter(pk=hidden.pk).update(restricted=True)
    assert names(browse(jonas).get("/customers/").content.decode()) == ["Cai", "=Åse"]
    assert (
        "with exactly this number" not in browse(jonas).get("/customers/?words=bo@x.example").content.decode()
    )
    assert browse(jonas).get(f"/customers/{hidden.pk}/").status_code == 404
    assert browse(ines).get(f"/customers/{hidden.pk}/").status_code == 200


def test_who_is_restricted_is_marked_for_owners_and_leaves_with_no_export(shown, ines, browse):
    Customer.objects.filter(name="Bo").update(restricted=True)
    page = browse(ines).get("/customers/").content.decode()
    assert "Bo" in names(page)
    assert page.count("Restricted</span>") == 1
    for form in ("spreadsheet", "machines"):
        answer = browse(ines).post("/customers/export/", {"form": form, "every": "1"})
        exported = b"".join(answer.streaming_content).decode()
        assert "cai@x.example" in exported
        assert "bo@x.example" not in exported
    assert AuditEntry.objects.latest("number").detail["rows"] == 2


@pytest.mark.parametrize(
    "name",
    [
        "words",
        "sort",
        "column",
        "page",
        "segment",
        "match",
        "add",
        "g0-match",
        "g0c0-field",
        "g0c0-op",
        "g0c0-value",
        "g0-not",
        "before",
        "kind",
    ],
)
def test_no_parameter_breaks_the_list(shown, ines, browse, name):
    client = browse(ines)
    complete = {"g0c0-field": "orders", "g0c0-op": "least", "g0c0-value": "2"}
    for payload in PAYLOADS:
        for sent in ({name: payload}, {**complete, name: payload}):
            assert client.get("/customers/", sent).status_code == 200, (name, payload)


def test_what_is_wrong_with_a_filter_is_said_and_nothing_is_lost(shown, ines, browse):
    sent = {"g0c0-field": "orders", "g0c0-op": "least", "g0c0-value": "many"}
    page = browse(ines).get("/customers/", sent).content.decode()
    assert "is no number; it would be right as 100" in page
    assert 'value="many"' in page
    assert len(names(page)) == 3


def test_an_empty_list_says_what_to_do(ines, browse):
    page = browse(ines).get("/customers/").content.decode()
    assert "Bring in a file of orders" in page
