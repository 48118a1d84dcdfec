"""Processes that are killed while they work, at random moments; only kills that struck inside the work count.

The parent loads everything and forks for each piece of work, so that a kill costs a fraction of a second. The child
says when the work begins, when it first writes, and when it is over: a kill counts that came after the first of these
and before the last.
"""

from __future__ import annotations

import os
import signal
import statistics
import sys
import time
import traceback
from collections import Counter

from django.db import connection, connections

BEGUN, WRITING, OVER = b"b", b"w", b"e"
MORE_TRIES = 6
"""How many tries there are for each kill that has to strike."""


class Child:
    """A piece of work in a process of its own."""

    def __init__(self, case):
        connections.close_all()
        self._reading, writing = os.pipe()
        self.said, self.heard = {}, []
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self._reading)
            _work(self, case, writing)
        os.close(writing)

    def work(self, case, say):
        """Do it, in the process of its own."""
        first = [] if case.finds_writing else [True]

        def look(execute, sql, params, many, context):
            if not first and sql.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")):
                first.append(sql)
                say(WRITING)
            return execute(sql, params, many, context)

        with connection.execute_wrapper(look):
            case.work(say)

    def wait_for(self, mark):
        """Wait until the child has said something, or has ended; returns when, or None."""
        while mark not in self.said and self.listen():
            pass
        return self.said.get(mark)

    def listen(self):
        told = os.read(self._reading, 1)
        if told:
            self.said.setdefault(told, time.monotonic())
            self.heard.append(told)
        return bool(told)

    def end(self):
        """Let it come to its end; True where that was a good one."""
        while self.listen():
            pass
        return self.reap() == 0

    def kill(self):
        """Kill it, and hear what it had said."""
        os.kill(self.pid, signal.SIGKILL)
        code = self._reap_after_listening()
        assert code in (0, -signal.SIGKILL), "the work failed before it was killed"
        wait_for_server()
        return code != 0

    def _reap_after_listening(self):
        while self.listen():
            pass
        return self.reap()

    def reap(self):
        os.close(self._reading)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def wait_for_server():
    """Wait until PostgreSQL knows that nobody is there any more.

    A COMMIT that was on its way still happens: seen while it does, what was asked first and last would differ.
    """
    if connection.vendor != "postgresql":
        return
    until = time.monotonic() + 60
    with connection.cursor() as cursor:
        while time.monotonic() < until:
            cursor.execute(
                "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
                "AND backend_type = 'client backend' AND state IS DISTINCT FROM 'idle'"
            )
            if cursor.fetchone() is None:
                return
            time.sleep(0.005)
    raise AssertionError("the server is still at work for whoever was killed")


def _work(child, case, pipe):
    """Do it; this process never comes back from here."""
    try:
        connection.ensure_connection()

        def say(mark):
            os.write(pipe, mark)

        child.work(case, say)
        say(OVER)
        os._exit(0)
    except BaseException:  # noqa: BLE001  (whatever it was, the parent is told)
        traceback.print_exc()
        os._exit(1)


def lengths(case, times=3):
    """Work some times without harm; return the usual seconds from the beginning, and from the first row, to the end."""
    found = {BEGUN: [], WRITING: []}
    for _ in range(times):
        case.prepare()
        child = Child(case)
        assert child.end(), "the work does not come to its end"
        for mark, seconds in found.items():
            seconds.append(child.said[OVER] - child.said[mark])
    return {mark: statistics.median(seconds) for mark, seconds in found.items()}


