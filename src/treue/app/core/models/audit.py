"""The audit log: who did what and when, each entry chained to the one before."""

from __future__ import annotations

from django.db import models


class AuditEntry(models.Model):
    """One deed; written once, never changed: triggers in the database refuse UPDATE and DELETE."""

    number = models.BigIntegerField(primary_key=True)
    """1, 2, 3, … without gaps."""
    at = models.DateTimeField()
    actor = models.CharField(max_length=60)
    """``user:7``, or ``system`` for what Treue did by itself, ``command`` for the command line."""
    action = models.CharField(max_length=60)
    """As ``customer.merged``."""
    subject = models.CharField(max_length=100, blank=True, default="")
    """As ``customer:12``; ids only, never a name or an address."""
    detail = models.JSONField(default=dict)
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    """SHA-256 of this entry and the digest before it."""

    class Meta:
        indexes = [models.Index(fields=["subject"]), models.Index(fields=["actor"])]

    def __str__(self) -> str:
        return f"{self.number} {self.action} {self.subject}"


class AuditHead(models.Model):
    """The newest entry, so that nobody can cut the end off unseen; its one row has the number 1."""

    count = models.BigIntegerField(default=0)
    digest = models.CharField(max_length=64, default="0" * 64)

    def __str__(self) -> str:
        return f"{self.count} {self.digest[:12]}"
