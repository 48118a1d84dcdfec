"""Whoever fits a filter must be the same by whichever way they are found: by an index, by a reading, by a walk."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest
from django.db import connection
from django.db.models import JSONField, Value
from django.test.utils import CaptureQueriesContext

from treue.app.core import audit
from treue.app.customers import alternatives, condition_fields, few, paging, queries, services, trigrams
from treue.app.customers.models import ContactPoint, Customer
from treue.app.measuring.models import Run, Score

TODAY = date(2026, 6, 30)
PEOPLE = 60
VALUES = {
    "name": ("Zorn", "or", "z", "Ø", "Åse Ødegård", "x"),
    "company": ("AS", "a"),
    "code": ("k-1", "1", "k-12"),
    "email": ("zorn", "k-3@x.example", "@"),
    "phone": ("90", "+4790000003"),
    "country": ("NO", "n"),
    "language": ("nb", "b"),
    "segment": ("gold", "ol"),
    "acquired_via": ("fair", "zz"),
    "attribute:shop": ("Oslo", "ø"),
    "number": ("0", "1", "2", "5", "40"),
    "money": ("0", "0.05", "3"),
    "share": ("10", "50"),
    "within": ("3", "20", "400"),
    "since": ("2026-06-10", "2025-01-01"),
}
DAYS = {"last_on", "first_on"}


@pytest.fixture
def firm(database):
    """Return a run with scores of most of some customers, each of whom differs in something."""
    rng = random.Random(7)
    before, now = (Run.objects.create(version="1", state="done") for _ in range(2))
    people = [
        Customer(
            code=f"k-{number}",
            name=rng.choice(["Zorn", "Åse Ødegård", "ØRN", "Buzz", "", "Lea"]),
            company=rng.choice(["", "Zorn AS"]),
            country=rng.choice(["NO", "norge", "DE", ""]),
            language=rng.choice(["nb", "de-AT", ""]),
            segment=rng.choice(["gold", "Gold", ""]),
            acquired_via=rng.choice(["fair", ""]),
            attributes=rng.choice([{}, {"shop": "Oslo"}, {"shop": "TromsØ"}]),
            expertise=rng.choice(["", "expert"]),
            no_marketing=rng.random() < 0.1,
            no_profiling=rng.random() < 0.05,
            restricted=rng.random() < 0.1,
        )
        for number in range(PEOPLE)
    ]
    people = Customer.objects.bulk_create(people)
    for number, one in enumerate(people[::3]):
        ContactPoint.objects.create(
            customer=one, kind="email", typed=f"{one.name}{number}@X.example", normal=f"k-{number}@x.example"
        )
        ContactPoint.objects.create(
            customer=one, kind="phone", typed=f"900 00 {number:03}", normal=f"+4790000{number:03}"
        )
    for winner, loser in ((4, 9), (1, 4), (20, 21)):
        services.merge(people[loser], people[winner], by=audit.SYSTEM)
    columns = {field.path.removeprefix("score__"): field for field in condition_fields.FIELDS.values()}
    for run in (before, now):
        for one in people:
            if rng.random() < 0.2:
                continue
            values = {
                name: _value(rng, name, field)
                for name, field in columns.items()
                if field.path.startswith("score__")
                and (rng.random() < 0.7 or not Score._meta.get_field(name).null)
            }
            Score.objects.create(run=run, customer=one, **values)
    return now


def _value(rng, name, field):
    if field.kind == "choice":
        members = field.members or {}
        return rng.choice([one for several in members.values() for one in several] or list(field.choices))
    if name in DAYS:
        return TODAY - timedelta(days=rng.choice([0, 3, 30, 700]))
    return rng.random() if field.kind == "share" else rng.randrange(7)


def tree_of_one(condition):
    return {"match": "all", "groups": [{"match": "all", "not": False, "conditions": [condition]}]}


def tree_of(rng):
    """Return some conditions, in groups."""
    fields = [*condition_fields.FIELDS, "attribute:shop"]
    if rng.random() < 0.5:
        fields = [name for name in fields[:-1] if condition_fields.FIELDS[name].path.startswith("score__")]
    groups = []
    for _ in range(rng.choice([1, 1, 2])):
        conditions = []
        for _ in range(rng.choice([1, 1, 2, 3])):
            name = rng.choice(fields)
            found = condition_fields.field_of(name, frozenset({"shop"}))
            operator = rng.choice(list(condition_fields.OPERATORS[found.kind]))
            conditions.append({"field": name, "op": operator, "value": _asked(rng, name, found, operator)})
        group = {"match": rng.choice(["all", "any"]), "not": rng.random() < 0.25, "conditions": conditions}
        groups.append(group)
    return {"match": rng.choice(["all", "any"]), "groups": groups}


def _asked(rng, name, found, operator):
    if found.choices:
        return rng.choice(list(found.choices))
    kind = {"date": "since" if operator in {"since", "until"} else "within"}.get(found.kind, found.kind)
    return rng.choice(VALUES[name] if name in VALUES else VALUES[kind])


@pytest.mark.parametrize(
    "seed", [0, 1, 2, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(3, 8))]
)
def test_whichever_way_is_taken_the_same_are_found(firm, seed, monkeypatch):
    rng = random.Random(seed)
    monkeypatch.setattr(trigrams, "SAMPLED", 100)
    sizes = set()
    for _ in range(25):
        tree, sort = tree_of(rng), rng.choice(["", "-"]) + rng.choice(list(queries.SORTS))
        wish = queries.Wish(words="", tree=tree, sort=sort)
        scope = queries.Scope(
            run_id=firm.pk,
            today=TODAY,
            currency="EUR",
            attributes=frozenset({"shop"}),
            with_restricted=rng.random() < 0.3,
        )
        whole = list(queries.find_customers(wish, scope).values_list("code", flat=True))
        sizes.add(len(whole))
        orders = []
        # Few; more than few but all counted; more than are counted; few by no index of texts.
        for most, counted, many in ((10_000, 10_000, 50), (0, 10_000, 50), (3, 3, 50), (10_000, 10_000, 0)):
            monkeypatch.setattr(few, "FEW", most)
            monkeypatch.setattr(queries, "COUNTED", counted)
            monkeypatch.setattr(trigrams, "MANY", many)
            page = paging.page_of(wish, scope, ["code"], 1, 100)
            orders.append([code for (code,) in page.rows])
            everybody, count = few.whole_list(wish, scope)
            assert (list(everybody.values_list("code", flat=True)), count) == (whole, len(whole))
            second = paging.page_of(wish, scope, ["code"], 2, 2)
            if page.count > 2:
                assert [code for (code,) in second.rows] == orders[-1][2:4], (tree, sort, most)
            assert sorted(orders[-1]) == sorted(whole), (tree, sort, most)
            assert (page.count, page.more) == (min(len(whole), counted), len(whole) > counted), (
                tree,
                sort,
                most,
            )
        assert orders == [orders[0]] * len(orders), (tree, sort)
    assert len(sizes) > 10


def test_a_page_of_many_of_whom_few_have_what_it_is_sorted_by(database, monkeypatch):
    run = Run.objects.create(version="1", state="done")
    people = [Customer.objects.create(code=f"k-{number}", name="Zorn") for number in range(7)]
    Score.objects.create(run=run, customer=people[5], orders_count=1, net_amount=1, stake=3)
    tree = tree_of_one({"field": "name", "op": "is", "value": "zorn"})
    wish = queries.Wish(words="", tree=tree, sort="-stake")
    scope = queries.Scope(run_id=run.pk, today=TODAY, currency="EUR")
    monkeypatch.setattr(few, "FEW", 4)
    monkeypatch.setattr(queries, "COUNTED", 4)
    pages = [paging.page_of(wish, scope, ["code"], number, 2).rows for number in (1, 2)]
    assert pages == [[("k-5",), ("k-0",)], [("k-1",), ("k-2",)]]


@pytest.mark.parametrize("sort", ["-money", "name"])
def test_a_number_greater_than_its_column_takes_finds_nobody(firm, sort):
    tree = tree_of_one({"field": "orders", "op": "is", "value": "99999999999"})
    wish = queries.Wish(words="", tree=tree, sort=sort)
    page = paging.page_of(wish, queries.Scope(run_id=firm.pk, today=TODAY, currency="EUR"), ["code"], 1, 50)
    assert (page.rows, page.count, page.more) == ([], 0, False)


def test_names_of_further_columns_are_taken_from_objects_alone(database):
    nothing = Value(None, JSONField())
    for number, held in enumerate(
        [{"Größe": 1, "a b": {"deep": 2}}, {"a b": None}, nothing, [{"no": 1}], "no"]
    ):
        Customer.objects.create(code=f"k-{number}", attributes=held)
    assert queries.known_attributes() == {"Größe", "a b"}
    assert queries.known_attributes(sample=3) == frozenset()


def test_each_column_that_is_looked_up_begins_an_index():
    indexes = {tuple(one.fields[:2]) for one in Score._meta.indexes}
    assert {name for run, name in indexes if run == "run"} >= alternatives.LOOKED_UP
    assert {
        (one.fields[1], one.fields[2]) for one in Score._meta.indexes if len(one.fields) > 3
    } == few.IN_ORDER


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_no_index_answers_is_read_from_end_to_end(firm):
    rows = list(Score.objects.filter(run=firm)[:1])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    scope = queries.Scope(run_id=firm.pk, today=TODAY, currency="EUR")
    asked = {"recency": ("is", "9"), "orders": ("is", "3")}
    plans = {
        name: few._by_scores(
            few.of_scores(
                scope.condition(
                    {"groups": [{"conditions": [{"field": name, "op": op, "value": value}]}]}, few=True
                )
            ),
            scope,
        ).explain()
        for name, (op, value) in asked.items()
    }
    assert rows
    assert "SCAN measuring_score" in plans["recency"]
    assert "score_orders" in plans["orders"]


@pytest.mark.parametrize("match", ["all", "any"])
def test_trigrams_are_worked_out_of_nobody_where_something_else_may_fit_too(database, match):
    named = {"field": "name", "op": "contains", "value": "zorn"}
    bought = {"field": "orders", "op": "least", "value": "3"}
    tree = {"groups": [{"match": match, "conditions": [named, bought]}]}
    scope = queries.Scope(run_id=1, today=TODAY, currency="EUR")
    asked = str(queries.with_scores(1).filter(scope.condition(tree, few=True)).query)
    # SQLite looks them up once, in a question of its own.
    looked_up = "tsquery" in asked or "MATCH" in asked
    assert looked_up is (match == "all" or connection.vendor == "sqlite")


def test_where_either_is_enough_each_side_is_found_by_its_own_index(firm, monkeypatch):
    monkeypatch.setattr(trigrams, "SAMPLED", 100)
    named = {"field": "name", "op": "contains", "value": "orn"}
    rung = {"field": "rung", "op": "is", "value": "client"}
    groups = [{"match": "all", "not": False, "conditions": [one]} for one in (named, rung)]
    scope = queries.Scope(run_id=firm.pk, today=TODAY, currency="EUR")
    for tree in (
        {"match": "any", "groups": groups},
        {"match": "all", "groups": [{"match": "any", "not": False, "conditions": [named, rung]}]},
    ):
        wish = queries.Wish(words="", tree=tree, sort="name")
        with CaptureQueriesContext(connection) as asked:
            found = few.few_of(wish, scope)
        assert sorted(found) == sorted(queries.find_customers(wish, scope).values_list("pk", flat=True))
        looked_up = [one["sql"] for one in asked if "MATCH" in one["sql"] or "tsquery" in one["sql"]]
        # SQLite also counts along its index.
        assert len(looked_up) == (2 if connection.vendor == "sqlite" else 1)
        assert not any("rung" in sql for sql in looked_up)
    turned = {"match": "all", "groups": [{"match": "any", "not": True, "conditions": [named, rung]}]}
    wish = queries.Wish(words="", tree=turned, sort="name")
    assert sorted(few.few_of(wish, scope)) == sorted(
        queries.find_customers(wish, scope).values_list("pk", flat=True)
    )


@pytest.mark.parametrize(
    ("conditions", "apart"),
    [
        ([("name", "contains", "orn"), ("rung", "is", "client")], True),
        ([("email", "contains", "orn"), ("country", "is", "NO"), ("no_marketing", "is", "yes")], True),
        ([("name", "contains", "orn"), ("recency", "is", "9")], False),
        ([("name", "is_not", "orn"), ("rung", "is", "client")], False),
        ([("name", "contains", "Ж"), ("rung", "is", "client")], False),
        ([("attribute:shop", "is", "yes"), ("rung", "is", "client")], False),
        ([("code", "is", "yes"), ("rung", "is", "client")], False),
        ([("no_marketing", "is", "no"), ("expertise", "is", "expert")], False),
        ([("expertise", "is", ""), ("rung", "is", "client")], False),
    ],
)
def test_a_filter_is_taken_apart_only_where_an_index_finds_each(conditions, apart):
    asked = [dict(zip(("field", "op", "value"), one, strict=True)) for one in conditions]
    known = frozenset({"shop"})
    within = {"match": "all", "groups": [{"match": "any", "not": False, "conditions": asked}]}
    groups = [{"match": "all", "not": False, "conditions": [one]} for one in asked]
    for tree in (within, {"match": "any", "groups": groups}):
        assert len(alternatives.alternatives(tree, known)) == (len(asked) if apart else 1)
    turned = {"match": "all", "groups": [{"match": "any", "not": True, "conditions": asked}]}
    every = {"match": "all", "groups": [{"match": "all", "not": False, "conditions": asked}]}
    assert len(alternatives.alternatives(turned, known)) == len(alternatives.alternatives(every, known)) == 1


def test_names_are_sorted_with_large_letters_beside_small_ones_by_every_way(database, monkeypatch):
    for number, name in enumerate(["van Dyck", "Zorn", "anna", "Vogt", "Anna", "berg", "Ahle"]):
        Customer.objects.create(code=f"k-{number}", name=name, search_text=f"{name.lower()} k")
    scope = queries.Scope(run_id=None, today=TODAY, currency="EUR")
    tree = {"groups": [{"conditions": [{"field": "code", "op": "starts", "value": "k"}]}]}
    sorted_names = ["ahle", "anna", "anna", "berg", "van dyck", "vogt", "zorn"]
    with connection.cursor() as cursor:
        # PostgreSQL sorts as the locale says; that of a test may know no language.
        cursor.execute("SELECT 'a' < 'B'" if connection.vendor == "postgresql" else "SELECT 1")
        (by_language,) = cursor.fetchone()
    for sort in ("name", "-name"):
        whole = list(queries.find_customers(queries.Wish(words="", tree=tree, sort=sort), scope))
        if by_language:
            expected = sorted_names if sort == "name" else sorted_names[::-1]
            assert [one.name.lower() for one in whole] == expected
        for most, words in ((10_000, ""), (0, ""), (10_000, "k")):
            monkeypatch.setattr(few, "FEW", most)
            wish = queries.Wish(words=words, tree=tree, sort=sort)
            page = paging.page_of(wish, scope, ["pk"], 1, 50)
            assert [pk for (pk,) in page.rows] == [one.pk for one in whole]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_page_sorted_by_name_is_read_in_an_index(database):
    plan = Customer.objects.order_by(
        *queries.order_of(queries.Wish(words="", tree={}, sort="-name"))
    ).explain()
    assert "customers_name" in plan
    assert "TEMP B-TREE FOR ORDER BY" not in plan.replace("LAST TERM OF ", "")
