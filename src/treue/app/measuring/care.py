"""Whom to care for first, as people work through the list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef, Q

from treue.app.customers.merging import tops_of
from treue.app.customers.models import CareStep, Customer, Merge
from treue.app.customers.queries import ASKED_AT_ONCE
from treue.app.measuring.models import Score

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from django.db.models import QuerySet


def care_list(run_id: int, today: date) -> QuerySet[Score]:
    """Return the scores of the customers to care for, the greatest stake first.

    Parameters
    ----------
    run_id : int
        The run whose scores are shown.
    today : datetime.date
        The firm's day: who was put off or taken care of comes back when the time is over.

    Returns
    -------
    QuerySet
        Without those whose newest step hides them, who are restricted, who objected to scores, or who are
        merged into another.
    """
    return _waiting(run_id, _hidden(today))


def handled_list(run_id: int, today: date) -> QuerySet[Score]:
    """Return the scores of those whom the newest step keeps off the list, the greatest stake first."""
    found = may_be_shown(_listed(run_id)).filter(customer__in=_hidden(today))
    return found.select_related("customer").order_by("care_rank")


def newest_steps(records: Mapping[int, Iterable[int]]) -> dict[int, CareStep]:
    """Return the newest step of each customer who has one, whichever of their records it was written in.

    Parameters
    ----------
    records : mapping of int to iterable of int
        Customer to its own id and those of the records that were merged into it.

    Returns
    -------
    dict of int to CareStep
        Customer to the step.
    """
    under = {one: customer for customer, whole in records.items() for one in whole}
    steps = CareStep.objects.filter(customer_id__in=list(under)).order_by("at", "pk")
    return {under[step.customer_id]: step for step in steps}


def care_list_and_count(run_id: int, today: date) -> tuple[QuerySet[Score], int]:
    """Return the care list and how many are on it; who is put off is looked up but once.

    Parameters
    ----------
    run_id : int
        The run whose scores are shown.
    today : datetime.date
        The firm's day.

    Returns
    -------
    tuple of QuerySet and int
        As :func:`care_list`, and all of them counted.
    """
    hidden = _hidden(today)
    return _waiting(run_id, hidden), _count(run_id, hidden)


def _count(run_id: int, hidden: list[int]) -> int:
    """Count all in an index, without the few who are not shown."""
    listed = _listed(run_id)
    keys = list(set(hidden).union(*_closed()))
    left_out = 0
    # Looked up one by one: asked for both at once, SQLite would rather go through the whole list.
    for start in range(0, len(keys), ASKED_AT_ONCE):
        left_out += listed.filter(customer_id__in=keys[start : start + ASKED_AT_ONCE]).count()
    return listed.count() - left_out


def _waiting(run_id: int, hidden: list[int]) -> QuerySet[Score]:
    found = may_be_shown(_listed(run_id)).exclude(customer__in=hidden)
    return found.select_related("customer").order_by("care_rank")


def _listed(run_id: int) -> QuerySet[Score]:
    return Score.objects.filter(run_id=run_id, care_rank__isnull=False)


def may_be_shown(scores: QuerySet[Score]) -> QuerySet[Score]:
    """Leave out whoever was restricted, objected to scores or was merged into another since the run."""
    for closed in _closed():
        scores = scores.exclude(customer_id__in=closed)
    return scores


def _closed() -> Iterator[QuerySet[Any, Any]]:
    """Yield the keys of whom no score is shown; each kind is few and has an index of its own."""
    yield Customer.objects.filter(restricted=True).values_list("id", flat=True)
    yield Customer.objects.filter(no_profiling=True).values_list("id", flat=True)
    yield Merge.objects.filter(undone_at=None).values_list("loser_id", flat=True)


def _hidden(today: date) -> list[int]:
    """Return the keys of the customers whose newest step keeps them off the list, few among many."""
    later = CareStep.objects.filter(customer=OuterRef("customer")).filter(
        Q(at__gt=OuterRef("at")) | Q(at=OuterRef("at"), pk__gt=OuterRef("pk"))
    )
    steps = CareStep.objects.filter(hidden_until__gt=today).filter(~Exists(later))
    hidden = set(steps.values_list("customer_id", flat=True))
    for customer, step in newest_steps(_merged_with_steps()).items():
        if step.hidden_until is not None and step.hidden_until > today:
            hidden.add(customer)
        else:
            hidden.discard(customer)
    return list(hidden)


def _merged_with_steps() -> dict[int, list[int]]:
    """Return who stands for records with steps that were merged, with their own record; they are few."""
    written = CareStep.objects.filter(customer=OuterRef("loser"))
    merged = Merge.objects.filter(Exists(written), undone_at=None).values_list("loser_id", flat=True)
    whole: dict[int, list[int]] = {}
    for loser, top in tops_of(merged).items():
        whole.setdefault(top, [top]).append(loser)
    return whole
