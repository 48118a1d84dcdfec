"""A run of the daily cycle and what it left."""

from __future__ import annotations

from django.db import models
from django.utils.timezone import now


class Run(models.Model):
    """One run of the cycle; pages show the run that the firm points at, all of it or none."""

    class State(models.TextChoices):
        """How it ended."""

        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    started_at = models.DateTimeField(default=now)
    finished_at = models.DateTimeField(null=True, blank=True)
    as_of = models.DateField(null=True, blank=True)
    """Last day observed."""
    data = models.JSONField(default=dict)
    """Counts of what was measured: customers, orders, first and last day, currency."""
    settings = models.JSONField(default=dict)
    """The firm's choices in force, with what was found where it chose nothing."""
    seconds = models.JSONField(default=dict)
    """How long each step took."""
    version = models.CharField(max_length=40)
    """Version of Treue."""
    why = models.TextField(blank=True, default="")
    """Why it failed, in one sentence."""

    class Meta:
        indexes = [models.Index(fields=["state", "started_at"])]

    def __str__(self) -> str:
        return f"run {self.pk} {self.state}"


class RunFigure(models.Model):
    """A figure as the library gave it; figures of past runs are kept, for a history of each."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="figures")
    name = models.CharField(max_length=60)
    """The measure."""
    window = models.CharField(max_length=100)
    period = models.CharField(max_length=20, null=True, blank=True)  # noqa: DJ001  (null as in the library)
    segment = models.CharField(max_length=200, null=True, blank=True)  # noqa: DJ001
    value = models.FloatField(null=True, blank=True)
    status = models.CharField(max_length=20)
    stands = models.BooleanField(default=False)
    """Whether it is the measure as it stood at the end of the run, and no part of a series or breakdown."""
    figure = models.JSONField()
    """The whole result object, see docs/figures.md."""

    class Meta:
        indexes = [models.Index(fields=["run", "name"]), models.Index(fields=["name", "stands", "run"])]

    def __str__(self) -> str:
        return f"{self.name} of run {self.run_id}"


class Panel(models.Model):
    """A part of a page, every word written in one language, so that pages only lay it out."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="panels")
    language = models.CharField(max_length=5)
    name = models.CharField(max_length=40)
    content = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "language", "name"], name="panel_once_per_language")
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.language} of run {self.run_id}"
