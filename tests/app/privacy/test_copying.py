from __future__ import annotations

import io
import json
import re
import sys
import time
import zipfile
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from treue.app.core import audit
from treue.app.core.models import AuditEntry, Firm
from treue.app.customers.models import (
    Consent,
    Contact,
    Customer,
    Mention,
    Merge,
    Note,
    Purchase,
    Referral,
    Visit,
)
from treue.app.privacy import services
from treue.app.privacy.coded import CODED
from treue.app.privacy.copying import gather, language_for, plain_tables, read_page
from treue.app.privacy.declared import Declared, declarations
from treue.app.privacy.whole import Person


def opened(customer):
    with zipfile.ZipFile(io.BytesIO(services.access_copy(customer, by="command"))) as archive:
        assert archive.namelist() == ["copy.html", "copy.json"]
        return archive.read("copy.html").decode(), json.loads(archive.read("copy.json"))


def left_out(told):
    """Return the declared columns that hold something and are not in a copy, and those in it that are withheld."""
    wrong = []
    for one in declarations():
        if not (one.owners or one.through):
            continue
        found = set().union(*told["tables"][one.model.partition(".")[2].lower()])
        model = one.table
        full = {
            name
            for name in one.given
            if "__" in name or model._default_manager.exclude(**{f"{name}__isnull": True}).exists()
        }
        wrong += [f"{one.model}.{name}" for name in full - {"undone_at"} - found]
        wrong += [f"{one.model}.{name} is withheld" for name in found & set(one.withheld)]
    return wrong


def test_every_declared_column_is_in_the_copy(zita, home):
    page, told = opened(zita)
    assert left_out(told) == []
    assert told["tables"]["merge"]
    assert told["tables"]["request"]
    assert "Zita Kanarienvogel" in page
    assert AuditEntry.objects.filter(action="customer.copied", subject=f"customer:{zita.pk}").count() == 1


def test_a_copy_without_a_column_or_with_a_withheld_one_is_found_out(zita, home):
    _, told = opened(zita)
    for row in told["tables"]["note"]:
        del row["text"]
    assert left_out(told) == ["customers.Note.text"]
    told = opened(zita)[1]
    told["tables"]["note"][0]["actor"] = "user:1"
    assert left_out(told) == ["customers.Note.actor is withheld"]


def parts_of(page):
    """Return the tables of a page in their order: what the columns are called, and the rows."""
    for part in page.split("<h2>")[1:]:
        heads, cells = (
            [unescape(text) for text in re.findall(rf"(?s)<{tag}\b[^>]*>(.*?)</{tag}>", part)]
            for tag in ("th", "td")
        )
        if heads:
            yield heads, [cells[start : start + len(heads)] for start in range(0, len(cells), len(heads))]


def texts_in(name, value):
    """Return the words that must be read where a value of the copy for programs stands."""
    if isinstance(value, dict):
        return [text for text in (*value, *value.values()) if isinstance(text, str)]
    worded = re.match(r"\d{4}-\d\d-\d\d(T|$)", str(value)) or name in {"country", "language"}
    return [value] if isinstance(value, str) and not worded else []


def is_read(one, name, value, cell):
    """Whether a cell of the page says what programs are told: the same words, or those for a code."""
    if isinstance(value, str) and value in CODED.get((one.model, name), {}):
        return bool(cell)
    return bool(cell) and all(text in cell for text in texts_in(name, value))


def unsaid(page, told, language):
    """Return the columns that programs are told of and readers are not, or not in the words that stand there."""
    known, wrong = {one.model.partition(".")[2].lower(): one for one in declarations()}, set()
    for (table, rows), (heads, read) in zip(told["tables"].items(), parts_of(page), strict=True):
        one = known[table]
        for row, cells in zip(rows, read, strict=True):
            shown = dict(zip(heads, cells, strict=True))
            assert len(shown) == len(heads), f"two columns of {one.model} have one name"
            wrong |= {
                f"{one.model}.{name}"
                for name, value in row.items()
                if value not in ("", {})
                and not is_read(one, name, value, shown.get(language.gettext(one.given[name]), ""))
            }
    return wrong


