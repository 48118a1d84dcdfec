from __future__ import annotations

import ast
import re
import sqlite3
import threading
import time
import zipfile
from pathlib import Path

import pytest
from django.db import connection

from treue.app.core import audit, jobs, workplace
from treue.app.core.backups import shelf
from treue.app.core.backups.dump import write_backup
from treue.app.core.models import AuditEntry
from treue.app.core.wrong import Wrong
from treue.app.customers import suppression
from treue.app.customers.models import (
    Blocked,
    ContactPoint,
    Customer,
    ExternalId,
    ImportedFile,
    Note,
    Purchase,
    Referral,
    Segment,
)
from treue.app.customers.search import refresh
from treue.app.privacy import erasing, retention, services, stored
from treue.app.privacy.night import NotAll
from treue.app.privacy.whole import Person, Words

BEFORE = "2026-05-01T00:00:00Z"
"""Earlier than any erasure of these tests."""


def test_nothing_of_a_person_is_left_anywhere(zita, home, search, real_database):
    files, other = search.fill_home(home)
    Segment.objects.create(name="Vogels", conditions={"value": "Vogel"}, actor="user:1")
    keep = Customer.objects.create(code="k-9", name="Lea Brandt", search_text="k-9 lea brandt")
    Note.objects.create(customer=keep, text="stays", actor="user:1")
    before = search.tables(search.mark)
    assert {label.replace(".", "_").lower() for label in zita.filled} - {
        "privacy_period"
    } <= before.keys() | {"measuring_run"}
    assert len(search.files(home, search.mark)) >= 6

    done = services.erase(zita, by="command")

    assert search.tables(search.mark) == {}
    assert search.files(home, search.mark) == []
    assert not any(path.exists() for path in files)
    assert other.exists()
    assert done.files == len(files)
    assert done.rows["customers.Customer"] == 2
    assert done.rows["customers.OrderLine"] == 1
    assert done.rows["customers.Visit"] == 2
    assert list(Customer.objects.all()) == [keep]
    assert Note.objects.count() == Segment.objects.count() == 1
    entry = AuditEntry.objects.get(action="customer.erased")
    assert entry.subject == f"customer:{zita.pk}"
    assert entry.detail["records"] == 2
    assert audit.verify().first_bad is None


OTHER_WORDS = ("zita", "zoë", "donau", "o-7710", "4917654321", "917654321")
"""Her first names alone, a word of her company, the number of an order, digits of her telephone."""


def test_neither_her_first_name_nor_an_order_nor_digits_of_her_telephone_are_left(zita, home, search):
    ContactPoint.objects.create(customer=zita, kind="phone", typed="+49 17 654321", normal="+4917654321")
    refresh([zita.pk])
    (home / "imports").mkdir(exist_ok=True)
    (home / "imports" / "phones.csv").write_text("name;phone\nZ;+49 17 654321\n")
    (home / "imports" / "lines.csv").write_text("order,product\no-7710,tea\n")
    for word in OTHER_WORDS:
        assert search.tables(word), word
    services.erase(zita, by="command")
    assert [search.tables(word) for word in OTHER_WORDS] == [{}] * len(OTHER_WORDS)
    assert [search.files(home, word) for word in OTHER_WORDS] == [[]] * len(OTHER_WORDS)


def test_a_name_with_quotes_is_found_in_columns_that_hold_json(zita, home, search):
    job = jobs.order("import", "import:1")
    payload = {"first": [f"by {search.second} herself"], "other": 1}
    type(job).objects.filter(pk=job.pk).update(state="done", payload=payload)
    services.erase(zita, by="command")
    job.refresh_from_db()
    assert job.payload == {"other": 1}


def test_a_backup_made_before_keeps_her_as_the_page_says(zita, home, search):
    path = shelf.folder() / "treue-1.treue.zip"
    write_backup(path)
    services.erase(zita, by="command")
    with zipfile.ZipFile(path) as saved:
        assert any(search.mark.encode() in saved.read(name).lower() for name in saved.namelist())
    assert search.files(home, search.mark) == []
    path.unlink()


def test_no_order_of_background_work_says_more_than_what_and_about_which_file():
    """What is waiting is not searched when somebody is erased; nobody may stand in it."""
    orders = [
        (path.name, ast.unparse(call))
        for path in Path(jobs.__file__).parents[1].rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "jobs.order"
    ]
    assert len(orders) >= 10
    plain = re.compile(r"jobs\.order\((\w+)?(, _subject\(file\))?\)")
    assert [told for told in orders if not plain.fullmatch(told[1])] == []
    assert not plain.fullmatch("jobs.order(KIND, customer.name)")


