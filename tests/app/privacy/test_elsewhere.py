"""Where others' records name somebody who is erased, the name goes and the rest stays."""

from __future__ import annotations

import pytest
from django.db import models

from treue.app.customers import kept_filters
from treue.app.customers.models import CareStep, Contact, ContactPoint, Customer, Note, Promise, Segment
from treue.app.privacy import services
from treue.app.privacy.declared import declarations
from treue.app.privacy.elsewhere import masked, telling
from treue.app.privacy.whole import Words

AT = "2026-05-01T00:00:00Z"
NO_PROSE = {"customers.Consent": {"text"}, "customers.Customer": {"search_text"}}
"""The words of a form that somebody agreed to; a copy of names and addresses of the record itself."""


@pytest.fixture
def quist(database, home):
    made = Customer.objects.create(code="K-4711", name="Zitaxa Quistvåg", company="Quist Fisk AS")
    for kind, typed, normal in (
        ("email", "Zitaxa@quist.example", "zitaxa@quist.example"),
        ("phone", "+47 900 12 377", "+4790012377"),
    ):
        ContactPoint.objects.create(customer=made, kind=kind, typed=typed, normal=normal)
    return made


@pytest.fixture
def nora(database):
    return Customer.objects.create(code="K-1", name="Nora Berg")


def test_notes_on_others_lose_the_name_and_keep_the_rest(quist, nora):
    nora.boundaries = "Do not mention ZITAXA QUISTVÅG"
    nora.save()
    Note.objects.create(
        customer=nora, text="Her sister Zitaxa Quistvåg (+47 900 12 377) is unhappy", actor="user:1"
    )
    Note.objects.create(customer=nora, text="Zitaxa called; 4711 kroner", actor="user:1")
    Contact.objects.create(
        customer=nora, code="c1", channel="email", direction="in", opened_at=AT, actor="user:1",
        subject="For zitaxa@quist.example", text="Please ask Zitaxa  Quistv\u0061\u030ag",
    )  # fmt: skip
    Promise.objects.create(
        customer=nora, code="p1", made_at=AT, due_at=AT, text="Call K-4711", actor="user:1"
    )
    CareStep.objects.create(customer=nora, kind="done", text="Quist Fisk AS pays", actor="user:1")
    before = Customer.objects.count()

    done = services.erase(quist, by="command")

    assert list(Note.objects.order_by("pk").values_list("text", flat=True)) == [
        "Her sister […] ([…]) is unhappy",
        # A first name alone and a number that says anything are not taken for the person.
        "Zitaxa called; 4711 kroner",
    ]
    (contact,) = Contact.objects.all()
    assert (contact.subject, contact.text) == ("For […]", "Please ask […]")
    assert Promise.objects.get().text == "Call […]"
    assert CareStep.objects.get().text == "[…] pays"
    nora.refresh_from_db()
    assert nora.boundaries == "Do not mention […]"
    assert Customer.objects.count() == before - 1
    assert done.rows["customers.Note"] == 1


@pytest.mark.parametrize("name", ["Petra Straßer", "Ida Weiß Groß", "Жанна Жук", "Kiki Ikki"])
def test_letters_that_databases_write_otherwise_hide_no_name(database, home, nora, name):
    person = Customer.objects.create(code="K-77", name=name)
    for text in (f"{name} called", f"for {name.upper()}", "nobody"):
        Note.objects.create(customer=nora, text=text, actor="user:1")
    services.erase(person, by="command")
    assert not [
        one for one in Note.objects.values_list("text", flat=True) if name[-3:].lower() in one.lower()
    ]
    assert Note.objects.filter(text="nobody").exists()


def test_a_filter_that_cannot_be_asked_any_more_does_not_stop_an_erasure(quist):
    odd = {"field": "name", "op": "contains", "value": "quistv", "more": 1}
    for name, value in (
        ("odd", {**odd, "op": "is"}),
        ("of an earlier version", {**odd, "value": "quistv" * 60}),
    ):
        Segment.objects.create(
            name=name, conditions={"groups": [{"conditions": [{**odd, **value}]}]}, actor="x"
        )
    services.erase(quist, by="command")
    assert not Customer.objects.filter(pk=quist.pk).exists()


def test_a_filter_by_a_part_of_the_name_goes_where_it_finds_nobody_else(quist, nora):
    for name, field, op, value in (
        ("a part", "name", "contains", "quistv"),
        ("a beginning", "name", "starts", "Zitaxa"),
        ("company", "company", "is", "Quist Fisk AS"),
        ("digits", "phone", "contains", "90012377"),
        ("address", "email", "contains", "@quist"),
        ("of all Bergs", "name", "contains", "berg"),
        ("of nobody", "name", "contains", "Xylander"),
        ("by money", "money", "least", "100"),
    ):
        one = {"field": field, "op": op, "value": value}
        kept_filters.save_segment(name, {"groups": [{"conditions": [one]}]}, by="command")
    services.erase(quist, by="command")
    assert set(Segment.objects.values_list("name", flat=True)) == {"of all Bergs", "of nobody", "by money"}


def test_a_name_that_others_share_stays_in_filters_and_the_last_of_them_takes_them_along(quist, nora):
    other = Customer.objects.create(code="K-2", name="Tove Quistvåg")
    one = {"field": "name", "op": "contains", "value": "quistvåg"}
    kept_filters.save_segment("all Quistvågs", {"groups": [{"conditions": [one]}]}, by="command")
    services.erase(quist, by="command")
    assert Segment.objects.count() == 1
    services.erase(other, by="command")
    assert Segment.objects.count() == 0


def test_words_that_have_no_place_in_a_text_take_all_of_it_along():
    words = telling(Words.of([], ["Straße Weg"]))
    assert masked("to Straße Weg", words) == "[…]"
    assert masked("to STRASSE  WEG", words) == "to […]"
    assert masked("to Straße", words) == "to Straße"


def test_every_free_text_on_customers_is_searched():
    for one in declarations():
        free = {
            field.name
            for field in one.table._meta.concrete_fields
            if isinstance(field, models.TextField) and not field.choices
        }
        if one.owners or one.through:
            assert free - NO_PROSE.get(one.model, set()) == set(one.prose) & free, one.model
