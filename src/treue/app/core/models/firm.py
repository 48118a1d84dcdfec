"""The firm whose customers these are, and how it wants them looked at."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.timezone import now


class Firm(models.Model):
    """The one firm of this installation; its row has the number 1."""

    name = models.CharField(max_length=200, blank=True, default="")
    timezone = models.CharField(max_length=64, default="UTC")
    currency = models.CharField(max_length=3, blank=True, default="")
    """ISO 4217; empty until the first import says which."""
    language = models.CharField(max_length=5, default="en")
    country = models.CharField(max_length=2, blank=True, default="")
    """ISO 3166; for telephone numbers without a +."""
    window_days = models.PositiveIntegerField(null=True, blank=True)
    """Days of silence after which a customer counts as lapsed; null finds them in the data."""
    margin_share = models.FloatField(null=True, blank=True)
    cycle_hour = models.PositiveSmallIntegerField(default=4)
    """Hour of the firm's own day, 0 to 23, at which the daily cycle starts."""
    cycle_on = models.DateField(null=True, blank=True)
    """The firm's day for which the daily cycle was ordered last; moved on by one conditional UPDATE."""
    is_demo = models.BooleanField(default=False)
    held = models.BooleanField(default=False)
    """True after a restore: nothing leaves until a person releases it."""
    run = models.ForeignKey(
        "measuring.Run", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    """The run of the cycle whose figures and scores the pages show; changing it swaps all of them at once."""
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_firm")]

    def __str__(self) -> str:
        return self.name or "Treue"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep the one row."""
        self.id = 1
        super().save(*args, **kwargs)

    @classmethod
    def the(cls) -> Firm:
        """Return the firm; made with defaults where there is none yet."""
        return cls.objects.get_or_create(id=1)[0]
