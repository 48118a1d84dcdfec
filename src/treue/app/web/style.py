"""The style sheet: the report's own, and what only the application needs."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib import resources
from typing import TYPE_CHECKING

from django.http import HttpResponse

if TYPE_CHECKING:
    from django.http import HttpRequest


@cache
def sheet() -> str:
    """Return the whole style sheet."""
    report = resources.files("treue.report").joinpath("templates", "style.css").read_text("utf-8")
    own = resources.files("treue.app.web").joinpath("templates", "app.css").read_text("utf-8")
    return f"{report}\n{own}"


@cache
def mark() -> str:
    """Return a mark of the content, so that browsers may keep it for ever."""
    return sha256(sheet().encode()).hexdigest()[:12]


def style(_request: HttpRequest) -> HttpResponse:
    """Answer with the style sheet."""
    answer = HttpResponse(sheet(), content_type="text/css; charset=utf-8")
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return answer
