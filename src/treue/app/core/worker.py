"""The background worker: it orders the daily cycle and runs each piece of work in a process of its own."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import close_old_connections, transaction
from django.db.models import Q
from django.db.utils import DatabaseError
from django.utils import timezone

from treue.app import environment
from treue.app.core import audit, jobs, throttle, workplace
from treue.app.core.models import Firm, Job
from treue.kernel.errors import TreueError
from treue.kernel.language import message

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from types import FrameType

log = logging.getLogger("treue.worker")

PAUSE_SECONDS: Final = 1.0
BEAT_SECONDS: Final = 10.0
TROUBLE_SECONDS: Final = 5.0
"""How long the worker waits after something went wrong that is not the work's."""
LAST_SECONDS: Final = 5
"""How long a process may tidy up after it was told to end."""
ENDED: Final = 128 + signal.SIGTERM
CYCLE: Final = "cycle"
UNFORESEEN: Final = message("Something unforeseen went wrong; the server’s log says what.")
BY_ITSELF: Final = frozenset({signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL})
"""With these a program ends itself, for example where it asks for more memory than there can be."""
NO_MEMORY: Final = message("It broke off, most likely for want of memory.")
NO_WORD: Final = message("It ended without a word, several times.")

_told_to_end = threading.Event()


def order_daily_cycle(now: datetime) -> bool:
    """Order the cycle and all other daily work of the firm's day once its hour has come; True for exactly one of all who ask.

    No cycle is ordered while there is nobody to measure: whoever has just made the first account would wait for it.

    Parameters
    ----------
    now : datetime
        The instant, with a zone.

    Returns
    -------
    bool
        Whether this call ordered it. A clock that goes back orders nothing twice, unless it stood days ahead, and
        an hour that a change of summer time leaves out is simply past.
    """
    firm = Firm.objects.filter(id=1).first()
    if firm is None:
        return False
    local = now.astimezone(ZoneInfo(firm.timezone))
    if local.hour < firm.cycle_hour:
        return False
    today = local.date()
    due = Q(cycle_on=None) | Q(cycle_on__lt=today) | Q(cycle_on__gt=today + timedelta(days=1))
    # The day counts as ordered only together with what is ordered.
    with transaction.atomic():
        moved = Firm.objects.filter(due, id=1).update(cycle_on=today)
        if moved:
            for kind in (*([CYCLE] if _anything_to_measure(firm) else []), *jobs.daily()):
                jobs.order(kind)
    return moved == 1


def _anything_to_measure(firm: Firm) -> bool:
    """Whether there is a customer, or figures are shown that a cycle without customers takes away."""
    people = apps.get_model("customers", "Customer")._default_manager  # noqa: SLF001  (the documented door to any model)
    return firm.run_id is not None or people.exists()


def tidy_for_the_day() -> None:
    """Say where the audit log ends, and remove sessions and counts of tries that are over."""
    # The server's log leaves the machine more often than the database does: who rewrites the one there meets
    # the other here.
    log.info("the audit log ends at %s", audit.head())
    throttle.forget_old()
    Session.objects.filter(expire_date__lt=timezone.now()).delete()


def do(job_id: int) -> bool:
    """Do a claimed piece of work in this process; returns whether it came to its end.

    Whatever goes wrong is written down in one sentence; nothing is raised, unless this process is told to end.
    """
    job = Job.objects.get(id=job_id)
    try:
        with alive(job_id):
            jobs.doer(job.kind)(jobs.Working(job))
    except Exception as error:
        if _told_to_end.is_set():
            # An engine makes an error of its own of the signal; the work has not failed, it will be begun again.
            raise SystemExit(ENDED) from error
        _finish_with(error, job)
        return False
    jobs.finish(job_id, Job.State.DONE)
    return True


def _finish_with(error: Exception, job: Job) -> None:
    if isinstance(error, jobs.CancelledError):
        jobs.finish(job.pk, Job.State.CANCELLED)
    elif isinstance(error, TreueError):
        jobs.finish(job.pk, Job.State.FAILED, str(error))
    else:
        log.error("job %s (%s) failed", job.pk, job.kind, exc_info=error)
        jobs.finish(job.pk, Job.State.FAILED, UNFORESEEN)


def end_in_order() -> None:
    """Let this process end on SIGTERM as at its end, so that it removes what it kept for a while."""
    signal.signal(signal.SIGTERM, _end)


def _end(_number: int, _frame: FrameType | None) -> None:
    _told_to_end.set()
    # An engine in the middle of a long step, or somebody who takes every error for his own, may not let it end.
    signal.alarm(LAST_SECONDS)
    raise SystemExit(ENDED)


@contextmanager
def alive(job_id: int) -> Iterator[None]:
    """Say every few seconds that a piece of work is being done, so that nobody takes its doer for dead."""
    over = threading.Event()
    beat = threading.Thread(target=_beat, args=(job_id, over), daemon=True)
    beat.start()
    try:
        yield
    finally:
        over.set()
        beat.join()


def _beat(job_id: int, over: threading.Event) -> None:
    while not over.wait(BEAT_SECONDS):
        try:
            Job.objects.filter(id=job_id, state=Job.State.RUNNING).update(seen_at=timezone.now())
        except DatabaseError:
            # The database may be away for a moment; the next beat tries again.
            log.warning("could not say that job %s is alive", job_id)
        finally:
            close_old_connections()


class Worker:
    """Runs pieces of work one after the other until it is told to stop.

    Each gets a process of its own: memory goes back when it ends, and a crash takes nothing with it.
    """

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._child: subprocess.Popen[bytes] | None = None

    def stop(self) -> None:
        """End soon, and the piece of work that is running with it; it will be begun again."""
        self._stop.set()
        if self._child is not None and self._child.poll() is None:
            self._child.terminate()

    def run(self) -> None:
        """Work until :meth:`stop` is called."""
        while not self._stop.wait(PAUSE_SECONDS):
            try:
                self._look()
            except DatabaseError:
                log.warning("the database does not answer; trying again")
                self._stop.wait(TROUBLE_SECONDS)
            except Exception:
                # No memory for a process, no room on the disk: nobody would notice that nothing is done any more.
                # What was claimed is taken back after a minute.
                log.exception("background work stumbled; trying again")
                self._stop.wait(TROUBLE_SECONDS)

    def _look(self) -> None:
        try:
            jobs.take_back_the_dead()
            if order_daily_cycle(timezone.now()):
                tidy_for_the_day()
            for job_id in jobs.waiting():
                if self._stop.is_set() or not jobs.claim(job_id):
                    continue
                self._run_apart(job_id)
        finally:
            close_old_connections()

    def _run_apart(self, job_id: int) -> None:
        with workplace.folder_for(job_id) as folder:
            self._child = subprocess.Popen(  # noqa: S603
                [sys.executable, "-P", "-m", "treue.app", "work", str(job_id)],
                env=environment.of_child(TMPDIR=folder),
            )
            code = self._child.wait()
            self._child = None
        if -code in BY_ITSELF:
            # The same will happen again.
            jobs.finish(job_id, Job.State.FAILED, NO_MEMORY)
        elif code != 0:
            # It died without a word: whoever looks next begins it again, unless it always dies.
            Job.objects.filter(id=job_id, state=Job.State.RUNNING, attempts__lt=jobs.MOST_ATTEMPTS).update(
                state=Job.State.WAITING
            )
            jobs.finish(job_id, Job.State.FAILED, NO_WORD)
