"""What staff wrote by mistake is taken back: by whom, what goes, and what the log says of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from treue.app.core.models import AuditEntry
from treue.app.customers import contact_desk, services, taking_back
from treue.app.customers.models import Contact, ContactStep, Customer, Note, Promise

KINDS = {"note": Note, "promise": Promise, "contact": Contact}
WORDS = "Her brother is ill"


@pytest.fixture
def write(lea):
    def entry(kind, by, customer=lea):
        if kind == "note":
            return services.add_note(customer, WORDS, by=by)
        if kind == "promise":
            return services.add_promise(customer, WORDS, timezone.now() + timedelta(days=3), by=by)
        return contact_desk.add_contact(
            customer, channel="phone", direction="in", text=WORDS, state="waiting", by=by
        )

    return entry


def back(customer, kind, number):
    return f"/customers/{customer.pk}/{kind}/{number}/back/"


@pytest.mark.parametrize("kind", KINDS)
def test_who_wrote_something_takes_it_back(write, lea, jonas, browse, kind):
    client, page, made = browse(jonas), f"/customers/{lea.pk}/", write(kind, jonas)
    address = back(lea, kind, made.pk)
    shown = client.get(page).content.decode()
    assert WORDS in shown
    assert f'action="{address}"' in shown
    assert "cannot be undone" in shown
    assert client.post(address).url == page
    # The second press finds it done.
    assert client.post(address).url == page
    assert WORDS not in client.get(page).content.decode()
    assert not KINDS[kind].objects.exists()
    told = AuditEntry.objects.get(action=f"{kind}.taken_back")
    assert (told.actor, told.subject, told.detail) == (
        f"user:{jonas.pk}", f"customer:{lea.pk}", {kind: made.pk},
    )  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("role", "status"),
    [("owner", 302), ("manager", 302), ("service", 422), ("analyst", 403), ("auditor", 403)],
)
def test_what_another_wrote_only_owners_and_managers_take_back(
    write, lea, jonas, people, browse, kind, role, status
):
    address = back(lea, kind, write(kind, jonas).pk)
    client = browse(people[role])
    answer = client.post(address)
    assert answer.status_code == status
    assert KINDS[kind].objects.exists() == (status != 302)
    if status == 422:
        page = answer.content.decode()
        assert "Only who wrote this" in page
        assert f'action="{address}"' not in page


@pytest.mark.parametrize("actor", ["", "import:3", "system"])
@pytest.mark.parametrize("kind", KINDS)
def test_what_came_with_a_file_is_not_taken_back(write, lea, ines, browse, kind, actor):
    made = write(kind, ines)
    KINDS[kind].objects.update(actor=actor)
    client = browse(ines)
    assert "Take back" not in client.get(f"/customers/{lea.pk}/").content.decode()
    answer = client.post(back(lea, kind, made.pk))
    assert answer.status_code == 422
    assert "came with a file" in answer.content.decode()
    assert KINDS[kind].objects.exists()


def test_a_contact_of_which_others_said_more_is_theirs_too(write, lea, jonas, people, browse):
    made = write("contact", jonas)
    contact_desk.take_step(made, "answered", by=jonas)
    contact_desk.take_step(made, "solved", by=people["service"])
    client, address = browse(jonas), back(lea, "contact", made.pk)
    assert f'action="{address}"' not in client.get(f"/customers/{lea.pk}/").content.decode()
    answer = client.post(address)
    assert answer.status_code == 422
    assert "Somebody else wrote down" in answer.content.decode()
    assert browse(people["manager"]).post(address).status_code == 302
    assert not ContactStep.objects.exists()


@pytest.mark.parametrize("kind", KINDS)
def test_only_owners_take_back_of_who_is_restricted(write, lea, jonas, people, browse, kind):
    made = write(kind, jonas)
    Customer.objects.filter(pk=lea.pk).update(restricted=True)
    for person, status in ((jonas, 404), (people["manager"], 404), (people["owner"], 302)):
        assert KINDS[kind].objects.exists()
        assert browse(person).post(back(lea, kind, made.pk)).status_code == status
    assert not KINDS[kind].objects.exists()


def test_what_is_anothers_is_not_taken_back_through_this_customer(write, lea, jonas, browse):
    other = services.add_customer("Bo", by="system")
    made = write("note", jonas, other)
    assert browse(jonas).post(back(lea, "note", made.pk)).status_code == 302
    assert Note.objects.exists()
    services.merge(other, lea, by=jonas)
    assert browse(jonas).post(back(lea, "note", made.pk)).status_code == 302
    assert not Note.objects.exists()
    assert AuditEntry.objects.get(action="note.taken_back").subject == f"customer:{other.pk}"


def test_of_two_who_press_at_once_one_takes_back(write, jonas):
    made = write("contact", jonas)
    again = Contact.objects.get()
    assert taking_back.take_back("contact", made, by=jonas)
    assert not taking_back.take_back("contact", again, by=jonas)
    assert not contact_desk.take_step(again, "solved", by=jonas)
    assert AuditEntry.objects.filter(action="contact.taken_back").count() == 1
