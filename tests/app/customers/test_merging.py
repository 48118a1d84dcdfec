from __future__ import annotations

import pytest

from treue.app.core import audit
from treue.app.core.models import AuditEntry
from treue.app.customers import merging, services
from treue.app.customers.importing.reason_words import reason_words
from treue.app.customers.importing.services import import_paths
from treue.app.customers.models import Customer, Merge
from treue.app.measuring.models import Run, Score
from treue.kernel.language import Language

CUSTOMERS = "customer_id\n" + "".join(f"{name}\n" for name in "abcdef")
HEAD = "from_id,into_id,merged_at\n"


@pytest.fixture
def bring(write):
    """Bring a folder of customers and merges in."""

    def bring(merges):
        folder = write("customers.csv", CUSTOMERS).parent
        write("merges.csv", HEAD + merges)
        return import_paths([folder], by="command")

    return bring


def merged():
    return set(Merge.objects.filter(undone_at=None).values_list("loser__code", "winner__code"))


def test_a_file_merges_and_what_one_record_forbids_holds_for_all(real_database, bring):
    first = bring("a,b,2026-01-01T00:00:00Z\n")
    assert first.reading["counts"]["merges"] == {"added": 1, "filled": 0}
    c = Customer.objects.get(code="c")
    Customer.objects.filter(pk=c.pk).update(no_profiling=True)
    run = Run.objects.create(version="1")
    for one in Customer.objects.all():
        Score.objects.create(run=run, customer=one)
    bring("b,c,2026-01-02T00:00:00Z\nd,e,2026-01-02T00:00:00Z\n")
    forbids = Customer.objects.filter(no_profiling=True).values_list("code", flat=True)
    assert sorted(forbids) == ["a", "b", "c"]
    assert set(Score.objects.values_list("customer__code", flat=True)) == {"c", "d", "e", "f"}


def test_merges_of_a_file_never_close_a_circle(real_database, bring):
    file = bring("a,b,2026-01-01T00:00:00Z\nb,a,2026-01-02T00:00:00Z\n")
    assert merged() == {("a", "b")}
    assert file.reading["reasons"] == {"merge_refused": 1}
    assert file.accepted + file.set_aside == file.rows_read
    assert file.reading["counts"]["merges"]["added"] == 1
    services.merge(Customer.objects.get(code="b"), Customer.objects.get(code="c"), by=audit.SYSTEM)
    assert bring("c,a,2026-01-03T00:00:00Z\n").reading["reasons"] == {"merge_refused": 1}
    assert merged() == {("a", "b"), ("b", "c")}


def test_no_file_merges_who_is_restricted(real_database, bring):
    bring("a,b,2026-01-01T00:00:00Z\n")
    Customer.objects.filter(code="b").update(restricted=True)
    file = bring("c,a,2026-01-03T00:00:00Z\nb,d,2026-01-03T00:00:00Z\ne,f,2026-01-03T00:00:00Z\n")
    assert merged() == {("a", "b"), ("e", "f")}
    # As for a merge that closes a circle: who is restricted is the owners' to know.
    assert file.reading["reasons"] == {"merge_refused": 2}
    for reason in (*file.reading["reasons"], "merge_restricted"):
        said = reason_words(reason, Language("en", "treue.app"))
        assert said == "no file can merge these two records; an owner has to look at them"
    restricted = Customer.objects.filter(restricted=True).values_list("code", flat=True)
    assert sorted(restricted) == ["a", "b"]


def test_records_merged_before_follow_too(database, lea):
    other, apart = (Customer.objects.create(code=code) for code in ("k-2", "k-3"))
    Merge.objects.create(loser=lea, winner=other, actor="user:1")
    Customer.objects.filter(pk=other.pk).update(restricted=True)
    assert merging.is_restricted(lea)
    assert not merging.is_restricted(apart)
    assert merging.spread_everywhere(by=audit.SYSTEM) == 1
    assert set(Customer.objects.filter(restricted=True)) == {lea, other}
    assert merging.spread_everywhere(by=audit.SYSTEM) == 0
    assert AuditEntry.objects.get().detail == {"switched": 1}


def test_a_withdrawal_that_comes_with_a_file_holds_for_the_whole_person(real_database, write):
    from treue.app.customers.importing.work import bring_in
    from treue.app.customers.models import ImportedFile

    old = services.add_customer("Lea", email="lea@old.example", by=audit.SYSTEM)
    new = services.add_customer("Lea", email="lea@new.example", by=audit.SYSTEM)
    services.merge(old, new, by=audit.SYSTEM)
    path = write("people.csv", "Email,Name,Unsubscribed\nlea@old.example,Lea,yes\n")
    file = ImportedFile.objects.create(
        name="people.csv", path=str(path), kind="contacts", state="running", actor="command"
    )
    bring_in(file, lambda _words, _share: None)
    assert set(Customer.objects.filter(no_marketing=True)) == {old, new}


def test_a_file_that_merges_and_parts_records_lets_who_stayed_be_found_by_them(real_database, write):
    from treue.app.customers.search import matching

    write(
        "customers.csv",
        "customer_id,first_seen_at,acquired_via,country,language,segment\nolga,,,,,\nmina,,,,,\n",
    )
    merged = "from_id,into_id,merged_at,undone_at\nolga,mina,2026-01-02T00:00:00Z,"
    path = write("merges.csv", f"{merged}\n")
    import_paths([path.parent], by="command")
    mina = Customer.objects.get(code="mina")
    assert mina in Customer.objects.filter(matching("olga"))
    write("merges.csv", f"{merged}2026-02-01T00:00:00Z\n")
    import_paths([path.parent], by="command")
    assert mina not in Customer.objects.filter(matching("olga"))
    assert mina in Customer.objects.filter(matching("mina"))
