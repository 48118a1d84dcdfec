"""The daily cycle: from the records to figures, scores and pages, swapped in at once."""

from __future__ import annotations

import logging
import time
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from django.db import DatabaseError, transaction
from django.utils import timezone

from treue import __version__
from treue.app.core import audit, jobs
from treue.app.core.models import Firm, Job
from treue.app.core.worker import UNFORESEEN, alive
from treue.app.core.wrong import Wrong
from treue.app.customers.segment_counts import count_all
from treue.app.measuring.models import Run
from treue.app.measuring.wording import RUNNING_ALREADY, TAKEN_OVER
from treue.kernel.errors import NotEnoughData, TreueError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from treue.app.core.jobs import Working
    from treue.kernel.aside import Aside

    Tell = Callable[[str, float], None]

LOG: Final = logging.getLogger(__name__)
KIND: Final = "cycle"
MEMORY: Final = "3GB"
"""For the engine; it spills to disk beyond it. Python, Arrow and the models come on top."""

MORE: Final = (
    "early_loss",
    "n_day_retention",
    "bracket_retention",
    "unbounded_retention",
    "probability_of_prospect_within_12_months",
    "probability_of_customer_within_12_months",
    "probability_of_client",
    "referral_rate",
    "referral_conversion",
    "active_customers_expected",
)
"""Measures of the library that no section of the report shows; with them the cycle keeps every one."""

READ, MEASURED, SCORED, WRITTEN = 0.25, 0.75, 0.8, 0.95


def work(working: Working) -> None:
    """Run the cycle; the job ``cycle``. Where there is nothing to measure yet, that is no failure."""
    told = str(working.payload.get("as_of") or "")
    try:
        compute(working.tell, by=audit.SYSTEM, as_of=date.fromisoformat(told) if told else None)
    except NotEnoughData as error:
        jobs.finish(working.job_id, Job.State.DONE, str(error))


def run_now(tell: Tell, *, by: audit.Actor, as_of: date | None = None) -> Run:
    """Run the cycle in this process, unless one is running already.

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
    Wrong
        When one is running.
    NotEnoughData
        When there is nothing to measure.
    """
    jobs.take_back_the_dead()
    running = jobs.unfinished(KIND)
    if running is not None and running.state == Job.State.RUNNING:
        raise Wrong(RUNNING_ALREADY)
    job = jobs.order(KIND)
    if not jobs.claim(job.id):
        raise Wrong(RUNNING_ALREADY)
    working = jobs.Working(job)

    def both(words: str, share: float) -> None:
        working.tell(words, share)
        tell(words, share)

    try:
        with alive(job.id):
            run = compute(both, by=by, as_of=as_of)
    except NotEnoughData as error:
        jobs.finish(job.id, Job.State.DONE, str(error))
        raise
    except jobs.CancelledError:
        jobs.finish(job.id, Job.State.CANCELLED)
        raise
    except BaseException as error:
        jobs.finish(job.id, Job.State.FAILED, str(error) if isinstance(error, TreueError) else UNFORESEEN)
        raise
    jobs.finish(job.id, Job.State.DONE)
    return run


def compute(tell: Tell, *, by: audit.Actor, as_of: date | None = None) -> Run:
    """Measure everything, write it where nobody looks yet, and then let the firm point at it.

    Killed anywhere, the firm points at what it pointed at; what was half written is removed by the next run.
    A run that begins ends every other that is still at work: of two, the later one arrives.

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
    Refused
        When another run has begun meanwhile.
    """
    from treue.app.measuring.writing import clear, remove_waiting, settle

    run = begin()
    remove_waiting()
    clear(Firm.the().run_id, lambda _share: tell("clearing up", 0.0))
    try:
        _measure(run, tell, as_of=as_of)
        swap(run, by=by)
    except BaseException as error:
        why = "" if isinstance(error, jobs.CancelledError) else UNFORESEEN
        if isinstance(error, TreueError):
            why = str(error)
        _failed(run, why)
        raise
    tell("clearing up", WRITTEN)
    clear(run.pk, lambda share: tell("clearing up", WRITTEN + (1 - WRITTEN) * share))
    settle()
    count_segments()
    run.refresh_from_db()
    return run


def count_segments() -> None:
    """Count the saved filters on the scores that are shown now; a count that fails takes no run back."""
    firm = Firm.the()
    try:
        count_all(firm, timezone.now().astimezone(ZoneInfo(firm.timezone)).date())
    except DatabaseError:
        LOG.warning("the saved filters were not counted", exc_info=True)


