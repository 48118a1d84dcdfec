"""The application in a process of its own: ``python -m bench.application fill FOLDER | pages``; TREUE_HOME says where."""

from __future__ import annotations

import json
import os
import sys
import time

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
        "audit/",
        "privacy/",
    ),
    *(
        "customers/",
        "customers/{}/",
        "customers/?sort=-returns",
        "customers/?sort=-stake",
        "customers/?sort=last",
    ),
    *("customers/?page=150", "customers/?words=1", "customers/?words=100"),
)


def fill(folder: str) -> None:
    """Bring a folder of files into an empty database."""
    from treue.app.core import audit
    from treue.app.core.models import Firm, User
    from treue.app.customers.importing.services import import_paths
    from treue.cli.application import prepare_database

    prepare_database()
    Firm.the()
    # The window that the report is given too.
    Firm.objects.update(window_days=90)
    User.objects.create_user("ines@firm.example", None, name="Ines", role="owner")
    begin = time.perf_counter()
    file = import_paths([folder], by=audit.COMMAND)
    print(json.dumps({"seconds": time.perf_counter() - begin, "rows": file.accepted}))


def pages() -> None:
    """Print for each page how long its 95th percentile takes on the server, in milliseconds."""
    from django.test import Client

    from treue.app.core.models import User
    from treue.app.customers.models import Customer

    client = Client(SERVER_NAME="localhost", HTTP_ACCEPT_LANGUAGE="en")
    client.force_login(User.objects.get(), backend="django.contrib.auth.backends.ModelBackend")
    ids = list(Customer.objects.order_by("id").values_list("id", flat=True)[:REQUESTS])
    told = {}
    for name in PAGES:
        client.get(f"/{name.format(ids[0])}")
        spent = []
        for one in ids:
            # Time of the processor: the database is in this process, and whoever else works here does not count.
            begin = time.process_time()
            answer = client.get(f"/{name.format(one)}")
            spent.append(time.process_time() - begin)
            if answer.status_code != 200:
                sys.exit(f"/{name}: {answer.status_code}")
        told[f"/{name.format('ID')}"] = 1000 * sorted(spent)[int(0.95 * len(spent))]
    print(json.dumps(told))


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "treue.app.settings"
    import django

    django.setup()
    if sys.argv[1] == "fill":
        fill(sys.argv[2])
    else:
        pages()
