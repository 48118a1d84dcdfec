"""The app `core`: accounts, the firm, background work, the audit log."""

from __future__ import annotations

from django.apps import AppConfig


class CoreApp(AppConfig):
    """Accounts, the firm, background work, the audit log: see the package."""

    name = "treue.app.core"
    label = "core"

    def ready(self) -> None:
        """Say who does the backup of the night."""
        from treue.app.core import jobs

        jobs.register("backup", "treue.app.core.backups.nightly:work", daily=True)
