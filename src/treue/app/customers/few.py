"""Find all who fit a filter where they are few, by whatever finds them soonest.

A walk in the order of a list and a count would each ask every record where few or none fit. Once is enough, and an
index of one condition is better. Where more fit than a list counts, the walk soon has a page of them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import F, Q, Value
from django.db.models.expressions import RawSQL
from django.db.models.lookups import Exact

from treue.app.customers.alternatives import LOOKED_UP, alternatives
from treue.app.customers.models import Customer, Merge
from treue.app.customers.queries import (
    SCORE,
    Scope,
    Wish,
    all_scores,
    find_customers,
    fitting,
    order_of,
    path_of,
    visible,
    with_scores,
)
from treue.app.customers.unindexed import Unindexed, unindexed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from django.db.models import QuerySet

FEW: Final = 10_000
"""Whoever a filter finds is put in order here where they are at most so many, in the database where they are more."""

IN_ORDER: Final = frozenset(
    {*((mark, "net_amount") for mark in ("moved", "part", "silence", "paying")), ("stands", "last_on")}
)
"""By which mark and in which order an index has the scores."""


def few_of(wish: Wish, scope: Scope) -> list[int] | None:
    """Return the keys of all who fit, in the order of a list; None where they are many.

    Parameters
    ----------
    wish : Wish
        Conditions and order; its words are not looked at.
    scope : Scope
        Whom the list may show.

    Returns
    -------
    list of int or None
        None where there are more than :data:`FEW`.

    Raises
    ------
    WrongArgument
        When the order or a condition cannot be.
    """
    keys = _keys(wish.tree, scope)
    return None if keys is None else in_order(keys, wish, scope)


def _keys(tree: Mapping[str, Any], scope: Scope) -> list[int] | None:
    """Return the keys of all who fit a tree, in no order; None where they are many."""
    found: set[int] = set()
    for one in alternatives(tree, scope.attributes):
        some = _some_keys(scope.condition(one, few=True), scope)
        if some is None or len(found.union(some)) > FEW:
            return None
        found.update(some)
    return list(found)


def whole_list(wish: Wish, scope: Scope) -> tuple[QuerySet[Customer], int]:
    """Return all who are in a list, in its order, and how many they are.

    Parameters
    ----------
    wish : Wish
        Which, and in what order.
    scope : Scope
        Whom the list may show.

    Returns
    -------
    tuple of (QuerySet, int)
        The same customers as :func:`~treue.app.customers.queries.find_customers` has.

    Raises
    ------
    WrongArgument
        When the order or a condition cannot be.
    """
    keys = None if wish.words or not scope.asks(wish.tree) else _keys(wish.tree, scope)
    if keys is None:
        found = find_customers(wish, scope)
        return found, found.order_by().count()
    return fitting(Q(), wish, scope).filter(among(keys)), len(keys)


def _some_keys(chosen: Q, scope: Scope) -> list[int] | None:
    """Return the keys of those who fit, in no order; None where they are many."""
    only_scores = None if _turned(chosen) else of_scores(chosen)
    found = (
        _by_customers(chosen, scope).values_list("id", flat=True)
        if only_scores is None
        else _by_scores(only_scores, scope).values_list("customer_id", flat=True)
    )
    try:
        sql, values = found[: FEW + 1].query.sql_with_params()
    except EmptyResultSet:
        # Nobody can fit: a number is greater than its column takes.
        return []
    joined = "group_concat({})" if connection.vendor == "sqlite" else "string_agg({}::text, ',')"
    with connection.cursor() as cursor:
        # One text of all keys, and none of many: thousands of rows take longer to hand over than to find.
        cursor.execute(
            f"WITH found(one) AS ({sql})"
            f" SELECT count(*), CASE WHEN count(*) <= {FEW} THEN {joined.format('one')} END FROM found",
            values,
        )
        count, keys = cursor.fetchone()
    if count > FEW:
        return None
    return [int(key) for key in keys.split(",")] if keys else []


def _turned(chosen: Q) -> bool:
    """Tell whether anything in a condition must not hold: whoever has no score fits that too."""
    return chosen.negated or any(isinstance(child, Q) and _turned(child) for child in chosen.children)


def _by_customers(chosen: Q, scope: Scope) -> QuerySet[Any]:
    lead = _lead(chosen, scope)
    # Where few have a score that fits, by their keys; else beginning with the record.
    names, fits = unindexed(chosen, SCORE)
    begun = with_scores(scope.run_id).alias(**names).filter(fits if lead is None else lead & fits)
    # In this order, whom a list hides is looked up for those who fit, not for everybody.
    return visible(begun, with_restricted=scope.with_restricted).order_by()


def _by_scores(chosen: Q, scope: Scope) -> QuerySet[Any]:
    run = Q(run_id=scope.run_id or 0)
    if connection.vendor == "sqlite" and not (len(chosen) == 1 and list(_looked_up(chosen))):
        lead = _lead(chosen, scope, prefix="")
        # By the run alone SQLite would look up every row where it can read the table from end to end.
        run = _of_run(scope) if lead is None else run & lead
    return shown_scores(scope).filter(run, chosen).order_by()


def _of_run(scope: Scope) -> Q:
    """Return the condition that a score is of the run that is shown, by no index of it."""
    return Q(Exact(Unindexed(F("run_id")), Value(scope.run_id or 0)))


def shown_scores(scope: Scope) -> QuerySet[Any]:
    """Return the scores, of any run, of those whom a list may show."""
    found = all_scores().exclude(customer_id__in=Merge.objects.filter(undone_at=None).values("loser_id"))
    if not scope.with_restricted:
        found = found.exclude(customer_id__in=Customer.objects.filter(restricted=True).values("id"))
    return found


def columns_of(chosen: Q) -> set[str]:
    """Return the columns of scores of which one value is asked of all who fit."""
    return {name for name, _ in _looked_up(chosen)}


def _lead(chosen: Q, scope: Scope, prefix: str = SCORE) -> Q | None:
    """Return who fits one of the conditions that all have to, where an index finds them and they are few.

    PostgreSQL estimates by itself with which to begin; SQLite does not know which numbers are rare.
    """
    if connection.vendor != "sqlite":
        return None
    for name, value in _looked_up(chosen, prefix):
        scores = all_scores().filter(run_id=scope.run_id or 0, **{name: value})
        keys = list(scores.order_by().values_list("customer_id", flat=True)[: FEW + 1])
        if len(keys) <= FEW:
            return among(keys, "pk" if prefix else "customer_id")
    return None


def _looked_up(chosen: Q, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the conditions on scores that hold for all who fit and that an index answers."""
    if chosen.negated or (chosen.connector == Q.OR and len(chosen) > 1):
        return
    for child in chosen.children:
        if isinstance(child, Q):
            yield from _looked_up(child, prefix)
        elif isinstance(child, tuple) and child[0].startswith(prefix):
            name = child[0].removeprefix(prefix)
            if name.split("__")[0] in LOOKED_UP:
                yield name, child[1]


