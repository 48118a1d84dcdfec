"""Saved filters, and what else the list of customers can show and be narrowed by."""

from __future__ import annotations

import re
from datetime import date

import pytest

from treue.app.core.models import AuditEntry, Firm
from treue.app.customers import queries, services
from treue.app.customers.models import Customer, Segment
from treue.app.customers.segment_counts import count_all
from treue.app.measuring.models import Run, Score

TODAY = date(2026, 6, 30)
OFTEN = {"g0c0-field": "orders", "g0c0-op": "least", "g0c0-value": "3"}


@pytest.fixture
def shown(ines):
    firm = Firm.the()
    firm.run = Run.objects.create(version="1", state="done", as_of=TODAY)
    firm.currency = "EUR"
    firm.save()
    for name, orders, moved, risk, stake in (
        ("Åse", 5, 1, "silent", 50_000),
        ("Bo", 3, -1, "none", None),
        ("Cai", 1, 0, "lapsed", 9_000),
    ):
        made = services.add_customer(
            name, email=f"{name.lower()}@x.example", phone=f"+47 22 33 44 5{orders}", by="system"
        )
        Score.objects.create(
            run=firm.run,
            customer=made,
            orders_count=orders,
            moved=moved,
            risk=risk,
            stake=stake,
            recency_score=orders,
            frequency_score=4,
            money_score=2,
        )
    Customer.objects.filter(name="Bo").update(company="Nordlys AS", no_profiling=True, expertise="expert")
    return firm


def test_who_serves_keeps_a_filter_too_even_one_that_holds_nobody_now(shown, jonas, browse):
    client = browse(jonas)
    sent = OFTEN | {"g0c0-value": "99"}
    page = client.get("/customers/", sent).content.decode()
    assert "Nobody fits" in page
    assert 'action="/customers/save/' in page
    assert 'action="/customers/export/"' not in page
    answer = client.post("/customers/save/", sent | {"name": "Very often"})
    assert answer.url == f"/customers/?segment={Segment.objects.get().pk}"
    page = client.get(answer.url).content.decode()
    assert "0 customers, scores as of 30 June 2026" in page.replace("\u00a0", " ")
    assert "Forget the filter" not in page


def test_who_may_not_delete_a_filter_replaces_only_their_own(shown, ines, jonas, people, browse):
    def save(person, name, least):
        return browse(person).post("/customers/save/", OFTEN | {"g0c0-value": least, "name": name})

    assert save(people["manager"], "Often", "5").status_code == 302
    kept = Segment.objects.get()
    refused = save(jonas, "Often", "1")
    assert refused.status_code == 422
    assert "A filter of this name was saved by somebody else; choose another name" in refused.content.decode()
    found = Segment.objects.get()
    assert (found.conditions, found.actor) == (kept.conditions, f"user:{people['manager'].pk}")
    for person, name in ((jonas, "Mine"), (jonas, "Mine"), (ines, "Mine"), (ines, "Often")):
        assert save(person, name, "2").status_code == 302
    assert dict(Segment.objects.values_list("name", "actor")) == dict.fromkeys(
        ["Often", "Mine"], f"user:{ines.pk}"
    )
    told = (
        AuditEntry.objects.filter(action="segment.saved").order_by("number").values_list("detail", flat=True)
    )
    assert list(told) == [{}, {}, *[{"replaced": True}] * 3]


@pytest.mark.parametrize(
    ("sent", "language", "words"),
    [
        ({**OFTEN, "name": " "}, "en", "Name: nothing is written"),
        ({**OFTEN, "name": " "}, "de", "Name: Es steht nichts da"),
        ({"name": "All"}, "en", "A filter needs at least one condition"),
        ({**OFTEN, "g0c0-value": "many", "name": "x"}, "en", "is no number"),
    ],
)
def test_a_filter_that_is_refused_says_why_and_stays_in_the_form(shown, jonas, browse, sent, language, words):
    answer = browse(jonas, HTTP_ACCEPT_LANGUAGE=language).post("/customers/save/", sent)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert words in page
    assert ("orders" in sent.values()) == ('value="orders" selected' in page)
    assert not Segment.objects.exists()


