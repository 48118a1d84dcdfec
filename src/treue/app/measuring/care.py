"""Whom to care for first, as people work through the list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q

from treue.app.customers.models import CareStep, Merge
from treue.app.measuring.models import Score

if TYPE_CHECKING:
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
    return _waiting(run_id, today).select_related("customer").order_by("care_rank")


def care_count(run_id: int, today: date) -> int:
    """Return how many customers are on the list."""
    return _waiting(run_id, today).count()


def _waiting(run_id: int, today: date) -> QuerySet[Score]:
    listed = Score.objects.filter(run_id=run_id, care_rank__isnull=False)
    return may_be_shown(listed).exclude(customer__in=_hidden(today))


def may_be_shown(scores: QuerySet[Score]) -> QuerySet[Score]:
    """Leave out whoever was restricted, objected to scores or was merged into another since the run."""
    open_to_us = scores.filter(customer__restricted=False, customer__no_profiling=False)
    return open_to_us.exclude(customer__in=Merge.objects.filter(undone_at=None).values("loser_id"))


def _hidden(today: date) -> list[int]:
    """Return the keys of the customers whose newest step keeps them off the list, few among many."""
    later = CareStep.objects.filter(customer=OuterRef("customer")).filter(
        Q(at__gt=OuterRef("at")) | Q(at=OuterRef("at"), pk__gt=OuterRef("pk"))
    )
    steps = CareStep.objects.filter(hidden_until__gt=today).filter(~Exists(later))
    return list(steps.values_list("customer_id", flat=True))
