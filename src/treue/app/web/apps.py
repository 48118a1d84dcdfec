"""The app `web`: the pages."""

from __future__ import annotations

from django.apps import AppConfig


class WebApp(AppConfig):
    """The pages: see the package."""

    name = "treue.app.web"
    label = "web"
