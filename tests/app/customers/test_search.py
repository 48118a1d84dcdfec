from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection

from treue.app.customers.models import ContactPoint, Customer
from treue.app.customers.search import forget, matching, phone_words, refresh, typed_words
from treue.app.privacy.erasing import overwrite


@pytest.fixture
def three(database):
    texts = {
        "k-1": "k-1 lea brandt lea.brandt@firm.example",
        "k-12": f"k-12 åse ødegård {' '.join(phone_words('+4790012345'))}",
        "k-2": "k-2 brandstifter & söhne gmbh",
    }
    for code, text in texts.items():
        Customer.objects.create(code=code, search_text=text)


def found(text):
    return sorted(Customer.objects.filter(matching(text)).values_list("code", flat=True))


@pytest.mark.parametrize(
    ("typed", "codes"),
    [
        ("brand", ["k-1", "k-2"]),
        ("BRANDT", ["k-1"]),
        ("lea firm", ["k-1"]),
        ("lea ødeg", []),
        ("lea.brandt@firm.example", ["k-1"]),
        ("randt", []),
        ("ØDEG", ["k-12"]),
        ("Söhne", ["k-2"]),
        ("k-1", ["k-1"]),
        ("+47 900", ["k-12"]),
        ("+4790012345", ["k-12"]),
        ("4790", ["k-12"]),
        ("900 12 345", ["k-12"]),
        ("0900 / 123-45", ["k-12"]),
        ("0047 (0)900 12345", ["k-12"]),
        ("2345", ["k-12"]),
        ("345", []),
        ("12 346", []),
        ("ås", []),
        ("åse", ["k-12"]),
        ("&", []),
        ("", []),
        ("– —", []),
    ],
)
def test_words_are_found_by_their_beginnings(three, typed, codes):
    assert found(typed) == codes


@pytest.mark.parametrize(
    "typed",
    [
        "'",
        '"',
        "brandt' OR 1=1 --",
        'brandt" OR "x',
        "NEAR(a b)",
        "a:*|!&",
        "\\",
        "%",
        "brandt*",
        "-brandt",
        "\x00",
    ],
)
def test_no_sign_means_anything_to_the_database(three, typed):
    assert found(typed) in ([], ["k-1"])


def test_the_index_follows_every_change(three):
    Customer.objects.filter(code="k-1").update(search_text="k-1 lea vogt")
    assert (found("brandt"), found("vogt")) == ([], ["k-1"])
    Customer.objects.filter(code="k-1").delete()
    assert found("vogt") == []
    Customer.objects.bulk_create([Customer(code="k-3", search_text="k-3 vogt")])
    assert found("vogt") == ["k-3"]


def test_the_database_finds_by_index(three):
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
        plan = Customer.objects.filter(matching("brandt")).explain()
    assert "customers_search" in plan or "VIRTUAL TABLE INDEX" in plan, plan


@pytest.mark.parametrize("real_database", ["sqlite"], indirect=True)
def test_a_deleted_customer_leaves_no_word_in_the_file(real_database):
    kept = Customer.objects.create(code="k-1", search_text="k-1 somebody")
    gone = Customer.objects.create(code="k-2", search_text="k-2 zwetschgenknödel")
    file = connection.settings_dict["NAME"]
    gone.delete()
    assert overwrite()
    assert b"zwetschgenkn" not in Path(file).read_bytes()
    assert Customer.objects.filter(matching("somebody")).get() == kept


def test_forgetting_changes_nothing_that_is_found(three):
    forget()
    assert found("brand") == ["k-1", "k-2"]


def test_signs_only_divide_words():
    assert typed_words("a.b-c@d_efg h") == [
        ("a", False),
        ("b", False),
        ("c", False),
        ("d", False),
        ("efg", True),
        ("h", False),
    ]
    assert [word for word, _ in typed_words(" ".join("abcdefgh"))] == list("abcdef")


def test_numbers_of_before_are_found_after_the_change_of_version(database):
    lea = Customer.objects.create(code="k-1", search_text="k-1 lea +4790012345")
    ContactPoint.objects.create(
        customer=lea, kind=ContactPoint.Kind.PHONE, typed="900 12 345", normal="+4790012345"
    )
    Customer.objects.create(code="k-2", search_text="k-2")
    assert found("900 12 345") == []
    import_module("treue.app.customers.migrations.0004_phone_words").add(apps, None)
    assert found("900 12 345") == found("lea") == ["k-1"]
    refresh([lea.pk])
    assert found("2345") == ["k-1"]


NAMES = {
    "k-1": "Åse Ødegård",
    "k-2": "Ase Odegard",
    "k-3": "A\u030ase O\u0308degard",
    "k-4": "Jürgen Groß",
    "k-5": "Æsop Œuvre",
    "k-6": "Łukasz Đorđe",
    "k-7": "Юлий",
    "k-8": "김",
}


@pytest.fixture
def foreign(database):
    refresh([Customer.objects.create(code=code, name=name).pk for code, name in NAMES.items()])


@pytest.mark.parametrize(
    ("typed", "codes"),
    [
        ("Odegard", ["k-1", "k-2", "k-3"]),
        ("odeg", ["k-1", "k-2", "k-3"]),
        ("Ødegård", ["k-1", "k-2", "k-3"]),
        ("ödegard", ["k-1", "k-2", "k-3"]),
        ("ASE ODEGÅRD", ["k-1", "k-2", "k-3"]),
        ("åse odeg", ["k-1", "k-2", "k-3"]),
        ("jurgen gross", ["k-4"]),
        ("Jürgen Groß", ["k-4"]),
        ("aesop oeuvre", ["k-5"]),
        ("lukasz dorde", ["k-6"]),
        ("ЮЛИЙ", ["k-7"]),
        ("김", ["k-8"]),
        ("\u0308", []),
        ("≠", []),
        ("gard", []),
    ],
)
def test_letters_that_a_keyboard_lacks_are_found_by_plain_ones(foreign, typed, codes):
    assert found(typed) == codes


def test_who_was_there_before_is_found_by_plain_letters_after_the_change_of_version(database):
    for number in range(3):
        Customer.objects.create(code=f"k-{number}", search_text=f"k-{number} åse ødegård ås.ø@x.example")
    Customer.objects.create(code="k-9", search_text="k-9 lea brandt")
    assert found("odegard") == []
    change = import_module("treue.app.customers.migrations.0014_plain_letters")
    change.add(apps, None)
    assert found("odegard ase") == found("ødegård") == found("as.o@x.example") == ["k-0", "k-1", "k-2"]
    assert Customer.objects.get(code="k-9").search_text == "k-9 lea brandt"
