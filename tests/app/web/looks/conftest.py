"""A measured firm with something of everything on its pages, and a browser in front of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django_otp.oath import totp

PASSWORD = "correct horse battery staple"  # noqa: S105
KEY = "3132333435363738393031323334353637383930"
LONG = "Nebenkostenabrechnungsunterlagen " * 4
"""Words that do not fit on a line of a phone."""


def known_in_every_way(customer, by):
    """Let a customer have something of everything that a record can hold; returns one that is merged into it."""
    from django.utils import timezone

    from treue.app.customers import contact_desk, models, services
    from treue.app.customers.care_steps import care_step
    from treue.app.privacy.services import add_request

    now = timezone.now()
    earlier = now - timedelta(days=3)
    services.change_record(
        customer, {"name": "Lea Brandt-Sørensen", "boundaries": "Never by telephone", "country": "NO"}, by=by
    )
    models.Customer.objects.filter(pk=customer.pk).update(attributes={"shop": "oslo", LONG[:30]: LONG})
    services.add_contact_point(
        customer, "email", "lea.brandt-soerensen.with.a.long.name@kaffeentusiastene.example", by=by
    )
    services.add_contact_point(customer, "phone", "+47 22 33 44 55", by=by)
    wrong = {"channel": "phone", "direction": "in", "own_fault": True}
    waiting = contact_desk.add_contact(customer, **wrong, text=f"Late again. {LONG}", state="waiting", by=by)
    contact_desk.add_contact(customer, **wrong, text="Sent anew", state="solved", by=by)
    contact_desk.take_step(waiting, "answered", by=by)
    services.add_promise(customer, f"Call back about {LONG}", now + timedelta(hours=4), by=by)
    kept = services.add_promise(customer, "A sample", now + timedelta(days=9), by=by)
    services.keep_promise(kept, by=by)
    services.add_note(customer, f"Prefers mornings.\n\n{LONG}", by=by)
    care_step(customer, "done", outcome="reached", text="Glad", today=now.date(), by=by)
    code = f"looked-{customer.pk}"
    own = {"code": code, "customer": customer}
    models.Purchase.objects.create(
        **own, ordered_at=earlier, net_amount=1_234_567, currency="EUR", channel="web", coupon_code=LONG[:60]
    )
    models.Return.objects.create(**own, purchase_code=code, returned_at=now, amount=1_234_567)
    models.Contract.objects.create(
        **own,
        started_on=date(2024, 1, 1),
        ended_on=date(2025, 1, 1),
        end_reason="moved",
        monthly_amount=990,
        currency="EUR",
    )
    models.Visit.objects.create(**own, at=earlier, kind="page", campaign="spring")
    models.Answer.objects.create(**own, survey="nps", answered_at=earlier, score=9)
    models.Mention.objects.create(**own, at=earlier, network="web", kind="recommendation")
    models.Referral.objects.create(code=code, referrer=customer, invited_at=earlier)
    models.Consent.objects.create(
        customer=customer,
        purpose="marketing",
        channel="email",
        given=True,
        at=earlier,
        text="Yes",
        actor="self",
    )
    other = services.add_customer("Lea B.", email="lea@another.example", by=by)
    services.merge(other, customer, by=by)
    add_request("copy", now.date(), customer, by=by)
    return other


ORDERS = "Kunde;Bestellung;Datum;Betrag\n" + "".join(
    f"k{number % 9};looked-{number};{1 + number % 28:02d}.{1 + number % 6:02d}.2026;{number},50\n"
    for number in range(1, 40)
)
ASIDE = ";looked-98;01.01.2026;1,00\nlea;looked-99;99.99.2026;1,00\n"


@dataclass(frozen=True, slots=True)
class FullFirm:
    """A firm with something of everything, its address, and who may look at it."""

    address: str
    browser: Any
    ines: Any
    tessa: Any
    """She has an authenticator app."""
    customer: Any
    pages: dict[str, str]
    """Addresses that need an object, by name."""
    strangers: dict[str, str]
    """Addresses of whoever is not logged in."""

    def visit(self, client=None, **wishes):
        """Open a page of Chromium in which Ines, or whose client it is, is logged in."""
        context = self.browser.new_context(base_url=self.address, **{"locale": "en-GB", **wishes})
        client = client or logged_in(self.ines)
        context.add_cookies(
            [
                {"name": name, "value": cookie.value, "url": self.address}
                for name, cookie in client.cookies.items()
            ]
        )
        opened = context.new_page()
        # A busy machine is no reason to fail.
        opened.set_default_timeout(90_000)
        return opened


def logged_in(user):
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture(scope="module")
def full_firm(measured_site, browser):
    """Give a measured firm with a customer who has everything, files in every state, and people in all roles."""
    from treue.app.core import accounts, second_factor
    from treue.app.core.models import Firm, User
    from treue.app.customers.kept_filters import save_segment
    from treue.app.measuring.care import care_list

    ines = User.objects.create_user("ines@firm.example", PASSWORD, name="Ines Halvorsen", role="owner")
    User.objects.create_user("jonas@firm.example", None, name="Jonas", role="service")
    tessa = User.objects.create_user("tessa@firm.example", PASSWORD, name="Tessa", role="owner")
    assert second_factor.switch_app_on(tessa, KEY, f"{totp(bytes.fromhex(KEY)):06d}")
    firm = Firm.the()
    customer = care_list(firm.run_id, date.today())[0].customer  # noqa: DTZ011
    loser = known_in_every_way(customer, ines)
    customer.refresh_from_db()
    save_segment(
        "Quiet ones",
        {
            "match": "all",
            "groups": [{"match": "all", "conditions": [{"field": "risk", "op": "is", "value": "silent"}]}],
        },
        by=ines,
    )
    done, read = files_of(ines)
    _, secret = accounts.invite("kim@firm.example", "Kim", "analyst", by=ines)
    filtered = "g0c0-field=orders&g0c0-op=least&g0c0-value=2&g1c0-field=risk&g1c0-op=is&g1c0-value=silent"
    pages = {
        "customers-filtered": f"/customers/?{filtered}&sort=-stake",
        "customers-nobody": "/customers/?words=nobodyatall",
        "customer": f"/customers/{customer.pk}/",
        "customer-merged": f"/customers/{loser.pk}/",
        "customer-erase": f"/customers/{customer.pk}/erase/",
        "file-done": f"/data/{done}/",
        "file-read": f"/data/{read}/",
        "privacy-counted": "/privacy/?count=1&done=request",
        "retention-years": "/retention/?by=year",
        "help-measure": "/help/retention_rate/",
        "nothing-here": "/nothing-here/",
    }
    strangers = {"login": "/login/", "welcome": f"/welcome/{secret}/"}
    yield FullFirm(measured_site, browser, ines, tessa, customer, pages, strangers)
    for context in browser.contexts:
        context.close()


def files_of(user):
    """Bring a file in with rows set aside, and let another be read; returns their numbers."""
    from treue.app.core import jobs, worker
    from treue.app.core.models import Job

    client, numbers = logged_in(user), []
    for name, rows in (("orders.csv", ORDERS + ASIDE), (f"{LONG.replace(' ', '')}.csv", ORDERS)):
        sent = client.post("/data/upload/", {"file": SimpleUploadedFile(name, rows.encode())})
        numbers.append(int(sent.url.split("/")[2]))
        for start in (False, True)[: 2 - len(numbers) + 1]:
            if start:
                client.post(f"{sent.url}start/")
            for number in jobs.waiting():
                if Job.objects.get(id=number).kind.startswith("import") and jobs.claim(number):
                    worker.do(number)
    return numbers
