from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from treue.app.core.models import AuditEntry, Firm
from treue.app.customers import services
from treue.app.customers.models import Contact, Customer, Note, Promise, Purchase
from treue.app.measuring.models import Run, Score


@pytest.fixture
def at(lea, jonas, browse):
    client = browse(jonas)

    def post(what, **sent):
        return client.post(f"/customers/{lea.pk}/{what}/", sent)

    post.client, post.page = client, f"/customers/{lea.pk}/"
    return post


def test_the_page_tells_everything_newest_first(at, lea):
    for day in (1, 40, 70):
        Purchase.objects.create(
            code=f"order-{day:03}",
            customer=lea,
            ordered_at=timezone.now() - timedelta(days=day),
            net_amount=4_200,
            currency="EUR",
        )
    at("note", text="Prefers mornings")
    page = at.client.get(at.page).content.decode()
    assert (
        page.index("Prefers mornings")
        < page.index("order-001")
        < page.index("order-040")
        < page.index("order-070")
    )
    assert 'class="rhythm"' in page
    assert "3 days of buying" in page


def test_a_score_is_shown_with_reasons_and_what_would_change_it(at, lea):
    firm = Firm.the()
    firm.run = Run.objects.create(
        version="1", state="done", as_of=date(2026, 6, 30), finished_at=datetime(2026, 7, 1, 2, tzinfo=UTC)
    )
    firm.save()
    Score.objects.create(
        run=firm.run,
        customer=lea,
        rung="customer",
        rung_since=date(2026, 5, 1),
        evidence="first_purchase",
        orders_count=1,
        net_amount=4_200,
        silent_days=60,
        return_share=0.41,
        alive_share=0.6,
    )
    page = at.client.get(at.page).content.decode().replace("\u00a0", " ")
    for words in (
        "Since 1 May 2026, shown by a first purchase",
        "A second purchase would make a client",
        "41%",
        "Each day of silence lowers it",
        "from everything up to 30 June 2026",
    ):
        assert words in page, words


@pytest.mark.parametrize(
    ("settings", "numbers", "why"),
    [
        (
            {"worth": "margin_share", "worth_share": 0.4},
            {
                "orders_ahead": 2.345,
                "order_worth": 12_050,
                "orders_ahead_low": 0,
                "orders_ahead_high": 6,
            },
            (
                "Expected purchases (2.3) times the expected revenue of each (€120.50), times the margin of the firm (40%). "
                "With a probability of at least 95% there will be 0 to 6 purchases; what each brings is unsure too."
            ),
        ),
        (
            {"worth": "revenue", "worth_share": None},
            {
                "orders_ahead": 0.024,
                "order_worth": 12_050,
                "orders_ahead_low": 0,
                "orders_ahead_high": 0,
            },
            (
                "Expected purchases (0.02) times the expected revenue of each (€120.50); no margin is known. "
                "With a probability of at least 95% there will be no purchase."
            ),
        ),
        (
            {"worth": "revenue", "worth_share": None},
            {"orders_ahead": 0.254, "order_worth": 12_050},
            "(0.25) times the expected revenue of each (€120.50); no margin is known.<",
        ),
        (
            {"worth": "margin_share"},
            {},
            "Expected purchases times the expected worth of each, times the margin of the firm.",
        ),
    ],
)
def test_the_expected_worth_shows_the_numbers_it_is_made_of(at, lea, settings, numbers, why):
    firm = Firm.the()
    firm.run = Run.objects.create(version="1", state="done", as_of=date(2026, 6, 30), settings=settings)
    firm.save()
    Score.objects.create(
        run=firm.run,
        customer=lea,
        value_ahead=11_300,
        recency_score=5,
        frequency_score=2,
        money_score=3,
        **numbers,
    )
    page = at.client.get(at.page).content.decode().replace("\u00a0", " ")
    for words in (
        why,
        "A purchase raises it as a rule",
        "A purchase raises the first and can raise the other two",
    ):
        assert words in page, words


def test_who_objected_to_scores_is_told_so(at, lea):
    Customer.objects.filter(pk=lea.pk).update(no_profiling=True)
    assert "objected to scores" in at.client.get(at.page).content.decode()


def test_a_contact_is_written_down(at, lea, jonas):
    assert (
        at("contact", channel="phone", direction="in", text="Late delivery", own_fault="1").status_code == 302
    )
    made = Contact.objects.get()
    assert (made.channel, made.direction, made.own_fault, made.solved_at) == ("phone", "in", True, None)
    assert AuditEntry.objects.get(action="contact.added").actor == f"user:{jonas.pk}"
    page = at.client.get(at.page).content.decode()
    assert "Contact, telephone, open, our own mistake" in page


