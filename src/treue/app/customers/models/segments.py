"""Saved filters over customers."""

from __future__ import annotations

from django.db import models
from django.utils.timezone import now


class Segment(models.Model):
    """A filter with a name: a small tree of conditions, compiled to a query when it is used."""

    name = models.CharField(max_length=100, unique=True)
    conditions = models.JSONField(default=dict)
    """See :mod:`treue.app.customers.conditions`."""
    actor = models.CharField(max_length=60)
    created_at = models.DateTimeField(default=now)
    counted = models.BigIntegerField(null=True, blank=True)
    """How many customers it held when it was last counted; null where its conditions ask for what is gone."""
    counted_as_of = models.DateField(null=True, blank=True)
    """Last day of the scores on which that count rests; null where there were none."""

    def __str__(self) -> str:
        return self.name
