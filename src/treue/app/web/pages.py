"""Pages of a list: which is shown, and which come before and after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from treue.app.web.asked import number

if TYPE_CHECKING:
    from django.http import HttpRequest

PAGE: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """The page that is shown, of how many.

    Parameters
    ----------
    number, last : int
        Which, and the last one; from 1.
    count : int
        Entries of all pages.
    """

    number: int
    last: int
    count: int

    @classmethod
    def of(cls, request: HttpRequest, count: int) -> Self:
        """Return the page that an address asks for; one behind the last is the last."""
        last = max(1, -(-count // PAGE))
        asked = number(request.GET, "page", least=1, most=999_999) or 1
        return cls(number=min(asked, last), last=last, count=count)

    @property
    def start(self) -> int:
        """How many entries come before this page."""
        return (self.number - 1) * PAGE