@pytest.mark.parametrize(
    ("what", "sent", "words"),
    [
        ("contact", {"channel": "pigeon", "direction": "in", "text": "x"}, "none of those on offer"),
        ("contact", {"channel": "phone", "direction": "in", "text": ""}, "Text: nothing is written"),
        ("promise", {"text": "Call", "due": "tomorrow"}, "would be right as 2026-03-31 17:00"),
        ("promise", {"text": "Call", "due": "2020-01-01T10:00"}, "time is past"),
        ("note", {"text": " "}, "Text: nothing is written"),
        ("address", {"address": "lea@"}, "has no domain"),
        ("address", {"address": "12"}, "telephone number"),
        ("change", {"name": "x" * 201}, "200 fit"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(at, what, sent, words):
    answer = at(what, **sent)
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_a_promise_is_due_in_the_firms_zone_and_kept(at, lea):
    Firm.the()
    Firm.objects.update(timezone="Europe/Oslo")
    assert at("promise", text="Call back", due="2030-06-01T17:00").status_code == 302
    made = Promise.objects.get()
    assert made.due_at == datetime(2030, 6, 1, 15, tzinfo=UTC)
    assert "Call back" in at.client.get(at.page).content.decode()
    at.client.post(f"/promises/{made.pk}/kept/", {"next": at.page})
    made.refresh_from_db()
    assert made.kept_at is not None


@pytest.mark.parametrize("typed", ["\0", "\0 OR 1=1", "lea\0@nowhere.example"])
def test_who_is_merged_is_not_found_by_what_no_database_holds(ines, lea, browse, typed):
    answer = browse(ines).post(f"/customers/{lea.pk}/merge/", {"other": typed})
    assert answer.status_code == 422
    assert not lea.merged_from.exists()


def test_two_records_are_merged_and_parted(ines, lea, browse):
    other = services.add_customer("Lea B.", email="lea@x.example", by="system")
    client = browse(ines)
    answer = client.post(f"/customers/{lea.pk}/merge/", {"other": "LEA@X.example"})
    assert answer.status_code == 302
    assert "merged into" in client.get(f"/customers/{other.pk}/").content.decode()
    merged = lea.merged_from.get()
    client.post(f"/customers/{lea.pk}/part/{merged.pk}/")
    assert "merged into" not in client.get(f"/customers/{other.pk}/").content.decode()


def test_an_address_of_another_customer_is_not_removed_through_this_one(at, lea):
    other = services.add_customer("Bo", email="bo@x.example", by="system")
    answer = at(f"address/{other.contact_points.get().pk}/remove")
    assert answer.status_code == 404
    assert other.contact_points.count() == 1


def test_nobody_without_a_role_for_persons_sees_one(people, lea, browse):
    for role in ("analyst", "auditor"):
        client = browse(people[role])
        assert client.get(f"/customers/{lea.pk}/").status_code == 403
        assert client.post(f"/customers/{lea.pk}/note/", {"text": "x"}).status_code == 403
    assert not Note.objects.exists()


def test_a_customer_is_added_by_hand(jonas, browse):
    client = browse(jonas)
    answer = client.post("/customers/add/", {"name": "Nora", "email": "nora@x.example", "phone": ""})
    assert answer.url == f"/customers/{Customer.objects.get().pk}/"
    answer = client.post("/customers/add/", {"name": "Nora 2", "email": "NORA@x.example", "phone": ""})
    assert answer.status_code == 422
    assert Customer.objects.count() == 1


def test_who_is_added_by_hand_has_the_country_that_was_chosen(jonas, browse):
    Firm.the()
    Firm.objects.update(country="DE")
    client = browse(jonas)
    page = client.get("/customers/add/").content.decode()
    assert '<option value="DE" selected>' in page
    client.post("/customers/add/", {"name": "Kari", "phone": "900 12 345", "country": "NO"})
    made = Customer.objects.get()
    assert (made.country, made.contact_points.get().normal) == ("NO", "+4790012345")
    answer = client.post("/customers/add/", {"name": "Kari", "country": "Narnia"})
    assert (answer.status_code, "none of those" in answer.content.decode()) == (422, True)
    assert Customer.objects.count() == 1


def test_a_number_without_a_plus_is_one_of_the_customers_own_country(at, lea):
    Firm.the()
    Firm.objects.update(country="DE")
    Customer.objects.filter(pk=lea.pk).update(country="NO")
    assert at("address", address="900 12 345").status_code == 302
    assert lea.contact_points.filter(normal="+4790012345").exists()


@pytest.mark.parametrize("language", ["de", "nb"])
def test_the_page_speaks_the_persons_language(at, lea, browse, jonas, language):
    at("note", text="x")
    page = browse(jonas, HTTP_ACCEPT_LANGUAGE=language).get(at.page).content.decode()
    assert {"de": "Kontakt notieren", "nb": "Noter en henvendelse"}[language] in page
    assert "Write down" not in page


@pytest.mark.parametrize(
    ("language", "words"), [("de", "ist keiner"), ("nb", "står ikke"), ("en", "is none of those")]
)
def test_what_cannot_be_is_said_in_the_persons_language(at, browse, jonas, language, words):
    client = browse(jonas, HTTP_ACCEPT_LANGUAGE=language)
    answer = client.post(f"{at.page}contact/", {"channel": "pigeon", "direction": "in", "text": "x"})
    assert words in answer.content.decode()