def test_each_saved_filter_shows_how_many_it_holds_and_of_which_day_the_scores_are(shown, jonas, browse):
    client = browse(jonas)
    client.post("/customers/save/", OFTEN | {"name": "Often"})
    words = "2 customers, scores as of 30 June 2026"
    assert words in client.get("/customers/").content.decode().replace("\u00a0", " ")
    # It is counted anew with each cycle, and says of which day until then.
    Score.objects.update(orders_count=7)
    Customer.objects.filter(name="Cai").update(restricted=True)
    shown.run.as_of = date(2026, 7, 1)
    shown.run.save()
    assert words in client.get("/customers/").content.decode().replace("\u00a0", " ")
    count_all(shown, TODAY)
    page = client.get("/customers/").content.decode().replace("\u00a0", " ")
    assert "2 customers, scores as of 1 July 2026" in page
    Segment.objects.update(
        conditions={"groups": [{"conditions": [{"field": "attribute:gone", "op": "is", "value": "x"}]}]}
    )
    count_all(shown, TODAY)
    assert "not counted" in client.get("/customers/").content.decode()


def test_an_amount_is_read_as_its_reader_writes_it_and_kept_so_that_all_mean_the_same(shown, jonas, browse):
    Score.objects.filter(customer__name="Bo").update(net_amount=99_999)
    Score.objects.filter(customer__name="Åse").update(net_amount=100_000)
    sent = {"g0c0-field": "money", "g0c0-op": "least", "name": "Much"}
    for code, typed in (("en", "1,000"), ("de", "1.000"), ("nb", "1\u00a0000")):
        client = browse(jonas, HTTP_ACCEPT_LANGUAGE=code)
        page = client.get("/customers/", sent | {"g0c0-value": typed}).content.decode()
        assert "Åse</a>" in page
        assert "Bo</a>" not in page
        answer = client.post("/customers/save/", sent | {"g0c0-value": typed})
        assert Segment.objects.get().conditions["groups"][0]["conditions"][0]["value"] == "1000"
        assert "Bo</a>" not in browse(jonas, HTTP_ACCEPT_LANGUAGE="en").get(answer.url).content.decode()
    client = browse(jonas, HTTP_ACCEPT_LANGUAGE="de")
    assert 'value="999,99"' in client.get("/customers/", sent | {"g0c0-value": "999.99"}).content.decode()
    page = client.get("/customers/", sent | {"g0c0-value": "1,000"}).content.decode()
    assert "Gekauft für: „1,000“ lässt sich als 1000 oder als 1 lesen" in page
    assert 'value="1,000"' in page


def names(field, operator, value="", *, turned=False):
    tree = {
        "groups": [
            {"match": "all", "not": turned, "conditions": [{"field": field, "op": operator, "value": value}]}
        ]
    }
    found = queries.find_customers(
        queries.Wish(words="", tree=tree, sort="name"),
        queries.Scope(run_id=Firm.the().run_id, today=TODAY, currency="EUR"),
    )
    return sorted(found.values_list("name", flat=True))


@pytest.mark.parametrize(
    ("field", "operator", "value", "expected"),
    [
        ("company", "contains", "lys", ["Bo"]),
        ("no_profiling", "is", "yes", ["Bo"]),
        ("no_profiling", "is", "no", ["Cai", "Åse"]),
        ("moved", "is", "up", ["Åse"]),
        ("moved", "is", "down", ["Bo"]),
        ("stake", "least", "100", ["Åse"]),
        ("email", "is", "BO@x.example", ["Bo"]),
        ("email", "contains", "x.exam", ["Bo", "Cai", "Åse"]),
        ("email", "starts", "cai@", ["Cai"]),
        ("email", "is_not", "bo@x.example", ["Cai", "Åse"]),
        ("phone", "contains", "3344", ["Bo", "Cai", "Åse"]),
        ("phone", "is", "+4722334455", ["Åse"]),
        ("email", "empty", "", []),
    ],
)
def test_customers_are_chosen_by_what_the_list_shows(shown, field, operator, value, expected):
    assert names(field, operator, value) == expected


