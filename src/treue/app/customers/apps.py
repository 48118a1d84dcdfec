"""The app `customers`: who they are and what happened with them."""

from __future__ import annotations

from django.apps import AppConfig


class CustomersApp(AppConfig):
    """Who they are and what happened with them: see the package."""

    name = "treue.app.customers"
    label = "customers"
