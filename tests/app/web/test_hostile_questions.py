"""Hostile questions and forms: no page breaks, and only names of ours reach the database."""

from __future__ import annotations

import re
from contextlib import contextmanager
from datetime import date
from functools import cache

import pytest
from django.core.exceptions import FieldError
from django.db import DatabaseError, connection, transaction
from django.http import QueryDict
from django.test.utils import override_settings

from treue.app.core import audit
from treue.app.core.models import User
from treue.app.customers import condition_fields, conditions, queries
from treue.app.customers.export import COLUMNS
from treue.app.customers.models import ContactPoint, Customer
from treue.app.customers.queries import SORTS
from treue.app.customers.timeline import SOURCES
from treue.app.web.access import ROUTES
from treue.kernel.errors import WrongArgument

STARTS = ("'", '"', ")", "1", "-1", "0", "", "name", "-name", "%", "\\", "\0", "ä", "💥")
ENDS = (
    "",
    " OR 1=1--",
    "; DROP TABLE core_user--",
    " UNION SELECT 1,2,3--",
    "__password",
    "__startswith",
    "&id__in=1",
    "[]",
    "[0]",
    ".x",
    " " * 300,
    "9" * 40,
    "%00%ff",
    "\r\nSet-Cookie: a=b",
    "../../../etc/passwd",
)
QUESTIONS = [
    *(start + end for start in STARTS for end in ENDS),
    *("restricted", "-search_text", "scores__stake", "score__customer__name", "pk", "?", "user__password"),
]
FILTER = ("g0-match", "g0-not", "g0c0-field", "g0c0-op", "g0c0-value")
WALKS = [
    pytest.param(600, marks=pytest.mark.timeout(1500)),
    pytest.param(1, marks=[pytest.mark.slow, pytest.mark.timeout(7200)]),
]
"""Each so-many-th question is asked; at least one of each parameter."""
BACKEND = "django.contrib.auth.backends.ModelBackend"
NAME = re.compile(r'"((?:[^"]|"")*)"|\b(SELECT|FROM|WHERE|GROUP BY|ORDER BY|SET|INTO|VALUES|ON)\b')


def test_there_are_two_hundred_questions():
    assert len(set(QUESTIONS)) >= 200


@cache
def names_in(sql):
    """Return the names that stand in a statement, each with the part in which it stands."""
    part, found = "", set()
    for token in NAME.finditer(sql):
        part = token[2] or part
        if not token[2] and not re.fullmatch(r"s\d+_x\d+|_django_curs_.*", token[1]):
            found.add((part, token[1]))
    return frozenset(found)


