from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from treue.app.core.models import AuditEntry
from treue.app.core.wrong import Wrong
from treue.app.customers import contact_desk
from treue.app.customers.importing.services import import_paths
from treue.app.customers.models import Contact, ContactStep

AT = datetime(2026, 5, 1, 10, tzinfo=UTC)


def hours(count):
    return AT + timedelta(hours=count)


@pytest.fixture
def asked(lea, jonas):
    def write(**more):
        given = {
            "channel": "email",
            "direction": "in",
            "text": "Late",
            "state": "waiting",
            "at": AT,
            "by": jonas,
        }
        return contact_desk.add_contact(lea, **{**given, **more})

    return write


def times(contact):
    contact.refresh_from_db()
    return contact.first_reply_at, contact.solved_at, contact.reopened_count


@pytest.mark.parametrize(
    ("direction", "state", "replied", "solved"),
    [
        ("in", "waiting", None, None),
        ("in", "answered", AT, None),
        ("in", "solved", AT, AT),
        ("out", "waiting", None, None),
        ("out", "answered", None, None),
        ("out", "solved", None, AT),
    ],
)
def test_only_what_a_customer_began_is_answered(asked, direction, state, replied, solved):
    assert times(asked(direction=direction, state=state)) == (replied, solved, None)


def test_a_contact_is_answered_solved_and_opened_again_with_its_times(asked, jonas):
    made = asked()
    steps = [("answered", 2), ("solved", 5), ("reopened", 30), ("solved", 31), ("reopened", 40)]
    assert all(contact_desk.take_step(made, kind, at=hours(at), by=jonas) for kind, at in steps)
    assert times(made) == (hours(2), None, 2)
    written = ContactStep.objects.order_by("at").values_list("kind", "at", "actor")
    assert list(written) == [(kind, hours(at), f"user:{jonas.pk}") for kind, at in steps]
    log = AuditEntry.objects.filter(action__in=["contact.answered", "contact.solved", "contact.reopened"])
    assert [entry.detail for entry in log] == [{"contact": made.pk}] * 5


def test_what_is_said_twice_is_written_once(asked, jonas):
    made = asked()
    assert not contact_desk.take_step(made, "reopened", by=jonas)
    assert [contact_desk.take_step(made, "solved", at=hours(1), by=jonas) for _ in range(2)] == [True, False]
    assert not contact_desk.take_step(made, "answered", by=jonas)
    assert times(made) == (hours(1), hours(1), None)
    assert ContactStep.objects.count() == 1


def test_what_is_solved_without_a_word_before_was_answered_then_but_not_what_we_began(asked, jonas):
    theirs, ours = asked(), asked(direction="out")
    for one in (theirs, ours):
        assert contact_desk.take_step(one, "solved", at=hours(3), by=jonas)
    assert times(theirs) == (hours(3), hours(3), None)
    assert times(ours) == (None, hours(3), None)
    assert not contact_desk.take_step(ours, "answered", by=jonas)


def test_a_step_is_neither_to_come_nor_before_what_comes_first(asked, jonas, lea):
    made = asked()

    def refused(kind, at, words):
        before = times(made)
        with pytest.raises(Wrong, match=words):
            contact_desk.take_step(made, kind, at=at, by=jonas)
        assert times(made) == before

    refused("answered", timezone.now() + timedelta(minutes=5), "still to come")
    refused("answered", hours(-1), "before the contact began")
    contact_desk.take_step(made, "answered", at=hours(4), by=jonas)
    refused("solved", hours(3), "before it was answered")
    contact_desk.take_step(made, "solved", at=hours(5), by=jonas)
    refused("reopened", hours(4), "before it was solved")
    contact_desk.take_step(made, "reopened", at=hours(9), by=jonas)
    refused("solved", hours(8), "before it was opened again")
    refused("burnt", None, "none of those on offer")
    with pytest.raises(Wrong, match="still to come"):
        asked(at=timezone.now() + timedelta(minutes=5))
    assert Contact.objects.count() == 1


def test_what_staff_opened_again_is_not_closed_by_the_file_that_closed_it_before(real_database, write):
    def bring(first, second):
        rows = [f"c-1,k-1,,,2026-05-01T10:00:00Z,,{first},,,", f"c-2,k-2,,,2026-05-01T10:00:00Z,,{second},,,"]
        return import_paths([write("contacts.csv", "\n".join([head, *rows, ""]))], by="command")

    head = (
        "contact_id,customer_id,channel,direction,opened_at,first_reply_at,solved_at,"
        "reopened_count,own_fault,severity"
    )
    bring("2026-05-02T10:00:00Z", "")
    reopened, untouched = Contact.objects.order_by("code")
    contact_desk.take_step(reopened, "reopened", at=datetime(2026, 5, 3, tzinfo=UTC), by="user:1")
    file = bring("2026-05-02T10:00:00Z", "")
    assert file.reading["counts"]["contacts"]["filled"] == 0
    # What was solved without a word before was answered at that moment.
    assert times(reopened) == (datetime(2026, 5, 2, 10, tzinfo=UTC), None, 1)
    # A file that knows of a later solution fills it, as it fills what nobody touched.
    bring("2026-05-04T10:00:00Z", "2026-05-06T10:00:00Z")
    assert times(reopened)[1] == datetime(2026, 5, 4, 10, tzinfo=UTC)
    assert times(untouched)[1] == datetime(2026, 5, 6, 10, tzinfo=UTC)
