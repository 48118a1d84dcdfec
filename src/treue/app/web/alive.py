"""Whether the server and its database answer, for whoever watches over it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection
from django.db.utils import DatabaseError
from django.http import HttpResponse

if TYPE_CHECKING:
    from django.http import HttpRequest


def alive(_request: HttpRequest) -> HttpResponse:
    """Answer ``ok``, or 503 where the database is away."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return HttpResponse("the database does not answer\n", status=503, content_type="text/plain")
    return HttpResponse("ok\n", content_type="text/plain")
