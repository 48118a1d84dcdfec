"""What people wrote and did about a customer."""

from __future__ import annotations

from django.db import models
from django.utils.timezone import now

from treue.app.customers.models.people import Customer


class Note(models.Model):
    """Something that whoever speaks with this customer next should know."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="notes")
    text = models.TextField()
    actor = models.CharField(max_length=60)
    written_at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return f"note {self.pk}"


class CareStep(models.Model):
    """What was done about a customer of the care list; the newest one decides whether it is shown."""

    class Kind(models.TextChoices):
        """What was done."""

        DONE = "done"
        LATER = "later"
        REOPENED = "reopened"

    class Outcome(models.TextChoices):
        """How it went."""

        NONE = ""
        REACHED = "reached"
        NOT_REACHED = "not_reached"
        WILL_BUY = "will_buy"
        COMPLAINT = "complaint"
        HAS_LEFT = "has_left"

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="care_steps")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    outcome = models.CharField(max_length=20, choices=Outcome.choices, blank=True, default="")
    text = models.TextField(blank=True, default="")
    hidden_until = models.DateField(null=True, blank=True)
    """First day on which the customer may stand on the list again."""
    actor = models.CharField(max_length=60)
    at = models.DateTimeField(default=now)

    class Meta:
        indexes = [models.Index(fields=["customer", "at"])]

    def __str__(self) -> str:
        return f"{self.kind} {self.customer_id}"
