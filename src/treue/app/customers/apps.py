"""The app `customers`: who they are and what happened with them."""

from __future__ import annotations

from django.apps import AppConfig


class CustomersApp(AppConfig):
    """Who they are and what happened with them: see the package."""

    name = "treue.app.customers"
    label = "customers"

    def ready(self) -> None:
        """Say who does the work of imports and of the demonstration, and teach SQLite all small letters."""
        from django.db.backends.signals import connection_created

        from treue.app.core import jobs
        from treue.app.customers.folded import teach

        connection_created.connect(teach)
        jobs.register("import", "treue.app.customers.importing.work:work")
        jobs.register("demo", "treue.app.customers.demo:work")
        jobs.register("import-reading", "treue.app.customers.importing.work:work_reading", afresh=True)