@pytest.mark.parametrize("real_database", ["sqlite"], indirect=True)
def test_a_reader_that_holds_the_journal_keeps_old_rows_in_it_until_it_lets_go(
    zita, home, search, real_database, monkeypatch
):
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    reader = sqlite3.connect(home / "treue.sqlite3", isolation_level=None)
    try:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM customers_note").fetchone()[0]
        started = time.monotonic()
        services.erase(zita, by="command")
        # Whoever erases is not kept waiting for the reader; an ordinary wait for each of twenty tries took minutes.
        assert time.monotonic() - started < 30
        assert search.tables(search.mark) == {}
        assert not erasing.overwrite(0)
        assert search.files(home, search.mark)
        # It is tried each night, and the night says so where a reader still holds it.
        monkeypatch.setattr(retention, "NIGHT_PATIENCE_SECONDS", 0.1)
        night = jobs.order("retention")
        assert jobs.claim(night.pk)
        with pytest.raises(NotAll, match="journal"):
            retention.work(jobs.Working(night))
    finally:
        reader.close()
    assert erasing.overwrite()
    assert search.files(home, search.mark) == []


def test_deleting_the_record_alone_would_leave_the_person_in_many_places(zita, home, search):
    search.fill_home(home)
    zita.delete()
    left = search.tables(search.mark)
    assert {
        "customers_orderline",
        "customers_visit",
        "customers_importedfile",
        "core_job",
        "measuring_panel",
    } <= left.keys()
    assert search.files(home, search.mark)


@pytest.mark.parametrize("real_database", ["sqlite"], indirect=True)
def test_without_writing_over_deleted_rows_the_file_still_shows_them(zita, home, search, real_database):
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA secure_delete=OFF")
    services.erase(zita, by="command")
    assert search.tables(search.mark) == {}
    assert search.files(home, search.mark) == ["treue.sqlite3"]


def test_a_word_inside_another_is_no_hit():
    words = Words.of(["7", "o-1"], ["Berg", "Li", "li@firm.example"])
    for text in (
        "a;7;b",
        "o-1",
        "Li",
        'x, "Berg"',
        "Frau Berg kam",
        "LI@firm.example!",
        '{"code": "7"}',
        "7\t8",
    ):
        assert words.stand_in(text), text
    for text in ("Bergen", "17", "o-12", "Lied", "Hamberg", ""):
        assert not words.stand_in(text), text
    assert not words.named_in("a;7;b")
    assert words.named_in("Frau Berg kam")


def test_the_other_side_of_a_referral_stays_without_the_person(real_database, home):
    zita, lea = (Customer.objects.create(code=code, name=code) for code in ("zita-1", "lea-1"))
    at = "2026-01-01T00:00:00Z"
    Referral.objects.create(code="r1", referrer=lea, referred=zita, invited_at=at)
    Referral.objects.create(code="r2", referrer=zita, referred=lea, invited_at=at)
    services.erase(zita, by="command")
    assert list(Referral.objects.values_list("code", "referred")) == [("r1", None)]


def test_visits_without_a_name_go_unless_another_customer_used_the_same_browser(real_database, home):
    from treue.app.customers.models import Visit

    zita, lea = (Customer.objects.create(code=code) for code in ("zita-1", "lea-1"))
    for code, customer, anonymous in (
        ("v1", zita, "own"),
        ("v2", None, "own"),
        ("v3", zita, "shared"),
        ("v4", lea, "shared"),
        ("v5", None, "shared"),
        ("v6", None, None),
    ):
        Visit.objects.create(code=code, customer=customer, anonymous_id=anonymous, at="2026-01-01T00:00:00Z")
    services.erase(zita, by="command")
    assert sorted(Visit.objects.values_list("code", flat=True)) == ["v4", "v5", "v6"]


def test_erasing_waits_for_a_file_that_is_being_brought_in(zita):
    file = ImportedFile.objects.create(name="x", path="", state="running", actor="user:1")
    job = jobs.order("import", f"import:{file.pk}")
    with pytest.raises(Wrong, match="being brought in"):
        services.erase(zita, by="command")
    assert Customer.objects.filter(pk=zita.pk).exists()
    # Given up after too many crashes: its file says for ever that it is being brought in.
    type(job).objects.filter(pk=job.pk).update(state="failed")
    services.erase(zita, by="command")
    assert not Customer.objects.exists()


def test_one_who_cannot_be_erased_keeps_no_other_from_it(database, caplog):
    first, *_ = (Customer.objects.create(code=f"k-{k}") for k in range(3))

    def erase(customer):
        if customer == first:
            raise OSError("disk")
        return bool(customer.delete()[0])

    with pytest.raises(OSError, match="disk"):
        erasing.erase_each(Customer.objects.order_by("pk"), erase)
    assert list(Customer.objects.all()) == [first]
    assert f"customer {first.pk} could not be erased" in caplog.text


def test_the_merged_record_leads_to_the_whole_person(zita):
    other = Customer.objects.get(code__startswith="old-")
    assert Person.of(other).customer.pk == zita.pk
    services.erase(other, by="command")
    assert not Customer.objects.exists()
    with pytest.raises(Wrong, match="not here any more"):
        services.erase(other, by="command")


