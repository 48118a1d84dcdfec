"""The app `privacy`: what is kept of a person, for how long, and how it is given out or deleted."""

from __future__ import annotations

from django.apps import AppConfig


class PrivacyApp(AppConfig):
    """What is kept of a person, for how long, and how it is given out or deleted: see the package."""

    name = "treue.app.privacy"
    label = "privacy"