def kill_often(case, kills, rng, *, until_wrong=False):
    """Kill until so many kills struck inside the work; return what was counted, and what was wrong how often.

    With `until_wrong` it ends as soon as anything is, as a control does.
    """
    started = time.monotonic()
    seconds = lengths(case, times=3 if kills > 20 else 1)
    wrong, counted = Counter(), Counter(kills=0, while_writing=0, came_too_late=0)
    for number in range(MORE_TRIES * kills):
        if counted["kills"] == kills or (until_wrong and wrong):
            break
        case.prepare()
        child = Child(case)
        mark = rng.choice(case.marks)
        child.wait_for(mark)
        time.sleep(rng.uniform(0, seconds[mark]))
        child.kill()
        if OVER in child.said:
            counted["came_too_late"] += 1
        elif BEGUN in child.said:
            counted["kills"] += 1
            counted["while_writing"] += WRITING in child.said
        wrong.update(case.wrong(acknowledged=OVER in child.said))
        wrong.update(broken())
        if number % case.again_each == 0:
            wrong.update(case.again())
        if counted["kills"] % 25 == 0:
            sys.stdout.write(f"{dict(counted)} {dict(wrong)} {time.monotonic() - started:.0f} s\n")
            sys.stdout.flush()
    wrong.update(case.at_end())
    wrong.update(broken(thoroughly=True))
    return {
        **counted,
        "wrong": dict(wrong),
        "work_seconds": round(seconds[BEGUN], 3),
        "seconds": round(time.monotonic() - started, 1),
    }


def broken(*, thoroughly=False):
    """Return what is wrong with the database as such, whoever wrote it."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA integrity_check")
            found = [] if cursor.fetchall() == [("ok",)] else ["integrity"]
            cursor.execute("PRAGMA foreign_key_check")
            return found + ["foreign key"] * bool(cursor.fetchone())
        return list(_broken_postgres(cursor, thoroughly=thoroughly))


FOREIGN_KEYS = """
SELECT con.conrelid::regclass::text, col.attname, con.confrelid::regclass::text, far.attname
FROM pg_constraint con
JOIN pg_attribute col ON col.attrelid = con.conrelid AND col.attnum = con.conkey[1]
JOIN pg_attribute far ON far.attrelid = con.confrelid AND far.attnum = con.confkey[1]
WHERE con.contype = 'f'
"""
KEYS = """
SELECT i.indrelid::regclass::text, i.indisvalid,
  (SELECT string_agg(quote_ident(a.attname), ', ') FROM unnest(i.indkey) k JOIN pg_attribute a
   ON a.attrelid = i.indrelid AND a.attnum = k), coalesce(' WHERE ' || pg_get_expr(i.indpred, i.indrelid), '')
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE i.indisunique AND n.nspname = current_schema() AND i.indexprs IS NULL
"""
BY_TABLE = "SET enable_indexscan = off; SET enable_indexonlyscan = off; SET enable_bitmapscan = off"
BY_INDEX = "SET enable_seqscan = off; SET enable_bitmapscan = off"
AS_USUAL = "RESET enable_indexscan; RESET enable_indexonlyscan; RESET enable_bitmapscan; RESET enable_seqscan"


def _broken_postgres(cursor, *, thoroughly):
    """Check what SQLite's integrity check does: rows can be read, keys are unique, indexes say what tables say."""
    cursor.execute(FOREIGN_KEYS)
    for table, column, other, far in cursor.fetchall():
        cursor.execute(
            f'SELECT 1 FROM {table} t WHERE t."{column}" IS NOT NULL AND NOT EXISTS '
            f'(SELECT 1 FROM {other} o WHERE o."{far}" = t."{column}") LIMIT 1'
        )
        if cursor.fetchone():
            yield f"foreign key {table}.{column}"
    if not thoroughly:
        return
    cursor.execute(KEYS)
    keys = cursor.fetchall()
    for table, valid, columns, where in keys:
        cursor.execute(BY_TABLE)
        filled = " AND ".join(f"{name} IS NOT NULL" for name in columns.split(", "))
        condition = f"{where} AND {filled}" if where else f" WHERE {filled}"
        cursor.execute(f"SELECT count(*), count(DISTINCT ({columns})) FROM {table}{condition}")
        rows, different = cursor.fetchone()
        cursor.execute(f"{AS_USUAL}; {BY_INDEX}")
        cursor.execute(f"SELECT count(*) FROM {table}{condition}")
        by_index = cursor.fetchone()[0]
        cursor.execute(f"{AS_USUAL}; SELECT count(t::text) FROM {table} t")
        if not valid or rows != different or rows != by_index:
            yield f"key of {table}"