def test_marks_say_nothing_without_the_key_and_know_every_way_of_writing(zita, home):
    services.erase(zita, by="command")
    values = {*suppression.values_of_code("Z@KANARIENVOGEL.example"), *suppression.values_of_code("k-9")}
    assert suppression.blocked(values) == {("email", "z@kanarienvogel.example")}
    assert suppression.blocked([("id", "old-kanarienvogel"), ("id", "kanarienvogel-1")]) == {
        ("id", "old-kanarienvogel"),
        ("id", "kanarienvogel-1"),
    }
    listed = (home / "erased").read_text().split()
    assert sorted(listed) == sorted(Blocked.objects.values_list("digest", flat=True))
    assert (home / "erased").stat().st_mode & 0o777 == 0o600
    assert (home / "erasure-key").stat().st_mode & 0o777 == 0o600
    (home / "erasure-key").unlink()
    suppression.forget_key()
    assert suppression.blocked(values) == set()


def test_whoever_comes_back_of_their_own_will_can_be_let_back(zita):
    services.erase(zita, by="command")
    assert services.let_back("Z@kanarienvogel.example", "DE", by="command")
    assert not services.let_back("Z@kanarienvogel.example", "DE", by="command")
    assert suppression.blocked([("email", "z@kanarienvogel.example")]) == set()


def test_who_comes_back_with_an_older_backup_is_erased_again(zita):
    services.erase(zita, by="command")
    keep = Customer.objects.create(code="k-9", name="Lea")
    back = Customer.objects.create(code="other", name="Zita", created_at=BEFORE)
    ExternalId.objects.create(customer=back, value="old-kanarienvogel")
    Purchase.objects.create(
        code="o", customer=back, ordered_at="2026-01-01T00:00:00Z", net_amount=1, currency="EUR"
    )
    assert erasing.erase_again(by="system") == 1
    assert list(Customer.objects.all()) == [keep]
    assert erasing.erase_again(by="system") == 0


def test_an_address_of_an_older_backup_is_enough_to_erase_again(zita):
    services.erase(zita, by="command")
    back = Customer.objects.create(code="other", created_at=BEFORE)
    ContactPoint.objects.create(
        customer=back, kind="email", typed="z", normal="z@kanarienvogel.example", added_at=BEFORE
    )
    assert erasing.erase_again(by="system") == 1


def test_no_night_erases_who_got_the_address_of_an_erased_person_later(zita):
    services.erase(zita, by="command")
    spouse = Customer.objects.create(code="k-9", name="Lea", created_at=BEFORE)
    ContactPoint.objects.create(customer=spouse, kind="email", typed="z", normal="z@kanarienvogel.example")
    anew = Customer.objects.create(code="kanarienvogel-1", name="Zita")
    ExternalId.objects.create(customer=anew, value="old-kanarienvogel")
    assert erasing.erase_again(by="system") == 0
    assert set(Customer.objects.all()) == {spouse, anew}


def test_a_second_erasure_is_the_one_that_counts(zita):
    services.erase(zita, by="command")
    Blocked.objects.update(at=BEFORE)
    again = Customer.objects.create(code="kanarienvogel-1")
    services.erase(again, by="command")
    back = Customer.objects.create(code="other", created_at=again.created_at)
    ExternalId.objects.create(customer=back, value="kanarienvogel-1")
    assert erasing.erase_again(by="system") == 1


def test_erasures_at_the_same_time_lose_no_mark(real_database, home):
    wrong = []

    def keep(first):
        try:
            for k in range(25):
                erasing.keep_list([f"{first + k:064x}"])
        except OSError as error:
            wrong.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=keep, args=(1000 * k,)) for k in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert wrong == []
    assert len((home / "erased").read_text().split()) == 6 * 25
    assert (home / "erased").stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in home.glob("erased*")) == ["erased", "erased.lock"]
    assert stored.undeclared() == []


def test_a_list_that_was_begun_and_never_written_is_thrown_away(real_database, home):
    (home / "erased.abc.part").write_text("half")
    erasing.keep_list(["a" * 64])
    assert not list(home.glob("*.part"))
    assert (home / "erased").read_text().split() == ["a" * 64]


def test_files_of_work_that_is_being_done_are_left_to_it(zita, home, search):
    place = home / "uploads" / f"{workplace.BEGINNING}1"
    place.mkdir(parents=True)
    (place / "spill").write_text(zita.name)
    (home / "uploads" / "left.csv").write_text(zita.name)
    assert list(stored.files()) == [home / "uploads" / "left.csv"]
    (home / "cycles").mkdir()
    assert stored.undeclared() == []


def test_everything_in_the_home_folder_is_declared(zita, home, search):
    search.fill_home(home)
    services.erase(zita, by="command")
    assert stored.undeclared() == []
    (home / "notes.txt").write_text("Zita")
    assert stored.undeclared() == ["notes.txt"]
