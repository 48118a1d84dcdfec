from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings

from treue.app.core import audit, jobs, worker
from treue.app.core.models import Firm, Job, User
from treue.app.customers.importing import services
from treue.app.customers.importing.places import folder_of
from treue.app.customers.models import Contact, Customer, ImportedFile, Purchase

ORDERS = """Kunde;Bestellung;Datum;Betrag
lea;1;01.02.2026;10,50
kim;2;13.02.2026;20,00
;3;14.02.2026;1,00
@SUM(1+1);4;99.02.2026;2,00
"""


def work_off():
    """Do what the background worker would do, in this process."""
    while ids := [
        number for number in jobs.waiting() if Job.objects.get(id=number).kind.startswith("import")
    ]:
        for number in ids:
            if jobs.claim(number):
                worker.do(number)


def send(client, text, name="orders.csv"):
    content = text if isinstance(text, bytes) else text.encode()
    return client.post("/data/upload/", {"file": SimpleUploadedFile(name, content)})


def words(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


@pytest.mark.parametrize(
    ("code", "said"),
    [("en", "enough to begin"), ("de", "Zum Anfangen genügt"), ("nb", "er nok til å begynne")],
)
def test_an_empty_system_says_how_to_begin(ines, browse, code, said):
    assert said in words(browse(ines, HTTP_ACCEPT_LANGUAGE=code).get("/data/"))


@pytest.mark.parametrize(
    ("code", "said"), [("en", "remove them first"), ("de", "entfernen Sie diese"), ("nb", "fjern dem først")]
)
def test_beside_the_demonstration_no_file_is_taken_and_the_page_says_so(ines, browse, code, said):
    User.objects.filter(pk=ines.pk).update(language=code)
    Firm.the()
    client = browse(ines)
    assert 'name="file"' in client.get("/data/").content.decode()
    Firm.objects.update(is_demo=True)
    page = client.get("/data/").content.decode()
    assert said in page
    assert 'name="file"' not in page
    answer = send(client, ORDERS)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not ImportedFile.objects.exists()


@pytest.mark.parametrize(("code", "said"), [("en", "remove them first"), ("de", "entfernen Sie diese")])
def test_beside_the_demonstration_a_file_that_was_read_says_why_it_cannot_be_brought_in(
    ines, browse, code, said
):
    User.objects.filter(pk=ines.pk).update(language=code)
    client = browse(ines)
    address = send(client, ORDERS).url
    work_off()
    page = client.get(address).content.decode()
    assert f'action="{address}start/"' in page
    assert said not in page
    Firm.objects.update(is_demo=True)
    page = client.get(address).content.decode()
    assert said in page
    assert f'action="{address}start/"' not in page
    assert client.post(f"{address}start/").status_code == 422


def test_a_file_is_shown_corrected_and_brought_in(ines, browse):
    client = browse(ines)
    answer = send(client, ORDERS)
    address = answer.url
    assert "Waiting for its turn" in words(client.get(address))
    assert Purchase.objects.count() == 0
    work_off()
    shown = words(client.get(address))
    assert "2 rows can be brought in." in shown
    assert "1 row: no customer" in shown
    assert "@SUM(1+1)" in shown
    assert (
        client.post(
            f"{address}read/", {"customer": "Kunde", "time": "Datum", "amount": "Bestellung"}
        ).status_code
        == 302
    )
    work_off()
    file = ImportedFile.objects.get()
    assert file.choices == {"amount": "Bestellung"}
    client.post(f"{address}read/", {"customer": "Kunde", "time": "Datum", "amount": "Betrag"})
    work_off()
    assert client.post(f"{address}start/").url == address
    work_off()
    done = words(client.get(address))
    assert "4 new rows are in the records." in done
    assert sorted(Purchase.objects.values_list("net_amount", flat=True)) == [1050, 2000]
    assert "brought in" in words(client.get("/data/"))
    assert not folder_of(file).joinpath("upload").exists()
    aside = client.get(f"{address}set-aside/")
    lines = b"".join(aside.streaming_content).decode("utf-8-sig").splitlines()
    assert len(lines) == 3
    assert any("'@SUM(1+1)" in line for line in lines)
    assert audit.verify().first_bad is None


def aside_of(client, address):
    answer = client.get(f"{address}set-aside/")
    assert answer.status_code == 200
    return b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()


@pytest.mark.parametrize(
    ("name", "text", "chosen", "reason"),
    [
        ("orders.csv", "Kunde;Datum;Betrag\n;01.02.2026;10,50\n;13.02.2026;20,00\n", "Datum", "no customer"),
        ("contacts.csv", "contact_id,customer_id,opened_at\n1,,2026-02-01\n2,,2026-02-02\n", "", "missing"),
        ("people.csv", "E-mail,Name\nnobody,Lea\nnowhere,Kim\n", "E-mail", "not a valid e-mail"),
    ],
)
def test_a_file_whose_rows_are_all_set_aside_says_why_and_gives_them(
    ines, browse, name, text, chosen, reason
):
    client = browse(ines)
    address = send(client, text, name).url
    work_off()
    page = client.get(address)
    assert f"2 rows: {reason}" in words(page) or reason in words(page).partition("2 rows:")[2]
    assert f'href="{address}set-aside/"' in page.content.decode()
    assert not chosen or f'<option value="{chosen}" selected>' in page.content.decode()
    lines = aside_of(client, address)
    heads = re.split("[,;]", text.split("\n")[0])
    assert next(csv.reader(lines[:1]))[: len(heads) + 1] == [*heads, "Treue: line"]
    assert len(lines) == 3
    assert client.post(f"{address}start/").status_code == 422
    client.post(f"{address}cancel/")
    assert client.get(f"{address}set-aside/").status_code == 404
    assert not folder_of(ImportedFile.objects.get()).exists()


def test_rows_set_aside_can_be_taken_before_the_file_is_brought_in_and_follow_each_reading(ines, browse):
    client = browse(ines)
    address = send(client, ORDERS).url
    work_off()
    assert len(aside_of(client, address)) == 3
    client.post(f"{address}read/", {"customer": "Bestellung", "time": "Kunde", "amount": "Betrag"})
    assert client.get(f"{address}set-aside/").status_code == 404
    work_off()
    assert len(aside_of(client, address)) == 5
    client.post(f"{address}read/", {"customer": "Bestellung", "time": "Datum", "amount": "Betrag"})
    work_off()
    assert len(aside_of(client, address)) == 2


def test_what_was_thrown_away_is_not_offered_to_begin_again(ines, browse):
    client = browse(ines)
    address = send(client, ORDERS).url
    work_off()
    client.post(f"{address}cancel/")
    page = client.get(address).content.decode()
    assert "This import was stopped" in page
    assert f"{address}start/" not in page
    assert f"{address}read/" not in page


LIST = "Kundennummer;Datum;Kanal;Betreff\nlea;01.02.2026 10:00;Telefon;Frage\nkim;13.02.2026;E-Mail;Idee\n;13.02.2026;E-Mail;\n"


def test_a_list_of_contacts_under_other_headers_is_one_once_somebody_says_so(ines, browse):
    client = browse(ines)
    address = send(client, LIST, "liste.csv").url
    work_off()
    page = client.get(address)
    assert "If these are no orders, choose first what is in it." in words(page)
    assert '<option value="table-contacts">' in page.content.decode()
    client.post(f"{address}read/", {"kind": "table-contacts", "customer": "Kundennummer"})
    work_off()
    page = client.get(address)
    assert ImportedFile.objects.get().choices == {"table": "contacts"}
    assert "2 rows can be brought in." in words(page)
    assert "1 row: no customer" in words(page)
    shown = page.content.decode()
    assert '<option value="table-contacts" selected>' in shown
    chosen = {
        found[0]: found[1]
        for found in re.findall(r'<select name="([^"]+)">(?:(?!</select>).)*value="([^"]*)" selected', shown)
    }
    assert chosen["contacts.opened_at"] == "Datum"
    assert "Date (needed)" in shown
    # Read again as it stands, nothing else is said of it; with another column that is.
    client.post(f"{address}read/", chosen)
    assert ImportedFile.objects.get().choices == {"table": "contacts"}
    client.post(f"{address}read/", chosen | {"contacts.direction": "Betreff", "dates": "day-first"})
    work_off()
    said = {"table": "contacts", "contacts.direction": "Betreff", "dates": "day-first"}
    assert ImportedFile.objects.get().choices == said
    client.post(f"{address}start/")
    work_off()
    assert sorted(Contact.objects.values_list("customer__code", "channel", "solution_known")) == [
        ("kim", "E-Mail", False),
        ("lea", "Telefon", False),
    ]
    # The same list, longer by a row, adds that row only.
    again = send(client, LIST + "kim;14.02.2026;E-Mail;Idee\n", "again.csv").url
    work_off()
    client.post(f"{again}read/", {"kind": "table-contacts"})
    work_off()
    client.post(f"{again}start/")
    work_off()
    assert Contact.objects.count() == 3


def test_what_a_table_lacks_is_said_in_its_own_words(ines, browse):
    client = browse(ines)
    address = send(client, LIST, "liste.csv").url
    work_off()
    client.post(f"{address}read/", {"kind": "table-promises"})
    work_off()
    shown = words(client.get(address))
    assert "Promises: no column was recognised for: Due. Choose it below." in shown
    client.post(f"{address}read/", {"kind": "history"})
    work_off()
    assert ImportedFile.objects.get().choices == {"kind": "history"}
    assert client.post(f"{address}read/", {"kind": "table-purchases"}).status_code == 422
    assert client.post(f"{address}read/", {"kind": "nothing"}).status_code == 422


def test_a_list_that_names_people_is_contacts_where_somebody_says_so(ines, browse):
    client = browse(ines)
    address = send(client, "E-mail;Name;Datum\nlea@x.example;Lea;01.02.2026\n", "liste.csv").url
    work_off()
    assert ImportedFile.objects.get().kind == "contacts"
    client.post(f"{address}read/", {"kind": "table-mentions"})
    work_off()
    client.post(f"{address}read/", {"kind": "table-visits"})
    work_off()
    assert "1 row can be brought in." in words(client.get(address))
    client.post(f"{address}read/", {"kind": "contacts"})
    work_off()
    file = ImportedFile.objects.get()
    assert (file.kind, file.choices) == ("contacts", {"kind": "contacts"})


def test_files_are_listed_page_by_page(ines, browse):
    ImportedFile.objects.bulk_create(
        ImportedFile(name=f"week {number:03}.csv", path="", state="done", actor="command")
        for number in range(1, 122)
    )
    client = browse(ines)
    found = [
        re.findall(r"week \d+", client.get(f"/data/?page={page}").content.decode()) for page in (1, 2, 3)
    ]
    assert [len(one) for one in found] == [50, 50, 21]
    assert (found[0][0], found[2][-1]) == ("week 121", "week 001")
    assert "Page 3 of 3" in words(client.get("/data/?page=9"))


@pytest.mark.parametrize("name", ["contacts.csv", "export.csv"])
def test_a_file_of_contacts_with_the_columns_that_are_needed_is_brought_in(ines, browse, name):
    client = browse(ines)
    text = "contact_id,customer_id,opened_at,channel,direction\n7,lea,2026-02-01T10:00:00Z,email,in\n"
    address = send(client, text, name).url
    work_off()
    assert "1 row can be brought in." in words(client.get(address))
    client.post(f"{address}start/")
    work_off()
    contact = Contact.objects.get()
    assert (contact.code, contact.channel, contact.reply_known) == ("7", "email", False)


def test_a_file_that_lacks_a_column_of_its_table_is_told_which(ines, browse):
    client = browse(ines)
    address = send(client, "contact_id,customer_id,channel\n7,lea,email\n", "contacts.csv").url
    work_off()
    shown = words(client.get(address))
    assert "These columns are missing: opened_at." in shown
    assert "Amount. Choose" not in shown


def test_a_file_of_which_nothing_can_be_read_shows_its_columns_to_choose_from(ines, browse):
    client = browse(ines)
    address = send(client, "Wer;Wann;Wieviel\nlea;01.02.2026;10,50\n").url
    work_off()
    page = client.get(address).content.decode()
    assert "cannot be used as it was read" in page
    assert "--map" not in page
    assert '<option value="Wieviel"' in page
    assert client.post(f"{address}start/").status_code == 422
    client.post(
        f"{address}read/", {"customer": "Wer", "time": "Wann", "amount": "Wieviel", "currency": "nok"}
    )
    work_off()
    assert "1 row can be brought in." in words(client.get(address))
    client.post(f"{address}start/")
    work_off()
    assert Firm.objects.get().currency == "NOK"


def test_before_the_first_purchase_the_default_time_zone_is_named(ines, browse):
    client = browse(ines)
    named = "are read in the zone UTC"
    assert named in words(client.get("/data/"))
    address = send(client, ORDERS).url
    work_off()
    page = client.get(address)
    assert named in words(page)
    assert '<a href="/settings/">' in page.content.decode()
    Firm.objects.update(timezone="Europe/Oslo")
    assert named not in words(client.get(address)) + words(client.get("/data/"))
    Firm.objects.update(timezone="UTC")
    client.post(f"{address}start/")
    work_off()
    assert named not in words(client.get(address)) + words(client.get("/data/"))


@pytest.mark.parametrize(
    "wish", [{"dates": "x"}, {"currency": "XXQ"}, {"rates": "USD=-1"}, {"rates": "much"}]
)
def test_a_choice_that_cannot_be_is_refused_in_a_sentence(ines, browse, wish):
    client = browse(ines)
    address = send(client, ORDERS).url
    work_off()
    answer = client.post(f"{address}read/", wish)
    assert answer.status_code == 422
    assert "“" in words(answer)


def test_who_sees_no_persons_sees_counts_and_no_rows(people, browse):
    address = send(browse(people["manager"]), ORDERS).url
    work_off()
    for role, user in people.items():
        page = words(browse(user).get(address))
        assert "1 row: no customer" in page, role
        assert ("@SUM(1+1)" in page) == (role in {"owner", "manager", "service"}), role
        assert ("lea" in page) == (role in {"owner", "manager", "service"}), role
        assert browse(user).get(f"{address}set-aside/").status_code == (
            200 if role in {"owner", "manager", "service"} else 403
        )
        allowed = role in {"owner", "manager"}
        assert browse(user).post(f"{address}read/", {"dates": "x"}).status_code == (
            422 if allowed else 403
        ), role


def uploads():
    return sorted(Path(django_settings.FILE_UPLOAD_TEMP_DIR).iterdir())


def test_what_a_stranger_sends_is_thrown_away_as_it_comes(people, kim, browse):
    before = uploads()
    assert send(kim, ORDERS).status_code == 302
    for role in ("service", "analyst", "auditor"):
        assert send(browse(people[role]), ORDERS).status_code == 403
    assert kim.post(
        "/login/", {"email": "kim@x.example", "file": SimpleUploadedFile("x.csv", b"x" * 100_000)}
    ).status_code in {
        200,
        422,
    }
    assert ImportedFile.objects.count() == 0
    assert uploads() == before


def test_a_file_that_is_too_large_is_refused_in_a_sentence(ines, browse):
    with override_settings(UPLOAD_BYTES=100):
        answer = send(browse(ines), b"a,b\n" * 50_000)
        assert answer.status_code == 413
        assert "larger than an upload may be" in words(answer)
        assert send(browse(ines), b"a,b\n" * 50).status_code == 422
    assert ImportedFile.objects.count() == 0


@pytest.mark.parametrize(
    "name",
    [
        "../../../etc/cron.d/x",
        "a\x00b.csv",
        "<script>alert(1)</script>.csv",
        "..",
        "Ä" * 400 + ".csv",
        "-rf.csv",
        ".csv",
        "con\n.csv",
    ],
)
def test_a_hostile_name_is_a_name_and_nothing_more(ines, browse, name):
    file = services.receive(name, [ORDERS.encode()], by=ines)
    path = Path(file.path)
    assert path.parent == folder_of(file) / "upload"
    assert path.stat().st_mode & 0o777 == 0o600
    assert re.fullmatch(r"[\w. -]{1,120}", path.name)
    work_off()
    page = browse(ines).get(f"/data/{file.pk}/").content.decode()
    assert "<script>alert" not in page
    services.cancel(file, by=ines)
    assert not path.exists()


def test_paths_of_the_server_are_for_owners_and_for_allowed_folders(people, browse, tmp_path):
    inside, outside = tmp_path / "in", tmp_path / "out"
    for folder in (inside, outside):
        folder.mkdir()
        (folder / "orders.csv").write_text(ORDERS)
    (inside / "link.csv").symlink_to(outside / "orders.csv")
    with override_settings(IMPORT_FOLDERS=[str(inside)]):
        owner = browse(people["owner"])
        assert owner.post("/data/upload/", {"path": str(inside / "orders.csv")}).status_code == 302
        refused = [
            outside / "orders.csv",
            inside / "link.csv",
            inside / "none.csv",
            "/etc/passwd",
            f"{inside}/../out/orders.csv",
            "a\x00b",
        ]
        for path in refused:
            answer = owner.post("/data/upload/", {"path": str(path)})
            assert answer.status_code == 422, path
            assert "no such file in the folders" in words(answer)
        assert (
            browse(people["manager"]).post("/data/upload/", {"path": str(inside / "orders.csv")}).status_code
            == 422
        )
    assert ImportedFile.objects.count() == 1


def test_an_import_is_stopped_and_begun_again(ines, browse):
    client = browse(ines)
    address = send(client, ORDERS).url
    work_off()
    client.post(f"{address}start/")
    assert client.post(f"{address}cancel/").status_code == 302
    work_off()
    assert "was stopped" in words(client.get(address))
    assert Purchase.objects.count() == 0
    client.post(f"{address}start/")
    work_off()
    assert Purchase.objects.count() == 2
    assert client.post(f"{address}cancel/").status_code == 422
    assert client.post(f"{address}start/").status_code == 422


def test_an_import_that_was_given_up_can_begin_again(ines, browse):
    client = browse(ines)
    address = send(client, ORDERS).url
    work_off()
    client.post(f"{address}start/")
    Job.objects.filter(kind="import").update(state="failed")
    assert "was interrupted" in words(client.get(address))
    client.post(f"{address}start/")
    work_off()
    assert Purchase.objects.count() == 2


def test_somebody_who_stops_it_in_the_last_moment_stops_all_of_it(ines):
    file = services.receive("orders.csv", [ORDERS.encode()], by=ines)
    work_off()
    services.start(file, by=ines)

    def stop(doing, share):
        if doing == "writing":
            ImportedFile.objects.filter(id=file.id).update(state="cancelled")

    from treue.app.customers.importing.work import bring_in

    with pytest.raises(jobs.CancelledError):
        bring_in(file, stop)
    assert Customer.objects.count() == Purchase.objects.count() == 0
