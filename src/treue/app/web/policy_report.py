"""What browsers refused on one of our pages goes to the server's log: nobody else would hear of it."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from django.http import HttpResponse, HttpResponseNotAllowed
from django.urls import Resolver404, resolve

from treue.app.core import throttle
from treue.app.web.asked import network

if TYPE_CHECKING:
    from django.http import HttpRequest

log = logging.getLogger("treue.policy")

MOST_BYTES: Final = 16 * 1024
MACHINE: Final = 20
"""Reports within the hour from one machine."""
EVERYBODY: Final = 200
"""Reports within the hour from all; anybody can send them, and the log is not to fill."""
LONGEST: Final = 120


def policy_report(request: HttpRequest) -> HttpResponse:
    """Take a browser's report; what is none, or one too many, is let go without a word."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    body = request.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        return HttpResponse(status=413)
    for told in _violations(body):
        if throttle.charge(f"policy {network(request)}", MACHINE) and throttle.charge("policy", EVERYBODY):
            log.warning("a browser refused %s on the page %s: %s forbids it", *told)
    return HttpResponse(status=204)


def _violations(body: bytes) -> list[tuple[str, str, str]]:
    """Return what was refused, on which page, and by which rule."""
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError):
        return []
    # Older browsers send one report in words with hyphens, newer ones a list in words without.
    reports = [one.get("body") for one in sent if isinstance(one, dict)] if isinstance(sent, list) else []
    if isinstance(sent, dict):
        reports = [sent.get("csp-report")]
    return [
        (
            _origin(one.get("blockedURL", one.get("blocked-uri"))),
            _page(one.get("documentURL", one.get("document-uri"))),
            _word(one.get("effectiveDirective", one.get("effective-directive"))),
        )
        for one in reports[:5]
        if isinstance(one, dict)
    ]


def _origin(address: Any) -> str:
    """Return from where something was to come; the rest of its address may name a person."""
    parts = _split(address)
    return _word(f"{parts[0]}://{parts[1]}" if parts[1] else address)


def _page(address: Any) -> str:
    """Return the name of a page of ours; its path may hold the secret of a link that still opens."""
    try:
        return resolve(_split(address)[2]).url_name or "?"
    except Resolver404:
        return "?"


def _split(address: Any) -> tuple[str, str, str]:
    try:
        found = urlsplit(str(address))
    except ValueError:
        return "", "", ""
    return found.scheme, found.netloc.rpartition("@")[2], found.path


def _word(text: Any) -> str:
    """Return what a stranger sent as one word of a line of the log."""
    kept = "".join(letter for letter in str(text)[:LONGEST] if letter.isascii() and letter.isprintable())
    return kept.replace(" ", "_") or "?"
