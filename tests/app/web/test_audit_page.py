from __future__ import annotations

import csv
import io

import pytest

from treue.app.core import audit
from treue.app.core.models import AuditEntry


def rows(answer):
    return list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode())))


def written(people, count=3):
    for number in range(count):
        audit.write(
            "customer.merged", by=people["service"], subject=f"customer:{number}", detail={"n": number}
        )
    audit.write("account.closed", by=people["owner"], subject=f"user:{people['service'].pk}")


def test_the_log_is_read_and_searched(people, browse):
    written(people)
    client = browse(people["auditor"])
    page = client.get("/audit/").content.decode()
    assert page.count("customer.merged") == 3
    assert "account.closed" in page
    for words, found in (
        ("customer:1", 1),
        (f"user:{people['service'].pk}", 4),
        ("Service", 4),
        ("service@firm", 4),
        ("account.", 1),
        ("nothing", 0),
    ):
        page = client.get("/audit/", {"q": words}).content.decode()
        assert page.count(">customer.merged</code>") + page.count(">account.closed</code>") == found, words


def test_deeds_and_who_did_them_without_an_account_are_said_in_words(people, browse):
    audit.write("cycle.done", by=audit.SYSTEM)
    people["auditor"].language = "de"
    people["auditor"].save()
    page = browse(people["auditor"]).get("/audit/").content.decode()
    assert "Zahlen und Bewertungen berechnet" in page
    assert "Treue selbst" in page


def test_older_entries_are_one_click_away(people, browse):
    written(people, 60)
    client = browse(people["owner"])
    page = client.get("/audit/").content.decode()
    assert page.count("<tr>") == 51
    assert "?before=12" in page
    assert client.get("/audit/?before=12").content.decode().count("<tr>") == 12


def test_the_whole_log_is_checked_by_a_button(people, browse):
    written(people)
    client = browse(people["auditor"])
    assert "4 entries were read" in client.post("/audit/verify/").content.decode()
    assert audit.head() in client.get("/audit/").content.decode()


def test_the_export_is_whole_and_safe_for_spreadsheets(people, browse):
    written(people)
    audit.write("=cmd()", by=audit.SYSTEM, subject="@x")
    table = rows(browse(people["auditor"]).get("/audit/export/"))
    assert table[0] == ["number", "at", "actor", "action", "subject", "detail", "previous", "digest"]
    assert len(table) == 1 + 5 + 1  # the export itself is the last entry
    assert [table[5][3], table[5][4]] == ["'=cmd()", "'@x"]
    assert table[6][3] == "audit.exported"
    assert len(rows(browse(people["owner"]).get("/audit/export/?q=customer:1"))) == 2


@pytest.mark.parametrize("role", ["manager", "service", "analyst"])
def test_others_do_not_see_it(people, browse, role):
    client = browse(people[role])
    assert client.get("/audit/").status_code == 403
    assert client.get("/audit/export/").status_code == 403
    assert client.post("/audit/verify/").status_code == 403
    assert AuditEntry.objects.count() == 0
