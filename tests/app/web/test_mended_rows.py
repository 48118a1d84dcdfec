"""Rows set aside are taken out as a file, mended, and brought in again: whole, once, and with reasons that do no harm."""

from __future__ import annotations

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from treue.app.core import jobs, worker
from treue.app.core.models import Job, User
from treue.app.customers.models import Customer, ImportedFile, Purchase

LONG = "x" * 5_000
ORDERS = f"""Kunde;Bestellung;Datum;Betrag;Größe
lea;1;01.02.2026;10,50;M
kim;2;99.02.2026;1.020,00;{LONG}
;3;14.02.2026;-1,00;"a, b
c"
jo;4;15.02.2026;2,00;M;L
ola;5;16.02.2026;7,00;
"""
PEOPLE = "Name,E-mail,Size\nLea,lea@x.example,M\n=Kim,nobody,L\nJo,jo@x.example,\n"


@pytest.fixture
def owner(real_database):
    return User.objects.create_user("ines@firm.example", "four unrelated words", name="Ines", role="owner")


def work_off():
    while ids := [
        number for number in jobs.waiting() if Job.objects.get(id=number).kind.startswith("import")
    ]:
        for number in ids:
            if jobs.claim(number):
                worker.do(number)


def bring(client, content, name="orders.csv"):
    answer = client.post("/data/upload/", {"file": SimpleUploadedFile(name, content)})
    work_off()
    client.post(f"{answer.url}start/")
    work_off()
    file = ImportedFile.objects.order_by("id").last()
    assert file.state == "done", file.why
    return file


def aside(client, file):
    answer = client.get(f"/data/{file.pk}/set-aside/")
    assert answer.status_code == 200
    return b"".join(answer.streaming_content).decode("utf-8-sig")


def table(text):
    return list(
        csv.reader(io.StringIO(text, newline=""), delimiter=";" if ";" in text.splitlines()[0] else ",")
    )


def written(rows, separator=";"):
    page = io.StringIO()
    csv.writer(page, delimiter=separator).writerows(rows)
    return page.getvalue().encode("utf-8-sig")


def test_rows_come_whole_under_their_own_columns_and_once_they_are_mended_come_in(owner, browse):
    client = browse(owner, HTTP_ACCEPT_LANGUAGE="de")
    file = bring(client, ORDERS.encode())
    assert (file.accepted, file.set_aside) == (2, 3)
    heads, *rows = table(aside(client, file))
    assert heads == [
        "Kunde",
        "Bestellung",
        "Datum",
        "Betrag",
        "Größe",
        "Treue: Zeile",
        "Treue: Grund",
        "Treue: weitere Zellen",
    ]
    assert [row[5] for row in rows] == ["3", "4", "6"]
    assert rows[0][4] == LONG
    assert "Datum" in rows[0][6]
    assert "99.02.2026" in rows[0][6]
    assert rows[1][3:5] == ["'-1,00", "a, b\nc"]
    assert (rows[2][4], rows[2][5], rows[2][7]) == ("M", "6", "L")
    rows[0][2], rows[1][0] = "13.02.2026", "per"
    again = bring(client, written([heads, *rows]), "mended.csv")
    assert (again.rows_read, again.accepted, again.set_aside) == (3, 3, 0)
    amounts = dict(Purchase.objects.values_list("code", "net_amount"))
    assert amounts == {"1": 1050, "2": 102_000, "4": 200, "5": 700}
    assert dict(Purchase.objects.filter(code="2").values_list("code", "attributes")) == {
        "2": {"grösse": LONG}
    }
    # Nothing comes twice: neither what was in before, nor what is in now.
    assert [bring(client, one).added for one in (ORDERS.encode(), written([heads, *rows]))] == [0, 0]
    assert dict(Purchase.objects.values_list("code", "net_amount")) == amounts


def test_without_their_guard_such_rows_would_come_in_wrongly(owner, browse):
    client = browse(owner, HTTP_ACCEPT_LANGUAGE="de")
    file = bring(client, ORDERS.encode())
    heads, *rows = table(aside(client, file))
    # Under other heads nobody knows the columns at the end as Treue's own.
    rows[0][2] = "13.02.2026"
    renamed = [head.replace("Treue: ", "Meine ") for head in heads]
    bring(client, written([renamed, rows[0]]))
    assert "meine_grund" in Purchase.objects.get(code="2").attributes


@pytest.mark.parametrize(("code", "reason"), [("en", "e-mail"), ("de", "E-Mail"), ("nb", "e-post")])
def test_people_who_were_set_aside_come_in_once_they_are_mended(owner, browse, code, reason):
    User.objects.filter(pk=owner.pk).update(language=code)
    owner.refresh_from_db()
    client = browse(owner, HTTP_ACCEPT_LANGUAGE=code)
    file = bring(client, PEOPLE.encode(), "people.csv")
    heads, row = table(aside(client, file))
    assert row[:3] == ["'=Kim", "nobody", "L"]
    assert reason in row[4]
    row[1] = "kim@x.example"
    again = bring(client, written([heads, row]), "mended.csv")
    assert (again.kind, again.accepted) == ("contacts", 1)
    kim = Customer.objects.get(code="kim@x.example")
    assert (kim.name, kim.attributes) == ("=Kim", {"size": "L"})


def test_of_who_was_erased_nothing_is_kept(owner, browse):
    from treue.app.privacy import services

    client = browse(owner)
    bring(client, ORDERS.encode())
    services.erase(Customer.objects.get(code="lea"), by=owner)
    wrong = ORDERS.replace("kim;2", "lea;2").encode()
    file = bring(client, wrong, "again.csv")
    text = aside(client, file)
    assert "lea" not in text
    assert LONG not in text
    assert text.count("\n") > 2
