from __future__ import annotations

from datetime import date, timedelta

from treue.app.core.models import Firm
from treue.app.customers.models import CareStep, Customer, Merge
from treue.app.measuring import care, queries
from treue.app.measuring.models import Run, Score

TODAY = date(2026, 6, 30)


def test_who_objected_was_restricted_or_merged_since_the_run_is_on_no_list(database):
    run = Run.objects.create(version="1")
    Firm.the()
    Firm.objects.update(run=run)
    kept, objector, restricted, loser = (Customer.objects.create(code=code) for code in "kopl")
    for rank, one in enumerate((kept, objector, restricted, loser), 1):
        Score.objects.create(run=run, customer=one, care_rank=rank, moved=1)
    assert care.care_list_and_count(run.pk, TODAY)[1] == queries.moved(up=True).count() == 4
    Customer.objects.filter(pk=objector.pk).update(no_profiling=True)
    Customer.objects.filter(pk=restricted.pk).update(restricted=True)
    Merge.objects.create(loser=loser, winner=kept, actor="user:1")
    assert [score.customer for score in care.care_list(run.pk, TODAY)] == [kept]
    assert care.care_list_and_count(run.pk, TODAY)[1] == 1
    assert [score.customer for score in queries.moved(up=True)] == [kept]


def test_a_step_of_a_merged_record_counts_for_who_stayed(database):
    run = Run.objects.create(version="1")
    stays, middle, last, other = (Customer.objects.create(code=code) for code in "smlo")
    for rank, one in enumerate((stays, middle, last, other), 1):
        Score.objects.create(run=run, customer=one, care_rank=rank)
    put_off = {"actor": "user:1", "hidden_until": TODAY + timedelta(days=7)}
    step = CareStep.objects.create(customer=last, kind="later", **put_off)
    assert [score.customer for score in care.care_list(run.pk, TODAY)] == [stays, middle, other]
    chain = [
        Merge.objects.create(loser=last, winner=middle, actor="user:1"),
        Merge.objects.create(loser=middle, winner=stays, actor="user:1"),
    ]
    assert [score.customer for score in care.care_list(run.pk, TODAY)] == [other]
    assert [score.customer for score in care.handled_list(run.pk, TODAY)] == [stays]
    assert care.care_list_and_count(run.pk, TODAY)[1] == 1
    assert care.newest_steps({stays.pk: [stays.pk, middle.pk, last.pk]}) == {stays.pk: step}
    # What was written later, in whichever record, decides.
    CareStep.objects.create(customer=stays, kind="reopened", actor="user:1", at=step.at + timedelta(hours=1))
    assert [score.customer for score in care.care_list(run.pk, TODAY)] == [stays, other]
    assert care.care_list_and_count(run.pk, TODAY)[1] == 2
    CareStep.objects.filter(kind="reopened").delete()
    Merge.objects.filter(pk=chain[1].pk).update(undone_at=step.at)
    assert [score.customer for score in care.care_list(run.pk, TODAY)] == [stays, other]
