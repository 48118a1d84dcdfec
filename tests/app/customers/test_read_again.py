from __future__ import annotations

import os
import signal
import threading

import duckdb
import pytest

from treue.app.core import jobs
from treue.app.core.wrong import Wrong
from treue.app.customers.importing import services
from treue.app.customers.importing.work import work, work_reading

PEOPLE = "E-mail,Name,Firma A\nlea@x.example,Lea,Nordmann AS\n"
ORDERS = "Customer,Order,Date,Total\nlea@x.example,1,03/04/2026,5\n"
CHOICES = {PEOPLE: {"company": "Firma A"}, ORDERS: {"dates": "day-first"}}


class Corrected(jobs.Working):
    """A reading in whose middle somebody corrects it; one that is deaf hears of nothing afterwards."""

    def __init__(self, job, correct, *, deaf):
        super().__init__(job, pause_seconds=0)
        self._correct, self._deaf = correct, deaf

    def tell(self, words, share):
        if self._correct is not None:
            correct, self._correct = self._correct, None
            correct()
        if not self._deaf:
            super().tell(words, share)


def claimed(file):
    job = jobs.unfinished("import-reading", f"import:{file.pk}")
    assert jobs.claim(job.pk)
    return job


@pytest.mark.parametrize("deaf", [False, True])
@pytest.mark.parametrize("text", CHOICES)
def test_what_somebody_corrects_while_a_file_is_read_is_read_afresh(database, text, deaf):
    file = services.receive("file.csv", [text.encode()], by="command")
    job = claimed(file)
    working = Corrected(job, lambda: services.correct(file, CHOICES[text], by="command"), deaf=deaf)
    if deaf:
        work_reading(working)
    else:
        with pytest.raises(jobs.CancelledError):
            work_reading(working)
    file.refresh_from_db()
    assert (file.state, file.reading) == ("uploaded", {})
    with pytest.raises(Wrong):
        services.start(file, by="command")
    jobs.finish(job.pk, "done" if deaf else "cancelled")
    work_reading(jobs.Working(claimed(file)))
    file.refresh_from_db()
    assert (file.state, file.choices, file.accepted, file.why) == ("read", CHOICES[text], 1, "")
    assert file.reading["headers"]


def test_a_reading_that_is_told_to_end_leaves_the_file_as_it_was(database):
    file = services.receive("people.csv", [PEOPLE.encode()], by="command")

    def end():
        raise SystemExit(143)

    with pytest.raises(SystemExit):
        work_reading(Corrected(claimed(file), end, deaf=True))
    file.refresh_from_db()
    assert (file.state, file.reading) == ("uploaded", {})


class Ended(jobs.Working):
    """A piece of work whose process is told to end while DuckDB is at a long query, as a server that stops tells it."""

    def tell(self, words, share):
        def end(number, frame):
            raise SystemExit(143)

        before = signal.signal(signal.SIGTERM, end)
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGTERM)).start()
        try:
            engine = duckdb.connect(config={"threads": 1})
            engine.execute("SELECT count(*) FROM range(10_000_000_000) WHERE hash(range) % 7 = 1").fetchall()
        finally:
            signal.signal(signal.SIGTERM, before)


def test_work_that_is_told_to_end_in_the_midst_of_a_query_is_begun_again_and_has_not_failed(database):
    file = services.receive("people.csv", [PEOPLE.encode()], by="command")
    job = claimed(file)
    with pytest.raises(RuntimeError, match="nterrupt"):
        work_reading(Ended(job))
    file.refresh_from_db()
    assert (file.state, file.why) == ("uploaded", "")
    work_reading(jobs.Working(job))
    jobs.finish(job.pk, "done")
    file.refresh_from_db()
    services.start(file, by="command")
    job = jobs.unfinished("import", f"import:{file.pk}")
    assert jobs.claim(job.pk)
    with pytest.raises(RuntimeError, match="nterrupt"):
        work(Ended(job))
    file.refresh_from_db()
    assert (file.state, file.why) == ("running", "")
    work(jobs.Working(job))
    file.refresh_from_db()
    assert (file.state, file.accepted) == ("done", 1)


def test_a_file_that_was_thrown_away_meanwhile_is_not_read_again(database):
    file = services.receive("people.csv", [PEOPLE.encode()], by="command")
    job = claimed(file)

    def correct_and_throw_away():
        services.correct(file, CHOICES[PEOPLE], by="command")
        services.cancel(file, by="command")

    with pytest.raises(jobs.CancelledError):
        work_reading(Corrected(job, correct_and_throw_away, deaf=False))
    jobs.finish(job.pk, "cancelled")
    work_reading(jobs.Working(claimed(file)))
    file.refresh_from_db()
    assert (file.state, file.reading) == ("cancelled", {})
