"""What a run leaves in the database: scores, figures and pages, where nobody looks before the run is whole."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Min

from treue.app.core.models import Firm
from treue.app.customers.importing.staging import Staging
from treue.app.measuring.contact_figures import PANEL, contact_panels
from treue.app.measuring.models import Panel, Run, RunFigure, Score
from treue.app.measuring.panels import panels
from treue.app.measuring.scores import TYPES
from treue.app.measuring.wording import OVERTAKEN
from treue.kernel.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from treue.engine.duckdb import DuckDBEngine
    from treue.kernel.estimate import Figure
    from treue.report.contents import Report

ROWS_AT_ONCE: Final = 50_000
"""Scores written in one transaction, on SQLite also removed: it has one writer, and others wait no longer than that."""

BATCH: Final = 500
STAGED: Final = "cycles"
DATES: Final = tuple(name for name, kind in TYPES.items() if kind == "DATE")


def write_scores(
    run: Run, engine: DuckDBEngine, table: str, tell: Callable[[float], None] = lambda _share: None
) -> int:
    """Write the scores of a run that nobody sees yet.

    Parameters
    ----------
    run : Run
        The run.
    engine : DuckDBEngine
        Holds the table.
    table : str
        From :func:`treue.app.measuring.scores.score_table`.
    tell : callable
        Takes the share done; may raise to stop.

    Returns
    -------
    int
        How many; whoever was erased, restricted or objected meanwhile has none.
    """
    dates = ", ".join(f"CAST({name} AS VARCHAR) AS {name}" for name in DATES)
    columns = f"* REPLACE ({dates})" if connection.vendor == "sqlite" else "*"
    rows = f"SELECT row_number() OVER (ORDER BY customer_id) AS number, {columns} FROM {table}"
    with Staging(run.pk, "cycle") as staging:
        count = staging.keep("scores", engine.connection.sql(rows).to_arrow_reader(ROWS_AT_ONCE))
        staging.ready()
        written = 0
        for start in range(0, count, ROWS_AT_ONCE):
            tell(start / count)
            written += _take_over(run, staging.name("scores"), start)
    return written


def _take_over(run: Run, waiting: str, start: int) -> int:
    names = ", ".join(TYPES)
    # What waits has JSON as text, which PostgreSQL does not take for JSON by itself.
    json = "CAST(s.reasons AS jsonb)" if connection.vendor == "postgresql" else "s.reasons"
    values = ", ".join(json if name == "reasons" else f"s.{name}" for name in TYPES)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO measuring_score (run_id, {names}) SELECT %s, {values} FROM {waiting} s "
            "JOIN customers_customer c ON c.id = s.customer_id AND NOT c.no_profiling AND NOT c.restricted "
            "WHERE s.number > %s AND s.number <= %s ORDER BY s.number",
            [run.pk, start, start + ROWS_AT_ONCE],
        )
        return int(cursor.rowcount)


def write_report(run: Run, report: Report) -> int:
    """Write the figures of a run and its pages in every language; returns how many figures."""
    now = {id(group[0]) for (_, by), group in report.series.items() if by is None and len(group) == 1}
    figures = [_row(run, figure, stands=id(figure) in now) for figure in report.figures]
    pages = [Panel(run=run, language=code, name=name, content=told) for code, name, told in panels(report)]
    with transaction.atomic():
        RunFigure.objects.bulk_create(figures, batch_size=BATCH)
        Panel.objects.bulk_create(pages)
    return len(figures)


def write_contacts(run: Run, as_of: date) -> None:
    """Write the part of a page that says how soon contacts are answered and solved."""
    pages = [
        Panel(run=run, language=code, name=PANEL, content=told)
        for code, told in contact_panels(Firm.the(), as_of)
    ]
    Panel.objects.bulk_create(pages)


def _row(run: Run, figure: Figure, *, stands: bool) -> RunFigure:
    return RunFigure(
        run=run,
        name=figure.id,
        window=figure.window[:100],
        period=figure.period,
        segment=figure.segment[:200] if figure.segment is not None else None,
        value=figure.value,
        status=figure.status.value,
        stands=stands,
        figure=figure.as_dict(),
    )


def remove_residue(run: Run) -> None:
    """Remove scores of customers who were restricted or objected while the run wrote them.

    Call it in the transaction that shows the run: what was written is settled by then.
    """
    for switch in ("no_profiling", "restricted"):
        Score.objects.filter(run=run, **{f"customer__{switch}": True}).delete()


def clear(shown: int | None, tell: Callable[[float], None] = lambda _share: None) -> None:
    """Remove scores and pages of all runs but one, and what runs left that never came to an end.

    Figures of past runs stay as they stood: they are the history of each. The series that went with them are
    in every later run again.

    Parameters
    ----------
    shown : int or None
        The run that pages show; None removes those of all.
    tell : callable
        Takes the share done; may raise to stop.
    """
    others = Run.objects.exclude(pk=shown or 0).exclude(state=Run.State.RUNNING)
    Panel.objects.filter(run__in=others).delete()
    RunFigure.objects.filter(run__in=others.exclude(state=Run.State.DONE)).delete()
    RunFigure.objects.filter(run__in=others, stands=False)._raw_delete("default")  # noqa: SLF001  (one DELETE)
    left = [number for number in _runs_with_scores() if number != shown and others.filter(pk=number).exists()]
    for place, number in enumerate(left):
        tell(place / len(left))
        _clear_scores(number)


def remove_waiting() -> None:
    """Remove scores that waited to be taken over when their run was killed."""
    purpose = STAGED.removesuffix("s")
    if connection.vendor == "sqlite":
        for file in (Path(settings.HOME) / STAGED).glob(f"{purpose}_*.staging*"):
            file.unlink(missing_ok=True)
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename ~ %s",
            [f"^{purpose}_[0-9]+_scores$"],
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f'DROP TABLE IF EXISTS "{name}"')


def _runs_with_scores() -> Iterator[int]:
    """Yield the runs that have scores, each found by one look into the index."""
    number: int | None = 0
    while number is not None:
        number = Score.objects.filter(run_id__gt=number).aggregate(least=Min("run_id"))["least"]
        if number is not None:
            yield number


def _clear_scores(number: int) -> None:
    if connection.vendor == "postgresql":
        # Nobody waits for a deletion there, and pieces would look through what was deleted before, again and again.
        Score.objects.filter(run_id=number)._raw_delete("default")  # noqa: SLF001  (one DELETE)
        return
    piece = "SELECT id FROM measuring_score WHERE run_id = %s LIMIT %s"
    removed = ROWS_AT_ONCE
    while removed == ROWS_AT_ONCE:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM measuring_score WHERE id IN ({piece})", [number, ROWS_AT_ONCE])
            removed = cursor.rowcount


def settle() -> None:
    """Let PostgreSQL know the new scores at once: until it does, it reads all of them to show a page of a list."""
    if connection.vendor == "postgresql" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("VACUUM (ANALYZE) measuring_score, customers_customer")


def still_mine(run: Run) -> None:
    """Make sure that no other run has taken over.

    Raises
    ------
    Refused
        When one has.
    """
    if not Run.objects.filter(pk=run.pk, state=Run.State.RUNNING).exists():
        raise Refused(OVERTAKEN)
