"""The index of trigrams must leave out nobody whom the whole comparison would find, whatever changes."""

from __future__ import annotations

import sys
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from treue.app.customers import trigrams
from treue.app.customers.folded import compared
from treue.app.customers.migrations import _trigrams
from treue.app.customers.models import ContactPoint, Customer
from treue.app.customers.search import forget
from treue.app.customers.trigrams import INDEXED, OTHERS, having, index_of, parts, written

LETTERS = "abikKIzZ09 _%'\"\\-.äÄøØåÅ\u212bßẞſİıñÑþÞ\u212aжΣςé\u00b5\u0301"
TEXTS = st.text(LETTERS, max_size=9)


def found(text, asked="name", told="name"):
    return set(Customer.objects.filter(having(Customer, asked, text)).values_list(told, flat=True))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=st.lists(TEXTS, min_size=1, max_size=8, unique=True),
    before=TEXTS,
    sought=st.text(LETTERS, min_size=1),
)
def test_nobody_is_left_out(database, names, before, sought):
    Customer.objects.all().delete()
    turned = "".join(one.swapcase() if place % 2 else one for place, one in enumerate(sought))
    every = list(dict.fromkeys([*names, before + sought, sought + before, before + turned]))
    Customer.objects.bulk_create(Customer(code=f"c{number}", name=name) for number, name in enumerate(every))
    for operator in ("contains", "starts", "is"):
        whole = set(
            Customer.objects.filter(compared("name", operator, sought)).values_list("name", flat=True)
        )
        assert whole <= found(sought)


def test_few_others_are_found(database):
    Customer.objects.bulk_create(
        Customer(code=f"c{number}", name=name)
        for number, name in enumerate(
            ["Zorn", "Ornz", "Zörn", "zo rn", "Buzz", "Åse", "ÅSE", "\u212bse", "Ase"]
        )
    )
    assert found("zorn") == {"Zorn"}
    assert found("zz") == {"Buzz"}
    assert found("z") == {"Zorn", "Ornz", "Zörn", "zo rn", "Buzz"}
    assert found("åse") == {"Åse", "ÅSE", "\u212bse"}
    assert found("orn z") == set()


def test_each_of_the_other_letters_is_found_in_either_size(database):
    Customer.objects.bulk_create(
        Customer(code=f"c{number}", name=name * 3) for number, name in enumerate([*OTHERS, *OTHERS.upper()])
    )
    for letter in OTHERS:
        for text in (letter, letter * 2, letter * 3):
            assert found(text) == {letter * 3, letter.upper() * 3}


def test_every_column_is_in_it(database):
    columns = [column for (column,) in INDEXED[Customer]]
    customer = Customer.objects.create(**{column: f"quetz{place}" for place, column in enumerate(columns)})
    ContactPoint.objects.create(
        customer=customer, kind="email", typed="Quetz@x.example", normal="quetz@y.example"
    )
    for place, column in enumerate(columns):
        for other in range(len(columns)):
            assert found(f"quetz{other}", column, "pk") == ({customer.pk} if other == place else set())
    for column, text, count in (("typed", "quetz@x", 1), ("normal", "z@y.e", 1), ("typed", "z@z.e", 0)):
        assert ContactPoint.objects.filter(having(ContactPoint, column, text)).count() == count


def test_it_follows_every_change(database):
    zorn = Customer.objects.create(code="c1", name="Zorn")
    Customer.objects.filter(pk=zorn.pk).update(name="Vogt", company="Quast")
    assert (found("zorn"), found("vogt"), found("quast", "company")) == (set(), {"Vogt"}, {"Vogt"})
    Customer.objects.filter(pk=zorn.pk).update(no_marketing=True)
    assert found("vogt") == {"Vogt"}
    zorn.delete()
    assert found("vogt") == set()
    Customer.objects.bulk_create([Customer(code="c2", name="Vogtland")])
    assert found("vogt") == {"Vogtland"}


def test_who_has_no_text_comes_and_goes(database):
    for name, then in (("", ""), ("", "Zorn"), ("Zorn", ""), ("Zorn", "Vogt")):
        one = Customer.objects.create(code="c1", name=name)
        Customer.objects.filter(pk=one.pk).update(name=then, company="")
        assert found("zor") == ({"Zorn"} if then == "Zorn" else set())
        Customer.objects.filter(pk=one.pk).delete()
        assert found("zor") == set()


