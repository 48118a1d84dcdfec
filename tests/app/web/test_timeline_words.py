"""What the timeline says of each kind of event, in English and in German."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from treue.app.core.models import Firm
from treue.app.customers import models, services
from treue.app.customers.timeline import SOURCES, Event
from treue.app.web.customer_words import KINDS, event_told
from treue.app.web.speech import language_of

AT = datetime(2026, 5, 1, 22, 30, tzinfo=UTC)
OSLO = ZoneInfo("Europe/Oslo")

CASES = [
    ("purchase", models.Purchase(code="o-1", net_amount=1999, currency="NOK", channel="web", coupon_code="MAY"), "Purchase, NOK 19.99", "o-1 · web · MAY", "Kauf"),
    ("return", models.Return(code="r-1", amount=500, purchase_code="o-1"), "Return, €5.00", "o-1", "Retoure"),
    ("return", models.Return(code="r-2", amount=500), "Return, €5.00", "", "Retoure"),
    ("contract", models.Contract(code="c-1", started_on=date(2026, 5, 1), monthly_amount=990, currency="EUR", end_reason="moved"), "Contract begins", "c-1 · €9.90 a month", "Vertrag beginnt"),
    ("contract_end", models.Contract(code="c-1", ended_on=date(2026, 5, 1), end_reason="moved"), "Contract ends", "c-1 · moved away", "Vertrag endet"),
    ("visit", models.Visit(code="v-1", kind="basket", campaign="spring"), "Visit", "put something into the basket · spring", "Besuch"),
    ("visit", models.Visit(code="v-2", kind="drone"), "Visit", "drone", "Besuch"),
    ("promise", models.Promise(code="p-1", due_at=AT, text="Call"), "Promise, due 2 May 2026, 00:30", "Call", "Zusage"),
    ("promise", models.Promise(code="p-2", due_at=AT, kept_at=AT, text="Call"), "Promise, kept", "Call", "Zusage"),
    ("promise", models.Promise(code="p-3", due_at=AT, kept_known=False), "Promise, due 2 May 2026, 00:30, not known whether it was kept", "", "Zusage, fällig am 2. Mai 2026, 00:30, nicht bekannt, ob gehalten"),
    ("answer", models.Answer(code="a-1", survey="nps", score=9), "Answer to a survey: 9", "nps", "Antwort"),
    ("answer", models.Answer(code="a-2", survey="nps"), "Answer to a survey", "nps", "Antwort"),
    ("referral", models.Referral(code="f-1", converted_at=AT), "Referral", "led to a customer on 2 May 2026", "Weiterempfehlung"),
    ("referral", models.Referral(code="f-2"), "Referral", "not taken up yet", "Weiterempfehlung"),
    ("referred", models.Referral(code="f-3", converted_at=AT), "Referred by another customer", "became a customer on 2 May 2026", "Von einem anderen Kunden empfohlen"),
    ("mention", models.Mention(code="m-1", kind="complaint", network="web"), "Public mention: complaint", "web", ""),
    ("mention", models.Mention(code="m-2", kind="poem"), "Public mention: poem", "", ""),
    ("note", models.Note(text="Prefers mornings"), "Note", "Prefers mornings", "Notiz"),
    ("care", models.CareStep(kind="done", outcome="will_buy", text="in May"), "Care: Done", "wants to buy again · in May", ""),
    ("care", models.CareStep(kind="later"), "Care: Put off", "no outcome written down", ""),
    ("consent", models.Consent(given=True, purpose="marketing", channel="email", text="Yes"), "Consent given: marketing, e-mail", "Yes", "Einwilligung"),
    ("consent", models.Consent(given=False, purpose="marketing", channel="phone"), "Consent withdrawn: marketing, telephone", "", "Einwilligung"),
    ("contact", models.Contact(code="k-1", channel="phone", own_fault=True, text="Late"), "Contact, telephone, open, our own mistake", "Late", "Kontakt"),
    ("contact", models.Contact(code="k-2", solved_at=AT, subject="Invoice"), "Contact, solved", "Invoice", "Kontakt"),
    ("contact", models.Contact(code="k-3", solution_known=False), "Contact, not known whether it was solved", "", "Kontakt, nicht bekannt, ob gelöst"),
]  # fmt: skip


def told(kind, thing, code):
    found = event_told(Event(AT, kind, thing), Firm(currency="EUR"), OSLO, {}, language_of(code))
    return found.title.replace("\u00a0", " "), found.text.replace("\u00a0", " "), found.day


@pytest.mark.parametrize(("kind", "thing", "title", "text", "german"), CASES)
def test_an_event_is_told_in_words(kind, thing, title, text, german):
    assert told(kind, thing, "en")[:2] == (title, text)
    assert german in told(kind, thing, "de")[0]


def test_every_kind_of_event_is_among_them_and_has_a_name():
    assert {case[0] for case in CASES} == set(SOURCES) == set(KINDS)


def test_the_day_is_the_firms_and_a_day_of_a_contract_stays_as_it_is():
    assert told("note", models.Note(text="x"), "en")[2].replace("\u00a0", " ") == "2 May 2026"
    contract = models.Contract(code="c-1", started_on=date(2026, 5, 1))
    assert told("contract", contract, "en")[2].replace("\u00a0", " ") == "1 May 2026"


def test_the_page_shows_the_note_on_dealings_and_the_level_of_expertise(lea, jonas, browse):
    page = browse(jonas).get(f"/customers/{lea.pk}/").content.decode()
    assert "<strong>What holds in dealings with this customer</strong>" not in page
    services.change_record(lea, {"boundaries": "Only in writing", "expertise": "expert"}, by=jonas)
    page = browse(jonas).get(f"/customers/{lea.pk}/").content.decode()
    assert "<strong>What holds in dealings with this customer</strong>. Only in writing" in page.replace(
        ".</strong>", "</strong>."
    )
    assert "number k-1 · expert" in page
    assert '<option value="expert" selected>' in page
