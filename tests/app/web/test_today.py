from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from treue.app.core.models import Firm, Job
from treue.app.customers import services
from treue.app.customers.models import CareStep, Contact, Purchase
from treue.app.measuring.models import Run, Score
from treue.history.spells import MINIMUM_GAPS
from treue.kernel.language import Language


@pytest.fixture
def silent(ines):
    firm = Firm.the()
    firm.run = Run.objects.create(
        version="1", state="done", as_of=date(2026, 6, 30), finished_at=timezone.now()
    )
    firm.currency = "EUR"
    firm.save()
    made = []
    for rank, name in enumerate(["Åse", "Bo", "Cai"], start=1):
        one = services.add_customer(name, by="system")
        Score.objects.create(
            run=firm.run,
            customer=one,
            rung="client",
            orders_count=9,
            silent_days=90,
            usual_gap_days=30,
            gaps_count=8,
            risk="silent",
            care_rank=rank,
            stake=10_000 // rank,
        )
        made.append(one)
    return made


def test_an_empty_system_offers_a_file_or_the_demonstration(ines, browse):
    client = browse(ines)
    assert "Try the demonstration firm" in client.get("/").content.decode()
    client.post("/demo/")
    client.post("/demo/")
    assert Job.objects.filter(kind="demo").count() == 1
    assert "Making the demonstration firm" in client.get("/").content.decode()


def test_only_the_owner_may_fill_it_with_the_demonstration(people, browse):
    for role in ("manager", "service", "analyst", "auditor"):
        assert "Try the demonstration firm" not in browse(people[role]).get("/").content.decode()
        assert browse(people[role]).post("/demo/").status_code == 403


@pytest.mark.parametrize("path", ["/", "/customers/", "/retention/", "/ladder/", "/help/", "/data/"])
def test_only_who_may_bring_in_a_file_is_asked_to(people, browse, path):
    for role, user in people.items():
        answer = browse(user).get(path)
        if answer.status_code == 403:
            assert (path, role) in {("/customers/", "analyst"), ("/customers/", "auditor")}
            continue
        page, leads = answer.content.decode(), role in {"owner", "manager"}
        assert ("Bring in a file" in page) == leads, role
        assert ("An owner or manager brings in files." in page) == (not leads), role


def test_figures_that_nothing_will_bring_are_not_announced(people, browse):
    services.add_customer("Bo", by="system")
    for role, user in people.items():
        page, leads = browse(user).get("/").content.decode(), role in {"owner", "manager"}
        assert "There are no figures yet" in page
        assert "on their way" not in page
        assert ("Bring in a file" in page) == leads, role
    client = browse(people["owner"])
    client.post("/cycle/")
    page = client.get("/").content.decode()
    assert "The first figures are on their way." in page
    assert "There are no figures yet" not in page


def test_the_care_list_comes_in_its_order_with_reasons(silent, jonas, browse):
    Contact.objects.create(
        code="c", customer=silent[1], channel="phone", opened_at=timezone.now(), own_fault=True
    )
    page = browse(jonas).get("/").content.decode()
    assert page.index(">Åse<") < page.index(">Bo<") < page.index(">Cai<")
    assert "Usually buys again" in page
    assert "Our own mistake is not solved yet" in page
    assert "€100" in page


def test_a_mistake_of_our_own_is_solved_from_the_care_list_however_much_was_said_since(silent, jonas, browse):
    client = browse(jonas)
    for code, days, fault in (("a", 3, True), ("b", 1, False)):
        Contact.objects.create(
            code=code, customer=silent[1], opened_at=timezone.now() - timedelta(days=days), own_fault=fault
        )
    assert "Our own mistake is not solved yet" in client.get("/").content.decode()
    assert client.post(f"/contacts/{Contact.objects.get(code='a').pk}/step/", {"kind": "solved"}).url == "/"
    assert "Our own mistake is not solved yet" not in client.get("/").content.decode()


def test_who_bought_on_few_days_is_not_said_to_have_a_habit(silent, jonas, browse):
    Score.objects.update(gaps_count=MINIMUM_GAPS - 1)
    page = browse(jonas).get("/").content.decode()
    assert "Usually buys again" not in page
    assert page.count("Bought on few days so far; others buy again") == 3


def test_each_row_of_the_list_says_how_likely_the_customer_has_left(silent, jonas, browse):
    client = browse(jonas)
    assert "Has left with a probability" not in client.get("/").content.decode()
    Score.objects.update(alive_share=0.25)
    words = f"Has left with a probability of {Language('en').chance(0.75)}."
    assert [client.get(path).content.decode().count(words) for path in ("/", "/care/")] == [3, 3]


def test_ten_on_the_list_are_read_with_as_many_questions_as_one(silent, jonas, browse):
    client = browse(jonas)
    for place, one in enumerate(silent):
        for day in range(4):
            Purchase.objects.create(
                code=f"o-{place}-{day}",
                customer=one,
                ordered_at=datetime(2026, 1, 1 + day, tzinfo=UTC),
                net_amount=100,
                currency="EUR",
            )
        Contact.objects.create(code=f"c-{place}", customer=one, channel="phone", opened_at=timezone.now())
    client.get("/")
    with CaptureQueriesContext(connection) as three:
        assert client.get("/").content.decode().count("<svg") >= 3
    Score.objects.exclude(care_rank=1).update(care_rank=None)
    with CaptureQueriesContext(connection) as one:
        client.get("/")
    assert len(three) == len(one)


def test_who_is_taken_care_of_leaves_the_list_and_comes_back(silent, jonas, browse):
    client = browse(jonas)
    client.post(f"/care/{silent[0].pk}/", {"kind": "done", "outcome": "reached", "text": "Buys in July"})
    client.post(f"/care/{silent[1].pk}/", {"kind": "later"})
    page = client.get("/").content.decode()
    assert "Åse" not in page
    assert ">Bo<" not in page
    assert "Cai" in page
    CareStep.objects.update(hidden_until=timezone.now().date() - timedelta(days=1))
    assert "Åse" in client.get("/").content.decode()


def test_who_may_not_see_persons_sees_none(silent, people, browse):
    for role in ("analyst", "auditor"):
        page = browse(people[role]).get("/").content.decode()
        assert "Åse" not in page
        assert "Care for these first" not in page


def test_a_promise_that_falls_due_is_shown(silent, jonas, browse):
    services.add_promise(silent[0], "Send the sample", timezone.now() + timedelta(hours=2), by=jonas)
    services.add_promise(silent[0], "In a month", timezone.now() + timedelta(days=30), by=jonas)
    page = browse(jonas).get("/").content.decode()
    assert "Send the sample" in page
    assert "In a month" not in page


def test_the_progress_of_work_is_told_until_it_is_over(ines, browse):
    client = browse(ines)
    assert client.get("/progress/").headers["HX-Refresh"] == "true"
    client.post("/cycle/")
    Job.objects.update(state="running", share=0.4)
    answer = client.get("/progress/")
    assert 'value="40"' in answer.content.decode()
    assert "HX-Refresh" not in answer.headers
