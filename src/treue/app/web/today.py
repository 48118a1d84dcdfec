"""The first page: what matters today."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render

from treue.app.core.models import Firm

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


def today(request: HttpRequest) -> HttpResponse:
    """Show what matters today, or how to begin."""
    firm = Firm.the()
    return render(request, "today.html.j2", {"run": firm.run})
