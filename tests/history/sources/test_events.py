"""Files of contacts, visits and the like under their own headers, as a person says what they are."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from treue.history.sources.events import SAME
from treue.history.sources.own_columns import EVENTS
from treue.kernel.errors import Refused, WrongArgument, WrongTable

CONTACTS = """Kundennummer;Datum;Kanal;Richtung;Betreff
lea;13.02.2026 10:00;Telefon;eingehend;Frage
lea;13.02.2026 10:00;Telefon;eingehend;Noch eine
kim;14.02.2026;E-Mail;out;Angebot
;14.02.2026;E-Mail;in;Niemand
kim;99.02.2026;E-Mail;in;Nie
"""


def test_contacts_under_their_own_headers_are_read_as_somebody_says(read):
    said = {"table": "contacts", "direction": "Richtung"}
    result = read(CONTACTS, "liste.csv", mapping=said, timezone="Europe/Berlin")
    found = result.rows("contacts", "customer_id, opened_at, channel, direction, reply_known, solution_known")
    assert found == [
        ("kim", datetime(2026, 2, 13, 23), "E-Mail", "out", False, False),
        ("lea", datetime(2026, 2, 13, 9), "Telefon", "in", False, False),
        ("lea", datetime(2026, 2, 13, 9), "Telefon", "in", False, False),
    ]
    assert result.aside == [(5, "no_customer"), (6, "bad_time")]
    file = result.reading.files[0]
    assert (file.source, file.tables) == ("plain", ("contacts",))
    assert file.columns == {
        "customer_id": "Kundennummer",
        "opened_at": "Datum",
        "channel": "Kanal",
        "direction": "Richtung",
    }
    assert "The file has no column solved_at; what it would say is unknown." in file.notes


@pytest.mark.parametrize("zone", ["UTC", "Europe/Oslo"])
def test_made_up_numbers_are_the_same_in_every_file_and_zone(read, zone):
    header, *rows = CONTACTS.splitlines()
    first = read(CONTACTS, "a.csv", mapping={"table": "contacts"})
    other = "\n".join([header, *reversed(rows), ""])
    again = read(other, "b.csv", mapping={"table": "contacts"}, timezone=zone)
    more = read(CONTACTS, "c.csv", mapping={"table": "contacts", "direction": "Richtung"})
    numbers = [result.rows("contacts", "contact_id") for result in (first, again, more)]
    assert numbers[0] == numbers[1] == numbers[2]
    assert len(set(numbers[0])) == 3
    filled = read(
        CONTACTS.replace("Betreff", "Gelöst").replace("Frage", "15.02.2026").replace("Noch eine", ""),
        "d.csv",
        mapping={"table": "contacts", "solved_at": "Gelöst"},
    )
    # What cannot be a time is said; the rows that can be read are the same as before.
    assert {row[0] for row in filled.rows("contacts", "contact_id")} < {row[0] for row in numbers[0]}


def test_a_number_of_the_file_is_kept_and_made_up_where_it_is_missing(read):
    text = "Nr;Kunde;Datum\n7;lea;2026-02-01\n;lea;2026-02-01\n"
    result = read(text, mapping={"table": "contacts", "contact_id": "Nr"})
    kept, made = sorted(row[0] for row in result.rows("contacts", "contact_id"))
    assert kept == "7"
    assert made.startswith("row-")


OTHERS = {
    "visits": ("Kunde;Zeitpunkt;Art\nlea;2026-02-01 10:00;Registrierung\n", {"kind": "Art"},
               'customer_id, "at", kind', ("lea", datetime(2026, 2, 1, 10), "signup")),
    "promises": ("Kunde;Datum;Frist;Erledigt\nlea;2026-02-01;2036-02-03;\n", {"due_at": "Frist", "kept_at": "Erledigt"},
                 "customer_id, made_at, due_at, kept_at", ("lea", datetime(2026, 2, 1), datetime(2036, 2, 3), None)),
    "answers": ("Kunde;Datum;Umfrage;Note\nlea;2026-02-01;nps;8,5\n", {"survey": "Umfrage", "score": "Note"},
                "customer_id, survey, answered_at, score", ("lea", "nps", datetime(2026, 2, 1), 8.5)),
    "referrals": ("Kunde;Datum;Wen\nlea;2026-02-01;kim\n", {"referred_id": "Wen"},
                  "referrer_id, invited_at, referred_id", ("lea", datetime(2026, 2, 1), "kim")),
    "mentions": ("Kunde;Datum;Art\nlea;2026-02-01;Beschwerde\n", {"kind": "Art"},
                 'customer_id, "at", kind', ("lea", datetime(2026, 2, 1), "complaint")),
    "contacts": ("Kunde;Datum;Schuld;Wieder\nlea;2026-02-01;ja;2\n", {"own_fault": "Schuld", "reopened_count": "Wieder"},
                 "customer_id, opened_at, own_fault, reopened_count", ("lea", datetime(2026, 2, 1), True, 2)),
}  # fmt: skip


@pytest.mark.parametrize("name", EVENTS)
def test_each_table_is_read_from_a_file_with_other_headers(read, name):
    text, said, columns, row = OTHERS[name]
    result = read(text, mapping={"table": name, **said}, today=date(2026, 3, 1))
    assert result.rows(name, columns) == [row]
    assert name in SAME


def test_two_answers_to_one_survey_are_told_apart_by_their_time_or_wave(read):
    text = "Kunde;Umfrage;Welle;Datum\nlea;nps;1;2026-02-01\nlea;nps;2;2026-05-01\n"
    said = {"table": "answers", "survey": "Umfrage", "wave": "Welle"}
    whole = read(text, mapping=said).rows("answers", "answer_id")
    second = read("\n".join([*text.splitlines()[::2], ""]), mapping=said).rows("answers", "answer_id")
    assert second[0] in whole
    assert len(set(whole)) == 2
    waves = read(
        text.replace(";Datum", "").replace(";2026-02-01", "").replace(";2026-05-01", ""), mapping=said
    )
    assert {row[0][-2:] for row in waves.rows("answers", "answer_id")} == {"-1"}


def test_what_is_wrong_is_set_aside_with_its_reason(read):
    text = (
        "Kunde;Datum;Umfrage;Note\nlea;2026-02-01;nps;gut\nlea;2026-02-01;;8\nlea;2026-02-01;nps;8\n"
        "lea;bald;nps;8\n"
    )
    said = {"table": "answers", "survey": "Umfrage", "score": "Note"}
    assert read(text, mapping=said).aside == [(2, "bad_value"), (3, "missing"), (5, "bad_time")]
    late = read(CONTACTS, mapping={"table": "contacts"}, today=date(2026, 2, 13))
    assert (4, "future_date") in late.aside


def test_what_is_missing_is_named_and_what_cannot_be_is_refused(read):
    with pytest.raises(WrongTable, match=r"for the table promises no column was recognised for: due_at"):
        read("Kunde;Datum\nlea;2026-02-01\n", mapping={"table": "promises"})
    with pytest.raises(WrongTable, match="no file has a column 'Frist'"):
        read("Kunde;Datum\nlea;2026-02-01\n", mapping={"table": "promises", "due_at": "Frist"})
    with pytest.raises(WrongArgument, match="not on offer"):
        read("Kunde;Datum\nlea;2026-02-01\n", mapping={"table": "purchases"})
    with pytest.raises(WrongArgument, match="is not a field"):
        read("Kunde;Datum\nlea;2026-02-01\n", mapping={"table": "contacts", "due_at": "Datum"})
    with pytest.raises(Refused, match="could be day/month"):
        read("Kunde;Datum\nlea;01/02/2026\nkim;03/04/2026\n", mapping={"table": "contacts"})
    result = read("Kunde;Datum\nlea;01/02/2026\n", mapping={"table": "contacts", "dates": "month-first"})
    assert result.rows("contacts", "opened_at") == [(datetime(2026, 1, 2),)]
