"""What servers and workers write into their logs names nobody, however they fail."""

from __future__ import annotations

import io
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction

from treue.app.core import audit, jobs
from treue.app.core.logs import Sparing
from treue.app.core.models import Job
from treue.app.customers.models import ContactPoint, Customer, Note
from treue.app.privacy import erasing
from treue.app.privacy.night import Night, NotAll

CANARY = "kanarienvogel"
KINDS = {
    "twice": "IntegrityError",
    "cell": "ConversionException",
    "missing": "ENOENT",
    "thread": "ValueError",
}
CHILD = """
import django, sys
django.setup()
from treue.app.core import jobs
jobs.register("failing", "failing_work:{function}")
from treue.app.__main__ import main
main()
"""


@pytest.fixture
def zita_here(real_database):
    made = Customer.objects.create(code=f"{CANARY}-1", name=f"Zita {CANARY}")
    address = f"z@{CANARY}.example"
    ContactPoint.objects.create(customer=made, kind="email", typed=address, normal=address)
    return made


ONCE = pytest.mark.slow_on_postgres


@pytest.mark.parametrize(
    "function", ["twice", *(pytest.param(name, marks=ONCE) for name in ("cell", "missing", "thread"))]
)
def test_work_that_fails_in_a_process_of_its_own_names_nobody(zita_here, function):
    job = jobs.order("failing")
    jobs.claim(job.pk)
    path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    told = {
        "DJANGO_SETTINGS_MODULE": "treue.app.settings",
        "PYTHONPATH": path,
        "TEST_CANARY": f"Zita {CANARY}",
    }
    ended = subprocess.run(
        [sys.executable, "-c", CHILD.format(function=function), "work", str(job.pk)],
        env={**os.environ, **told}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    said = ended.stdout + ended.stderr
    assert "failing_work.py" in said
    assert KINDS[function] in said
    assert CANARY not in said.casefold()
    assert "zita" not in said.casefold()
    assert CANARY not in Job.objects.get(pk=job.pk).words


def test_a_server_that_fails_while_it_writes_names_nobody(zita_here, serve, jonas_here, browse):
    with serve() as server:
        cookies = browse(jonas_here).cookies
        path = f"/customers/{zita_here.pk}/note/"
        assert server.post(path, cookies, text=f"{CANARY} called") == 302
        # What is there no more is missed in the middle of the deed.
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE customers_note RENAME TO customers_note_away")
        assert server.post(path, cookies, text=f"{CANARY} called again") == 500
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE customers_note_away RENAME TO customers_note")
        assert server.post(path, cookies, text=f"{CANARY} called again") == 302
    said = server.errors.read_text().casefold()
    assert "add_note" in said
    assert CANARY not in said
    assert Note.objects.count() == 2


def test_a_form_that_is_refused_does_not_write_down_the_link_that_opens_an_account(serve):
    secret = "kanarienvogel" * 3
    with serve() as server:
        assert server.post(f"/welcome/{secret}/", {}, csrfmiddlewaretoken="b" * 32) == 403
    said = server.errors.read_text()
    assert "/welcome/…" in said
    assert CANARY not in said


def written(formatter, work):
    """Return what a handler with this formatter writes while something is done."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(formatter)
    loggers = [logging.getLogger(name) for name in ("treue", "django.request")]
    for one in loggers:
        one.addHandler(handler)
    try:
        work()
    finally:
        for one in loggers:
            one.removeHandler(handler)
    return out.getvalue().casefold()


def fail_in_all_ways():
    """Fail where code of ours writes errors down; every error names the person."""

    def erase(_customer):
        raise OSError(28, "no space", f"/{CANARY}.csv")

    with pytest.raises(OSError, match="no space"):
        erasing.erase_each(Customer.objects.all(), erase)
    night = Night()
    with night.step("retention"), transaction.atomic():
        point = ContactPoint.objects.get()
        ContactPoint.objects.create(
            customer=point.customer, kind=point.kind, typed=point.typed, normal=point.normal
        )
    with pytest.raises(NotAll):
        night.end()
    log = logging.getLogger("treue.test")
    try:
        try:
            int(CANARY)
        except ValueError as error:
            raise IntegrityError(f"Key (normal)=({CANARY})") from error
    except IntegrityError as error:
        log.exception("customer %s: %s", 7, error)  # noqa: TRY401
        log.error(error)  # noqa: TRY400


def test_every_place_that_logs_an_error_tells_its_kind_and_place(zita_here):
    said = written(Sparing("%(message)s"), fail_in_all_ways)
    assert CANARY not in said
    for part in (
        "enospc",
        "integrityerror",
        "valueerror",
        "test_logs.py:",
        f"customer {zita_here.pk} could not",
    ):
        assert part in said


def test_an_ordinary_log_would_name_the_person(zita_here):
    assert CANARY in written(logging.Formatter("%(message)s"), fail_in_all_ways)


def test_the_worker_says_each_day_where_the_audit_log_ends(serve, wait_for):
    audit.write("customer.seen", by=audit.SYSTEM)
    from treue.app.core.models import Firm

    Firm.the()
    Firm.objects.update(cycle_hour=0)
    with serve(worker=True) as server:
        assert wait_for(lambda: "the audit log ends at " in server.errors.read_text())
        line = server.errors.read_text().partition("the audit log ends at ")[2].split()[0]
    assert audit.verify(line).first_bad is None
    assert int(line.partition(":")[0]) >= 1
    with connection.cursor() as cursor:
        for name in ("entry", "head"):
            drop(cursor, name)
        cursor.execute("DELETE FROM core_auditentry")
        cursor.execute("UPDATE core_audithead SET count = 0, digest = %s", [audit.START])
    assert audit.verify().first_bad is None
    assert audit.verify(line).first_bad == 1


def drop(cursor, name):
    """Take away what keeps the log from being cut."""
    if connection.vendor == "postgresql":
        cursor.execute(f"ALTER TABLE core_audit{name} DISABLE TRIGGER ALL")
        return
    cursor.execute(
        "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [f"core_audit{name}"]
    )
    for (trigger,) in cursor.fetchall():
        cursor.execute(f'DROP TRIGGER "{trigger}"')
