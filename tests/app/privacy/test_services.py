from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from treue.app.core import jobs, worker
from treue.app.core.models import AuditEntry, OneTimeLink
from treue.app.core.wrong import Wrong
from treue.app.customers.models import Customer, ImportedFile, Merge, Purchase, Visit
from treue.app.measuring.models import Panel, Run, Score
from treue.app.privacy import retention, services, stored
from treue.app.privacy.models import Request

NOW = datetime(2026, 6, 30, 3, tzinfo=UTC)


def test_no_scores_means_none_in_any_run_of_any_record(lea, ines):
    other = Customer.objects.create(code="k-2")
    Merge.objects.create(loser=other, winner=lea, actor="user:1")
    runs = [Run.objects.create(version="1") for _ in range(2)]
    for run in runs:
        for customer in (lea, other):
            Score.objects.create(run=run, customer=customer)
    stranger = Customer.objects.create(code="k-3")
    Score.objects.create(run=runs[0], customer=stranger)
    assert services.set_switch(lea, "no_profiling", True, by=ines)
    assert list(Score.objects.values_list("customer", flat=True)) == [stranger.pk]
    assert lea.no_profiling
    assert Customer.objects.get(pk=other.pk).no_profiling
    entry = AuditEntry.objects.latest("number")
    assert (entry.action, entry.subject, entry.detail["scores_deleted"]) == (
        "customer.switched",
        f"customer:{lea.pk}",
        4,
    )
    assert not services.set_switch(lea, "no_profiling", True, by=ines)
    assert AuditEntry.objects.count() == 1
    assert services.set_switch(lea, "no_profiling", False, by=ines)
    assert not Customer.objects.get(pk=other.pk).no_profiling


def test_other_switches_leave_scores_and_unknown_ones_are_refused(lea, ines):
    Score.objects.create(run=Run.objects.create(version="1"), customer=lea)
    for name in ("no_marketing", "restricted"):
        services.set_switch(lea, name, True, by=ines)
        assert getattr(Customer.objects.get(pk=lea.pk), name)
    assert Score.objects.count() == 1
    with pytest.raises(Wrong, match="no switch"):
        services.set_switch(lea, "is_active", True, by=ines)


def test_a_request_is_due_a_month_later_and_can_be_extended_once(lea, ines):
    made = services.add_request("copy", date(2026, 1, 31), lea, by=ines)
    assert made.due_on == date(2026, 2, 28)
    with pytest.raises(Wrong, match="reason"):
        services.extend_request(made, " ", by=ines)
    services.extend_request(made, "many systems", by=ines)
    made.refresh_from_db()
    assert made.due_on == date(2026, 4, 30)
    with pytest.raises(Wrong, match="before"):
        services.extend_request(made, "again", by=ines)
    assert services.close_request(made, "done", by=ines)
    assert not services.close_request(made, "done", by=ines)
    for kind, day in (("sell", date(2026, 1, 1)), ("copy", timezone.now().date() + timedelta(days=2))):
        with pytest.raises(Wrong):
            services.add_request(kind, day, lea, by=ines)
    with pytest.raises(Wrong):
        services.close_request(made, "", by=ines)


def old_things(home):
    """Make one thing of each rule that is a day too old, and one that is a day younger."""
    for rule, make in MAKERS.items():
        days = retention.RULES_BY_NAME[rule].days
        for name, at in (
            ("old", NOW - timedelta(days=days + 1)),
            ("new", NOW - timedelta(days=max(days - 1, 0))),
        ):
            make(name, at)


def _customer(name, at):
    made = Customer.objects.create(code=f"silent-{name}", created_at=NOW)
    Purchase.objects.create(code=f"o-{name}", customer=made, ordered_at=at, net_amount=1, currency="EUR")


def _score(name, at):
    run = Run.objects.create(version=name, started_at=at)
    Score.objects.create(run=run, customer=Customer.objects.create(code=f"scored-{name}", created_at=NOW))
    Panel.objects.create(run=run, language="en", name="x", content={})


def _link(name, at):
    from treue.app.core.models import User

    user, _ = User.objects.get_or_create(email="x@firm.example", name="X", role="owner")
    OneTimeLink.objects.create(user=user, purpose="reset", digest=name, expires_at=at)


