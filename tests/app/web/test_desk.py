"""What waits for somebody: the care list, promises and contacts as lists one can work through to the end."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from treue.app.core.models import AuditEntry, Firm
from treue.app.customers import contact_desk, services
from treue.app.customers.models import CareStep, Contact, Customer, Promise
from treue.app.measuring.contact_figures import contact_figures, contact_panels
from treue.app.measuring.models import Run, Score
from treue.app.measuring.writing import write_contacts
from treue.kernel.status import Status

AS_OF = date(2026, 6, 30)


@pytest.fixture
def firm(ines):
    firm = Firm.the()
    firm.run = Run.objects.create(version="1", state="done", as_of=AS_OF, finished_at=timezone.now())
    firm.currency = "EUR"
    firm.save()
    return firm


def silent(firm, count):
    made = [services.add_customer(f"Kunde {rank:03}", by="system") for rank in range(1, count + 1)]
    Score.objects.bulk_create(
        Score(
            run=firm.run,
            customer=one,
            orders_count=9,
            silent_days=90,
            risk="silent",
            care_rank=rank,
            stake=10_000,
        )
        for rank, one in enumerate(made, start=1)
    )
    return made


def promised(customer, days, text):
    due = timezone.now() + timedelta(days=days)
    return Promise.objects.create(code=text, customer=customer, due_at=due, text=text)


def test_the_whole_care_list_is_there_page_by_page_with_what_can_be_done(firm, jonas, browse):
    silent(firm, 13)
    client = browse(jonas)
    assert "13 customers wait" in client.get("/").content.decode()
    first = client.get("/care/").content.decode()
    second = client.get("/care/?page=2").content.decode()
    assert ("Kunde 010" in first, "Kunde 011" in first) == (True, False)
    assert ("Kunde 010" in second, "Kunde 013" in second) == (False, True)
    for words in ('value="done"', 'value="later"', '<option value="30">for a month</option>'):
        assert words in second
    assert 'name="next" value="/care/?page=2"' in second


@pytest.mark.parametrize(("days", "back"), [("3", 3), ("7", 7), ("30", 30), ("", 7)])
def test_a_task_is_put_off_for_as_long_as_was_chosen(firm, jonas, browse, days, back):
    one = silent(firm, 1)[0]
    sent = {"kind": "later", "days": days, "next": "/care/"}
    assert browse(jonas).post(f"/care/{one.pk}/", sent).url == "/care/"
    day = timezone.now().date()
    assert CareStep.objects.get().hidden_until == day + timedelta(days=back)


def test_who_was_taken_care_of_is_listed_apart_and_can_be_taken_up_again(firm, jonas, browse):
    done, later, waits = silent(firm, 3)
    client = browse(jonas)
    client.post(f"/care/{done.pk}/", {"kind": "done", "outcome": "will_buy", "text": "Calls on Monday"})
    client.post(f"/care/{later.pk}/", {"kind": "later", "days": "3"})
    page = client.get("/care/").content.decode()
    assert [name in page for name in map(str, (done, later, waits))] == [False, False, True]
    page = client.get("/care/?state=handled").content.decode()
    assert [name in page for name in map(str, (done, later, waits))] == [True, True, False]
    for words in ("wants to buy again", "Calls on Monday", "off the list until", 'value="reopened"'):
        assert words in page, words
    client.post(f"/care/{done.pk}/", {"kind": "reopened", "next": "/care/?state=handled"})
    assert str(done) in client.get("/care/").content.decode()
    assert str(done) not in client.get("/care/?state=handled").content.decode()
    assert AuditEntry.objects.get(action="care.reopened").subject == f"customer:{done.pk}"


def test_the_page_of_a_customer_shows_its_task_with_the_same_form(firm, jonas, browse):
    one, other = silent(firm, 2)
    Score.objects.filter(customer=other).update(care_rank=None)
    client, page = browse(jonas), f"/customers/{one.pk}/"
    shown = client.get(page).content.decode()
    assert 'value="later"' in shown
    assert f'name="next" value="{page}"' in shown
    assert 'value="later"' not in client.get(f"/customers/{other.pk}/").content.decode()
    client.post(f"/care/{one.pk}/", {"kind": "done", "outcome": "reached"})
    shown = client.get(page).content.decode()
    assert 'value="reopened"' in shown
    assert "reached" in shown


def test_a_promise_never_disappears_and_todays_are_not_crowded_out(firm, lea, jonas, browse):
    for number in range(23):
        promised(lea, -40 - number, f"Old {number:02}")
    promised(lea, 0.1, "Today itself")
    promised(lea, 30, "In a month")
    client = browse(jonas)
    page = client.get("/").content.decode()
    assert "Today itself" in page
    assert "4 others are overdue for longer" in page
    assert "Old 18" in page
    assert "Old 19" not in page
    assert 'href="/promises/"' in page
    every = client.get("/promises/").content.decode()
    assert all(one.text in every for one in Promise.objects.all())
    assert (
        every.index("Old 22")
        < every.index("Old 00")
        < every.index("Today itself")
        < every.index("In a month")
    )
    assert every.count("<strong>overdue</strong>") == 23
    old = Promise.objects.get(text="Old 22")
    assert client.post(f"/promises/{old.pk}/kept/", {"next": "/promises/?page=1"}).url == "/promises/?page=1"
    assert "Old 22" not in client.get("/promises/").content.decode()


def test_what_nobody_knows_to_be_kept_or_not_is_overdue_nowhere_until_somebody_says_so(
    firm, lea, jonas, browse
):
    old = promised(lea, -0.5, "Call back")
    client = browse(jonas)
    pages = ("/", "/promises/", f"/customers/{lea.pk}/")
    before = [client.get(address).content.decode() for address in pages]
    assert all("<strong>overdue</strong>" in page for page in before)
    assert "1 promise fell due and was not kept" in before[0]
    Promise.objects.update(kept_known=False)
    today, every, person = (client.get(address).content.decode() for address in pages)
    assert "overdue" not in today + every + person
    assert "fell due and was not kept" not in today
    assert "Call back" not in today + every
    assert all("No promise is known to be due." in page for page in (today, every))
    assert "not known whether it was kept" in person
    # The one button that there is stands where it happened.
    assert person.count(f'action="/promises/{old.pk}/kept/"') == 1
    client.post(f"/promises/{old.pk}/kept/", {"next": pages[2]})
    person = client.get(pages[2]).content.decode()
    assert "Promise, kept" in person
    assert f'action="/promises/{old.pk}/kept/"' not in person


def test_what_waits_stands_under_the_customer_that_stayed_and_nobody_restricted_is_named(
    firm, lea, jonas, browse
):
    stays, hidden = (services.add_customer(name, by="system") for name in ("Stays", "Hidden"))
    services.merge(lea, stays, by=jonas)
    for one in (lea, hidden):
        promised(one, 1, f"Promise to {one.name}")
        contact_desk.add_contact(
            one, channel="chat", direction="in", text=f"Chat of {one.name}", state="waiting", by=jonas
        )
    Customer.objects.filter(pk=hidden.pk).update(restricted=True)
    for address in ("/promises/", "/contacts/", "/contacts/?state=waiting"):
        page = browse(jonas).get(address).content.decode()
        assert f'<a href="/customers/{stays.pk}/">Stays</a>' in page
        assert "of Lea Brandt" in page or "to Lea Brandt" in page
        assert "Hidden" not in page


def test_open_contacts_are_told_apart_from_those_nobody_answered(firm, lea, jonas, browse):
    for text, direction, state in (
        ("Waits", "in", "waiting"),
        ("Answered", "in", "answered"),
        ("We wrote", "out", "waiting"),
        ("Over", "in", "solved"),
    ):
        contact_desk.add_contact(lea, channel="email", direction=direction, text=text, state=state, by=jonas)
    client = browse(jonas)
    page = client.get("/contacts/").content.decode()
    assert "3 contacts are open" in page
    assert "3 contacts are open" in client.get("/").content.decode()
    assert '<span class="why">Over</span>' not in page
    page = client.get("/contacts/?state=waiting").content.decode()
    assert [f'<span class="why">{text}</span>' in page for text in ("Waits", "Answered", "We wrote")] == [
        True,
        False,
        False,
    ]


def test_many_open_contacts_and_promises_are_read_with_as_many_questions_as_one(firm, lea, jonas, browse):
    client = browse(jonas)

    def asked(address):
        client.get(address)
        with CaptureQueriesContext(connection) as found:
            client.get(address)
        return len(found)

    def add(number):
        one = services.add_customer(f"Bo {number}", by="system")
        promised(one, number, f"p{number}")
        Contact.objects.create(code=f"c{number}", customer=one, opened_at=timezone.now())

    add(1)
    few = [asked(address) for address in ("/promises/", "/contacts/")]
    for number in range(2, 12):
        add(number)
    assert [asked(address) for address in ("/promises/", "/contacts/")] == few


def test_who_may_not_see_persons_sees_how_soon_and_no_contact(firm, lea, people, browse):
    write_contacts(firm.run, AS_OF)
    Contact.objects.create(code="c", customer=lea, opened_at=timezone.now(), text="Secret words")
    for role in ("analyst", "auditor"):
        page = browse(people[role]).get("/contacts/").content.decode()
        assert "Half are answered within" in page
        assert "Secret words" not in page
        assert "Lea" not in page
        for address in ("/care/", "/promises/"):
            assert browse(people[role]).get(address).status_code == 403


BEGAN = datetime(2026, 6, 1, 8, tzinfo=UTC)


def contacts(customer, waits, *, direction="in", solved=None, reopened=0, code="c"):
    """Let contacts have begun together and been answered after so many minutes each; None still waits."""
    Contact.objects.bulk_create(
        Contact(
            code=f"{code}-{number}",
            customer=customer,
            direction=direction,
            opened_at=BEGAN,
            first_reply_at=None if wait is None else BEGAN + timedelta(minutes=wait),
            solved_at=solved,
            reopened_count=1 if number < reopened else None,
        )
        for number, wait in enumerate(waits)
    )


def test_how_soon_contacts_are_answered_counts_those_who_still_wait(firm, lea):
    contacts(lea, [*range(10, 410, 10)])
    first = contact_figures(firm, AS_OF)[0]
    assert (first.n, first.status) == (40, Status.OK)
    assert first.value == pytest.approx(200 / 1440)
    assert first.ci_low < first.value < first.ci_high
    # Leaving the hard ones lying makes it no better: of 60 the half is now 300 minutes away.
    contacts(lea, [None] * 20, code="lying")
    first = contact_figures(firm, AS_OF)[0]
    assert (first.n, first.numerator) == (60, 40)
    assert first.value == pytest.approx(300 / 1440)


def test_what_is_solved_without_a_word_before_is_answered_then(firm, lea):
    solved_at = BEGAN + timedelta(days=2)
    contacts(lea, [None] * 40, solved=solved_at)
    first = contact_figures(firm, AS_OF)[0]
    assert (first.numerator, first.value) == (40, pytest.approx(2))
    # It was answered then, also when it is opened again.
    one = Contact.objects.earliest("pk")
    assert contact_desk.take_step(one, "reopened", by="system", at=BEGAN + timedelta(days=3))
    one.refresh_from_db()
    assert (one.first_reply_at, one.solved_at) == (solved_at, None)
    assert contact_figures(firm, AS_OF)[0].numerator == 40


def test_what_the_firm_began_what_is_older_and_what_came_later_counts_in_no_figure(firm, lea):
    for direction in ("out", "Outbound"):
        contacts(lea, [1] * 40, direction=direction, code=direction)
    contacts(lea, [600] * 30, direction=None)
    assert contact_figures(firm, AS_OF)[0].n == 30
    assert contact_figures(firm, AS_OF + timedelta(days=90))[0].status is Status.UNDEFINED
    before = contact_figures(firm, BEGAN.date() - timedelta(days=1))
    assert before[0].n == 0
    # Answered after the last day observed is not answered yet.
    Contact.objects.update(first_reply_at=BEGAN + timedelta(days=40))
    assert contact_figures(firm, AS_OF)[0].value is None
    Customer.objects.filter(pk=lea.pk).update(restricted=True)
    assert contact_figures(firm, AS_OF)[0].n == 0


def test_how_many_were_opened_again_is_a_share_of_those_that_were_solved(firm, lea):
    contacts(lea, [5] * 50, solved=BEGAN + timedelta(days=2), reopened=10)
    contacts(lea, [5] * 30, code="open")
    _first, solved, again = contact_figures(firm, AS_OF)
    assert (again.numerator, again.denominator, again.ci_method) == (10, 50, "wilson")
    # 50 of 80 are solved, so the half is reached at two days.
    assert solved.value == pytest.approx(2)


def test_what_was_solved_or_opened_again_after_the_last_day_observed_is_not_known_yet(firm, lea):
    solved_at, after = BEGAN + timedelta(days=2), BEGAN + timedelta(days=40)
    contacts(lea, [5] * 50, solved=solved_at, reopened=10)
    contacts(lea, [5] * 20, solved=after, code="later")
    _first, solved, again = contact_figures(firm, AS_OF)
    assert (solved.numerator, again.numerator, again.denominator) == (50, 10, 50)
    # Opened again, answered, and solved once more after that day: on that day it was solved, for the first time.
    contacts(lea, [5], code="back")
    contact = Contact.objects.get(code="back-0")
    for kind, at in (("solved", solved_at), ("reopened", after), ("solved", after + timedelta(days=1))):
        assert contact_desk.take_step(contact, kind, by="system", at=at)
    _first, solved, again = contact_figures(firm, AS_OF)
    assert (solved.numerator, again.numerator, again.denominator) == (51, 10, 51)
    _first, solved, again = contact_figures(firm, AS_OF + timedelta(days=20))
    assert (solved.numerator, again.numerator, again.denominator) == (71, 11, 71)


def test_what_a_file_does_not_tell_counts_in_no_figure_and_the_page_says_so(firm, lea, jonas, browse):
    solved_at = BEGAN + timedelta(days=2)
    contacts(lea, [5] * 50, solved=solved_at, reopened=10)
    contacts(lea, [None] * 60, code="silent")
    before = [figure.n for figure in contact_figures(firm, AS_OF)]
    assert before == [110, 110, 50]
    Contact.objects.filter(code__startswith="silent").update(reply_known=False, solution_known=False)
    Contact.objects.filter(code="silent-0").update(reply_known=True)
    figures = contact_figures(firm, AS_OF)
    assert [figure.n for figure in figures] == [51, 50, 50]
    assert [figures[0].value, figures[1].value] == [pytest.approx(5 / 1440), pytest.approx(2)]
    write_contacts(firm.run, AS_OF)
    page = browse(jonas).get("/contacts/").content.decode()
    assert (
        "59 of them are left out of the time to the first answer, because their file does not tell." in page
    )
    assert "60 of them are left out of what was solved and opened again" in page
    assert "silent" not in page
    assert all("No open contact is known." in one for one in (page, browse(jonas).get("/").content.decode()))
    Contact.objects.update(reply_known=True, solution_known=True)
    assert "left out" not in dict(contact_panels(firm, AS_OF))["en"]["about"]


def test_where_a_file_does_not_tell_nobody_says_that_all_were_answered(firm, lea, jonas, browse):
    contacts(lea, [None], direction="out", code="ours")
    Contact.objects.update(reply_known=False)
    assert (
        "Every open contact has been answered."
        in browse(jonas).get("/contacts/?state=waiting").content.decode()
    )
    contacts(lea, [None])
    Contact.objects.update(reply_known=False)
    page = browse(jonas).get("/contacts/?state=waiting").content.decode()
    assert "Every open contact has been answered." not in page
    assert "Of some open contacts it is not known whether anybody answered." in page
    assert "nobody answered yet" not in page.replace("Those nobody answered yet", "")
    assert "nobody answered yet" not in browse(jonas).get(f"/customers/{lea.pk}/").content.decode().replace(
        ">nobody answered yet</option>", ""
    )


@pytest.mark.parametrize(
    ("waits", "why"),
    [
        ([5] * 29, "At least 30 contacts are needed."),
        ([None] * 30, "Fewer than half have been dealt with so far."),
        # Of those that still wait most have only just begun.
        ([None] * 30 + [600] * 4, "At least 5 that have been dealt with are needed."),
    ],
)
def test_why_it_cannot_be_told_yet_is_said(firm, lea, jonas, browse, waits, why):
    contacts(lea, waits)
    Contact.objects.filter(first_reply_at=None).update(
        opened_at=BEGAN + timedelta(days=29, hours=15, minutes=30)
    )
    write_contacts(firm.run, AS_OF)
    assert why in browse(jonas).get("/contacts/").content.decode()


def test_those_nobody_answered_are_none_though_others_are_open(firm, lea, jonas, browse):
    contacts(lea, [5])
    client = browse(jonas)
    assert "1 contact is open" in client.get("/contacts/").content.decode()
    page = client.get("/contacts/?state=waiting").content.decode()
    assert "Every open contact has been answered." in page
    assert "No open contact is known" not in page


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("en", ("Half are answered within", "3 hours", "40 contacts", "95% interval", "Cannot tell yet")),
        ("de", ("Zeit, bis die Hälfte beantwortet ist", "3 Stunden", "40 Kontakte")),
        ("nb", ("Halvparten er besvart innen", "3 timer", "40 henvendelser")),
    ],
)
def test_the_page_says_how_soon_and_what_cannot_be_told_yet(firm, lea, jonas, browse, code, words):
    contacts(lea, [*range(10, 410, 10)])
    write_contacts(firm.run, AS_OF)
    page = browse(jonas, HTTP_ACCEPT_LANGUAGE=code).get("/contacts/").content.decode().replace("\u00a0", " ")
    for one in words:
        assert one in page, one


def test_value_and_number_of_a_figure_stand_together_under_its_label(firm, lea, jonas, browse):
    contacts(lea, [*range(10, 410, 10)])
    write_contacts(firm.run, AS_OF)
    page = browse(jonas).get("/contacts/").content.decode()
    # The figures of a row share two lines of a grid; a third part of one would lie on top of the second.
    figures = re.findall(r"<article class=.figure.*?</article>", page, re.DOTALL)
    assert len(figures) == 3
    for one in figures:
        assert re.search(r"</h3>\s*<div>.*<p class=.note.>.*</div></article>$", one, re.DOTALL)


def test_before_the_first_cycle_the_lists_say_so(jonas, browse):
    client = browse(jonas)
    assert "after the first daily cycle" in client.get("/contacts/").content.decode()
    assert "after the first daily cycle" in client.get("/care/").content.decode()
