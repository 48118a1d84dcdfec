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
        Without those whose newest step hides them, who are restricted, or who are merged into another.
    """
    found = Score.objects.filter(run_id=run_id, care_rank__isnull=False, customer__restricted=False)
    found = found.exclude(customer__in=Merge.objects.filter(undone_at=None).values("loser_id"))
    return found.exclude(customer__in=_hidden(today)).select_related("customer").order_by("care_rank")


def care_count(run_id: int, today: date) -> int:
    """Return how many customers are on the list; of those merged or restricted since the run, none is looked up."""
    waiting = Score.objects.filter(run_id=run_id, care_rank__isnull=False)
    return waiting.exclude(customer__in=_hidden(today)).count()


def _hidden(today: date) -> list[int]:
    """Return the keys of the customers whose newest step keeps them off the list, few among many."""
    later = CareStep.objects.filter(customer=OuterRef("customer")).filter(
        Q(at__gt=OuterRef("at")) | Q(at=OuterRef("at"), pk__gt=OuterRef("pk"))
    )
    steps = CareStep.objects.filter(hidden_until__gt=today).filter(~Exists(later))
    return list(steps.values_list("customer_id", flat=True))