def read_by(zita):
    return language_for(Person.of(zita), Firm.the())


def test_whatever_programs_are_told_is_read_on_the_page(zita, home):
    page, told = opened(zita)
    texts = [
        text
        for rows in told["tables"].values()
        for row in rows
        for name in row
        for text in texts_in(name, row[name])
    ]
    assert len(texts) > 60
    assert unsaid(page, told, read_by(zita)) == set()


def test_a_page_without_a_column_or_with_other_words_is_found_out(zita, home):
    person, firm, language = Person.of(zita), Firm.the(), read_by(zita)
    tables = gather(person)
    told = plain_tables(person, tables, firm)
    for model, name in [
        ("customers.Note", "text"),
        ("customers.Purchase", "attributes"),
        ("customers.Visit", "at"),
    ]:
        less = [
            (one, [{k: v for k, v in row.items() if (one.model, k) != (model, name)} for row in rows])
            for one, rows in tables
        ]
        assert unsaid(read_page(person, less, firm, language), told, language) == {f"{model}.{name}"}
    page = read_page(person, tables, firm, language)
    assert unsaid(page, told, language) == set()
    cut = page.replace("Kanarienvogel survey", "Kanarienv…")
    assert unsaid(cut, told, language) == {"customers.Answer.survey"}


def test_nothing_of_the_copy_stays_on_disk(zita, home):
    before = {path: path.stat().st_size for path in home.rglob("*") if "sqlite" not in path.name}
    opened(zita)
    assert {path: path.stat().st_size for path in home.rglob("*") if "sqlite" not in path.name} == before


def test_nothing_of_another_person_is_in_the_copy(database, home):
    at = datetime(2026, 1, 1, tzinfo=UTC)
    zita = Customer.objects.create(code="z-1", name="Zita")
    lea = Customer.objects.create(code="lea-secret", name="Lea Secret", search_text="lea-secret")
    once = Customer.objects.create(code="parted-secret", name="Parted Secret")
    Merge.objects.create(loser=once, winner=zita, actor="user:1", undone_at=at)
    Referral.objects.create(code="r1", referrer=zita, referred=lea, invited_at=at, share_code="ZITA5")
    Referral.objects.create(code="r2-secret", referrer=lea, referred=zita, invited_at=at, share_code="secret")
    Note.objects.create(customer=lea, text="secret", actor="user:1")
    Note.objects.create(customer=zita, text="hers", actor="user:99secret")
    page, told = opened(zita)
    text = page + json.dumps(told)
    assert "secret" not in text.casefold()
    # Were the other record hers, the same search would find all that is another's.
    Merge.objects.update(undone_at=None)
    assert "parted-secret" in "".join(map(str, opened(zita))).casefold()
    Merge.objects.update(undone_at=at)
    assert [row.get("share_code") for row in told["tables"]["referral"]] == ["ZITA5", None]
    assert "hers" in page
    assert told["controller"] == ""


def tells_of(who, *texts):
    """Whether texts tell of somebody, by a name, by the word in every code, or by the year of everything."""
    whole = " ".join(
        text if isinstance(text, str) else json.dumps(text, ensure_ascii=False) for text in texts
    ).casefold()
    return who.mark in whole or str(who.at.year) in whole


def test_nothing_of_another_person_of_any_table_is_in_the_copy(neighbours, search):
    zita, otto = neighbours
    audit.write("note.added", by="system", subject=f"customer:{otto.pk}")
    page, told = opened(zita)
    assert not tells_of(search.other, page, told)
    assert otto.filled == zita.filled
    assert told["deeds"] == []
    # It is his own copy that names him, and names nobody else.
    his = opened(otto)
    assert tells_of(search.other, *his)
    assert search.mark not in str(his).casefold()


@pytest.mark.slow_on_postgres
@pytest.mark.parametrize("label", [one.model for one in declarations() if one.owners or one.through])
def test_a_table_that_gives_out_the_rows_of_all_is_found_out(neighbours, search, monkeypatch, label):
    zita, _ = neighbours
    right = Declared.rows
    monkeypatch.setattr(
        Declared, "rows", lambda one, ids: one.everything if one.model == label else right(one, ids)
    )
    person = Person.of(zita)
    tables = [pair for pair in gather(person) if pair[0].model == label]
    page = read_page(person, tables, Firm.the(), language_for(person, Firm.the()))
    told = plain_tables(person, tables, Firm.the())
    assert tells_of(search.other, page)
    assert tells_of(search.other, told["tables"])


