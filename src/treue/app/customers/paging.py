"""Read a list of customers page by page, without reading or counting the whole of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Q

from treue.app.customers import few, queries
from treue.app.customers.few import IN_ORDER, among, columns_of, few_of, in_order, of_scores, shown_scores
from treue.app.customers.models import Customer
from treue.app.customers.queries import (
    SCORE,
    Scope,
    Wish,
    counted,
    fitting,
    path_of,
    visible,
)
from treue.app.customers.search import matching
from treue.app.customers.unindexed import unindexed

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
    asked = scope.asks(wish.tree)
    found = few_of(wish, scope) if asked else None
    if found is not None:
        return _page_of_few(found, wish, scope, columns, number, size)
    return _page_of_many(wish, scope, columns, number, size, counts=asked and queries.COUNTED <= few.FEW)


def _page_of_many(
    wish: Wish, scope: Scope, columns: Sequence[str], number: int, size: int, *, counts: bool
) -> Page:
    """Return a page by a walk in the order of the list; ``counts``, where it is known that more fit than are counted."""
    path, chosen = path_of(wish), scope.condition(wish.tree)
    if path.startswith(SCORE):
        keys = _scored(chosen, wish, scope)
        if keys is None:
            # An order that an index has: the database reads one page of it, not all to sort them.
            minus = "-" if wish.sort.startswith("-") else ""
            known = fitting(chosen, wish, scope, known=True, walk=True)
            keys = known.order_by(f"{minus}{path}", f"{minus}score__customer").values_list("id", flat=True)
        unknown = (
            fitting(chosen, wish, scope, known=False, walk=True).order_by("id").values_list("id", flat=True)
        )
    else:
        keys = fitting(chosen, wish, scope, walk=True).values_list("id", flat=True)
        unknown = keys.none()
    first, more = (queries.COUNTED, True) if counts else counted(keys)
    rest, rest_more = (0, False) if more else counted(unknown)
    count = min(first + rest, queries.COUNTED)
    start = (max(1, min(number, -(-count // size))) - 1) * size if count else 0
    # Who is on the page was decided by the keys: asked for the conditions again, SQLite would begin with them.
    plain = fitting(Q(), wish, scope)
    rows = _rows(plain, keys, columns, start, size) if start < first else []
    if counts and len(rows) < size:
        # Of many who fit, few have what the list is sorted by.
        first = counted(keys)[0]
    if len(rows) < size and (rest or counts):
        rows += _rows(plain, unknown, columns, max(0, start - first), size - len(rows))
    return Page(rows=rows, count=count, more=more or rest_more or first + rest > queries.COUNTED)


def _rows(
    found: QuerySet[Customer], keys: QuerySet[Any], columns: Sequence[str], start: int, size: int
) -> list[tuple[Any, ...]]:
    """Return some rows of a list: their keys first, so that those before them are passed over in an index."""
    return _told(found, list(keys[start : start + size]), columns)


def _told(found: QuerySet[Customer], wanted: Sequence[int], columns: Sequence[str]) -> list[tuple[Any, ...]]:
    """Return the values of some customers in the order of their keys."""
    told = found.order_by().filter(id__in=wanted).values_list("id", *columns)
    by_key = {row[0]: row[1:] for row in told}
    return [by_key[key] for key in wanted if key in by_key]


def _scored(asked: Q, wish: Wish, scope: Scope) -> QuerySet[Any] | None:
    """Return the keys of all who have what a list is sorted by, from an index of the scores alone.

    None where a condition asks for anything that is no score.
    """
    chosen = of_scores(asked)
    if chosen is None:
        return None
    path = path_of(wish).removeprefix(SCORE)
    minus = "-" if wish.sort.startswith("-") else ""
    scores = shown_scores(scope).filter(run_id=scope.run_id or 0, **{f"{path}__isnull": False})
    # An index of one of these marks in the order of the list gives a page at once.
    marked = {column for column, order in IN_ORDER if order == path} & columns_of(chosen)
    names, fits = ({}, chosen) if marked else unindexed(chosen)
    found: QuerySet[Any] = scores.alias(**names).filter(fits)
    return found.order_by(f"{minus}{path}", f"{minus}customer_id").values_list("customer_id", flat=True)


def _page_of_search(wish: Wish, scope: Scope, columns: Sequence[str], number: int, size: int) -> Page:
    """Return a page of those who were found by words: few enough to be put in order here.

    A database would rather walk through all customers in that order until it met the few.
    """
    ids = _matching(wish, with_restricted=scope.with_restricted)
    plain = replace(wish, words="")
    found = (
        fitting(scope.condition(wish.tree), plain, scope, walk=True).order_by().filter(among(ids[:MATCHED]))
    )
    keys = in_order(list(found.values_list("id", flat=True)), wish, scope)
    return replace(_page_of_few(keys, wish, scope, columns, number, size), more=len(ids) > MATCHED)


def _page_of_few(
    keys: Sequence[int], wish: Wish, scope: Scope, columns: Sequence[str], number: int, size: int
) -> Page:
    """Return a page of some customers in their order; a page behind the last is the last."""
    start = (max(1, min(number, -(-len(keys) // size))) - 1) * size if keys else 0
    everybody = fitting(Q(), replace(wish, words=""), scope)
    return Page(rows=_told(everybody, keys[start : start + size], columns), count=len(keys), more=False)


def _matching(wish: Wish, *, with_restricted: bool) -> list[int]:
    """Return the keys of customers in whose names, addresses and ids the words stand, one more than are shown."""
    found = visible(Customer.objects.filter(matching(wish.words)), with_restricted=with_restricted)
    return list(found.order_by().values_list("id", flat=True)[: MATCHED + 1])
