from __future__ import annotations

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from treue.app.core import audit
from treue.app.core.models import AuditHead


def write_some(count):
    for number in range(count):
        audit.write("customer.seen", by=audit.SYSTEM, subject=f"customer:{number}", detail={"count": number})


def without_triggers(*statements):
    """Do what only somebody with the database's own rights could do."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for name in ("entry_stays", "entry_kept", "entry_last", "head_grows", "head_kept"):
                cursor.execute(f"DROP TRIGGER audit_{name}")
        else:
            cursor.execute("ALTER TABLE core_auditentry DISABLE TRIGGER ALL")
            cursor.execute("ALTER TABLE core_audithead DISABLE TRIGGER ALL")
        for statement in statements:
            cursor.execute(statement)


def test_an_untouched_log_is_right(database):
    write_some(5)
    verdict = audit.verify()
    assert (verdict.entries, verdict.first_bad, verdict.why) == (5, None, "")
    assert verdict.head == audit.head() == f"5:{AuditHead.objects.get().digest}"


@pytest.mark.parametrize(
    ("statement", "first_bad", "why"),
    [
        ("UPDATE core_auditentry SET actor = 'user:9' WHERE number = 3", 3, "changed"),
        ("DELETE FROM core_auditentry WHERE number = 2", 2, "missing"),
        ("DELETE FROM core_auditentry WHERE number >= 4", 4, "missing"),
        ("UPDATE core_auditentry SET number = 99 WHERE number = 3", 3, "missing"),
        ("UPDATE core_audithead SET count = 4", 5, "head"),
    ],
)
def test_tampering_names_the_first_bad_entry(database, statement, first_bad, why):
    write_some(5)
    without_triggers(statement)
    verdict = audit.verify()
    assert (verdict.first_bad, verdict.why) == (first_bad, why)


@pytest.mark.parametrize(
    "statement", ["UPDATE core_auditentry SET actor = 'x'", "DELETE FROM core_auditentry"]
)
def test_the_database_itself_refuses_to_change_an_entry(database, statement):
    write_some(1)
    with pytest.raises(DatabaseError, match="new entries only"), transaction.atomic():
        connection.cursor().execute(statement)
    assert audit.verify().first_bad is None


@transaction.atomic
def fail_after_writing():
    audit.write("customer.merged", by=audit.SYSTEM)
    return 1 / 0


def test_a_deed_that_fails_leaves_no_entry(database):
    write_some(1)
    with pytest.raises(ZeroDivisionError):
        fail_after_writing()
    write_some(1)
    verdict = audit.verify()
    assert (verdict.entries, verdict.first_bad) == (2, None)
