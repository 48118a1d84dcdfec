"""How often something may be tried: counted before it is tried, so that many at once count too.

A count that is read first and written after the try lets everybody pass who comes in between. Here each try
is charged by one conditional UPDATE, and the number of rows it changed is the answer.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db.models import F
from django.utils import timezone
from django.utils.crypto import salted_hmac

from treue.app.core.models.door import Attempt

PERIOD: Final = timedelta(hours=1)
KEPT_FOR: Final = timedelta(days=1)


def charge(name: str, most: int) -> bool:
    """Count one try; False where there were too many within the hour.

    Parameters
    ----------
    name : str
        What is tried, and by whom.
    most : int
        How many tries the hour has, from its first.

    Returns
    -------
    bool
        True for at most `most` of all who ask within an hour, however many ask at once.
    """
    key, now = _key(name), timezone.now()
    for _ in range(2):
        mine = Attempt.objects.filter(key=key)
        if mine.filter(began_at__gt=now - PERIOD, count__lt=most).update(count=F("count") + 1):
            return True
        if mine.filter(began_at__lte=now - PERIOD).update(count=1, began_at=now):
            return True
        if mine.exists():
            return False
        made = Attempt.objects.bulk_create([Attempt(key=key, count=0, began_at=now)], ignore_conflicts=True)
        del made  # who else made the row meanwhile is found by the UPDATE of the second round
    return False


def refund(name: str) -> None:
    """Take back one try, because it was right."""
    Attempt.objects.filter(key=_key(name), count__gt=0).update(count=F("count") - 1)


def forget(name: str) -> None:
    """Begin anew."""
    Attempt.objects.filter(key=_key(name)).delete()


def forget_old() -> int:
    """Remove counts of hours long past; returns how many."""
    return Attempt.objects.filter(began_at__lt=timezone.now() - KEPT_FOR).delete()[0]


def _key(name: str) -> str:
    return salted_hmac("treue.attempts", name, algorithm="sha256").hexdigest()
