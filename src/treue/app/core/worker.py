"""The background worker: it orders the daily cycle and runs each piece of work in a process of its own."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from django.contrib.sessions.models import Session
from django.db import close_old_connections
from django.db.models import Q
from django.db.utils import DatabaseError
from django.utils import timezone

from treue.app.core import audit, jobs, throttle
from treue.app.core.models import Firm, Job
from treue.kernel.errors import TreueError
from treue.kernel.language import message

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

log = logging.getLogger("treue.worker")

PAUSE_SECONDS: Final = 1.0
BEAT_SECONDS: Final = 10.0
CYCLE: Final = "cycle"
UNFORESEEN: Final = message("Something unforeseen went wrong; the server’s log says what.")
NO_WORD: Final = message("It ended without a word, several times.")


def order_daily_cycle(now: datetime) -> bool:
    """Order the cycle and all other daily work of the firm's day once its hour has come; True for exactly one of all who ask.

    Parameters
    ----------
    now : datetime
        The instant, with a zone.

    Returns
    -------
    bool
        Whether this call ordered it. A clock that goes back orders nothing twice, and an hour that a
        change of summer time leaves out is simply past.
    """
    firm = Firm.objects.filter(id=1).first()
    if firm is None:
        return False
    local = now.astimezone(ZoneInfo(firm.timezone))
    if local.hour < firm.cycle_hour:
        return False
    moved = Firm.objects.filter(Q(cycle_on=None) | Q(cycle_on__lt=local.date()), id=1).update(
        cycle_on=local.date()
    )
    if moved:
        for kind in (CYCLE, *jobs.daily()):
            jobs.order(kind)
    return moved == 1


def tidy_for_the_day() -> None:
    """Say where the audit log ends, and remove sessions and counts of tries that are over."""
    # The server's log leaves the machine more often than the database does: who rewrites the one there meets
    # the other here.
    log.info("the audit log ends at %s", audit.head())
    throttle.forget_old()
    Session.objects.filter(expire_date__lt=timezone.now()).delete()


def do(job_id: int) -> bool:
    """Do a claimed piece of work in this process; returns whether it came to its end.

    Whatever goes wrong is written down in one sentence; nothing is raised.
    """
    job = Job.objects.get(id=job_id)
    try:
        with alive(job_id):
            jobs.doer(job.kind)(jobs.Working(job))
    except jobs.CancelledError:
        jobs.finish(job_id, Job.State.CANCELLED)
    except TreueError as error:
        jobs.finish(job_id, Job.State.FAILED, str(error))
    except Exception:
        log.exception("job %s (%s) failed", job_id, job.kind)
        jobs.finish(job_id, Job.State.FAILED, UNFORESEEN)
    else:
        jobs.finish(job_id, Job.State.DONE)
        return True
    return False


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
                jobs.take_back_the_dead()
                if order_daily_cycle(timezone.now()):
                    tidy_for_the_day()
                for job_id in jobs.waiting():
                    if self._stop.is_set() or not jobs.claim(job_id):
                        continue
                    self._run_apart(job_id)
            except DatabaseError:
                log.warning("the database does not answer; trying again")
                self._stop.wait(5)
            finally:
                close_old_connections()

    def _run_apart(self, job_id: int) -> None:
        self._child = subprocess.Popen([sys.executable, "-P", "-m", "treue.app", "work", str(job_id)])  # noqa: S603
        code = self._child.wait()
        self._child = None
        if code != 0:
            # It died without a word: whoever looks next begins it again, unless it always dies.
            Job.objects.filter(id=job_id, state=Job.State.RUNNING, attempts__lt=jobs.MOST_ATTEMPTS).update(
                state=Job.State.WAITING
            )
            jobs.finish(job_id, Job.State.FAILED, NO_WORD)
