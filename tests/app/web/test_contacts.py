from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from treue.app.core.models import Firm
from treue.app.customers import contact_desk, services
from treue.app.customers.models import Contact, Customer

AT = datetime(2026, 5, 1, 10, tzinfo=UTC)


@pytest.fixture
def late(lea, jonas):
    return contact_desk.add_contact(
        lea,
        channel="phone",
        direction="in",
        text="Late parcel",
        state="waiting",
        at=AT,
        own_fault=True,
        by=jonas,
    )


def test_an_open_contact_is_closed_and_opened_again_from_the_page_of_the_customer(late, lea, jonas, browse):
    client, page = browse(jonas), f"/customers/{lea.pk}/"
    for kind, words in (
        ("answered", "First answered on"),
        ("solved", "Solved on"),
        ("reopened", "Opened again on"),
    ):
        assert f'value="{kind}"' in client.get(page).content.decode()
        answer = client.post(f"/contacts/{late.pk}/step/", {"kind": kind, "next": page})
        assert answer.url == page
        assert words in client.get(page).content.decode()
    shown = client.get(page).content.decode()
    assert "Open since 1 May 2026" in shown.replace("\u00a0", " ")
    assert 'value="reopened"' not in shown


def test_when_it_happened_is_read_in_the_firms_zone(late, jonas, browse, lea):
    Firm.the()
    Firm.objects.update(timezone="Europe/Oslo")
    client = browse(jonas)
    client.post(f"/contacts/{late.pk}/step/", {"kind": "answered", "at": "2026-05-01T14:30"})
    late.refresh_from_db()
    assert late.first_reply_at == datetime(2026, 5, 1, 12, 30, tzinfo=UTC)
    sent = {"channel": "chat", "direction": "in", "text": "x", "state": "waiting", "at": "2026-05-03T08:00"}
    client.post(f"/customers/{lea.pk}/contact/", sent)
    made = Contact.objects.latest("pk")
    assert (made.opened_at, made.first_reply_at) == (datetime(2026, 5, 3, 6, tzinfo=UTC), None)


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("2026-04-30T10:00", "before the contact began"),
        ("2199-01-01T10:00", "still to come"),
        ("0001-01-01T00:00", "is no day and time"),
        ("9999-12-31T23:59", "is no day and time"),
        ("yesterday", "is no day and time"),
    ],
)
def test_a_time_that_cannot_be_is_said_and_changes_nothing(late, jonas, browse, at, words):
    for place in ("Pacific/Kiritimati", "America/Los_Angeles"):
        Firm.the()
        Firm.objects.update(timezone=place)
        answer = browse(jonas).post(f"/contacts/{late.pk}/step/", {"kind": "solved", "at": at})
        assert answer.status_code == 422
        assert words in answer.content.decode()
    late.refresh_from_db()
    assert late.solved_at is None


def test_only_who_may_see_the_customer_says_what_became_of_a_contact(late, lea, people, browse):
    Customer.objects.filter(pk=lea.pk).update(restricted=True)
    for role, status in {"analyst": 403, "auditor": 403, "service": 404, "manager": 404}.items():
        answer = browse(people[role]).post(f"/contacts/{late.pk}/step/", {"kind": "solved"})
        assert answer.status_code == status
    assert browse(people["owner"]).post(f"/contacts/{late.pk}/step/", {"kind": "solved"}).status_code == 302


def test_a_contact_of_a_merged_record_is_closed_on_the_page_that_stayed(late, lea, jonas, browse):
    stays = services.add_customer("Lea B.", by="system")
    services.merge(lea, stays, by=jonas)
    client = browse(jonas)
    assert "Late parcel" in client.get(f"/customers/{stays.pk}/").content.decode()
    answer = client.post(f"/contacts/{late.pk}/step/", {"kind": "solved", "at": "2026-01-01T00:00"})
    assert answer.status_code == 422
    assert "Lea B." in answer.content.decode()


def test_what_was_counted_elsewhere_is_told_beside_what_staff_wrote(late, lea, jonas, browse):
    Contact.objects.update(reopened_count=3, solved_at=AT + timedelta(days=1))
    page = browse(jonas).get(f"/customers/{lea.pk}/").content.decode()
    assert "Opened again 3 times in all" in page
    assert "Solved on 2 May 2026" in page.replace("\u00a0", " ")
    assert timezone.now() > AT