@contextmanager
def watched():
    """Give the statements that reach the database meanwhile, without their parameters."""
    seen = set()

    def note(execute, sql, params, many, context):
        seen.add(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield seen


def tried(ask, text):
    """Return the status of an answer and the names that reached the database; everything is taken back."""
    with transaction.atomic():
        with watched() as seen:
            status = ask(text)
        transaction.set_rollback(True)
    telling = len(text.strip()) > 3 and not text.strip().replace("_", "").replace("-", "").isalnum()
    assert not (telling and any(text.strip() in sql for sql in seen)), f"{text!r} stands in a statement"
    return status, set().union(*map(names_in, seen))


def strays(ask, texts, known):
    """Return the questions that broke something, or brought names to the database that are not known."""
    found = []
    for text in texts:
        status, names = tried(ask, text)
        if status >= 500 or not names <= known:
            found.append((text, status, sorted(names - known)[:5]))
    return found


@pytest.fixture
def read(monkeypatch):
    """Note which parameters are read of what is sent; what is read stays as it is."""
    names = set()
    for method in ("get", "getlist", "__getitem__", "__contains__"):
        original = getattr(QueryDict, method)

        def noting(data, name, *rest, original=original):
            names.add(name)
            return original(data, name, *rest)

        monkeypatch.setattr(QueryDict, method, noting)
    return names


OWN = "shop"
"""A further column of the files."""


def good_filters():
    """Give every condition that there is, in each way in which it is compared."""
    examples = {
        "date": "2026-01-01",
        "number": "3",
        "money": "3",
        "share": "3",
        "text": "x",
        "address": "x",
        "country": "NO",
        "language": "nb",
        "flag": "yes",
    }
    for name, field in condition_fields.FIELDS.items():
        for operator in condition_fields.OPERATORS[field.kind]:
            value = next(iter(field.choices)) if field.choices else examples[field.kind]
            if field.kind == "date" and condition_fields.is_number(field, operator):
                value = "30"
            yield {"g0c0-field": name, "g0c0-op": operator, "g0c0-value": value}
    for operator in condition_fields.TEXT:
        yield {"g0c0-field": f"attribute:{OWN}", "g0c0-op": operator, "g0c0-value": "x"}


def ways_to_compare():
    """Give one condition for each kind of field in each way in which it is compared, the further columns too."""
    found = {}
    for given in good_filters():
        field = condition_fields.field_of(given["g0c0-field"], frozenset({OWN}))
        place = field.path if field.kind == "address" else field.path.startswith("attributes__")
        found.setdefault((field.kind, place, field.members is None, given["g0c0-op"]), given)
    return list(found.values())


def starting_points(name):
    """Give what else is asked for where one parameter is hostile."""
    if name == "g0c0-value":
        return ways_to_compare()
    return [{"g0c0-field": "name", "g0c0-op": "is", "g0c0-value": "x"} if name in FILTER else {}]


def good_questions(route, things):
    """Give what a page is asked for by its own forms and links, so that all its names are known."""
    yield {}
    if route.name == "privacy":
        yield {"count": "1"}
    if route.name in {"audit", "audit-export"}:
        yield {"q": "lea", "before": "10"}
    if route.name in {"care-list", "promises", "contacts"}:
        yield from ({"state": state, "page": "2"} for state in ("handled", "waiting"))
    if route.name == "customers":
        yield from ({"words": words} for words in ("lea", "lea@x.example", "+47 22 22 22 22", "(("))
        yield {"segment": str(things.mine["segment"])}
        for name in SORTS:
            for minus in ("", "-"):
                yield from ({"sort": minus + name, **more} for more in ({}, {"words": "p"}, {"page": "2"}))
        yield {"column": list(COLUMNS)}
        yield from good_filters()
    if route.name == "customer":
        for kind in SOURCES:
            # A day begins at the first of these instants.
            for at in ("2026-05-01T00:00:00+00:00", "2026-05-01T10:00:00+00:00"):
                yield {"before": f"{at} {kind} 1"}


class Client:
    """Somebody who may ask everything, logged in anew for each question."""

    def names(self, method, address, given):
        """Return the names that reach the database where something good is asked."""
        return tried(lambda _text: self(method, address, given), "")[1]

    def asking(self, method, address, given, name):
        """Return what asks the same with one parameter changed."""
        return lambda text: self(method, address, {**given, name: text})

    def __init__(self, browse, people):
        self.browse, self.owner = browse, people["owner"]

    def __call__(self, method, address, given):
        self.owner.refresh_from_db()
        client = self.browse()
        client.force_login(self.owner, backend=BACKEND)
        answer = getattr(client, method)(address, given)
        if answer.streaming:
            b"".join(answer.streaming_content)
        return answer.status_code


@pytest.fixture
def client(browse, measured_people, tmp_path):
    with override_settings(HOME=tmp_path):
        yield Client(browse, measured_people)


def readable():
    return [route for route in ROUTES if route.public or "owner" in route.read]


@pytest.mark.slow_on_postgres
@pytest.mark.parametrize("every", WALKS)
def test_no_hostile_question_breaks_a_page_or_names_a_column(measured_things, client, read, every):
    asked, found = 0, []
    for route in readable():
        address = measured_things.address(route, measured_things.mine)
        read.clear()
        known = set()
        for given in good_questions(route, measured_things):
            known |= client.names("get", address, given)
        parameters = {*read, *(FILTER if route.name == "customers" else ())}
        for name in sorted(parameters - {"csrfmiddlewaretoken"}):
            for given in starting_points(name):
                ask = client.asking("get", address, given, name)
                texts = QUESTIONS[asked % len(QUESTIONS) % every :: every]
                found += [(address, name, given, *one) for one in strays(ask, texts, known)]
                asked += 1
    assert not found, "\n".join(map(str, found))
    assert asked > 20
    assert User.objects.filter(role="owner").count() == 1


@pytest.mark.slow_on_postgres
@pytest.mark.parametrize("every", WALKS)
def test_no_hostile_form_breaks_a_page_or_names_a_column(measured_things, client, read, forms, every):
    known, changing = set(), [route for route in ROUTES if route.public or route.change]
    for route in readable():
        known |= client.names("get", measured_things.address(route, measured_things.mine), {})
    fields = {}
    for route in changing:
        address = measured_things.address(route, measured_things.mine)
        read.clear()
        for given in ({}, forms.get(route.name, {}), *GOOD_FORMS.get(route.name, ())):
            known |= client.names("post", address, given)
        fields[route.name] = sorted({*read, *forms.get(route.name, {})} - {"csrfmiddlewaretoken", "next"})
    asked, found = 0, []
    for route in changing:
        address = measured_things.address(route, measured_things.mine)
        for name in fields[route.name]:
            ask = client.asking("post", address, forms.get(route.name, {}), name)
            found += [(address, name, *one) for one in strays(ask, QUESTIONS[asked % every :: every], known)]
            asked += 1
    assert not found, "\n".join(map(str, found))
    assert asked > 60
    assert User.objects.filter(role="owner").count() == 1
    assert audit.verify().first_bad is None


GOOD_FORMS = {
    "customer-change": [
        dict.fromkeys(("name", "company", "language", "country", "boundaries"), "x") | {"expertise": "expert"}
    ],
    "settings": [
        {
            **dict.fromkeys(("name", "timezone"), "UTC"),
            "currency": "NOK",
            "language": "nb",
            "country": "SE",
            "hour": "7",
            "window": "days",
            "window_days": "77",
            "margin": "33",
        }
    ],
    "customer-point": [
        {"address": "+47 22 22 22 22"},
        {"address": "mine@x.example"},
        {"address": "a@b.example"},
    ],
    "customer-switch": [
        {"name": name, "value": "1"} for name in ("no_profiling", "restricted", "no_marketing")
    ],
    "customer-merge": [{"other": "+47 22 22 22 22"}, {"other": "hidden@x.example"}],
    "customers-export": [
        {"every": "1", "sort": sort, "words": words} for sort in SORTS for words in ("", "p")
    ],
    "privacy-request": [{"kind": "copy", "received": "2026-06-01", "customer": "+47 22 22 22 22"}],
    "privacy-request-step": [{"because": "It takes longer"}],
    "settings-people-role": [{"role": "owner", "password": "correct horse battery staple"}],
    "contact-step": [{"kind": kind} for kind in ("answered", "reopened")],
}
"""Further forms as people send them, so that the names of all ways are known."""


WRONG = {
    "order": lambda name: Customer.objects.order_by("code", name),
    "condition": lambda name: Customer.objects.filter(**{name: 1}),
    "column": lambda name: Customer.objects.values("id", name),
    "SQL": lambda name: Customer.objects.extra(where=[f"name = '{name}'"]),  # noqa: S610
}


@pytest.mark.slow_on_postgres
@pytest.mark.parametrize("what", WRONG)
def test_a_page_that_hands_a_name_on_is_seen(measured, what):
    known = tried(lambda _text: list(Customer.objects.order_by("-id")[:1]) and 200, "")[1]

    def page(text):
        try:
            with transaction.atomic():
                list(WRONG[what](text)[:1])
        except (FieldError, DatabaseError, TypeError, ValueError, AttributeError):
            return 400
        return 200

    try:
        found = strays(page, QUESTIONS, known)
    except AssertionError:
        found = ["it stands in a statement"]
    assert found


TEXTS = [text.strip() for text in QUESTIONS if text.strip() and "\0" not in text and len(text) <= 200]
FITS = {
    "is": lambda whole, text: whole == text,
    "is_not": lambda whole, text: whole != text,
    "contains": lambda whole, text: text in whole,
    "starts": lambda whole, text: whole.startswith(text),
}


def hostile_customers():
    """Make a customer for each hostile text, who has it in all that conditions compare as texts; returns them."""
    made = Customer.objects.bulk_create(
        Customer(code=f"h{number}", name=text, country=text[:60], language=text[:20], attributes={OWN: text})
        for number, text in enumerate(TEXTS)
    )
    ContactPoint.objects.bulk_create(
        ContactPoint(customer=one, kind=kind, typed=text, normal=text)
        for one, text in zip(made, TEXTS, strict=True)
        for kind in ("email", "phone")
    )
    return [one.pk for one in made]


def wrongly_found(given, texts, made):
    """Return the texts with which a condition finds others than it should, or brings itself into a statement."""
    name, operator = given["g0c0-field"], given["g0c0-op"]
    field, found = condition_fields.field_of(name, frozenset({OWN})), []
    longest = {"country": 60, "language": 20}.get(field.kind, 200)
    for text in texts:
        one = {"field": name, "op": operator, "value": text}
        tree = {"groups": [{"conditions": [one]}]}
        wish = queries.Wish(tree=tree, words="", sort="name")
        scope = queries.Scope(
            run_id=None, today=date(2026, 5, 1), currency="EUR", attributes=frozenset({OWN})
        )
        with watched() as seen:
            try:
                pks = set(queries.find_customers(wish, scope).values_list("pk", flat=True))
            except WrongArgument:
                pks = None
        if pks is None and field.kind == "text" and text.strip() and "\0" not in text and len(text) <= 200:
            found.append((given, text, "is refused"))
        telling = len(text.strip()) > 3 and not text.strip().replace("_", "").replace("-", "").isalnum()
        if telling and any(text.strip() in sql for sql in seen):
            found.append((given, text, "stands in a statement"))
        if field.kind in {"text", "address", "country", "language"} and operator in FITS and pks is not None:
            small = text.strip().lower()
            wanted = {
                pk
                for pk, whole in zip(made, TEXTS, strict=True)
                if FITS[operator](whole[:longest].lower(), small)
            }
            if pks != wanted:
                found.append((given, text, len(pks), len(wanted)))
    return found


SHARES = [
    pytest.param(20, id="some"),
    pytest.param(1, marks=[pytest.mark.slow, pytest.mark.timeout(1800)], id="every"),
]


@pytest.mark.slow_on_postgres
@pytest.mark.parametrize("every", SHARES)
def test_every_hostile_value_is_compared_as_the_text_that_it_is(database, every):
    made, found = hostile_customers(), []
    for number, given in enumerate(ways_to_compare()):
        found += wrongly_found(given, [*QUESTIONS[number % every :: every], "%", "\\", "_"], made)
    assert not found, "\n".join(map(str, found))


@pytest.mark.slow_on_postgres
def test_a_sign_that_is_taken_for_another_in_a_value_is_seen(database, monkeypatch):
    given = {"g0c0-field": "name", "g0c0-op": "contains", "g0c0-value": "x"}
    made, texts = hostile_customers(), QUESTIONS[:30]
    assert wrongly_found(given, texts, made) == []
    whole = conditions.compared
    monkeypatch.setattr(
        conditions, "compared", lambda column, how, text: whole(column, how, text.replace("'", ""))
    )
    assert wrongly_found(given, texts, made)


NAMES = ["isnull", "contains", "has_key", "a b", "a'b", "a%sb", "_a", "key", "ä", "a.b", "$", "a[0]"]


@pytest.mark.slow_on_postgres
@pytest.mark.parametrize("name", NAMES)
def test_a_column_of_a_file_may_have_any_name(database, name):
    for value in ("sought", "other"):
        Customer.objects.create(code=value, attributes={name: value})
    for operator in ("is", "contains", "starts", "is_not", "empty"):
        one = {"field": f"attribute:{name}", "op": operator, "value": "sought"}
        query = conditions.compile_tree(
            {"groups": [{"conditions": [one]}]}, today=None, currency="EUR", attributes=frozenset({name})
        )
        found = set(Customer.objects.filter(query).values_list("code", flat=True))
        assert found == {"is_not": {"other"}, "empty": set()}.get(operator, {"sought"}), operator


@pytest.mark.parametrize(
    "name", ["", "0", "-1", "1_0", "２", "a__b", "a_", 'a"b', "a\\b", "__isnull", "not there"]
)
def test_a_name_that_would_mean_something_else_is_refused(name):
    known = frozenset({name} - {"not there"})
    with pytest.raises(WrongArgument):
        condition_fields.field_of(f"attribute:{name}", known)
