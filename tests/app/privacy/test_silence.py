from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from treue.app.core.models import AuditEntry
from treue.app.customers.models import Contact, Contract, Customer, Merge, Purchase, Visit
from treue.app.privacy import retention
from treue.app.privacy.models import Request
from treue.app.privacy.silence import silent

NOW = datetime(2026, 6, 30, 3, tzinfo=UTC)
DAYS = 3650


def bought(code, days, **more):
    """Make a customer whose only order lies so many days back."""
    made = Customer.objects.create(code=code, created_at=NOW, **more)
    at = NOW - timedelta(days=days)
    Purchase.objects.create(code=f"o-{code}", customer=made, ordered_at=at, net_amount=1, currency="EUR")
    return made


def merged(loser, winner):
    return Merge.objects.create(loser=loser, winner=winner, actor="user:1")


def a_night():
    """Let the night erase who is silent; returns the ids of those who are left."""
    retention.choose_days("silent", DAYS, by="command")
    retention.apply(NOW)
    return list(Customer.objects.order_by("pk").values_list("code", flat=True))


def contract(customer):
    Contract.objects.create(code=f"c-{customer.code}", customer=customer, started_on=date(2005, 1, 1))


def asked(customer):
    day = date(2026, 6, 1)
    Request.objects.create(customer=customer, kind="copy", received_on=day, due_on=day, actor="user:1")


def restricted(customer):
    Customer.objects.filter(pk=customer.pk).update(restricted=True)


def spoke(customer):
    Contact.objects.create(code=f"k-{customer.code}", customer=customer, opened_at=NOW)


def test_who_has_a_contract_that_goes_on_is_not_silent(database, home):
    kept = bought("old", 5000)
    assert silent(DAYS, NOW) == [kept.pk]
    contract(kept)
    assert silent(DAYS, NOW) == []
    Contract.objects.update(ended_on=date(2006, 1, 1))
    assert silent(DAYS, NOW) == [kept.pk]


@pytest.mark.parametrize("keep", [contract, asked, restricted, spoke])
@pytest.mark.parametrize("record", ["top", "merged", "merged into the merged"])
def test_what_keeps_one_record_keeps_all_that_are_one_customer(database, home, keep, record):
    top, middle, low = (bought(name, 5000) for name in ("top", "middle", "low"))
    merged(middle, top)
    merged(low, middle)
    gone = bought("gone", 5000)
    assert silent(DAYS, NOW) == [top.pk, gone.pk]
    keep({"top": top, "merged": middle, "merged into the merged": low}[record])
    assert silent(DAYS, NOW) == [gone.pk]
    assert a_night() == ["top", "middle", "low"]


def test_all_records_of_a_silent_customer_are_erased(database, home):
    merged(bought("low", 5000), bought("top", 5000))
    assert a_night() == []


def test_an_answered_request_keeps_nobody(database, home):
    asked(bought("gone", 5000))
    Request.objects.update(closed_at=NOW)
    assert a_night() == []


def test_the_silent_are_erased_in_the_order_of_their_records(database, home):
    people = [bought(name, 5000) for name in ("first", "second", "third")]
    ids = [one.pk for one in people]
    # PostgreSQL keeps a row that was written anew behind the others.
    people[0].save()
    assert a_night() == []
    erased = AuditEntry.objects.filter(action="customer.erased").order_by("pk")
    assert list(erased.values_list("subject", flat=True)) == [f"customer:{pk}" for pk in ids]


@contextmanager
def once_said(words, deed):
    """Do something in the moment before the database is told a statement with some words, once."""
    done = []

    def between(execute, sql, params, many, context):
        if words in sql and not done:
            done.append(sql)
            deed()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(between):
        yield
    assert done


WHILE_ANOTHER_IS_ERASED = 'INSERT INTO "core_auditentry"'
WHILE_FILES_ARE_LOOKED_THROUGH = '"customers_contactpoint"."typed"'


@pytest.mark.parametrize("moment", [WHILE_ANOTHER_IS_ERASED, WHILE_FILES_ARE_LOOKED_THROUGH])
@pytest.mark.parametrize("what", ["contact", "merge"])
def test_what_is_written_down_while_the_night_erases_keeps_a_customer(database, home, moment, what):
    retention.choose_days("silent", DAYS, by="command")
    names = ["first"] if moment == WHILE_ANOTHER_IS_ERASED else []
    people = [bought(name, 5000) for name in [*names, "second"]]
    active = bought("active", 5)
    deeds = {"contact": lambda: spoke(people[-1]), "merge": lambda: merged(people[-1], active)}
    with once_said(moment, deeds[what]):
        retention.apply(NOW)
    assert set(Customer.objects.values_list("code", flat=True)) == {"second", "active"}


def test_visits_of_who_is_restricted_stay_also_those_without_a_name(database, home):
    kept, gone = bought("kept", 5, restricted=True), bought("gone", 5)
    for code, customer, browser in (
        ("own", kept, "a"),
        ("nameless", None, "a"),
        ("other", gone, "b"),
        ("nobody", None, "c"),
    ):
        Visit.objects.create(
            code=code, customer=customer, anonymous_id=browser, at=NOW - timedelta(days=2000)
        )
    retention.choose_days("visits", 1095, by="command")
    assert next(count for rule, _, count in retention.preview(NOW) if rule.name == "visits") == 2
    assert retention.apply(NOW)["visits"] == 2
    assert set(Visit.objects.values_list("code", flat=True)) == {"own", "nameless"}
