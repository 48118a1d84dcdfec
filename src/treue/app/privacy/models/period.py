"""How long things are kept, where the firm chose otherwise than Treue proposes."""

from __future__ import annotations

from django.db import models


class Period(models.Model):
    """A rule of retention and after how many days it deletes."""

    rule = models.CharField(max_length=20, unique=True)
    days = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.rule} {self.days}"
