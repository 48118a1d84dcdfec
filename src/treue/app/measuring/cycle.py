"""The daily cycle: from the records to figures, scores and pages, swapped in at once."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from treue import __version__
from treue.app.core import audit, jobs
from treue.app.core.models import Firm, Job
from treue.app.core.worker import UNFORESEEN
from treue.app.core.wrong import Wrong
from treue.app.measuring.models import Panel, Run, RunFigure, Score
from treue.app.measuring.wording import NOTHING_HERE
from treue.kernel.errors import NotEnoughData, TreueError
from treue.kernel.language import message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from treue.app.core.jobs import Working
    from treue.report.contents import Report

KIND: Final = "cycle"
WRITE_LINE: Final = 500
DELETED_AT_ONCE: Final = 50_000
READ_SHARE, MEASURE_SHARE, SCORE_SHARE, WRITE_SHARE = 0.1, 0.6, 0.75, 0.9


def work(working: Working) -> None:
    """Run the cycle; the job ``cycle``."""
    compute(working.tell, by=audit.SYSTEM)


def run_now(tell: Callable[[str, float], None], *, by: audit.Actor, as_of: date | None = None) -> Run:
    """Run the cycle in this process, unless one is running already.

    Parameters
    ----------
    tell : callable
        Takes what is being done and the share done, 0 to 1.
    by : User or str
        Who asked for it.
    as_of : datetime.date, optional
        Last day observed.

    Returns
    -------
    Run
        Done and shown.

    Raises
    ------
    Wrong
        When one is running.
    NotEnoughData
        When there is nothing to measure.
    """
    job = jobs.order(KIND)
    if not jobs.claim(job.id):
        raise Wrong(message("The daily cycle is running already; its figures will be there soon"))
    working = jobs.Working(job)

    def both(words: str, share: float) -> None:
        working.tell(words, share)
        tell(words, share)

    try:
        run = compute(both, by=by, as_of=as_of)
    except TreueError as error:
        jobs.finish(job.id, Job.State.FAILED, str(error))
        raise
    except BaseException:
        jobs.finish(job.id, Job.State.FAILED, UNFORESEEN)
        raise
    jobs.finish(job.id, Job.State.DONE)
    return run


def compute(tell: Callable[[str, float], None], *, by: audit.Actor, as_of: date | None = None) -> Run:
    """Measure everything, write it where nobody looks yet, and then let the firm point at it.

    Killed anywhere, the firm points at what it pointed at; what was half written is removed by the next run.

    Parameters
    ----------
    tell : callable
        Takes what is being done and the share done, 0 to 1; may raise to stop.
    by : User or str
        Who asked for it.
    as_of : datetime.date, optional
        Last day observed.

    Returns
    -------
    Run
        Done and shown.

    Raises
    ------
    NotEnoughData
        When there is nothing to measure.
    """
    firm = Firm.the()
    today = timezone.now().astimezone(ZoneInfo(firm.timezone)).date()
    run = Run.objects.create(version=__version__)
    seconds: dict[str, float] = {}
    try:
        _measure(run, firm, tell, seconds, as_of=as_of, today=today)
        with _timed(seconds, "swap"):
            swap(run, seconds, by=by)
    except NotEnoughData:
        _failed(run, NOTHING_HERE)
        raise
    except jobs.CancelledError:
        _failed(run, "")
        raise
    except Exception as error:
        _failed(run, str(error)[:500] if isinstance(error, TreueError) else UNFORESEEN)
        raise
    tell("removing what is out of date", WRITE_SHARE)
    clean_up()
    run.refresh_from_db()
    return run


def _measure(
    run: Run,
    firm: Firm,
    tell: Callable[[str, float], None],
    seconds: dict[str, float],
    *,
    as_of: date | None,
    today: date,
) -> None:
    from treue.app.measuring.extract import open_history
    from treue.app.measuring.scores import score_table, write_scores
    from treue.engine.duckdb import DuckDBEngine
    from treue.history.worth import find_worth
    from treue.report.contents import build_report

    def measured(name: str, place: int, count: int) -> None:
        share = READ_SHARE + (MEASURE_SHARE - READ_SHARE) * place / max(count, 1)
        tell(f"measuring {name.replace('_', ' ')}", share)

    tell("reading the records", 0.0)
    with DuckDBEngine() as engine:
        started = time.perf_counter()
        with open_history(firm, engine, as_of=as_of, today=today) as history:
            seconds["read"] = time.perf_counter() - started
            with _timed(seconds, "measure"):
                report = build_report(history, progress=measured)
            tell("scoring customers", MEASURE_SHARE)
            with _timed(seconds, "score"):
                scores = score_table(history)
            worth = find_worth(history).kind if history.has("purchases") else ""
    run.as_of, run.settings = report.as_of, report.settings
    run.data = {**report.data, "worth": worth, "scores": len(scores)}
    run.save()
    tell("writing scores", SCORE_SHARE)
    with _timed(seconds, "write"):
        write_scores(run.pk, scores)
        write_report(run, report)


def write_report(run: Run, report: Report) -> None:
    """Write the figures of a run, and its pages in every language."""
    from treue.app.measuring.panels import panels

    figures = [_row(run, figure) for figure in report.figures]
    with transaction.atomic():
        RunFigure.objects.bulk_create(figures, batch_size=WRITE_LINE)
        for code, name, content in panels(report):
            Panel.objects.create(run=run, language=code, name=name, content=content)


def _row(run: Run, figure: Any) -> RunFigure:
    return RunFigure(
        run=run,
        name=figure.id,
        window=figure.window[:100],
        period=figure.period,
        segment=figure.segment[:200] if figure.segment is not None else None,
        value=figure.value,
        status=figure.status.value,
        figure=figure.as_dict(),
    )


def swap(run: Run, seconds: dict[str, float], *, by: audit.Actor) -> None:
    """Let the pages show a run: one transaction, all of it or nothing."""
    with transaction.atomic():
        Run.objects.filter(pk=run.pk).update(
            state=Run.State.DONE,
            finished_at=timezone.now(),
            seconds={name: round(spent, 3) for name, spent in seconds.items()},
        )
        # A run that began before the one that is shown is late: it must not come in front of newer figures.
        shown = Firm.objects.get(id=1).run_id
        if shown is None or shown < run.pk:
            Firm.objects.filter(id=1).update(run=run)
        audit.write("cycle.done", by=by, subject=f"run:{run.pk}", detail={"scores": run.data["scores"]})


def clean_up() -> None:
    """Remove scores and pages that no longer are shown, and everything of runs that never ended.

    Figures of past runs stay: they are the history of each figure.
    """
    shown = Firm.the().run_id
    Run.objects.filter(state=Run.State.RUNNING, pk__lt=shown or 0).update(
        state=Run.State.FAILED, why="It ended without a word.", finished_at=timezone.now()
    )
    if shown is None:
        return
    Panel.objects.filter(run_id__lt=shown).delete()
    RunFigure.objects.filter(run__state=Run.State.FAILED).delete()
    while True:
        old = list(Score.objects.filter(run_id__lt=shown).values_list("pk", flat=True)[:DELETED_AT_ONCE])
        if not old:
            return
        # In pieces, so that whoever writes meanwhile does not wait for long.
        for start in range(0, len(old), WRITE_LINE):
            Score.objects.filter(pk__in=old[start : start + WRITE_LINE])._raw_delete("default")  # noqa: SLF001


def _failed(run: Run, why: str) -> None:
    Run.objects.filter(pk=run.pk).update(state=Run.State.FAILED, why=why, finished_at=timezone.now())
    Score.objects.filter(run=run).delete()
    Panel.objects.filter(run=run).delete()
    RunFigure.objects.filter(run=run).delete()


@contextmanager
def _timed(seconds: dict[str, float], name: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    seconds[name] = time.perf_counter() - started
