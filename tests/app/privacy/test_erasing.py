from __future__ import annotations

import threading

import pytest
from django.db import connection

from treue.app.core import audit, jobs, workplace
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
from treue.app.privacy import erasing, services, stored
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


def test_without_writing_over_deleted_rows_the_file_still_shows_them(zita, home, search, real_database):
    if real_database != "sqlite":
        pytest.skip("PostgreSQL gives the pages free by VACUUM")
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
