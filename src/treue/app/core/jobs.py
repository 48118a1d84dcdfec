"""Background work: order it, claim it, tell how far it is."""

from __future__ import annotations

import importlib
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone

from treue.app.core.models.job import Job
from treue.kernel.errors import TreueError, WrongArgument
from treue.kernel.language import message

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

SILENT_FOR: Final = timedelta(seconds=60)
"""Who has not been heard of for so long has died; the work goes to the next."""
MOST_ATTEMPTS: Final = 5
WORDS_LENGTH: Final = 300
NEVER_ENDED: Final = message("It was begun five times and never came to an end.")

_doers: dict[str, str] = {}
_daily: list[str] = []
_afresh: set[str] = set()


class CancelledError(TreueError):
    """Somebody asked for this piece of work to stop."""


def register(kind: str, function: str, *, daily: bool = False, afresh: bool = False) -> None:
    """Say which function does a kind of work.

    Parameters
    ----------
    kind : str
        Name of the kind.
    function : str
        ``package.module:function``; it is imported only where the work is done.
    daily : bool
        Whether it is done each night, after the daily cycle.
    afresh : bool
        Whether an order that comes while it is being done means once more: what it reads may have changed since
        it began.
    """
    _doers[kind] = function
    if afresh:
        _afresh.add(kind)
    if daily and kind not in _daily:
        _daily.append(kind)


def daily() -> tuple[str, ...]:
    """Return the kinds of work that are done each night beside the cycle."""
    return tuple(_daily)


def doer(kind: str) -> Callable[[Working], None]:
    """Return the function that does a kind of work.

    Raises
    ------
    WrongArgument
        When nobody registered for it.
    """
    if kind not in _doers:
        raise WrongArgument(f"kind={kind!r} is no kind of work; known: {', '.join(sorted(_doers))}")
    module, _, name = _doers[kind].partition(":")
    found: Callable[[Working], None] = getattr(importlib.import_module(module), name)
    return found


def order(
    kind: str,
    subject: str = "",
    payload: Mapping[str, Any] | None = None,
    *,
    due_at: datetime | None = None,
) -> Job:
    """Order a piece of work, or return the unfinished one there is for this kind and subject.

    Parameters
    ----------
    kind, subject : str
        What, and about what.
    payload : mapping, optional
        Plain JSON types for whoever does it.
    due_at : datetime, optional
        Not before. Default: at once.

    Returns
    -------
    Job
        Waiting or running. A running one of a kind that is done afresh is done once more at its end.
    """
    row = Job(kind=kind, subject=subject, payload=dict(payload or {}), due_at=due_at or timezone.now())
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            return row
    except IntegrityError:
        found = unfinished(kind, subject)
        if found is not None and (kind not in _afresh or _once_more(found)):
            return found
        row.pk = None
        row.save(force_insert=True)
        return row


def _once_more(found: Job) -> bool:
    """Let a piece of work be done once more where it is being done; False where it has just come to its end."""
    if found.state == Job.State.WAITING:
        return True
    return Job.objects.filter(id=found.id, state=Job.State.RUNNING).update(again=True) == 1


def unfinished(kind: str, subject: str = "") -> Job | None:
    """Return the piece of work that is waiting or running for this kind and subject, or None."""
    states = [Job.State.WAITING, Job.State.RUNNING]
    return Job.objects.filter(kind=kind, subject=subject, state__in=states).first()


def latest(kind: str, subject: str = "") -> Job | None:
    """Return the newest piece of work of this kind and subject in whatever state, or None."""
    return Job.objects.filter(kind=kind, subject=subject).order_by("-id").first()


def claim(job_id: int) -> bool:
    """Take a waiting piece of work; True for exactly one of all who try.

    One conditional UPDATE, whose count of rows is the answer: it holds on SQLite, which has no row locks.
    """
    now = timezone.now()
    taken = Job.objects.filter(id=job_id, state=Job.State.WAITING, due_at__lte=now).update(
        state=Job.State.RUNNING, started_at=now, seen_at=now, attempts=F("attempts") + 1, share=0.0, words=""
    )
    return taken == 1


def waiting() -> list[int]:
    """Return the ids of the pieces of work that are due, the longest due first."""
    due = Job.objects.filter(state=Job.State.WAITING, due_at__lte=timezone.now())
    return list(due.order_by("due_at", "id").values_list("id", flat=True)[:20])


def take_back_the_dead() -> int:
    """Give work whose doer has died to the next, or give it up after so many attempts; returns how many."""
    silent = Q(state=Job.State.RUNNING, seen_at__lt=timezone.now() - SILENT_FOR)
    given_up = Job.objects.filter(silent, attempts__gte=MOST_ATTEMPTS).update(
        state=Job.State.FAILED,
        finished_at=timezone.now(),
        words=NEVER_ENDED,
    )
    return given_up + Job.objects.filter(silent).update(state=Job.State.WAITING)


@transaction.atomic
def finish(job_id: int, state: Job.State, words: str = "") -> None:
    """Say how a piece of work ended, and order it once more where somebody asked for it meanwhile."""
    ended = Job.objects.filter(id=job_id, state=Job.State.RUNNING).update(
        state=state,
        finished_at=timezone.now(),
        words=words.replace("\0", "")[:WORDS_LENGTH],
        **({"share": 1.0} if state == Job.State.DONE else {}),
    )
    asked = Job.objects.filter(id=job_id, again=True).first() if ended else None
    if asked is not None:
        order(asked.kind, asked.subject, asked.payload)


def ask_to_stop(job: Job) -> None:
    """Cancel a piece of work: at once where it waits, at its next step where it runs."""
    stopped = Job.objects.filter(id=job.id, state=Job.State.WAITING).update(
        state=Job.State.CANCELLED, finished_at=timezone.now()
    )
    if not stopped:
        Job.objects.filter(id=job.id, state=Job.State.RUNNING).update(cancel=True)


class Working:
    """What whoever does a piece of work is given.

    Parameters
    ----------
    job : Job
        The claimed piece of work.
    pause_seconds : float
        How often at most the database is told.
    """

    def __init__(self, job: Job, pause_seconds: float = 0.5) -> None:
        self.job_id = job.id
        self.subject = job.subject
        self.payload: dict[str, Any] = dict(job.payload)
        self._pause = pause_seconds
        self._told = -pause_seconds

    def tell(self, words: str, share: float) -> None:
        """Say what is being done and how far it is, 0 to 1; call it often, it is cheap.

        Raises
        ------
        CancelledError
            When somebody asked for the work to stop.
        """
        now = time.monotonic()
        if now - self._told < self._pause:
            return
        self._told = now
        mine = Job.objects.filter(id=self.job_id, state=Job.State.RUNNING)
        if not mine.update(seen_at=timezone.now(), words=words[:WORDS_LENGTH], share=min(max(share, 0), 1)):
            raise CancelledError("this piece of work was taken over by another")
        if mine.filter(cancel=True).exists():
            raise CancelledError("somebody asked for it to stop")
