"""What the system did since yesterday without anybody doing it by hand."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Subquery
from django.utils import timezone

from treue.app.core.audit import SYSTEM
from treue.app.core.backups import shelf
from treue.app.core.models import AuditEntry, AuditHead, Job
from treue.app.customers import desk_queries
from treue.app.customers.models import ImportedFile
from treue.app.measuring.models import Run
from treue.app.privacy.retention import RULES_BY_NAME
from treue.app.web.customer_words import instant_words
from treue.app.web.work_words import not_done

if TYPE_CHECKING:
    from datetime import datetime

    from treue.app.core.models import Firm
    from treue.kernel.language import Language

LOOKED_THROUGH: Final = 20_000
"""Newest entries of the log in which deletions are looked for."""


def did(firm: Firm, language: Language) -> list[str]:
    """Return what happened since yesterday without anybody doing it by hand."""
    since = timezone.now() - timedelta(days=1)
    said = [
        language.ngettext(
            "{count} new row from {file}", "{count} new rows from {file}", file.added, file=file.name
        )
        for file in ImportedFile.objects.filter(state="done", finished_at__gte=since).order_by("-pk")[:5]
    ]
    runs = Run.objects.filter(state=Run.State.DONE, finished_at__gte=since).count()
    if runs:
        said.append(
            language.ngettext(
                "Figures and scores computed {count} time", "Figures and scores computed {count} times", runs
            )
        )
    missed = desk_queries.promises_open(timezone.now(), since=since).count()
    if missed:
        said.append(
            language.ngettext(
                "{count} promise fell due and was not kept",
                "{count} promises fell due and were not kept",
                missed,
            )
        )
    said += _backups(since, ZoneInfo(firm.timezone), language)
    said += _deleted(since, language)
    failed = Job.objects.filter(state=Job.State.FAILED, finished_at__gte=since).order_by("-id")[:3]
    return said + [not_done(job, language) for job in failed]


def _backups(since: datetime, place: ZoneInfo, language: Language) -> list[str]:
    """Say when the newest backup was made; it is there as long as its file is."""
    # Looking makes no folder where there never was a backup.
    newest = shelf.backups()[:1] if (Path(settings.HOME) / "backups").is_dir() else []
    made = shelf.made_at(newest[0]) if newest else since
    if made <= since:
        return []
    return [language.gettext("Backup made on {time}", time=instant_words(made, place, language))]


def _deleted(since: datetime, language: Language) -> list[str]:
    """Say what was deleted because it was older than its period."""
    before = Subquery(AuditHead.objects.filter(id=1).values("count")) - LOOKED_THROUGH
    # Whose entries they are has an index; what they are about has none.
    found = AuditEntry.objects.filter(
        actor=SYSTEM, action="privacy.retention", number__gt=before, at__gte=since
    )
    counts: dict[str, int] = {}
    for detail in found.order_by("-number").values_list("detail", flat=True):
        for name, count in detail.items():
            counts[name] = counts.get(name, 0) + count
    return [
        language.gettext(
            "Deleted as older than its period: {what} ({count})",
            what=language.gettext(RULES_BY_NAME[name].words) if name in RULES_BY_NAME else name,
            count=language.number(count),
        )
        for name, count in counts.items()
    ]