def test_an_address_of_a_merged_record_is_one_of_who_stayed(shown, jonas):
    bo, cai = Customer.objects.get(name="Bo"), Customer.objects.get(name="Cai")
    last = services.add_customer("Dag", email="dag@x.example", by="system")
    services.merge(last, cai, by=jonas)
    assert names("email", "is", "dag@x.example") == ["Cai"]
    services.merge(cai, bo, by=jonas)
    assert names("email", "is", "dag@x.example") == ["Bo"]
    assert names("email", "is_not", "dag@x.example") == ["Åse"]


def test_the_list_shows_rhythm_scores_and_expertise_in_words(shown, jonas, browse):
    columns = ["name", "risk", "recency_score", "frequency_score", "money_score", "expertise"]
    page = browse(jonas).get("/customers/", {"column": columns}).content.decode()
    for words in ("unusually silent", "in the usual rhythm", "silent beyond the firm’s window", ">expert<"):
        assert words in page, words
    scores = re.findall(r'<td class="n" data-label="(\w+) score">(\d)</td>', page)
    assert any(
        scores[place : place + 3] == [("Recency", "5"), ("Frequency", "4"), ("Money", "2")]
        for place in range(0, len(scores), 3)
    ), scores


def test_further_columns_are_shown_under_their_own_name(shown, jonas, browse):
    Customer.objects.filter(name="Bo").update(
        attributes={"shop": "=Oslo", "name": "own"}, acquired_via="Messe"
    )
    columns = [
        "name",
        "attribute:shop",
        "attribute:name",
        "attribute:unknown",
        "acquired_via",
        "no_profiling",
    ]
    page = browse(jonas, HTTP_ACCEPT_LANGUAGE="de").get("/customers/", {"column": columns}).content.decode()
    assert '<input type="checkbox" name="column" value="attribute:shop" checked> shop</label>' in page
    row = re.findall(r'<td[^>]* data-label="([^"]*)">([^<]*)</td>', page.split("Bo</a>")[1].split("</tr>")[0])
    assert row == [
        ("shop", "=Oslo"),
        ("name", "own"),
        ("Gewonnen durch", "Messe"),
        ("Keine Bewertungen", "ja"),
    ]
    row = re.findall(r"<td[^>]*>([^<]*)</td>", page.split("Cai</a>")[1].split("</tr>")[0])
    assert row == ["–", "–", "–", "nein"]
    assert "column=attribute%3Ashop" in page or "attribute:shop" in page.split('action="/customers/save/')[1]


def test_countries_and_languages_are_chosen_and_shown_by_their_names(shown, jonas, browse):
    Customer.objects.filter(name="Bo").update(country="DE", language="de")
    Customer.objects.filter(name="Cai").update(country="Narnia")
    client = browse(jonas, HTTP_ACCEPT_LANGUAGE="nb")
    sent = {"g0c0-field": "country", "g0c0-op": "is", "g0c0-value": "DE", "column": ["country", "language"]}
    page = client.get("/customers/", sent).content.decode()
    assert '<option value="DE" selected>Tyskland</option>' in page
    assert "Land er Tyskland" in page
    assert 'data-label="Land">Tyskland</td>' in page
    assert 'data-label="Språk">tysk</td>' in page
    assert "Cai</a>" not in page
    # What only a file says stays as it stands there.
    page = client.get("/customers/", sent | {"g0c0-value": "Narnia"}).content.decode()
    assert "<option selected>Narnia</option>" in page
    assert 'data-label="Land">Narnia</td>' in page


def test_in_the_record_countries_and_languages_are_chosen_and_what_a_file_said_is_not_lost(
    shown, jonas, browse
):
    cai = Customer.objects.get(name="Cai")
    Customer.objects.filter(pk=cai.pk).update(country="Narnia", language="de-AT")
    client = browse(jonas)
    page = client.get(f"/customers/{cai.pk}/").content.decode()
    assert "<option selected>Narnia</option>" in page
    assert "<option selected>de-AT</option>" in page
    assert '<option value="NO">Norway</option>' in page
    form = {
        "name": "Cai",
        "company": "Here",
        "language": "de-AT",
        "country": "NO",
        "expertise": "",
        "boundaries": "",
    }
    assert client.post(f"/customers/{cai.pk}/change/", form).status_code == 302
    cai.refresh_from_db()
    assert (cai.company, cai.language, cai.country) == ("Here", "de-AT", "NO")
