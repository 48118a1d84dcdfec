"""Who asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied

from treue.app.core.models import User

if TYPE_CHECKING:
    from django.http import HttpRequest


def person_of(request: HttpRequest) -> User:
    """Return the account that asks; a page that is not public has one, or is refused before it is asked."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user
