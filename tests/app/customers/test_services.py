from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from treue.app.core import audit
from treue.app.core.wrong import Wrong
from treue.app.customers import buying, desk_queries, few, paging, queries, services, suppression
from treue.app.customers.care_steps import care_step
from treue.app.customers.models import Contact, Contract, Customer, Merge, Promise, Purchase, Return, Visit
from treue.app.customers.timeline import Place, timeline
from treue.app.measuring.models import Run, Score
from treue.kernel.errors import WrongArgument

TODAY = date(2026, 6, 30)


@pytest.fixture
def lars(database):
    return services.add_customer(
        "Lars Ødegård", email="lars@ødegård.example", phone="+47 22 33 44 55", by=audit.SYSTEM
    )


def bought(customer, day, amount=1000):
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day)
    return Purchase.objects.create(
        code=f"o-{customer.pk}-{day}", customer=customer, ordered_at=at, net_amount=amount, currency="EUR"
    )


def test_an_address_is_one_however_it_is_written(lars, lea):
    with pytest.raises(WrongArgument, match="belongs to another customer"):
        services.add_contact_point(lea, "email", "LARS@ØDEGÅRD.example", by=audit.SYSTEM)
    assert queries.exact_match("Lars@Ødegård.example") == lars
    assert queries.exact_match("22 33 44 55", "NO") == lars
    assert queries.exact_match("nobody@x.example") is None


def test_an_address_of_somebody_who_was_erased_is_given_to_nobody(database, lea):
    suppression.block([("email", "zita@firm.example"), ("phone", "+4722334455")])
    for deed in (
        lambda: services.add_contact_point(lea, "email", "Zita@FIRM.example", by=audit.SYSTEM),
        lambda: services.add_contact_point(lea, "phone", "22 33 44 55", country="NO", by=audit.SYSTEM),
        lambda: services.add_customer("Zita", email="zita@firm.example", by=audit.SYSTEM),
    ):
        with pytest.raises(Wrong, match="was erased; an owner can let them back"):
            deed()
    assert list(Customer.objects.all()) == [lea]
    assert not lea.contact_points.exists()
    suppression.unblock([("email", "zita@firm.example")])
    assert services.add_customer("Zita", email="zita@firm.example", by=audit.SYSTEM).pk


@pytest.mark.parametrize("merged", [False, True])
@pytest.mark.parametrize("address", ["lars@ødegård.example", "zita@firm.example"])
def test_who_may_not_know_of_a_restricted_customer_is_told_the_same_as_of_an_erased_one(
    lars, lea, ines, jonas, address, merged
):
    suppression.block([("email", "zita@firm.example")])
    if merged:
        top = services.add_customer("Lars", by=audit.SYSTEM)
        Merge.objects.create(loser=lars, winner=top, actor="user:1")
        Customer.objects.filter(pk=top.pk).update(restricted=True)
    else:
        Customer.objects.filter(pk=lars.pk).update(restricted=True)
    for deed in (
        lambda by: services.add_contact_point(lea, "email", address, by=by),
        lambda by: services.add_customer("Another", email=address, by=by),
    ):
        with pytest.raises(Wrong) as told:
            deed(jonas)
        assert str(told.value) == f"“{address}” cannot be added here; an owner has to look at this address"
        with pytest.raises(Wrong, match="belongs to"):
            deed(ines)


def test_a_new_customer_is_found_at_once(lars):
    assert Customer.objects.filter(search_text__contains="ødegård").get() == lars


def test_every_deed_stands_in_the_log_without_a_name(lars, ines):
    services.add_note(lars, "Prefers mornings", by=ines)
    services.change_record(lars, {"name": "Lars Holm", "expertise": "expert"}, by=ines)
    verdict = audit.verify()
    assert verdict.first_bad is None
    from treue.app.core.models import AuditEntry

    entries = list(AuditEntry.objects.order_by("number"))
    assert [entry.action for entry in entries][-2:] == ["note.added", "customer.changed"]
    assert all("Lars" not in str(entry.detail) + entry.subject for entry in entries)


