"""Read what the daily cycle left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import F

from treue.app.core.models import Firm
from treue.app.measuring.care import may_be_shown
from treue.app.measuring.models import Panel, Run, RunFigure, Score
from treue.app.measuring.plain import from_plain

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    return panels([name], language).get(name)


def panels(names: Sequence[str], language: str) -> dict[str, dict[str, Any]]:
    """Return several parts of a page by their names; none before the first cycle.

    Parameters
    ----------
    names : sequence of str
        See :func:`panel`.
    language : {"en", "de", "nb"}
        In which language.

    Returns
    -------
    dict of str to dict
        Only those that there are.
    """
    shown = Firm.objects.filter(id=1).values("run_id")
    found = Panel.objects.filter(run__in=shown, name__in=names, language=language)
    return {one.name: from_plain(one.content) for one in found}


def score_of(customer: Customer) -> Score | None:
    """Return what the shown run says of a customer, or None where it says nothing."""
    return Score.objects.filter(customer=customer, run=Firm.the().run_id).first()


def history_of(name: str, limit: int = 60) -> list[tuple[Run, RunFigure]]:
    """Return how a measure stood at the end of past runs, the newest first; the last run of each day."""
    rows = (
        RunFigure.objects.filter(name=name, stands=True, run__state=Run.State.DONE)
        .select_related("run")
        .order_by("-run_id")
    )
    seen: dict[object, tuple[Run, RunFigure]] = {}
    for row in rows[: 3 * limit]:
        seen.setdefault(row.run.as_of, (row.run, row))
    return list(seen.values())[:limit]


def figures_of(name: str) -> list[dict[str, Any]]:
    """Return a measure as it stands now, as the library gave it: one figure, or one for each of its parts.

    Parameters
    ----------
    name : str
        The measure.

    Returns
    -------
    list of dict
        Of cohorts each in its first period; the one that counts most customers first. None before the first cycle.
    """
    found = RunFigure.objects.filter(run=Firm.the().run_id, name=name)
    if name == "cohort_retention":
        return [one.figure for one in found.filter(period=F("segment")).order_by("-period")]
    now = found.filter(period=None).order_by("id")
    rows = list(found.filter(stands=True)[:1]) or list(now.filter(segment=None)) or list(now)
    return sorted((one.figure for one in rows), key=lambda figure: -int(figure["n"] or 0))


def moved(*, up: bool) -> QuerySet[Score]:
    """Return the scores of those who rose or fell within the last month, who bought the most first."""
    found = may_be_shown(Score.objects.filter(run=Firm.the().run_id, moved=1 if up else -1))
    return found.select_related("customer").order_by("-net_amount", "-customer_id")
