"""The door for a WSGI server: ``treue.app.wsgi:application``."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "treue.app.settings")  # noqa: TID251  (Django reads it there)

application = get_wsgi_application()
