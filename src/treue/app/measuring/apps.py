"""The app `measuring`: the daily cycle, figures and scores."""

from __future__ import annotations

from django.apps import AppConfig


class MeasuringApp(AppConfig):
    """The daily cycle, figures and scores: see the package."""

    name = "treue.app.measuring"
    label = "measuring"

    def ready(self) -> None:
        """Say who runs the daily cycle."""
        from treue.app.core import jobs

        jobs.register("cycle", "treue.app.measuring.cycle:work", afresh=True)
