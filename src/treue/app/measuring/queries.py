"""Read what the daily cycle left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.db.models import Case, F, Value, When

from treue.app.core.models import Firm
from treue.app.measuring.models import Panel, Run, RunFigure, Score
from treue.app.measuring.plain import from_plain

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from treue.app.customers.models import Customer


def shown_run() -> Run | None:
    """Return the run whose figures and scores the pages show, or None before the first."""
    firm = Firm.objects.filter(id=1).select_related("run").first()
    return firm.run if firm is not None else None


def panel(name: str, language: str) -> dict[str, Any] | None:
    """Return a part of a page with every word written, or None before the first cycle.

    Parameters
    ----------
    name : str
        A key of :data:`treue.app.measuring.panels.PARTS`.
    language : {"en", "de", "nb"}
        In which language.

    Returns
    -------
    dict or None
        For the templates that the report uses too.
    """
    found = Panel.objects.filter(run=Firm.the().run_id, name=name, language=language).first()
    return from_plain(found.content) if found is not None else None


def score_of(customer: Customer) -> Score | None:
    """Return what the shown run says of a customer, or None where it says nothing."""
    return Score.objects.filter(customer=customer, run=Firm.the().run_id).first()


def figures_of(name: str) -> QuerySet[RunFigure]:
    """Return the figures of a measure in the shown run."""
    return RunFigure.objects.filter(run=Firm.the().run_id, name=name).order_by("pk")


def history_of(name: str, limit: int = 60) -> list[tuple[Run, RunFigure]]:
    """Return how a measure stood in past runs, the newest first: the figure as it stood then."""
    rows = (
        RunFigure.objects.filter(name=name, run__state=Run.State.DONE, segment=None)
        .select_related("run")
        .order_by("-run_id", "-pk")
    )
    seen: dict[int, tuple[Run, RunFigure]] = {}
    for row in rows[: limit * 50]:
        seen.setdefault(row.run_id, (row.run, row))
        if len(seen) >= limit:
            break
    return list(seen.values())


LEVELS: Final = {"": -1, "former": 0, "suspect": 1, "prospect": 2, "customer": 3, "client": 4, "advocate": 5}
"""How high a rung is; who has left the ladder is below all."""


def _moves() -> QuerySet[Any]:
    def level(name: str) -> Case:
        return Case(
            *[When(**{name: rung, "then": Value(high)}) for rung, high in LEVELS.items()], default=Value(-1)
        )

    return (
        Score.objects.filter(run=Firm.the().run_id)
        .exclude(rung_before="")
        .exclude(rung="")
        .annotate(now_level=level("rung"), level_before=level("rung_before"))
    )


def moved(*, up: bool) -> QuerySet[Score]:
    """Return the scores of those who rose or fell within the last month, who bought the most first."""
    found = (
        _moves().filter(customer__restricted=False).select_related("customer").order_by("-net_amount", "pk")
    )
    return (
        found.filter(now_level__gt=F("level_before")) if up else found.filter(now_level__lt=F("level_before"))
    )


def moves_counted() -> dict[str, int]:
    """Return how many rose and how many fell within the last month."""
    found = _moves()
    return {
        "rose": found.filter(now_level__gt=F("level_before")).count(),
        "fell": found.filter(now_level__lt=F("level_before")).count(),
    }
