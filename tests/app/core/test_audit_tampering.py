"""Five hundred ways to tamper with the log, each found at its first bad entry."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, connections, transaction
from django.db.utils import DatabaseError
from django.test.utils import CaptureQueriesContext

from treue.app.core import audit
from treue.app.core.models import AuditEntry, AuditHead
from treue.kernel.errors import WrongArgument

TRIGGERS = ("entry_stays", "entry_kept", "entry_last", "head_grows", "head_kept")


def run(*statements):
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def drop_triggers():
    if connection.vendor == "sqlite":
        run(*(f"DROP TRIGGER audit_{name}" for name in TRIGGERS))
    else:
        run(*(f"ALTER TABLE core_audit{table} DISABLE TRIGGER ALL" for table in ("entry", "head")))


def log_of(count):
    """Write a long log quickly; each entry is what `audit.write` would have written."""
    entries, previous = [], audit.START
    one = audit.write("customer.seen", by=audit.SYSTEM, subject="customer:0", detail={"share": 0.25})
    previous, at = one.digest, one.at
    for number in range(2, count + 1):
        entry = AuditEntry(
            number=number, at=at, actor=f"user:{number % 7}", action="customer.seen", subject=f"customer:{number}",
            detail={"count": number, "words": "é"}, previous=previous,
        )  # fmt: skip
        entry.digest = previous = audit.digest_of(entry)
        entries.append(entry)
    AuditEntry.objects.bulk_create(entries, batch_size=2_000)
    AuditHead.objects.filter(id=1).update(count=count, digest=previous)


FIELDS = ("actor", "action", "subject", "previous", "digest")


def tampered(rng, count):
    """Tamper once, at random, with all rights of the database; returns the first bad number."""
    n = int(rng.integers(1, count + 1))
    how = rng.choice(["change", "delete", "insert", "swap", "cut", "when", "detail"])
    if how == "change":
        run(f"UPDATE core_auditentry SET {rng.choice(FIELDS)} = 'x' WHERE number = {n}")
    elif how == "when":
        later = (
            "datetime(at, '+1 second')" if connection.vendor == "sqlite" else "at + interval '1 microsecond'"
        )
        run(f"UPDATE core_auditentry SET at = {later} WHERE number = {n}")
    elif how == "detail":
        run(f"UPDATE core_auditentry SET detail = '{{}}' WHERE number = {n}")
    elif how == "delete":
        run(f"DELETE FROM core_auditentry WHERE number = {n}")
    elif how == "cut":
        run(f"DELETE FROM core_auditentry WHERE number >= {n}")
    elif how == "insert":
        # Everything from there on moves up by one, and a copy takes the place.
        columns = "at, actor, action, subject, detail, previous, digest"
        run(
            f"UPDATE core_auditentry SET number = -number - 1 WHERE number >= {n}",
            "UPDATE core_auditentry SET number = -number WHERE number < 0",
            f"INSERT INTO core_auditentry (number, {columns}) SELECT {n}, {columns}"
            f" FROM core_auditentry WHERE number = {n + 1}",
            "UPDATE core_audithead SET count = count + 1",
        )
        return n + 1  # the copy is what stood there; the one after it follows from nothing
    else:
        n = min(n, count - 1)
        other = int(rng.integers(n + 1, count + 1))
        run(
            f"UPDATE core_auditentry SET number = 0 WHERE number = {n}",
            f"UPDATE core_auditentry SET number = {n} WHERE number = {other}",
            f"UPDATE core_auditentry SET number = {other} WHERE number = 0",
        )
    return n


def found_of(rng, count, times):
    """Tamper so many times with a log of so many entries; returns how often the check named the first bad one."""
    log_of(count)
    drop_triggers()
    assert audit.verify().first_bad is None
    named = 0
    for _ in range(times):
        bad, verdict = undone(lambda: (tampered(rng, count), audit.verify()))
        named += (verdict.first_bad, bool(verdict.why)) == (bad, True)
        sweep()
    assert audit.verify().first_bad is None
    return named


def sweep():
    """Give free what was taken back: PostgreSQL would wade through more of it each time."""
    if connection.vendor == "postgresql" and not connection.in_atomic_block:
        run("VACUUM core_auditentry")


def undone(work):
    """Do something and take it back."""
    with transaction.atomic():
        found = work()
        transaction.set_rollback(True)
    return found


@pytest.mark.parametrize(
    ("count", "times"),
    [
        pytest.param(2_000, 60, marks=pytest.mark.slow_on_postgres),
        (300, 21),
        pytest.param(2_000, 500, marks=pytest.mark.slow),
    ],
)
def test_every_tampering_is_found_where_it_begins(database, rng, count, times):
    assert found_of(rng, count, times) == times


@pytest.mark.slow
@pytest.mark.timeout(7_200)
def test_five_hundred_of_five_hundred_are_found_in_a_log_of_a_hundred_thousand(real_database, rng):
    assert found_of(rng, 100_000, 500) == 500


def each_alone():
    """Check each entry by itself, as a log without a chain would."""
    return all(audit.digest_of(entry) == entry.digest for entry in AuditEntry.objects.order_by("number"))


def chained():
    """Check that each entry follows from the one before, as a log would that does not know its end."""
    previous = audit.START
    for entry in AuditEntry.objects.order_by("number"):
        if entry.previous != previous or audit.digest_of(entry) != entry.digest:
            return False
        previous = entry.digest
    return True


def test_checks_without_the_chain_or_without_the_head_miss_what_is_gone(database):
    log_of(50)
    drop_triggers()

    def seen(statement):
        run(statement)
        return each_alone(), chained(), audit.verify().first_bad

    assert undone(lambda: seen("DELETE FROM core_auditentry WHERE number = 20")) == (True, False, 20)
    assert undone(lambda: seen("DELETE FROM core_auditentry WHERE number >= 20")) == (True, True, 20)
    assert undone(lambda: seen("UPDATE core_auditentry SET actor = 'x' WHERE number = 20")) == (
        False,
        False,
        20,
    )


@pytest.mark.postgres
@pytest.mark.parametrize("database", [pytest.param("postgres")], indirect=True)
@pytest.mark.parametrize("table", ["core_auditentry", "core_audithead", "core_auditentry, core_audithead"])
def test_postgres_refuses_to_empty_the_log_at_one_stroke(database, table):
    audit.write("customer.seen", by=audit.SYSTEM)
    with pytest.raises(DatabaseError, match="new entries only"), transaction.atomic():
        run(f"TRUNCATE {table}")
    assert audit.verify().entries == 1
    drop_triggers()
    run("TRUNCATE core_auditentry")
    assert audit.verify().first_bad == 1


def test_a_log_rewritten_as_a_whole_is_noticed_by_a_kept_head_only(database):
    log_of(50)
    kept = audit.head()
    drop_triggers()
    previous = AuditEntry.objects.get(number=20).digest
    for entry in AuditEntry.objects.filter(number__gt=20).order_by("number"):
        entry.actor, entry.previous = "user:666", previous
        entry.digest = previous = audit.digest_of(entry)
        entry.save()
    AuditHead.objects.update(digest=previous)
    assert audit.verify().first_bad is None
    verdict = audit.verify(kept)
    assert (verdict.first_bad, verdict.why) == (50, "other")


def test_a_log_cut_together_with_its_head_is_noticed_by_a_kept_head_only(database):
    log_of(50)
    kept = audit.head()
    drop_triggers()
    run("DELETE FROM core_auditentry WHERE number > 30")
    AuditHead.objects.update(count=30, digest=AuditEntry.objects.get(number=30).digest)
    assert audit.verify().first_bad is None
    assert audit.verify(kept).first_bad == 31


def test_a_kept_head_of_an_untouched_log_fits_for_ever(database):
    kept = []
    for _ in range(5):
        audit.write("customer.seen", by=audit.SYSTEM)
        kept.append(audit.head())
    assert [audit.verify(head).first_bad for head in kept] == [None] * 5


@pytest.mark.parametrize("head", ["5", "5:", "x:" + "0" * 64, "5:" + "0" * 63, "5:" + "G" * 64])
def test_what_is_no_head_is_refused(database, head):
    with pytest.raises(WrongArgument, match="is no head of a log"):
        audit.verify(head)


@pytest.mark.parametrize(
    "statement",
    [
        (
            "INSERT OR REPLACE INTO core_auditentry SELECT 2, at, actor, 'x', subject, detail, previous, digest"
            " FROM core_auditentry WHERE number = 2"
        ),
        (
            "INSERT INTO core_auditentry SELECT 9, at, actor, 'x', subject, detail, previous, digest"
            " FROM core_auditentry WHERE number = 2"
        ),
        "UPDATE core_audithead SET count = count - 1",
        "DELETE FROM core_audithead",
    ],
)
def test_the_database_refuses_what_its_other_triggers_would_let_pass(database, statement):
    if database == "postgres" and "OR REPLACE" in statement:
        statement = statement.replace("INSERT OR REPLACE", "INSERT")
    for _ in range(3):
        audit.write("customer.seen", by=audit.SYSTEM)
    with pytest.raises(DatabaseError, match="new entries only"), transaction.atomic():
        run(statement)
    assert audit.verify() == audit.verify(audit.head())
    assert audit.verify().entries == 3


@pytest.mark.parametrize(
    "detail",
    [
        {"a": -0.0, "b": 1.0, "c": 0.1, "d": 1e-7, "e": 12345678901234.5},
        {"é": "ü\0", "list": [1, (2, 3)], "none": None, "yes": True},
        {1: 2, "10": 3},
        {"big": 2**60},
    ],
)
def test_every_detail_comes_back_as_it_was_written(database, detail):
    audit.write("customer.seen", by=audit.SYSTEM, detail=detail)
    assert audit.verify().first_bad is None


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e22])
def test_a_number_that_no_database_keeps_is_refused(database, value):
    with pytest.raises(WrongArgument, match="is no number that every database keeps"):
        audit.write("customer.seen", by=audit.SYSTEM, detail={"deep": [value]})
    assert audit.verify().entries == 0


def test_a_log_to_which_others_write_is_not_taken_for_tampered(real_database):
    log_of(500)
    over = threading.Event()

    def write():
        try:
            while not over.is_set():
                audit.write("customer.seen", by=audit.SYSTEM)
        finally:
            connections.close_all()

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    verdicts = [audit.verify() for _ in range(30)]
    over.set()
    for writer in writers:
        writer.join()
    assert {verdict.first_bad for verdict in verdicts} == {None}
    assert audit.verify().entries == AuditEntry.objects.count() > 500


@pytest.mark.slow_on_postgres
def test_a_long_log_is_asked_for_once(database):
    log_of(20_000)
    with CaptureQueriesContext(connection) as asked:
        assert audit.verify().first_bad is None
    assert len(asked) < 5
