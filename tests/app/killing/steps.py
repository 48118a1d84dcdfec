"""Processes that kill themselves right before and right after each step at which their work changes anything.

A step is a statement that writes, a batch of rows that goes to the database beside Django, a commit, and a change of
a file in the home folder. Nothing is left to luck: the same work has the same steps.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections import Counter
from contextlib import ExitStack
from itertools import count
from unittest.mock import patch

import pyarrow as pa
from adbc_driver_manager.dbapi import Cursor
from django.db import connection
from machine import Child, broken

WRITE, BATCH, COMMIT, FILE = b"1", b"2", b"3", b"4"
"""What a child says at a step; of a commit both sides are said so."""
STEPS = (WRITE, BATCH, COMMIT, FILE)
READS = ("SELECT", "PRAGMA", "WITH", "BEGIN", "SAVEPOINT", "RELEASE", "SET", "SHOW", "ATTACH", "DETACH")


def writes(sql):
    return not str(sql).lstrip().upper().startswith(READS)


class Steps:
    """Sees the steps of the process it is in, says each, and ends the process at one of them."""

    def __init__(self, say, last):
        self._say, self._last, self._passed = say, last, 0
        self.begun = True

    def _pass(self, kind):
        if not self.begun:
            return
        self._passed += 1
        self._say(kind)
        if self._passed == self._last:
            os.kill(os.getpid(), signal.SIGKILL)

    def both_sides(self, kind, deed, *args, **named):
        self._pass(kind)
        result = deed(*args, **named)
        self._pass(kind)
        return result

    def watch(self, stack):
        """Stand at every step from now on."""
        right = Cursor.adbc_ingest, Cursor.execute, connection._commit

        def look(execute, sql, params, many, context):
            if not writes(sql):
                return execute(sql, params, many, context)
            # Outside of a transaction every statement is a commit of its own.
            kind = WRITE if connection.in_atomic_block else COMMIT
            return self.both_sides(kind, execute, sql, params, many, context)

        def ingest(cursor, table, rows, *args, **named):
            def batches():
                for batch in rows:
                    self._pass(BATCH)
                    yield batch

            if isinstance(rows, pa.RecordBatchReader):
                given = pa.RecordBatchReader.from_batches(rows.schema, batches())
            else:
                given = rows
            return self.both_sides(BATCH, right[0], cursor, table, given, *args, **named)

        def tell(cursor, operation, *args, **named):
            if not writes(operation):
                return right[1](cursor, operation, *args, **named)
            return self.both_sides(BATCH, right[1], cursor, operation, *args, **named)

        stack.enter_context(connection.execute_wrapper(look))
        stack.enter_context(patch.object(Cursor, "adbc_ingest", ingest))
        stack.enter_context(patch.object(Cursor, "execute", tell))
        connection._commit = lambda: self.both_sides(COMMIT, right[2])
        home = os.environ["TREUE_HOME"]

        def see(event, args):
            changed = event in {"os.remove", "os.rename", "os.rmdir"} or (
                event == "open" and (args[2] or 0) & (os.O_WRONLY | os.O_RDWR)
            )
            if changed and str(args[0]).startswith(home):
                self._pass(FILE)

        # It stays for the rest of this process, which is a child that ends with its work.
        sys.addaudithook(see)


class Stepping(Child):
    """A piece of work in a process that ends itself at one of its steps; without one it comes to its end."""

    def __init__(self, case, last=0):
        self._last = last
        super().__init__(case)

    def work(self, case, say):
        steps = Steps(say, self._last)
        steps.begun = not case.prepares_itself

        def begin(mark):
            steps.begun = True
            say(mark)

        with ExitStack() as stack:
            steps.watch(stack)
            case.work(begin)

    @property
    def steps(self):
        """The steps it came by."""
        return [mark for mark in self.heard if mark in STEPS]

    def ended(self):
        """Wait for its end; True where it ended itself at its step, False where all of its work was over before."""
        while self.listen():
            pass
        code = self.reap()
        assert code in (0, -signal.SIGKILL), "the work failed before it was killed"
        return code != 0


def chosen(steps, most):
    """Return so many places among steps: the first, the last and those around commits before others, evenly spread."""
    last = len(steps)
    wanted = [place for place, kind in enumerate(steps, 1) if kind == COMMIT or place in {1, last}]
    if len(wanted) >= most:
        return [wanted[round(k * (len(wanted) - 1) / max(most - 1, 1))] for k in range(most)]
    others = [place for place in range(1, last + 1) if place not in wanted]
    room = min(most - len(wanted), len(others))
    return sorted([*wanted, *(others[(2 * k + 1) * len(others) // (2 * room)] for k in range(room))])


def kill_at_steps(case, most=None, *, until_wrong=False):
    """Kill at steps of the work, at all of them or at so many; return what was counted, and what was wrong how often.

    With `until_wrong` it ends as soon as anything is, as a control does.
    """
    started = time.monotonic()
    wrong, kinds = Counter(), Counter()

    def look(*, acknowledged, again=True):
        wrong.update(case.wrong(acknowledged=acknowledged))
        wrong.update(broken())
        if again:
            wrong.update(case.again())

    # The first of all does what is done once, as the first file does.
    for _ in range(2):
        case.prepare()
        whole = Stepping(case)
        assert not whole.ended()
        look(acknowledged=True)
    for number, place in enumerate(chosen(whole.steps, most) if most else count(1)):
        case.prepare()
        child = Stepping(case, place)
        killed = child.ended()
        if killed:
            kinds[child.steps[-1]] += 1
        look(acknowledged=not killed, again=number % case.again_each == 0)
        if (until_wrong and wrong) or not (most or killed):
            break
    if not (until_wrong and wrong):
        wrong.update(case.at_end())
        wrong.update(broken(thoroughly=True))
    return {
        "steps": len(whole.steps),
        "kills": kinds.total(),
        "at_commits": kinds[COMMIT],
        "in_batches": kinds[BATCH],
        "at_files": kinds[FILE],
        "wrong": dict(wrong),
        "seconds": round(time.monotonic() - started, 1),
    }
