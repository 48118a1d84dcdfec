"""Every address of the application; the one table is :data:`treue.app.web.access.ROUTES`."""

from __future__ import annotations

from django.urls import path

from treue.app.web.access import ROUTES
from treue.app.web.refusals import broken, forbidden, not_found

urlpatterns = [path(route.path, route.view, name=route.name) for route in ROUTES]

handler403 = forbidden
handler404 = not_found
handler500 = broken