@pytest.mark.parametrize(
    ("code", "words"),
    [("de", "Kopie der Daten über"), ("nb", "Kopi av opplysningene om"), ("fr", "Copy of the data about")],
)
def test_the_page_speaks_the_customers_language(database, home, code, words):
    zita = Customer.objects.create(code="z-1", name="Zita <b>", language=code)
    Firm.objects.create(name="Fjordkaffe", currency="NOK")
    Purchase.objects.create(
        code="o1", customer=zita, ordered_at="2026-01-01T10:00:00Z", net_amount=123456, currency="NOK"
    )
    page, _ = opened(zita)
    assert words in page
    assert "Zita &lt;b&gt;" in page
    assert "Zita <b>" not in page
    assert {"de": "1.234,56", "nb": "1\u00a0234,56", "fr": "1,234.56"}[code] in page


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (
            "de",
            (
                "Kopie aller Daten erstellt",
                "Telefon",
                "der Kunde",
                "Werbung",
                "sah sich eine Seite an",
                "Norwegen",
            ),
        ),
        (
            "nb",
            (
                "Kopi av alle opplysninger laget",
                "telefon",
                "kunden",
                "markedsføring",
                "så på en side",
                "Norge",
            ),
        ),
    ],
)
def test_codes_are_said_in_the_words_of_the_customer(database, home, code, words):
    zita = Customer.objects.create(code="z-1", name="Zita", language=code, country="NO")
    at = datetime(2026, 1, 1, tzinfo=UTC)
    Contact.objects.create(
        code="c1", customer=zita, channel="phone", direction="in", opened_at=at, text="hei"
    )
    Consent.objects.create(
        customer=zita, purpose="marketing", channel="email", given=True, at=at, actor="self"
    )
    Visit.objects.create(code="v1", customer=zita, at=at, kind="page")
    Mention.objects.create(code="m1", customer=zita, at=at, kind="a word of a file")
    opened(zita)
    page, told = opened(zita)
    for one in words:
        assert one in page, one
    for raw in ("customer.copied", ">phone<", ">in<", ">marketing<", ">email<", ">page<", ">NO<"):
        assert raw not in page, raw
    # What nobody knows stays as it was written, and programs get the codes.
    assert "a word of a file" in page
    assert told["tables"]["contact"][0]["channel"] == "phone"
    assert told["deeds"][0]["action"] == "customer.copied"


def live_long(customer, purchases=600, contacts=400):
    """Let so much happen to a customer."""
    start = datetime(2020, 1, 1, tzinfo=UTC)
    Purchase.objects.bulk_create(
        Purchase(
            code=f"o{k}",
            customer=customer,
            ordered_at=start + timedelta(days=k),
            net_amount=k,
            currency="EUR",
        )
        for k in range(purchases)
    )
    Contact.objects.bulk_create(
        Contact(code=f"c{k}", customer=customer, opened_at=start + timedelta(days=k), text=f"text {k}")
        for k in range(contacts)
    )


def test_a_long_history_is_read_with_as_many_questions_as_a_short_one(database, home):
    zita = Customer.objects.create(code="z-1", name="Zita")
    with CaptureQueriesContext(connection) as short:
        opened(zita)
    live_long(zita)
    with CaptureQueriesContext(connection) as long:
        page, told = opened(zita)
    assert len(long) <= len(short)
    assert len(told["tables"]["purchase"]) == 600
    assert page.count("<td>text ") == 400


@pytest.mark.slow
def test_the_copy_of_somebody_with_a_thousand_events_takes_less_than_ten_seconds(database, home):
    zita = Customer.objects.create(code="z-1", name="Zita")
    live_long(zita)
    started = time.monotonic()
    page, _ = opened(zita)
    took = time.monotonic() - started
    sys.stdout.write(f"{database}: {took:.2f} s, {len(page)} characters\n")
    assert took < 10
