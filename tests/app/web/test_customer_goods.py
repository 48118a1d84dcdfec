"""What was bought, who referred whom, and what is known of the record: read with few questions, and by whom."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from treue.app.customers import services
from treue.app.customers.models import Consent, Customer, OrderLine, Purchase, Referral

AT = datetime(2026, 5, 1, 10, tzinfo=UTC)


def bought(customer, code, lines, currency="EUR"):
    Purchase.objects.create(code=code, customer=customer, ordered_at=AT, net_amount=900, currency=currency)
    OrderLine.objects.bulk_create(
        OrderLine(purchase_code=code, line_number=number, **line) for number, line in enumerate(lines, 1)
    )


def seen(client, customer, kind=""):
    page = client.get(f"/customers/{customer.pk}/?kind={kind}").content.decode()
    return page.replace("\u00a0", " ")


def test_a_purchase_shows_its_lines_and_folds_what_is_beyond_three(lea, jonas, browse):
    bought(
        lea,
        "o-1",
        [
            {"product_id": "beans", "quantity": 2, "unit_amount": 450, "category": "coffee"},
            {"product_id": "cheese", "quantity": 0.25},
            {"product_id": "cup"},
            {"product_id": "fourth <b>"},
            {"product_id": "fifth"},
        ],
        "NOK",
    )
    page = seen(browse(jonas), lea)
    for words in ("2 × beans, NOK 4.50 each · coffee", "0.25 × cheese<", ">cup<", "fourth &lt;b&gt;"):
        assert words in page, words
    assert "2 more lines" in page
    assert page.index(">cup<") < page.index("2 more lines") < page.index("fourth")


def test_the_questions_do_not_grow_with_purchases_and_referrals(lea, jonas, browse):
    client = browse(jonas)

    def questions(number):
        other = services.add_customer(f"Friend {number}", by="system")
        bought(lea, f"o-{number}", [{"product_id": f"p-{number}"}])
        Referral.objects.create(code=f"f-{number}", referrer=lea, referred=other, invited_at=AT)
        with CaptureQueriesContext(connection) as asked:
            page = seen(client, lea)
        assert f"p-{number}" in page
        assert f"Friend {number}" in page
        return len(asked)

    first = questions(1)
    assert questions(2) == questions(3) == first


@pytest.fixture
def referral(lea):
    nora = services.add_customer("Nora Vik", by="system")
    return Referral.objects.create(
        code="f-1", referrer=lea, referred=nora, invited_at=AT, converted_at=datetime(2026, 5, 20, tzinfo=UTC)
    )


def test_a_referral_has_two_sides(referral, lea, jonas, browse):
    client, nora = browse(jonas), referral.referred
    page = seen(client, lea)
    assert f'<a href="/customers/{nora.pk}/">Nora Vik</a>' in page
    assert "led to a customer on 20 May 2026" in page
    page = seen(client, nora, "referred")
    assert f'Referred by another customer</b>: <a href="/customers/{lea.pk}/">Lea Brandt</a>' in page
    assert "became a customer on 20 May 2026" in page


def test_a_merged_record_leads_to_the_one_that_stayed(referral, lea, jonas, browse):
    stays = services.add_customer("Nora Vik-Holm", by="system")
    services.merge(referral.referred, stays, by=jonas)
    assert f'<a href="/customers/{stays.pk}/">Nora Vik-Holm</a>' in seen(browse(jonas), lea)
    assert "Lea Brandt" in seen(browse(jonas), stays)


@pytest.mark.parametrize("merged", [False, True])
def test_who_is_restricted_is_named_to_owners_only(referral, lea, people, browse, merged):
    nora = referral.referred
    if merged:
        services.merge(services.add_customer("N. V.", by="system"), nora, by="system")
        nora = Customer.objects.get(name="N. V.")
    Customer.objects.filter(pk=nora.pk).update(restricted=True)
    for role in ("manager", "service"):
        page = seen(browse(people[role]), lea)
        assert "Nora Vik" not in page
        assert "led to a customer on" in page
    assert "Nora Vik" in seen(browse(people["owner"]), lea)
    Customer.objects.update(restricted=False)
    Customer.objects.filter(pk=lea.pk).update(restricted=True)
    for role in ("manager", "service"):
        page = seen(browse(people[role]), referral.referred)
        assert "Lea Brandt" not in page
        assert "became a customer" not in page
    assert "Lea Brandt" in seen(browse(people["owner"]), referral.referred)


def test_the_record_tells_through_what_and_since_when(lea, jonas, browse):
    other = services.add_customer("L. Brandt", by="system")
    Customer.objects.filter(pk=lea.pk).update(acquired_via="Fair in Oslo", first_seen_at=AT)
    Customer.objects.filter(pk=other.pk).update(acquired_via="Radio", first_seen_at=None)
    services.merge(other, lea, by=jonas)
    page = seen(browse(jonas), lea)
    for words in ("Fair in Oslo", "Radio", "<dt>First seen</dt><dd>1 May 2026</dd>"):
        assert words in page, words


def test_the_consents_that_hold_are_summed_up(lea, jonas, browse):
    def say(channel, day, *, given=True, text="", customer=lea, purpose="marketing"):
        at = datetime(2026, 5, day, tzinfo=UTC)
        Consent.objects.create(
            customer=customer, purpose=purpose, channel=channel, given=given, at=at, text=text, actor="self"
        )

    client = browse(jonas)
    assert "Consents that hold" not in seen(client, lea)
    other = services.add_customer("L. Brandt", by="system")
    services.merge(other, lea, by=jonas)
    say("email", 2, text="Newsletter form")
    say("email", 4, text="Again", customer=other)
    say("phone", 3)
    say("phone", 5, given=False, customer=other)
    say("chat", 6, purpose="research", text="w" * 200)
    page = seen(client, lea)
    line = page.partition("Consents that hold:")[2].partition("</p>")[0].strip()
    assert (
        line
        == f"marketing, e-mail, since 2 May 2026 (Newsletter form); research, chat, since 6 May 2026 ({'w' * 80}…)"
    )
    Customer.objects.filter(pk=lea.pk).update(no_marketing=True)
    line = seen(client, lea).partition("Consents that hold:")[2].partition("</p>")[0]
    assert "marketing" not in line
    assert "research" in line
