"""How much of a request is taken at all: the server keeps all of it on the disk before a page is asked."""

from __future__ import annotations

from copy import copy
from typing import Any

from django.conf import settings
from django.urls import reverse
from waitress.parser import HTTPRequestParser
from waitress.task import ErrorTask

from treue.app.web import gate
from treue.app.web.middleware import ALWAYS
from treue.app.web.uploads import ADDRESS


class Request(HTTPRequestParser):  # type: ignore[misc]  # Waitress has no types
    """A request that may be as large as a form, or as a file where one may come.

    A file comes to one address only, from a browser in which somebody has logged in before: its cookie is
    signed, so that strangers cannot fill the disk, and nothing has to be looked up before their request is read.
    """

    path: str
    headers: dict[str, str]
    adj: Any

    def parse_header(self, header_plus: bytes) -> None:
        """Read the header, and set the bound of what follows it."""
        super().parse_header(header_plus)
        if not self._may_hold_a_file():
            self.adj = copy(self.adj)
            self.adj.max_request_body_size = settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1
        if self.content_length >= self.adj.max_request_body_size:
            # Waitress would ask for the body before it refuses it.
            self.expect_continue = False

    def _may_hold_a_file(self) -> bool:
        return (
            self.command == "POST"
            and self.path == reverse(ADDRESS)
            and gate.knows(self.headers.get("COOKIE", ""))
        )


class Refusal(ErrorTask):  # type: ignore[misc]  # Waitress has no types
    """What the server answers by itself, before a page is asked: with the headers of every other answer."""

    response_headers: list[tuple[str, str]]

    def execute(self) -> None:
        """Answer."""
        self.response_headers.extend(_headers())
        super().execute()


def _headers() -> list[tuple[str, str]]:
    given = {
        **ALWAYS,
        "Cache-Control": "no-store",
        "Content-Security-Policy": (
            "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none';"
            " script-src 'none'"
        ),
        "Cross-Origin-Opener-Policy": str(settings.SECURE_CROSS_ORIGIN_OPENER_POLICY),
        "Referrer-Policy": str(settings.SECURE_REFERRER_POLICY),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": str(settings.X_FRAME_OPTIONS),
    }
    if settings.SECURE_HSTS_SECONDS:
        given["Strict-Transport-Security"] = (
            f"max-age={settings.SECURE_HSTS_SECONDS}; includeSubDomains; preload"
        )
    return list(given.items())
