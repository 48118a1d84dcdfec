"""The application in a process of its own: ``python -m bench.application fill FOLDER | desk | pages | session``.

TREUE_HOME and TREUE_DATABASE_URL say where.
"""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.test import Client

REQUESTS = 40
PAGES = (
    *(
        "",
        "retention/",
        "ladder/",
        "help/",
        "help/retention_rate/",
        "data/",
        "settings/",
        "settings/people/",
        "audit/",
        "audit/?q=customer:5",
        "audit/?q=ines",
        "privacy/",
        "charts/survival/",
    ),
    *(
        "customers/",
        "customers/{}/",
        "customers/{}/erase/",
        "customers/add/",
        "customers/?sort=-returns",
        "customers/?sort=-stake",
        "customers/?sort=last",
    ),
    *("customers/?page=150", "customers/?words=1", "customers/?words=100"),
    *("care/", "promises/", "contacts/", "account/", "account/app/", "data/1/"),
    *("customers/?sort=name", "customers/?sort=-code"),
    # Filters on the record and on scores that nobody fits, some hundreds, or more than are counted.
    *(
        f"customers/?g0c0-field={field}&g0c0-op={op}&g0c0-value={value}"
        for field, op, value in (
            ("country", "is", "NO"),
            ("language", "is", "nb"),
            ("name", "contains", "zz"),
            ("name", "contains", "zweig"),
            ("name", "contains", "berg"),
            ("name", "is", "Ines Rosenhaug"),
            ("email", "contains", "person47112"),
            ("email", "contains", "example"),
            ("acquired_via", "contains", "fair"),
            ("expertise", "is", "expert"),
            ("no_marketing", "is", "yes"),
            ("orders", "least", "100"),
            ("again", "is", "500"),
            ("ahead", "least", "900000"),
            ("returns", "least", "99.9"),
            ("rung", "is", "advocate"),
            ("risk", "is", "late"),
        )
    ),
    "customers/?sort=name&g0c0-field=orders&g0c0-op=least&g0c0-value=3",
    # Lists behind figures: who was there when the period began, who was lost, all customers now and ever, who rose.
    *(
        f"customers/?sort={sort}&g0c0-field={field}&g0c0-op=is&g0c0-value={value}"
        for sort, field, value in (
            ("-money", "period", "start"),
            ("-money", "period", "lost"),
            ("-last", "stands", "now"),
            ("last", "stands", "ever"),
            ("-money", "moved", "up"),
        )
    ),
)

THOUSANDS = tuple(
    "customers/?"
    + "&".join(
        f"g0c{place}-field={field}&g0c{place}-op={op}&g0c{place}-value={value}"
        for place, (field, op, value) in enumerate(asked)
    )
    for asked in (
        (("company", "contains", "quist"),),
        (("segment", "is", "Wholesale"),),
        (("email", "contains", "post7."),),
        (("code", "contains", "4711"),),
        (("attribute:shop", "is", "Berlin"),),
        (("first", "since", "2030-01-01"),),
        (("silent", "least", "5000"),),
        (("name", "contains", "berg"), ("orders", "least", "3")),
        (("recency", "is", "1"), ("frequency", "is", "5"), ("spending", "is", "5")),
    )
)
"""Filters that some thousands fit, or few whom no index finds: slower, and without a target."""

NO_PAGES = {
    "today-progress": "a part of Today, and only while work goes on",
    "chart-library": "a file that browsers keep",
    "data-file-set-aside": "a file",
    "audit-export": "a file",
}
"""Addresses that are asked for and are no pages, with why."""


def fill(folder: str) -> None:
    """Bring a folder of files into an empty database."""
    from django.utils import timezone

    from treue.app.core import audit
    from treue.app.core.models import Firm, User
    from treue.app.customers.importing.services import import_paths
    from treue.cli.application import prepare_database

    prepare_database()
    Firm.the()
    # The window that the report is given too; the day's work counts as ordered, so that a server would be idle.
    Firm.objects.update(window_days=90, cycle_on=timezone.now() + timedelta(days=1))
    User.objects.create_user("ines@firm.example", None, name="Ines", role="owner")
    begin = time.perf_counter()
    file = import_paths([folder], by=audit.COMMAND)
    print(json.dumps({"seconds": time.perf_counter() - begin, "rows": file.accepted}))


def logged_in() -> Client:
    """Return a browser in which the owner has logged in."""
    from django.test import Client

    from treue.app.core.models import User

    client = Client(SERVER_NAME="localhost", HTTP_ACCEPT_LANGUAGE="en")
    client.force_login(User.objects.get(), backend="django.contrib.auth.backends.ModelBackend")
    return client


def session() -> None:
    """Print a cookie for a running server, and the addresses of pages there."""
    from treue.app.customers.models import Customer

    first = str(Customer.objects.order_by("id").values_list("id", flat=True)[0])
    ((name, cookie),) = logged_in().cookies.items()
    print(json.dumps({"cookie": f"{name}={cookie.value}", "pages": [page.format(first) for page in PAGES]}))


def pages() -> None:
    """Print for each page how long its 95th percentile takes on the server, in milliseconds."""
    from django.db import connection

    from treue.app.customers.models import Customer

    client = logged_in()
    ids = list(Customer.objects.order_by("id").values_list("id", flat=True)[:REQUESTS])
    # SQLite is in this process: its time is the processor's, and whoever else works here does not count.
    clock = time.process_time if connection.vendor == "sqlite" else time.perf_counter
    told = {}
    for name in (*PAGES, *THOUSANDS):
        client.get(f"/{name.format(ids[0])}")
        spent = []
        for one in ids:
            begin = clock()
            answer = client.get(f"/{name.format(one)}")
            spent.append(clock() - begin)
            if answer.status_code != 200:
                sys.exit(f"/{name}: {answer.status_code}")
        told[f"/{name.format('ID')}"] = 1000 * sorted(spent)[int(0.95 * len(spent))]
    print(json.dumps(told))


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "treue.app.settings"
    import django

    django.setup()
    from bench.desk import fill_desk

    {"fill": fill, "desk": fill_desk, "pages": pages, "session": session}[sys.argv[1]](*sys.argv[2:])
