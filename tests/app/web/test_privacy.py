from __future__ import annotations

import io
import zipfile
from datetime import timedelta

import pytest
from django.test.utils import override_settings
from django.utils import timezone

from treue.app.core.models import AuditEntry
from treue.app.customers.models import Customer, ExternalId, Note
from treue.app.privacy.models import Period, Request


@pytest.fixture(autouse=True)
def home(tmp_path):
    from treue.app.customers import suppression

    with override_settings(HOME=tmp_path):
        yield tmp_path
    suppression.forget_key()


def test_an_owner_erases_after_typing_the_number(lea, ines, browse):
    Note.objects.create(customer=lea, text="x", actor="user:1")
    client, address = browse(ines), f"/customers/{lea.pk}/erase/"
    page = client.get(address).content.decode()
    for words in ("Erase Lea Brandt", "Notes", "Numbers in other systems", "k-1", "cannot be undone"):
        assert words in page
    wrong = client.post(address, {"typed": "k-2"})
    assert wrong.status_code == 422
    assert "nothing was erased" in wrong.content.decode()
    assert Customer.objects.filter(pk=lea.pk).exists()
    done = client.post(address, {"typed": " k-1 "})
    assert (done.status_code, done.url) == (302, "/privacy/?done=erased")
    assert not Customer.objects.exists()
    assert not ExternalId.objects.exists()
    assert "Everything about this customer is erased" in client.get(done.url).content.decode()
    assert AuditEntry.objects.get(action="customer.erased").actor == f"user:{ines.pk}"


def test_a_manager_gives_a_copy_but_does_not_erase(lea, people, browse):
    client = browse(people["manager"])
    answer = client.post(f"/customers/{lea.pk}/copy/")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="treue-copy-{lea.pk}.zip"'
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert "Lea Brandt" in archive.read("copy.html").decode()
    assert client.get(f"/customers/{lea.pk}/copy/").status_code == 403
    assert client.post(f"/customers/{lea.pk}/erase/", {"typed": "k-1"}).status_code == 403
    for role in ("service", "analyst", "auditor"):
        assert browse(people[role]).post(f"/customers/{lea.pk}/copy/").status_code == 403


def test_only_an_owner_restricts_and_sees_who_is_restricted(lea, people, browse):
    manager, owner = browse(people["manager"]), browse(people["owner"])
    address = f"/customers/{lea.pk}/switch/"
    assert manager.post(address, {"name": "no_profiling", "value": "1"}).status_code == 302
    assert manager.post(address, {"name": "restricted", "value": "1"}).status_code == 403
    assert owner.post(address, {"name": "restricted", "value": "1"}).status_code == 302
    for what in ("", "copy/", "switch/", "erase/"):
        assert manager.post(f"/customers/{lea.pk}/{what}").status_code == (
            403 if what == "erase/" or not what else 404
        )
    assert "Lea" not in manager.get("/customers/").content.decode()
    assert owner.get(f"/customers/{lea.pk}/").status_code == 200
    lea.refresh_from_db()
    assert (lea.no_profiling, lea.restricted) == (True, True)
    wrong = owner.post(address, {"name": "role", "value": "1"})
    assert wrong.status_code == 422
    assert "no switch" in wrong.content.decode()


def test_requests_are_written_down_and_answered_in_time(lea, ines, browse):
    client = browse(ines)
    day = timezone.now().date() - timedelta(days=45)
    sent = {"kind": "copy", "received": day.isoformat(), "customer": "k-1"}
    assert client.post("/privacy/request/", sent).url == "/privacy/?done=request"
    page = client.get("/privacy/").content.decode()
    assert "Lea Brandt" in page
    assert "overdue" in page
    one = Request.objects.get()
    assert client.post(f"/privacy/request/{one.pk}/", {"because": "three shops"}).status_code == 302
    page = client.get("/privacy/").content.decode()
    assert "Extended: three shops" in page
    assert "overdue" not in page
    client.post(f"/privacy/request/{one.pk}/", {"outcome": "done"})
    page = client.get("/privacy/").content.decode()
    assert "Nothing is open." in page
    assert "done as asked" in page
    for wrong in ({"received": "soon"}, {"customer": "nobody"}, {"kind": "sell"}):
        assert client.post("/privacy/request/", {**sent, **wrong}).status_code == 422
    assert Request.objects.count() == 1


def test_an_owner_chooses_periods_and_a_manager_reads_them(people, browse):
    owner, manager = browse(people["owner"]), browse(people["manager"])
    assert owner.post("/privacy/period/", {"rule": "silent", "days": "1500"}).status_code == 302
    assert list(Period.objects.values_list("rule", "days")) == [("silent", 1500)]
    page = manager.get("/privacy/").content.decode()
    assert "1,500 days of silence" in page
    assert 'name="days"' not in page
    assert manager.post("/privacy/period/", {"rule": "silent", "days": "1"}).status_code == 403
    for sent in (
        {"rule": "silent", "days": "0"},
        {"rule": "silent", "days": "x"},
        {"rule": "what", "days": "5"},
    ):
        assert owner.post("/privacy/period/", sent).status_code == 422


def test_what_the_next_night_would_delete_is_counted_where_somebody_asks(lea, ines, browse):
    lea.visits.create(code="v", at="2010-01-01T00:00:00Z")
    client = browse(ines)
    assert "(1 waiting)" not in client.get("/privacy/").content.decode()
    assert "(1 waiting)" in client.get("/privacy/?count=1").content.decode()
    client.post("/privacy/period/", {"rule": "visits", "days": "1095"})
    assert "(1 waiting)" not in client.get("/privacy/?count=1").content.decode()


def test_a_copy_is_refused_where_one_of_the_records_is_hidden(lea, people, browse):
    hidden = Customer.objects.create(code="k-2", name="Hidden", restricted=True)
    hidden.merged_from.create(loser=lea, actor="user:1")
    assert browse(people["manager"]).post(f"/customers/{lea.pk}/copy/").status_code == 404
    assert browse(people["owner"]).post(f"/customers/{lea.pk}/copy/").status_code == 200


def test_a_record_merged_with_a_restricted_one_is_the_owners_to_see(lea, people, browse):
    hidden = Customer.objects.create(code="k-2", name="Hidden", restricted=True)
    hidden.merged_from.create(loser=lea, actor="user:1")
    for role in ("manager", "service"):
        client = browse(people[role])
        assert client.get(f"/customers/{lea.pk}/").status_code == 404
        assert f"/customers/{lea.pk}/" not in client.get("/customers/?words=k-1").content.decode()
    assert browse(people["owner"]).get(f"/customers/{lea.pk}/").status_code == 200


def test_whoever_was_erased_can_be_let_back_by_the_owner(lea, ines, browse):
    client = browse(ines)
    client.post(f"/customers/{lea.pk}/erase/", {"typed": "k-1"})
    assert client.post("/privacy/back/", {"typed": "k-2"}).status_code == 422
    assert client.post("/privacy/back/", {"typed": "k-1"}).url == "/privacy/?done=back"
    assert client.post("/privacy/back/", {"typed": "k-1"}).status_code == 422
