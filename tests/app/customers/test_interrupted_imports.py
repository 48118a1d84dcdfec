from __future__ import annotations

import os
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.test.utils import override_settings
from django.utils import timezone

from treue.app.core import jobs
from treue.app.customers.importing import left_over, services
from treue.app.customers.models import Customer, ImportedFile
from treue.app.privacy import erasing, retention
from treue.app.privacy.whole import Person

KILLED = """
import os, sys
import django, pyarrow
os.environ["DJANGO_SETTINGS_MODULE"] = "treue.app.settings"
django.setup()
from treue.app.customers.importing.staging import Staging
for number in sys.argv[1:]:
    staging = Staging(int(number)).__enter__()
    staging.keep("people", pyarrow.table({"code": ["zita@firm.example"]}))
os._exit(9)
"""
"""It keeps rows and is killed."""


@pytest.fixture
def left(real_database):
    """Return the numbers of the imports of which something waits."""

    def all_there():
        if real_database == "sqlite":
            found = Path(os.environ["TREUE_HOME"], "imports").glob("*.staging")
            return sorted(int(path.stem.split("_")[1]) for path in found)
        names = [name for name in connection.introspection.table_names() if name.startswith("import_")]
        return sorted(int(name.split("_")[1]) for name in names)

    with override_settings(HOME=os.environ["TREUE_HOME"]):
        before = all_there()
        yield lambda: [number for number in all_there() if number not in before]


def files(*states, days=0):
    return [
        ImportedFile.objects.create(
            name="a.csv", path="/a", state=state, actor="command", created_at=timezone.now() - timedelta(days)
        )
        for state in states
    ]


def kill(*numbers):
    command = [sys.executable, "-c", KILLED, *(str(number) for number in numbers)]
    assert subprocess.run(command, check=False, capture_output=True, timeout=120).returncode == 9


def test_what_a_killed_import_left_waiting_goes_with_the_stop_or_in_the_night(left):
    stopped, cancelled, command = files("running", "cancelled", "running")
    given_up, goes_on = files("running", "running", days=2)
    jobs.order("import", f"import:{goes_on.pk}")
    nobody = goes_on.pk + 1
    kill(stopped.pk, cancelled.pk, command.pk, given_up.pk, goes_on.pk, nobody)
    assert left() == [stopped.pk, cancelled.pk, command.pk, given_up.pk, goes_on.pk, nobody]
    services.cancel(stopped, by="command")
    assert left() == [cancelled.pk, command.pk, given_up.pk, goes_on.pk, nobody]
    night = jobs.order("retention")
    assert jobs.claim(night.pk)
    retention.work(jobs.Working(night))
    assert left() == [command.pk, goes_on.pk]


def test_nobody_who_is_erased_stays_in_what_a_killed_import_left_waiting(left):
    lea = Customer.objects.create(code="lea@x.example")
    (file,) = files("cancelled")
    kill(file.pk)
    assert left() == [file.pk]
    erasing.erase_person(Person.of(lea), by="command", why="request")
    assert left() == []


@pytest.mark.parametrize("real_database", ["postgres"], indirect=True)
@pytest.mark.postgres
def test_tables_of_others_stay_and_one_in_use_holds_nobody_up(left):
    # The copied database has numbers of its own of tests before, whose tables came back with what they undid.
    names = ["import_900007_people", "import_902024_sales", "import_900008_people"]
    kinds = ["UNLOGGED", "UNLOGGED", ""]
    with connection.cursor() as cursor:
        for name, kind in zip(names, kinds, strict=True):
            cursor.execute(f"CREATE {kind} TABLE {name} (code text)")
    reading, over = threading.Event(), threading.Event()

    def read():
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT * FROM import_900007_people")
            reading.set()
            over.wait(60)
        connection.close()

    reader = threading.Thread(target=read)
    reader.start()
    assert reading.wait(30)
    left_over.remove_all_waiting(timezone.now())
    assert left() == [900_007, 900_008, 902_024]
    over.set()
    reader.join()
    left_over.remove_all_waiting(timezone.now())
    assert left() == [900_008, 902_024]