def _request(name, at):
    Request.objects.create(kind="copy", received_on=at.date(), due_on=at.date(), closed_at=at, actor=name)


MAKERS = {
    "silent": _customer,
    "visits": lambda name, at: Visit.objects.create(code=f"v-{name}", at=at),
    "scores": _score,
    "links": _link,
    "requests": _request,
}


def test_each_night_deletes_what_is_too_old_and_nothing_else(database, home):
    old_things(home)
    due = {rule.name: count for rule, _, count in retention.preview(NOW) if count}
    assert due == {"silent": 1, "visits": 1, "scores": 1, "links": 1, "requests": 1}
    counts = retention.apply(NOW)
    assert counts == {"scores": 1, "links": 1, "requests": 1}
    entries = AuditEntry.objects.filter(action="privacy.retention").order_by("number")
    assert [entry.detail for entry in entries] == [{name: count} for name, count in counts.items()]
    for rule in ("silent", "visits"):
        retention.choose_days(rule, retention.RULES_BY_NAME[rule].days, by="command")
    assert retention.apply(NOW) == {"silent": 1, "visits": 1}
    assert set(Customer.objects.values_list("code", flat=True)) == {"silent-new", "scored-old", "scored-new"}
    assert list(Visit.objects.values_list("code", flat=True)) == ["v-new"]
    assert retention.apply(NOW) == {}


def test_a_rule_that_fails_keeps_no_other_from_its_work_and_is_named(
    real_database, home, monkeypatch, caplog
):
    old_things(home)
    visits = retention.RULES_BY_NAME["visits"]

    def half(_days, _now):
        Visit.objects.all().delete()
        raise ValueError("lea@firm.example")

    broken = dataclasses.replace(visits, delete=half)
    rules = tuple(broken if rule is visits else rule for rule in retention.RULES)
    monkeypatch.setattr(retention, "RULES", rules)
    retention.choose_days("visits", 1095, by="command")
    job = jobs.order("retention")
    assert jobs.claim(job.pk)
    assert not worker.do(job.pk)
    job.refresh_from_db()
    assert (job.state, job.words) == ("failed", "visits")
    assert "visits could not be done this night" in caplog.text
    assert Visit.objects.count() == 2
    done = [entry.detail for entry in AuditEntry.objects.filter(action="privacy.retention")]
    assert {name for one in done for name in one} >= {"scores", "links", "requests"}
    assert not any("visits" in one for one in done)


def test_a_crashed_import_stops_no_night(real_database, home):
    lea = Customer.objects.create(code="silent", created_at=NOW - timedelta(days=5000))
    ImportedFile.objects.create(name="x", path="", state="running", actor="user:1")
    retention.choose_days("silent", 3650, by="command")
    job = jobs.order("retention")
    assert jobs.claim(job.pk)
    assert worker.do(job.pk)
    assert not Customer.objects.filter(pk=lea.pk).exists()


def test_files_that_lie_too_long_are_removed_with_the_rows_that_were_shown(database, home):
    import os

    file = ImportedFile.objects.create(
        name="a.csv",
        path="",
        actor="user:1",
        created_at=NOW - timedelta(days=31),
        reading={"rows": [["Lea"]], "counts": 1},
    )
    for name, days in (("imports/1/old.csv", 31), ("imports/2/new.csv", 29)):
        path = home / name
        path.parent.mkdir(parents=True)
        path.write_text("x")
        at = (NOW - timedelta(days=days)).timestamp()
        os.utime(path, (at, at))
    assert retention.apply(NOW) == {"uploads": 1}
    assert [path.name for path in stored.files()] == ["new.csv"]
    file.refresh_from_db()
    assert file.reading == {"counts": 1}


def test_a_period_that_cannot_be_is_refused(database):
    for rule, days in (("jobs", 5), ("nothing", 5), ("scores", 0), ("scores", 10**6)):
        with pytest.raises(Wrong):
            retention.choose_days(rule, days, by="command")
    retention.choose_days("scores", 30, by="command")
    assert retention.days_of("scores") == 30