def test_merging_spreads_what_either_forbids_and_overwrites_no_word_said_meanwhile(lars, lea, ines):
    third = services.add_customer("Third", by=audit.SYSTEM)
    services.merge(third, lea, by=ines)
    stale, lea = Customer.objects.get(pk=lars.pk), Customer.objects.get(pk=lea.pk)
    Customer.objects.filter(pk=lars.pk).update(no_marketing=True)
    Customer.objects.filter(pk=third.pk).update(no_profiling=True)
    Customer.objects.filter(pk=lea.pk).update(restricted=True)
    run = Run.objects.create(version="1")
    for one in (lars, lea, third):
        Score.objects.create(run=run, customer=one)
    services.add_promise(third, "Call", datetime(2100, 1, 1, tzinfo=UTC), by=ines)
    services.merge(lea, stale, by=ines)
    for one in Customer.objects.all():
        assert (one.no_marketing, one.no_profiling, one.restricted) == (True, True, True)
    assert stale.no_marketing
    assert not Score.objects.exists()
    open_ones = desk_queries.promises_open(
        datetime(2101, 1, 1, tzinfo=UTC), since=datetime(2026, 1, 1, tzinfo=UTC)
    )
    assert not open_ones.exists()


def test_merged_records_show_as_one_and_part_again(lars, lea, ines):
    bought(lars, 1)
    bought(lea, 2)
    made = services.merge(lea, lars, by=ines)
    assert queries.one_with_merged(lars) == [lars.pk, lea.pk]
    assert [event.kind for event in timeline(queries.one_with_merged(lars))[0]] == ["purchase", "purchase"]
    with pytest.raises(WrongArgument, match="part those first"):
        services.merge(lea, lars, by=ines)
    assert services.undo_merge(made, by=ines)
    assert not services.undo_merge(made, by=ines)
    assert queries.one_with_merged(lars) == [lars.pk]
    assert services.merge(lea, lars, by=ines).pk != made.pk


def test_who_said_no_says_so_for_the_merged_customer(lars, lea, ines):
    Customer.objects.filter(pk=lea.pk).update(no_marketing=True, no_profiling=True)
    lea.refresh_from_db()
    services.merge(lea, lars, by=ines)
    lars.refresh_from_db()
    assert (lars.no_marketing, lars.no_profiling, lars.restricted) == (True, True, False)


def test_a_record_is_not_merged_with_itself(lars, ines):
    with pytest.raises(WrongArgument, match="itself"):
        services.merge(lars, lars, by=ines)


def test_a_promise_is_kept_once_and_due_later_than_now(lars, ines):
    with pytest.raises(WrongArgument, match="time is past"):
        services.add_promise(lars, "Call back", datetime(2020, 1, 1, tzinfo=UTC), by=ines)
    made = services.add_promise(lars, "Call back", datetime.now(tz=UTC) + timedelta(hours=2), by=ines)
    assert list(
        desk_queries.promises_open(datetime.now(tz=UTC) + timedelta(days=1), since=datetime.now(tz=UTC))
    ) == [made]
    assert [services.keep_promise(made, by=ines) for _ in range(2)] == [True, False]
    assert Promise.objects.get().kept_at is not None


def test_a_care_step_hides_for_a_while(lars, ines):
    step = care_step(lars, "later", today=TODAY, by=ines, days=3)
    assert step.hidden_until == TODAY + timedelta(days=3)
    for wrong in ({"kind": "burn"}, {"kind": "done", "outcome": "won"}, {"kind": "done", "days": 0}):
        with pytest.raises(WrongArgument):
            care_step(lars, wrong.pop("kind"), today=TODAY, by=ines, **wrong)


def test_pages_of_a_timeline_hold_everything_once(lars, ines):
    for number in range(60):
        at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=number // 9)
        Purchase.objects.create(
            code=f"x-{number}", customer=lars, net_amount=number, currency="EUR", ordered_at=at
        )
        Visit.objects.create(code=f"v-{number}", customer=lars, at=at)
        Contract.objects.create(code=f"c-{number}", customer=lars, started_on=at.date(), ended_on=at.date())
    seen, before = [], None
    while True:
        page, before = timeline([lars.pk], before=before and Place.read(str(before)), limit=7)
        seen += [(event.kind, event.thing.pk) for event in page]
        if before is None:
            break
    assert len(seen) == len(set(seen)) == 240


@pytest.mark.parametrize(
    "text", ["", "x", "2026-01-01T00:00:00+00:00~purchase~-1", "2026-01-01~purchase~1", "~~"]
)
def test_a_place_that_is_none_is_the_beginning(text):
    assert Place.read(text) is None


def test_nothing_written_is_said(lars, ines):
    with pytest.raises(WrongArgument, match="Text: nothing is written"):
        services.add_note(lars, " \x00 ", by=ines)
    with pytest.raises(WrongArgument, match="10000 fit"):
        services.add_note(lars, "a" * 10_001, by=ines)


def test_visits_of_a_browser_are_found_by_index(database):
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
    assert "visit_by_browser" in Visit.objects.filter(anonymous_id__in=["b-1", "b-2"]).explain()


