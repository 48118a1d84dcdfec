from __future__ import annotations

from datetime import date

from treue.app.core.models import Firm
from treue.app.customers.models import Customer, Merge
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
    assert care.care_count(run.pk, TODAY) == queries.moved(up=True).count() == 4
    Customer.objects.filter(pk=objector.pk).update(no_profiling=True)
    Customer.objects.filter(pk=restricted.pk).update(restricted=True)
    Merge.objects.create(loser=loser, winner=kept, actor="user:1")
    assert [score.customer for score in care.care_list(run.pk, TODAY)] == [kept]
    assert care.care_count(run.pk, TODAY) == 1
    assert [score.customer for score in queries.moved(up=True)] == [kept]