@transaction.atomic
def begin() -> Run:
    """Make the row of a new run, and end those that never came to an end."""
    Firm.the()
    Run.objects.filter(state=Run.State.RUNNING).update(
        state=Run.State.FAILED, why=TAKEN_OVER, finished_at=timezone.now()
    )
    return Run.objects.create(version=__version__)


def _measure(run: Run, tell: Tell, *, as_of: date | None) -> None:
    from treue.charts.drawing import drawing_aside
    from treue.kernel.aside import Aside

    with drawing_aside(), Aside() as aside:
        _measure_with(run, tell, aside, as_of=as_of)


def _measure_with(run: Run, tell: Tell, aside: Aside, *, as_of: date | None) -> None:
    from treue.app.measuring.chart_library import make as make_chart_library
    from treue.app.measuring.extract import open_history
    from treue.app.measuring.people import Persons
    from treue.app.measuring.scores import score_table
    from treue.app.measuring.writing import still_mine, write_contacts, write_report, write_scores
    from treue.engine.duckdb import DuckDBEngine
    from treue.history.worth import find_worth
    from treue.models.contract_care import leave_out_contracts
    from treue.models.expected import HORIZON_DAYS
    from treue.report.at_risk import leave_out
    from treue.report.contents import build_report

    firm = Firm.the()
    today = timezone.now().astimezone(ZoneInfo(firm.timezone)).date()

    def measured(name: str, place: int, count: int) -> None:
        tell(f"measuring {name.replace('_', ' ')}", READ + (MEASURED - READ) * place / max(count, 1))

    def writing(share: float) -> None:
        still_mine(run)
        tell("writing scores", SCORED + (WRITTEN - SCORED) * share)

    tell("reading the records", 0.0)
    persons = Persons.now()
    with DuckDBEngine(memory_limit=MEMORY) as engine:
        with _timed(run, "read"):
            history = open_history(firm, engine, persons, as_of=as_of, today=today)
        with _timed(run, "measure"):
            objected = {str(one) for one in persons.objected}
            leave_out_contracts(history, objected)
            if history.has("purchases"):
                leave_out(history, objected)
            report = build_report(history, progress=measured, begin=aside.begin, more=MORE, choices=True)
            worth = find_worth(history) if history.has("purchases") else None
            contracts = report.contract_summary.used if report.contract_summary else None
        tell("scoring customers", MEASURED)
        with _timed(run, "score"):
            table = score_table(history, engine, persons)
        with _timed(run, "write scores"):
            written = write_scores(run, engine, table, writing)
    with _timed(run, "write pages"):
        still_mine(run)
        figures = write_report(run, report)
        write_contacts(run, report.as_of)
    make_chart_library()
    run.as_of = report.as_of
    run.settings = {
        **report.settings,
        "horizon_days": HORIZON_DAYS,
        "worth": worth.kind if worth else "",
        "worth_share": worth.share if worth else None,
        "contract_risk": contracts,
    }
    run.data = {**report.data, "scores": written, "figures": figures}


@transaction.atomic
def swap(run: Run, *, by: audit.Actor) -> None:
    """Let the pages show a run, all of it.

    Raises
    ------
    Refused
        When another run has begun meanwhile; nothing changes then.
    """
    from treue.app.measuring.writing import remove_residue, still_mine

    # The UPDATE takes the row's lock, so that a run that begins now waits, and comes after.
    Run.objects.filter(pk=run.pk).update(finished_at=timezone.now())
    still_mine(run)
    remove_residue(run)
    run.data["scores"] = run.scores.count()
    run.data["rose"] = run.scores.filter(moved=1).count()
    run.data["fell"] = run.scores.filter(moved=-1).count()
    Run.objects.filter(pk=run.pk).update(
        state=Run.State.DONE, as_of=run.as_of, settings=run.settings, data=run.data, seconds=run.seconds
    )
    Firm.objects.filter(id=1).update(run=run)
    detail = {name: run.data[name] for name in ("customers", "scores", "figures")}
    audit.write("cycle.done", by=by, subject=f"run:{run.pk}", detail=detail)


def _failed(run: Run, why: str) -> None:
    """Write down why; what the run left is removed by the next one, for a failure must not take long."""
    Run.objects.filter(pk=run.pk, state=Run.State.RUNNING).update(
        state=Run.State.FAILED, why=why, finished_at=timezone.now()
    )


@contextmanager
def _timed(run: Run, name: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    run.seconds[name] = round(time.perf_counter() - started, 3)
