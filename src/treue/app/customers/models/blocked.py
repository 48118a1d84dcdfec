"""Who was erased and must not come back with a file."""

from __future__ import annotations

from django.db import models
from django.utils.timezone import now


class Blocked(models.Model):
    """A mark of an id or address of somebody who was erased; see :mod:`treue.app.customers.suppression`."""

    digest = models.CharField(max_length=64, primary_key=True)
    """HMAC-SHA256 under a key of this installation: without the key it says nothing."""
    at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return self.digest[:12]
