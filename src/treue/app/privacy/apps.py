"""The app `privacy`: what is kept of a person, for how long, and how it is given out or deleted."""

from __future__ import annotations

from django.apps import AppConfig


class PrivacyApp(AppConfig):
    """What is kept of a person, for how long, and how it is given out or deleted: see the package."""

    name = "treue.app.privacy"
    label = "privacy"

    def ready(self) -> None:
        """Say who does the work of privacy, and check what tables say."""
        from treue.app.core import jobs
        from treue.app.privacy import checks  # noqa: F401  (registers itself)

        jobs.register("retention", "treue.app.privacy.retention:work", daily=True)
        jobs.register("erase-again", "treue.app.privacy.retention:work_again")
