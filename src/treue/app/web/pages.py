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
    size : int
        Entries of one page.
    """

    number: int
    last: int
    count: int
    size: int = PAGE

    @classmethod
    def of(cls, request: HttpRequest, count: int, size: int = PAGE) -> Self:
        """Return the page that an address asks for; one behind the last is the last."""
        last = max(1, -(-count // size))
        asked = number(request.GET, "page", least=1, most=999_999) or 1
        return cls(number=min(asked, last), last=last, count=count, size=size)

    @property
    def start(self) -> int:
        """How many entries come before this page."""
        return (self.number - 1) * self.size
