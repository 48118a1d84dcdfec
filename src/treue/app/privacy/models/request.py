"""Requests of customers about their data."""

from __future__ import annotations

from django.db import models
from django.utils.timezone import now


class Request(models.Model):
    """What a person asked for about their data, and by when it must be answered."""

    class Kind(models.TextChoices):
        """What is asked for; the numbers are those of the GDPR's articles."""

        COPY = "copy"
        CORRECT = "correct"
        ERASE = "erase"
        RESTRICT = "restrict"
        OBJECT = "object"

    class Outcome(models.TextChoices):
        """How it was answered."""

        OPEN = ""
        DONE = "done"
        REFUSED = "refused"
        NOBODY = "nobody"
        """Nothing is kept of whoever asked."""

    customer = models.ForeignKey(
        "customers.Customer", null=True, on_delete=models.SET_NULL, related_name="privacy_requests"
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    received_on = models.DateField()
    due_on = models.DateField()
    extended_because = models.CharField(max_length=300, blank=True, default="")
    """Why it takes up to two months longer; empty where it does not."""
    closed_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True, default="")
    actor = models.CharField(max_length=60)
    created_at = models.DateTimeField(default=now)

    class Meta:
        indexes = [models.Index(fields=["closed_at", "due_on"])]

    def __str__(self) -> str:
        return f"request {self.pk} {self.kind}"
