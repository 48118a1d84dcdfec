"""Read a list of customers page by page, without reading or counting the whole of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Q

from treue.app.customers import queries
from treue.app.customers.models import Customer, Merge
from treue.app.customers.queries import (
    Scope,
    Wish,
    all_scores,
    counted,
    find_customers,
    path_of,
    visible,
    with_scores,
)
from treue.app.customers.search import matching

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet

MATCHED: Final = 2_000
"""A search that finds more is cut off: whoever typed so little is asked for more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of a list.

    Parameters
    ----------
    rows : list of tuple
        The values asked for.
    count : int
        How many customers the whole list has, as far as they were counted.
    more : bool
        Whether there are more than were counted.
    """

    rows: list[tuple[Any, ...]]
    count: int
    more: bool


def page_of(wish: Wish, scope: Scope, columns: Sequence[str], number: int, size: int) -> Page:
    """Return a page of the customers somebody wants to see, without reading or counting the whole list.

    Parameters
    ----------
    wish : Wish
        Which, and in what order; those of whom the column of the order is not known come last.
    scope : Scope
        Whom the list may show.
    columns : sequence of str
        Paths of the values.
    number, size : int
        Which page, from 1, and how many to a page; a page behind the last is the last.

    Returns
    -------
    Page
        Of a search, at most :data:`MATCHED` are counted and shown.

    Raises
    ------
    WrongArgument
        When the order or a condition cannot be.
    """
    if wish.words:
        return _page_of_search(wish, scope, columns, number, size)
    path = path_of(wish)
    scored = _scored(wish, scope) if path.startswith("score__") else None
    few = _few(wish, scope) if scored is None and wish.tree.get("groups") else None
    if few is not None:
        everybody = find_customers(Wish(words="", tree={}, sort=wish.sort), scope)
        rows = _in_order(everybody.filter(id__in=few), wish, columns)
        return Page(rows=_part_of(rows, number, size), count=len(rows), more=False)
    if path.startswith("score__"):
        # An order that an index has: the database reads one page of it, not all to sort them.
        minus = "-" if wish.sort.startswith("-") else ""
        known, unknown = (
            find_customers(wish, scope, more=Q(**{f"{path}__isnull": missing})) for missing in (False, True)
        )
        known = known.order_by(f"{minus}{path}", f"{minus}score__customer")
        unknown = unknown.order_by("id")
        keys = known.values_list("id", flat=True) if scored is None else scored
    else:
        known = find_customers(wish, scope)
        unknown = known.none()
        keys = known.values_list("id", flat=True)
    first, more = counted(keys)
    rest, rest_more = counted(unknown.values("id")) if not more and path.startswith("score__") else (0, False)
    count = min(first + rest, queries.COUNTED)
    start = (max(1, min(number, -(-count // size))) - 1) * size if count else 0
    # Who is on the page was decided by the keys: asked for the conditions again, SQLite would begin with them.
    plain = find_customers(Wish(words="", tree={}, sort=wish.sort), scope)
    rows = _rows(plain, keys, columns, start, size) if start < first else []
    if len(rows) < size and rest:
        others = unknown.values_list("id", flat=True)
        rows += _rows(plain, others, columns, max(0, start - first), size - len(rows))
    return Page(rows=rows, count=count, more=more or rest_more or first + rest > queries.COUNTED)


def _rows(
    found: QuerySet[Customer], keys: QuerySet[Any], columns: Sequence[str], start: int, size: int
) -> list[tuple[Any, ...]]:
    """Return some rows of a list: their keys first, so that those before them are passed over in an index."""
    wanted = list(keys[start : start + size])
    told = found.order_by().filter(id__in=wanted).values_list("id", *columns)
    by_key = {row[0]: row[1:] for row in told}
    return [by_key[key] for key in wanted if key in by_key]


def _scored(wish: Wish, scope: Scope) -> QuerySet[Any] | None:
    """Return the keys of all who have what a list is sorted by, from an index of the scores alone.

    None where a condition asks for anything that is no score.
    """
    chosen = _of_scores(scope.condition(wish.tree))
    if chosen is None:
        return None
    path = path_of(wish).removeprefix("score__")
    minus = "-" if wish.sort.startswith("-") else ""
    hidden = Merge.objects.filter(undone_at=None).values("loser_id")
    found = (
        all_scores()
        .filter(chosen, run_id=scope.run_id or 0, **{f"{path}__isnull": False})
        .exclude(customer_id__in=hidden)
    )
    if not scope.with_restricted:
        found = found.exclude(customer_id__in=Customer.objects.filter(restricted=True).values("id"))
    return found.order_by(f"{minus}{path}", f"{minus}customer_id").values_list("customer_id", flat=True)


def _of_scores(asked: Q) -> Q | None:
    """Return a condition on customers as the same on their scores; None where it asks for anything else."""
    found: list[Any] = []
    for child in asked.children:
        if isinstance(child, Q):
            inner = _of_scores(child)
            if inner is None:
                return None
            found.append(inner)
        elif isinstance(child, tuple) and child[0].startswith("score__"):
            found.append((child[0].removeprefix("score__"), child[1]))
        else:
            return None
    return Q(*found, _connector=asked.connector, _negated=asked.negated)


def _page_of_search(wish: Wish, scope: Scope, columns: Sequence[str], number: int, size: int) -> Page:
    """Return a page of those who were found by words: few enough to be put in order here.

    A database would rather walk through all customers in that order until it met the few.
    """
    ids = _matching(wish, with_restricted=scope.with_restricted)
    plain = Wish(words="", tree=wish.tree, sort=wish.sort)
    rows = _in_order(find_customers(plain, scope).filter(id__in=ids[:MATCHED]), wish, columns)
    return Page(rows=_part_of(rows, number, size), count=len(rows), more=len(ids) > MATCHED)


def _few(wish: Wish, scope: Scope) -> list[int] | None:
    """Return the keys of all who fit where they are few, or None.

    Who asks for anything but scores asks every record: once is enough, where a walk in the order of the list and
    a count would each ask all of them again. Whom a list hides is looked up for those who fit, not for everybody.
    """
    chosen = scope.condition(wish.tree, few=True)
    fit = list(
        with_scores(scope.run_id).filter(chosen).order_by().values_list("id", flat=True)[: MATCHED + 1]
    )
    if len(fit) > MATCHED:
        return None
    shown = visible(Customer.objects.filter(id__in=fit), with_restricted=scope.with_restricted)
    return list(shown.order_by().values_list("id", flat=True))


def _in_order(found: QuerySet[Customer], wish: Wish, columns: Sequence[str]) -> list[tuple[Any, ...]]:
    """Return the values of a few customers in the order of a list, those who lack what it is sorted by at the end."""
    path, minus = path_of(wish), wish.sort.startswith("-")
    rows = sorted(found.order_by().values_list(path, "id", *columns), key=lambda row: row[1])
    # Of equals an index of scores gives the last first where it is read from its end.
    equals = reversed(rows) if minus and path.startswith("score__") else rows
    known = sorted(
        (row for row in equals if row[0] is not None),
        key=lambda row: row[0].casefold() if isinstance(row[0], str) else row[0],
        reverse=minus,
    )
    return [row[2:] for row in (*known, *(row for row in rows if row[0] is None))]


def _part_of(rows: list[tuple[Any, ...]], number: int, size: int) -> list[tuple[Any, ...]]:
    """Return one page of them; a page behind the last is the last."""
    start = (max(1, min(number, -(-len(rows) // size))) - 1) * size
    return rows[start : start + size]


def _matching(wish: Wish, *, with_restricted: bool) -> list[int]:
    """Return the keys of customers in whose names, addresses and ids the words stand, one more than are shown."""
    found = visible(Customer.objects.filter(matching(wish.words)), with_restricted=with_restricted)
    return list(found.order_by().values_list("id", flat=True)[: MATCHED + 1])