def test_days_of_buying_are_the_firms_and_net_of_returns(lars, lea):
    place = ZoneInfo("Europe/Oslo")

    def order(code, at, amount):
        Purchase.objects.create(code=code, customer=lars, ordered_at=at, net_amount=amount, currency="NOK")

    order("last moment", datetime(2026, 5, 31, 21, 59, 59, 999_999, tzinfo=UTC), 5)
    order("midnight", datetime(2026, 5, 31, 22, tzinfo=UTC), 100)  # the first of June in Oslo
    order("noon", datetime(2026, 6, 1, 10, tzinfo=UTC), 50)
    order("half", datetime(2026, 6, 3, 10, tzinfo=UTC), 70)
    order("whole", datetime(2026, 6, 5, 10, tzinfo=UTC), 30)
    order("later", datetime(2026, 6, 9, 10, tzinfo=UTC), 10)
    for code, amount in (("half", 20), ("whole", 30), ("noon", 50)):
        Return.objects.create(
            code=f"back-{code}",
            purchase_code=code,
            returned_at=datetime(2026, 6, 6, tzinfo=UTC),
            amount=amount,
        )
    Return.objects.create(
        code="too late", purchase_code="half", returned_at=datetime(2026, 6, 20, tzinfo=UTC), amount=50
    )
    people = {lars.pk: [lars.pk], lea.pk: [lea.pk]}
    assert buying.buying_days(people, date(2026, 6, 8), place) == {
        lars.pk: [(date(2026, 5, 31), 5), (date(2026, 6, 1), 100), (date(2026, 6, 3), 50)],
        lea.pk: [],
    }


def test_the_newest_contact_is_found_on_whichever_record_it_stands(lars, lea):
    services.merge(lea, lars, by=audit.SYSTEM)
    for code, customer, day in (("a", lars, 1), ("b", lea, 9), ("c", lars, 5)):
        Contact.objects.create(code=code, customer=customer, opened_at=datetime(2026, 6, day, tzinfo=UTC))
    people = queries.all_with_merged([lars.pk])
    assert people == {lars.pk: [lars.pk, lea.pk]}
    assert queries.last_contacts(people)[lars.pk].code == "b"


@pytest.mark.parametrize("sort", [f"{minus}{name}" for name in queries.SORTS for minus in ("", "-")])
@pytest.mark.parametrize("with_restricted", [False, True])
@pytest.mark.parametrize("most", [3, few.FEW])
def test_a_list_is_the_same_from_the_scores_alone(database, monkeypatch, sort, with_restricted, most):
    # The few are put in order here, the many walked through in the order of the list.
    monkeypatch.setattr(few, "FEW", most)
    run = Run.objects.create(version="1", state="done")
    people = [Customer.objects.create(code=f"k-{k}", name=f"n{k % 4}", restricted=k == 7) for k in range(14)]
    services.merge(people[3], people[5], by=audit.SYSTEM)
    for k, one in enumerate(people[:11]):
        some = {"stake": k, "return_share": k / 20, "last_on": TODAY - timedelta(days=k % 3)} if k % 4 else {}
        Score.objects.create(run=run, customer=one, orders_count=k % 5, net_amount=k * 37 % 11, **some)
    named = {"field": "code", "op": "starts", "value": "k-"}
    everybody = {"match": "all", "groups": [{"match": "all", "not": False, "conditions": [named]}]}
    scope = queries.Scope(run_id=run.pk, today=TODAY, currency="EUR", with_restricted=with_restricted)
    for number in (1, 2, 3):
        plain, asked = (
            paging.page_of(queries.Wish(words="", tree=tree, sort=sort), scope, ["code"], number, 5)
            for tree in ({"groups": []}, everybody)
        )
        assert plain.count == asked.count == (13 if with_restricted else 12)
        assert plain.rows == asked.rows


def test_group_and_further_columns_are_changed_and_nothing_else_becomes_one(lars, ines):
    Customer.objects.filter(pk=lars.pk).update(attributes={"shop": "Oslo", "size": "L"})
    typed = {"segment": " Trade ", "attribute:shop": "Bergen", "attribute:size": "", "attribute:new": "x"}
    assert services.change_record(lars, typed, by=ines) == ["segment", "attributes"]
    lars.refresh_from_db()
    # What was emptied stays as empty: otherwise the next file would bring it back.
    assert (lars.segment, lars.attributes) == ("Trade", {"shop": "Bergen", "size": ""})
    assert services.change_record(lars, typed, by=ines) == []
    with pytest.raises(Wrong, match="shop: "):
        services.change_record(lars, {"attribute:shop": "x" * 10_001}, by=ines)