def of_scores(asked: Q) -> Q | None:
    """Return a condition on customers as the same on their scores; None where it asks for anything else."""
    found: list[Any] = []
    for child in asked.children:
        if isinstance(child, Q):
            inner = of_scores(child)
            if inner is None:
                return None
            found.append(inner)
        elif isinstance(child, tuple) and child[0].startswith(SCORE):
            found.append((child[0].removeprefix(SCORE), child[1]))
        else:
            return None
    return Q(*found, _connector=asked.connector, _negated=asked.negated)


def among(keys: Sequence[int], column: str = "pk") -> Q:
    """Return the condition that a key is one of some, however many: the database is handed them as one value."""
    if connection.vendor == "sqlite":
        return Q(**{f"{column}__in": RawSQL("SELECT value FROM json_each(%s)", [json.dumps(keys)])})
    return Q(**{f"{column}__in": RawSQL("SELECT unnest(%s::bigint[])", [list(keys)])})


def in_order(keys: Sequence[int], wish: Wish, scope: Scope) -> list[int]:
    """Return the keys of a few customers in the order of a list, those who lack what it is sorted by at the end.

    Parameters
    ----------
    keys : sequence of int
        Whose.
    wish : Wish
        The order.
    scope : Scope
        The run whose scores are shown.

    Returns
    -------
    list of int
        In the same order as a walk in the database has them.
    """
    path = path_of(wish)
    if not path.startswith(SCORE):
        # Only the database knows how it sorts letters.
        few = Customer.objects.filter(among(keys)).order_by(*order_of(wish))
        return list(few.values_list("id", flat=True))
    # By the key of each: of the run alone SQLite would look through all.
    scores = all_scores().filter(among(keys, "customer_id"), _of_run(scope))
    values = dict(scores.values_list("customer_id", path.removeprefix(SCORE)))
    known = [key for key in keys if values.get(key) is not None]
    minus = wish.sort.startswith("-")
    # Of equals an index of scores gives the last first where it is read from its end.
    known.sort(key=lambda key: (values[key], key), reverse=minus)
    return [*known, *sorted(key for key in keys if values.get(key) is None)]
