"""A list that asks for scores alone is read from the scores: it holds the same customers as one that joins them."""

from __future__ import annotations

from datetime import date

import pytest

from treue.app.customers import condition_fields
from treue.app.customers.models import Customer
from treue.app.customers.paging import page_of
from treue.app.customers.queries import SORTS, Scope, Wish, find_customers
from treue.app.measuring import queries

# The same tables stand on both databases, and each cycle of a firm takes long.
pytestmark = pytest.mark.slow_on_postgres

ABOUT = {"currency": "EUR", "today": date(2026, 1, 31)}
SCORES = [name for name, field in condition_fields.FIELDS.items() if field.path.startswith("score__")]


def condition(name, *, inside):
    """Return a condition on a field that some meet and others do not."""
    field = condition_fields.FIELDS[name]
    if field.kind == "choice":
        return {"field": name, "op": "is" if inside else "is_not", "value": next(iter(field.choices))}
    value = "2025-06-01" if field.kind == "date" else "3"
    operators = ("since", "until") if field.kind == "date" else ("least", "most")
    return {"field": name, "op": operators[not inside], "value": value}


def tree(*groups, match="all"):
    return {
        "match": match,
        "groups": [{"match": how, "not": not_, "conditions": list(told)} for how, not_, told in groups],
    }


@pytest.mark.parametrize("sort", ["-money", pytest.param("last", marks=pytest.mark.slow)])
def test_conditions_on_scores_choose_the_same_customers_without_the_join(measured, sort):
    run = queries.shown_run()
    asked = [
        tree(("all", not_, [condition(name, inside=inside)]))
        for name in SCORES
        for inside in (True, False)
        for not_ in (True, False)
    ]
    asked.append(
        tree(
            ("any", False, [condition("risk", inside=True), condition("money", inside=True)]),
            ("all", True, [condition("orders", inside=False), condition("period", inside=False)]),
            match="any",
        )
    )
    sizes, scope = set(), Scope(run_id=run.pk, **ABOUT)
    for wanted in asked:
        wish = Wish(words="", tree=wanted, sort=sort)
        path = f"{SORTS[sort.removeprefix('-')]}__isnull"
        joined = find_customers(wish, scope).exclude(**{path: True})
        page = page_of(wish, scope, ["pk"], 1, 5_000)
        known = [row[0] for row in page.rows][: joined.count()]
        assert sorted(known) == sorted(joined.values_list("pk", flat=True)), wanted
        sizes.add(len(known))
    assert len(sizes) > 10


def test_a_condition_on_the_record_too_is_not_left_out(measured):
    run = queries.shown_run()
    Customer.objects.filter(pk__in=Customer.objects.order_by("pk").values("pk")[:3]).update(name="Åse")
    both = [{"field": "name", "op": "is", "value": "Åse"}, {"field": "orders", "op": "least", "value": "0"}]
    wish = Wish(words="", tree=tree(("all", False, both)), sort="-money")
    page = page_of(wish, Scope(run_id=run.pk, **ABOUT), ["pk"], 1, 50)
    assert page.count == 3
