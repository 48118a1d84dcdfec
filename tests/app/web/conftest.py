"""The whole application as a person starts it, and a browser in front of it."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import signal
import subprocess
import sys

import cbor2
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import bytes_to_base64url

VERIFIED, WITH_KEY = 0x05, 0x40


@pytest.fixture
def served(real_database):
    """Start the whole application as a person would, and give its address."""
    server = subprocess.Popen(
        [sys.executable, "-m", "treue.cli", "serve", "--port", "0"],
        env=os.environ,
        stdout=subprocess.PIPE,
        text=True,
    )
    address = re.search(r"http://\S+", server.stdout.readline())[0]
    yield address
    server.send_signal(signal.SIGTERM)
    server.stdout.close()
    assert server.wait(timeout=30) == 0


OPENED = "() => document.querySelectorAll('details').forEach((one) => { one.open = true })"
TOO_WIDE = """() => document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll('body *')]
    .filter((one) => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest('.scroll'))
    .map((one) => one.outerHTML.slice(0, 120))"""
CUT_OFF = """() => [...document.querySelectorAll('body *')]
    .filter((one) => one.checkVisibility() && !one.closest('.scroll, svg'))
    .filter((one) => one.getBoundingClientRect().left < -1 && one.getBoundingClientRect().right > 0)
    .map((one) => one.outerHTML.slice(0, 120))"""
RUN = """async (rules) => (await axe.run(document, {resultTypes: ['violations'], ...rules})).violations
    .map((one) => [one.id, one.nodes[0].html.slice(0, 200), one.nodes[0].failureSummary])"""
EVERYTHING = {"rules": {"target-size": {"enabled": True}}}
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}


class Axe:
    """Looks at opened pages as somebody with a small screen or a screen reader meets them."""

    def __init__(self, script):
        self.script = script

    def unfit(self, page, rules=EVERYTHING):
        """Return what keeps people from using a page, as axe finds it: WCAG 2.2 AA, and targets of 24 pixels."""
        if not page.evaluate("() => typeof axe !== 'undefined'"):
            page.evaluate(self.script)
        return page.evaluate(RUN, rules)

    def open_all(self, page):
        """Open what is folded."""
        page.evaluate(OPENED)

    def too_wide(self, page):
        """Return what stands out on the right."""
        return page.evaluate(TOO_WIDE)

    def cut_off(self, page):
        """Return what is cut off on the left."""
        return page.evaluate(CUT_OFF)

    def faults(self, page, code, *, whole, dark=True):
        """Return what is wrong with an opened page as it is and with everything open, on a phone in light and dark."""
        self.open_all(page)
        found = {
            "language": page.evaluate("document.documentElement.lang") != code,
            "wide": self.too_wide(page),
            "cut off": self.cut_off(page),
        }
        if whole:
            found["light"] = self.unfit(page)
        if whole and dark:
            page.emulate_media(color_scheme="dark")
            found["dark"] = self.unfit(page, COLOURS)
            page.emulate_media(color_scheme="light")
        return {what: one for what, one in found.items() if one}


@pytest.fixture(scope="session")
def axe():
    """Give what looks at pages with axe-core."""
    from_package = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    return Axe(from_package.Axe().axe_script)


@pytest.fixture
def page(browser):
    """Give a page that tells of everything the browser complains about."""
    context = browser.new_context(locale="en-GB")
    opened = context.new_page()
    opened.complaints = []
    opened.on("console", lambda told: opened.complaints.append(told.text) if told.type == "error" else None)
    opened.on("pageerror", lambda error: opened.complaints.append(str(error)))
    yield opened
    context.close()


class Device:
    """A device that verifies nobody and says that it did, as a stranger at an open browser would write it."""

    def __init__(self):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = secrets.token_bytes(16)

    def _signed_by(self, flags, count, more=b""):
        return hashlib.sha256(b"localhost").digest() + bytes([flags]) + count.to_bytes(4, "big") + more

    def _told(self, kind, challenge):
        return json.dumps({"type": kind, "challenge": challenge, "origin": "http://localhost"}).encode()

    def _answer(self, **response):
        coded = {name: bytes_to_base64url(part) for name, part in response.items()}
        told = bytes_to_base64url(self.id)
        return json.dumps({"id": told, "rawId": told, "type": "public-key", "response": coded})

    def made(self, challenge):
        """Return the answer that adds its passkey."""
        place = self.key.public_key().public_numbers()
        public = cbor2.dumps(
            {1: 2, 3: -7, -1: 1, -2: place.x.to_bytes(32, "big"), -3: place.y.to_bytes(32, "big")}
        )
        known = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + public
        about = self._signed_by(VERIFIED | WITH_KEY, 0, known)
        return self._answer(
            clientDataJSON=self._told("webauthn.create", challenge),
            attestationObject=cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": about}),
        )

    def signed(self, challenge, handle):
        """Return the answer that logs in with its passkey."""
        about, told = self._signed_by(VERIFIED, 1), self._told("webauthn.get", challenge)
        signature = self.key.sign(about + hashlib.sha256(told).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(
            clientDataJSON=told, authenticatorData=about, signature=signature, userHandle=handle
        )


@pytest.fixture
def device_of():
    """Give the maker of passkeys that sign whatever they are asked to."""
    return Device


ALIKE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def wrong_in_policy(given):
    """Return what a content security policy allows too much, or does not say."""
    policy = {part.split()[0]: part.split()[1:] for part in given.split(";") if part.strip()}
    wanted = {
        **{name: ["'none'"] for name in ("default-src", "object-src", "base-uri", "frame-ancestors")},
        "form-action": ["'self'"],
    }
    found = [name for name, sources in wanted.items() if policy.get(name) != sources]
    for name, sources in policy.items():
        open_to = {"'unsafe-inline'", "'unsafe-eval'", "*", "http:", "https:"} & set(sources)
        found += [f"{name} {one}" for one in sorted(open_to)]
    return found + ["script-src data:"] * ("data:" in policy.get("script-src", ["data:"]))


def faults_of(headers, *, kept=False, https=False):
    """Return what the headers of an answer leave open, by the rules of the Observatory.

    `kept` are answers that browsers may keep, because they are the same for everybody; `https` those that came
    by it.
    """
    found = wrong_in_policy(headers.get("Content-Security-Policy", ""))
    found += [name for name, value in ALIKE.items() if headers.get(name) != value]
    if "camera=()" not in headers.get("Permissions-Policy", ""):
        found.append("Permissions-Policy")
    if "Server" in headers or "X-Powered-By" in headers:
        found.append("Server")
    if not kept and headers.get("Cache-Control") != "no-store":
        found.append("Cache-Control")
    if https:
        told = headers.get("Strict-Transport-Security", "")
        seconds = int((re.search(r"max-age=(\d+)", told) or [0, 0])[1])
        if seconds < 31_536_000 or "includeSubDomains" not in told:
            found.append("Strict-Transport-Security")
    return found


@pytest.fixture
def faults():
    return faults_of


FORMS = {
    "care": {"kind": "done", "outcome": "reached"},
    "customers-save": {
        "name": "Mine", "g0-match": "all", "g0c0-field": "rung", "g0c0-op": "is", "g0c0-value": "client",
    },
    "customers-export": {"every": "1"},
    "customer-add": {"name": "Nora"},
    "customer-contact": {"channel": "phone", "direction": "in", "text": "x", "state": "waiting"},
    "customer-promise": {"due": "2026-12-31T17:00", "text": "x"},
    "customer-note": {"text": "x"},
    "customer-change": {"name": "Other"},
    "customer-point": {"address": "new@x.example"},
    "customer-merge": {"other": "code-other"},
    "customer-switch": {"name": "no_marketing", "value": "1"},
    "customer-erase": {"typed": "code-mine"},
    "contact-step": {"kind": "solved"},
    "account": {"name": "New name", "language": "de"},
    "account-password": {"password": "correct horse battery staple", "new": "another four words here"},
    "account-app": {"code": "000000", "password": "x"},
    "account-app-off": {"password": "correct horse battery staple"},
    "account-codes": {"password": "correct horse battery staple"},
    "account-passkeys": {"password": "correct horse battery staple"},
    "account-passkey-remove": {"password": "correct horse battery staple"},
    "data-upload": {"path": "orders.csv"},
    "data-file-read": {"kind": "history", "dates": "day-first"},
    "privacy-period": {"rule": "silent", "days": "2000"},
    "privacy-request": {"kind": "copy", "received": "2026-06-01", "customer": "code-mine"},
    "privacy-request-step": {"outcome": "done"},
    "privacy-back": {"typed": "code-gone"},
    "settings": {
        "name": "New", "timezone": "Europe/Oslo", "currency": "NOK", "language": "nb", "country": "NO",
        "window": "", "window_days": "", "margin": "", "hour": "5", "cycle_hour": "5", "margin_share": "",
    },
    "settings-people": {
        "name": "New", "email": "new@firm.example", "role": "analyst", "password": "correct horse battery staple",
    },
    "settings-people-role": {"role": "analyst", "password": "correct horse battery staple"},
    "settings-people-link": {"password": "correct horse battery staple"},
    "settings-people-factor": {"password": "correct horse battery staple"},
    "settings-people-open": {"password": "correct horse battery staple"},
}  # fmt: skip
"""What is sent to each address that changes something, so that whoever may, really does; empty where not named."""
OBJECTS = {
    "care": "customer", "customers-forget": "segment", "customer": "customer", "promise-keep": "promise",
    "contact-step": "contact", "data-file": "file", "privacy-request-step": "request",
}  # fmt: skip
"""What `number` means at an address, by the beginning of its name."""


class Things:
    """Everything that addresses name: of an ordinary customer, and of one who is restricted; and what nobody has."""

    def __init__(self, owner):
        writer = f"user:{owner['writer'].pk}"
        self.mine, self.hidden = self._of("mine", writer), self._of("hidden", writer, restricted=True)
        self.mine["person"] = self.hidden["person"] = owner["spare"].pk
        self.mine["passkey"] = self.hidden["passkey"] = owner["passkey"].pk
        self.nobody = dict.fromkeys(self.mine, 987_654)

    @staticmethod
    def _of(name, writer, **given):
        from django.utils import timezone

        from treue.app.customers import models
        from treue.app.privacy.models import Request

        now = timezone.now()
        made, other = (
            models.Customer.objects.create(
                code=f"code-{code}", name=f"Person {code}", search_text=f"code-{code} person {code}", **given
            )
            for code in (name, f"{name}-merged")
        )
        for one in (made, other):
            models.ExternalId.objects.create(customer=one, value=one.code)
        if name == "mine":
            apart = models.Customer.objects.create(code="code-other", name="Person other")
            models.ExternalId.objects.create(customer=apart, value="code-other")
        point = {"kind": "email", "typed": f"{name}@x.example", "normal": f"{name}@x.example"}
        contact = {
            "code": f"c-{name}",
            "channel": "phone",
            "direction": "in",
            "opened_at": now,
            "actor": writer,
        }
        promise = {"code": f"p-{name}", "due_at": now, "text": f"Promised to {name}", "actor": writer}
        return {
            "customer": made.pk,
            "point": models.ContactPoint.objects.create(customer=made, **point).pk,
            "merge": models.Merge.objects.create(loser=other, winner=made, actor="user:1").pk,
            "contact": models.Contact.objects.create(customer=made, **contact).pk,
            "promise": models.Promise.objects.create(customer=made, **promise).pk,
            "note": models.Note.objects.create(customer=made, text=f"Noted of {name}", actor=writer).pk,
            "request": Request.objects.create(
                customer=made, kind="copy", received_on=now.date(), due_on=now.date(), actor="user:1"
            ).pk,
            "segment": models.Segment.objects.create(
                name=f"Segment {name}", conditions={"match": "all", "groups": []}, actor="user:1"
            ).pk,
            "file": models.ImportedFile.objects.create(
                name="orders.csv", path="no/such/file.csv", state="read", accepted=5, actor="user:1"
            ).pk,
        }

    @staticmethod
    def address(route, ids):
        """Return the address of a route with the numbers of what it names."""
        what = max((name for name in OBJECTS if route.name.startswith(name)), key=len, default="customer")
        named = {**ids, "number": ids[OBJECTS.get(what, "customer")]}
        path = re.sub(r"<int:(\w+)>", lambda place: str(named[place[1]]), route.path)
        return "/" + re.sub(r"<\w+:\w+>", "x", path)


def make_things():
    """Make everything that addresses name, by somebody else than those who ask, but what service takes back."""
    from treue.app.core.models import Firm, Passkey, User

    Firm.the()
    spare = User.objects.create_user("spare@firm.example", None, name="Spare", role="service")
    key = Passkey.objects.create(user=spare, name="x", credential_id="x", handle="x", public_key=b"x")
    writer = User.objects.get(email="service@firm.example")
    return Things({"spare": spare, "passkey": key, "writer": writer})


@pytest.fixture
def things(people):
    return make_things()


@pytest.fixture
def measured_things(measured_people):
    """Give the same where the daily cycle has run."""
    return make_things()


@pytest.fixture
def forms():
    return FORMS
