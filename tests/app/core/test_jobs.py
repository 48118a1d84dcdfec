from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import IntegrityError

from treue.app.core import jobs, worker
from treue.app.core.models import Firm, Job
from treue.app.customers.models import Customer
from treue.app.measuring.models import Run


@pytest.fixture
def kind(monkeypatch):
    monkeypatch.setitem(jobs._doers, "test", f"{__name__}:nothing")
    return "test"


def test_the_same_work_is_ordered_once(database):
    first = jobs.order("test", "import:1")
    assert jobs.order("test", "import:1").id == first.id
    assert jobs.order("test", "import:2").id != first.id


def test_one_of_all_who_claim_gets_it(database):
    job = jobs.order("test")
    assert [jobs.claim(job.id) for _ in range(3)] == [True, False, False]


def test_work_is_not_claimed_before_it_is_due(database):
    job = jobs.order("test", due_at=datetime.now(tz=UTC) + timedelta(hours=1))
    assert jobs.waiting() == []
    assert not jobs.claim(job.id)


def test_work_of_the_dead_goes_to_the_next_and_not_for_ever(database):
    job = jobs.order("test")
    for attempt in range(1, jobs.MOST_ATTEMPTS + 1):
        assert jobs.claim(job.id)
        Job.objects.filter(id=job.id).update(seen_at=datetime.now(tz=UTC) - timedelta(minutes=2))
        assert jobs.take_back_the_dead() == 1
        job.refresh_from_db()
        assert job.attempts == attempt
    assert job.state == Job.State.FAILED


def test_cancelling_stops_at_the_next_step(database):
    job = jobs.order("test")
    jobs.claim(job.id)
    work = jobs.Working(Job.objects.get(id=job.id), pause_seconds=0)
    work.tell("reading", 0.5)
    jobs.ask_to_stop(job)
    with pytest.raises(jobs.CancelledError):
        work.tell("writing", 0.6)


ZONES = ["Europe/Berlin", "Europe/Oslo", "America/New_York", "Australia/Lord_Howe", "Pacific/Kiritimati"]


@pytest.mark.slow_on_postgres
@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("change", [datetime(2026, 3, 28), datetime(2026, 10, 24), datetime(2027, 3, 13)])
def test_the_daily_cycle_is_ordered_once_a_day_over_a_change_of_summer_time(database, zone, change):
    Firm.the()
    Firm.objects.update(timezone=zone, cycle_hour=2)
    ordered, expected = [], set()
    for quarter in range(4 * 24 * 3):
        now = change.replace(tzinfo=UTC) + timedelta(minutes=15 * quarter)
        local = now.astimezone(ZoneInfo(zone))
        if local.hour >= 2:
            expected.add(local.date())
        if worker.order_daily_cycle(now):
            ordered.append(local.date())
        # A clock that goes back an hour orders nothing again.
        back = now - timedelta(hours=1)
        assert not worker.order_daily_cycle(back) or quarter == 0
    assert len(ordered) == len(set(ordered))
    assert set(ordered) | {min(expected)} == expected


def test_a_day_whose_work_could_not_be_ordered_is_ordered_at_the_next_look(database, monkeypatch):
    Firm.the()
    Customer.objects.create(code="k-1")
    now = datetime(2026, 3, 28, 12, tzinfo=UTC)
    with monkeypatch.context() as patch:
        # The database refuses the second order.
        patch.setattr(jobs, "_daily", [None])
        with pytest.raises(IntegrityError):
            worker.order_daily_cycle(now)
    assert not Job.objects.filter(kind="cycle").exists()
    assert worker.order_daily_cycle(now)
    assert {"cycle", *jobs.daily()} <= set(Job.objects.values_list("kind", flat=True))


def test_no_cycle_is_ordered_while_there_is_nobody_to_measure(database):
    """Whoever makes the first account is offered the demonstration and a file at once."""
    firm, now = Firm.the(), datetime(2026, 3, 28, 12, tzinfo=UTC)
    assert worker.order_daily_cycle(now)
    assert set(Job.objects.values_list("kind", flat=True)) == set(jobs.daily())
    # Who had customers and has none any more is told so by the next cycle.
    firm.run = Run.objects.create(version="1", state="done")
    firm.save()
    assert worker.order_daily_cycle(now + timedelta(days=1))
    assert jobs.unfinished("cycle") is not None


def test_a_clock_that_once_stood_in_the_future_stops_no_later_night(database):
    Firm.the()
    now = datetime(2026, 3, 28, 12, tzinfo=UTC)
    assert worker.order_daily_cycle(now.replace(year=2036))
    assert worker.order_daily_cycle(now)
    assert not worker.order_daily_cycle(now)
    assert worker.order_daily_cycle(now + timedelta(days=1))
    # Whoever moves to a zone further west comes back to the day before, which is done.
    assert not worker.order_daily_cycle(now)


def test_a_doer_that_fails_leaves_one_sentence(database, kind, monkeypatch):
    job = jobs.order("test")
    jobs.claim(job.id)
    monkeypatch.setattr(jobs, "doer", lambda _kind: broken)
    assert not worker.do(job.id)
    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert "unforeseen" in job.words


def broken(_working):
    raise RuntimeError("the inside of it")


@time_machine.travel("2026-06-30 12:00", tick=False)
def test_the_dead_are_those_who_said_nothing_for_a_minute(database):
    job = jobs.order("test")
    jobs.claim(job.id)
    Job.objects.filter(id=job.id).update(seen_at=datetime(2026, 6, 30, 11, 59, 30, tzinfo=UTC))
    assert jobs.take_back_the_dead() == 0


def test_what_is_ordered_while_it_is_being_done_is_done_once_more(database):
    first = jobs.order("cycle")
    assert jobs.order("cycle").id == first.id  # it has not begun: it will see what is new
    assert jobs.claim(first.id)
    assert jobs.order("cycle").id == jobs.order("cycle").id == first.id
    jobs.finish(first.id, Job.State.DONE)
    again = jobs.unfinished("cycle")
    assert (again.id != first.id, again.state) == (True, Job.State.WAITING)
    jobs.claim(again.id)
    jobs.finish(again.id, Job.State.FAILED, "why")
    assert jobs.unfinished("cycle") is None


def test_an_import_that_is_ordered_twice_is_done_once(database):
    first = jobs.order("import", "import:1")
    jobs.claim(first.id)
    assert jobs.order("import", "import:1").id == first.id
    jobs.finish(first.id, Job.State.DONE)
    assert jobs.unfinished("import", "import:1") is None