def blocks():
    """Return what SQLite keeps of the indexes in its file."""
    found = b""
    with connection.cursor() as cursor:
        for model in INDEXED:
            cursor.execute(f"SELECT block FROM {index_of(model)}_data")
            found += b"".join(block for (block,) in cursor.fetchall())
    return found


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_was_deleted_or_changed_is_forgotten(database):
    gone = [Customer.objects.create(code=f"c{number}", name="Quetz", company="Ñandu") for number in range(3)]
    kept = Customer.objects.create(code="c9", name="Lea")
    ContactPoint.objects.create(
        customer=gone[0], kind="email", typed="Wolf@x.example", normal="wolf@x.example"
    )
    gone[0].delete()
    gone[1].delete()
    Customer.objects.filter(pk=gone[2].pk).update(name="", company="")
    assert all(text in blocks() for text in (b"que", "ñan".encode(), b"wol", b"lea"))
    forget()
    assert not any(text in blocks() for text in (b"que", "ñan".encode(), b"wol"))
    assert found("lea", told="pk") == {kept.pk}


def test_the_database_finds_by_it(database):
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
        for model in INDEXED:
            for text in ("zorn", "zz"):
                plan = model.objects.filter(having(model, INDEXED[model][-1][0], text)).explain()
                assert index_of(model) in plan or "VIRTUAL TABLE INDEX" in plan, plan


def test_what_many_have_is_not_asked_of_it(database, monkeypatch):
    Customer.objects.bulk_create(Customer(code=f"c{number}", name="Zorn") for number in range(3))
    monkeypatch.setattr(trigrams, "SAMPLED", 100)
    for most, asked in ((2, False), (3, True)):
        monkeypatch.setattr(trigrams, "MANY", most)
        assert bool(having(Customer, "name", "zorn")) is asked
        assert bool(having(Customer, "name", "zo")) is asked


def test_every_letter_that_becomes_another_is_known():
    becomes: dict[str, set[str]] = {}
    for number in range(sys.maxunicode + 1):
        letter = chr(number)
        becomes.setdefault(letter.lower(), set()).add(letter)
    for letter in OTHERS:
        assert becomes[letter] == set(written(letter))
    # Of English letters alone, these two have others that become them, and are left out of a text with other letters.
    others = {
        letter for letter in map(chr, range(128)) if any(not one.isascii() for one in becomes.get(letter, ()))
    }
    assert others == {"k"}
    assert parts("øk") == ["ø"]
    assert parts("øi") == ["ø"]


def test_texts_of_before_are_found_after_the_change_of_version(database):
    Customer.objects.create(code="c1", name="Zorn")
    index = index_of(Customer)
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for change in ("new", "old", "changed"):
                cursor.execute(f"DROP TRIGGER {index}_{change}")
            cursor.execute(f"DROP TABLE {index}_words")
            cursor.execute(f"DROP TABLE {index}")
        else:
            cursor.execute(f"DROP INDEX {index}")
        editor = SimpleNamespace(connection=connection, execute=cursor.execute)
        import_module("treue.app.customers.migrations.0016_trigrams").add(None, editor)
    assert found("zorn") == {"Zorn"}
    Customer.objects.create(code="c2", name="Zorndorf")
    assert found("zorn") == {"Zorn", "Zorndorf"}


def test_an_index_of_addresses_of_another_form_is_made_anew(database):
    customer = Customer.objects.create(code="c1")
    kept = ContactPoint.objects.create(
        customer=customer, kind="email", typed="Quetz@x.no", normal="quetz@x.no"
    )
    table, index = ContactPoint._meta.db_table, index_of(ContactPoint)
    connection.check_constraints()  # PostgreSQL makes no index while any are waiting.
    with connection.cursor() as cursor:
        editor = SimpleNamespace(connection=connection, execute=cursor.execute)
        _trigrams.add(editor, {table: (("typed",), ("normal",))})
        import_module("treue.app.customers.migrations.0017_trigrams_of_addresses").add(None, editor)
        if connection.vendor == "sqlite":
            cursor.execute(
                "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND name GLOB %s", [f"{index}*"]
            )
            assert cursor.fetchone() == (3,)

    def those_with(text):
        return set(
            ContactPoint.objects.filter(having(ContactPoint, "normal", text)).values_list("pk", flat=True)
        )

    other = ContactPoint.objects.create(
        customer=customer, kind="email", typed="Zorn@x.no", normal="zorn@x.no"
    )
    ContactPoint.objects.filter(pk=kept.pk).update(typed="Vogt@x.no", normal="vogt@x.no")
    assert (those_with("quetz"), those_with("vogt"), those_with("zorn")) == (set(), {kept.pk}, {other.pk})
    other.delete()
    assert those_with("zorn") == set()


def test_the_changes_of_version_know_the_same_columns():
    known = {}
    for name in ("0016_trigrams", "0017_trigrams_of_addresses"):
        known |= import_module(f"treue.app.customers.migrations.{name}").TABLES
    assert {model._meta.db_table: texts for model, texts in INDEXED.items()} == known
