"""Files that were brought in, from the upload to the last row."""

from __future__ import annotations

from django.db import models
from django.utils.timezone import now


class ImportedFile(models.Model):
    """One file on its way into the records; it stays as the record of what came from where."""

    class State(models.TextChoices):
        """How far it is."""

        UPLOADED = "uploaded"
        READ = "read"
        """How it would be read is shown; a person may correct that."""
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    class Kind(models.TextChoices):
        """What is in it."""

        HISTORY = "history"
        """What the library reads: orders, contracts, customers, canonical tables."""
        CONTACTS = "contacts"
        """People with names and addresses."""

    name = models.CharField(max_length=255)
    """As it was called where it came from."""
    path = models.CharField(max_length=1000)
    """Where it lies: in the home folder, or on the server where a path was given."""
    digest = models.CharField(max_length=64, blank=True, default="")
    """SHA-256 of its bytes."""
    size = models.BigIntegerField(default=0)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.HISTORY)
    state = models.CharField(max_length=10, choices=State.choices, default=State.UPLOADED)
    choices = models.JSONField(default=dict)
    """What a person said about the reading: field to column, ``dates``, ``decimals``, ``currency``."""
    reading = models.JSONField(default=dict)
    """How it was read: columns, notes, counts, twenty rows, reasons of rows set aside."""
    rows_read = models.BigIntegerField(default=0)
    accepted = models.BigIntegerField(default=0)
    set_aside = models.BigIntegerField(default=0)
    added = models.BigIntegerField(default=0)
    """Rows that were new; the rest was there already."""
    why = models.TextField(blank=True, default="")
    """Why it failed, in one sentence."""
    actor = models.CharField(max_length=60)
    created_at = models.DateTimeField(default=now)
    finished_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"import {self.pk} {self.state}"
