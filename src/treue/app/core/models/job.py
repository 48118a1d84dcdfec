"""Work that is done in the background, one row a piece."""

from __future__ import annotations

from django.db import models
from django.utils.timezone import now


class Job(models.Model):
    """A piece of work; whoever changes its state from waiting to running by one UPDATE does it."""

    class State(models.TextChoices):
        """Where a piece of work is."""

        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    kind = models.CharField(max_length=40)
    """Which function does it, see :mod:`treue.app.core.jobs`."""
    subject = models.CharField(max_length=100, blank=True, default="")
    """What it is about, as ``import:12``; at most one unfinished piece per kind and subject."""
    payload = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    due_at = models.DateTimeField(default=now)
    created_at = models.DateTimeField(default=now)
    started_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)
    """When whoever does it last said so; silence for long means that they died."""
    finished_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    share = models.FloatField(default=0.0)
    """How much is done, 0 to 1."""
    words = models.CharField(max_length=300, blank=True, default="")
    """What is being done, or why it failed."""
    again = models.BooleanField(default=False)
    """It was ordered once more while it was being done."""
    cancel = models.BooleanField(default=False)
    """Somebody asked for it to stop."""

    class Meta:
        indexes = [models.Index(fields=["state", "due_at"])]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject"],
                condition=models.Q(state__in=["waiting", "running"]),
                name="one_unfinished_job_per_subject",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject} {self.state}"
