from __future__ import annotations

import pytest

from treue.app.core.models import Firm
from treue.app.customers import services
from treue.app.customers.importing.services import receive
from treue.app.customers.importing.work import bring_in, work_reading
from treue.app.customers.models import Consent, ContactPoint, Customer, ExternalId, ImportedFile

MAILCHIMP = """Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LEID,EUID
Lea@Bücher.example,Lea,Brandt,2,2024-05-01 10:00:00,198.51.100.7,2024-05-01 10:05:00,198.51.100.7,1,a
kim@firm.example,Kim,,2,,,2024-06-01 09:00:00,,2,b
"""
UNSUBSCRIBED = """Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LEID,EUID,UNSUB_TIME,UNSUB_REASON
lea@bücher.example,Lea,Brandt,2,2024-05-01 10:00:00,198.51.100.7,2024-05-01 10:05:00,198.51.100.7,1,a,2025-01-02 08:00:00,NORMAL
"""
HUBSPOT = """Record ID,First Name,Last Name,Email,Phone Number,Company Name,Lifecycle Stage,Country/Region
501,Ola,Nordmann,ola@nordmann.example,+47 22 33 44 55,Nordmann AS,customer,Norway
502,Kari,Nordmann,kari@nordmann.example,22 33 44 55 66 77 88 99,Nordmann AS,lead,Norway
"""
PLAIN = {
    "en": "E-mail,First name,Last name,Phone,Newsletter\njo@x.example,Jo,Doe,+44 20 7946 0958,yes\nnobody,No,Body,,yes\n,,,,\n",
    "de": "E-Mail-Adresse;Vorname;Nachname;Telefon;Newsletter\njo@x.example;Jo;Doe;+44 20 7946 0958;ja\nnobody;No;Body;;ja\n",
    "nb": "E-postadresse;Fornavn;Etternavn;Telefonnummer;Nyhetsbrev\njo@x.example;Jo;Doe;+44 20 7946 0958;ja\nnobody;No;Body;;ja\n",
}  # fmt: skip


class Work:
    """What a piece of work is given, without a worker around it."""

    def __init__(self, file):
        self.subject = f"import:{file.pk}"

    def tell(self, words, share):
        pass


def bring(name, text):
    file = receive(name, [text.encode()], by="command")
    work_reading(Work(file))
    ImportedFile.objects.filter(id=file.id).update(state="running")
    return bring_in(file, lambda *_: None)


def test_a_file_of_people_is_recognised_and_shown_before_it_is_brought_in(real_database):
    file = receive("audience.csv", [MAILCHIMP.encode()], by="command")
    work_reading(Work(file))
    file.refresh_from_db()
    assert (file.kind, file.state, file.rows_read, file.accepted) == ("contacts", "read", 2, 2)
    assert file.reading["people"] == {"given": 1, "withdrawn": 0}
    assert Customer.objects.count() == 0


def test_consent_is_taken_only_where_it_is_proved(real_database):
    bring("audience.csv", MAILCHIMP)
    consent = Consent.objects.get()
    assert (consent.customer.name, consent.given, consent.channel) == ("Lea Brandt", True, "email")
    assert consent.at.isoformat() == "2024-05-01T10:05:00+00:00"
    assert consent.proof["CONFIRM_IP"] == "198.51.100.7"
    assert consent.actor.startswith("import:")
    assert set(ContactPoint.objects.values_list("normal", flat=True)) == {
        "lea@xn--bcher-kva.example",
        "kim@firm.example",
    }


def test_who_unsubscribed_gets_no_marketing_and_the_same_file_again_changes_nothing(real_database):
    bring("audience.csv", MAILCHIMP)
    assert bring("unsubscribed.csv", UNSUBSCRIBED).reading["counts"]["consents"]["added"] == 1
    lea = Customer.objects.get(name="Lea Brandt")
    assert lea.no_marketing
    assert list(lea.consents.order_by("at").values_list("given", flat=True)) == [True, False]
    assert [bring("a.csv", MAILCHIMP).added, bring("u.csv", UNSUBSCRIBED).added] == [0, 0]
    assert Customer.objects.count() == 2


@pytest.mark.parametrize(
    ("zone", "odd"),
    [
        ("Europe/Berlin", "0001-01-01 00:00:00"),
        ("America/New_York", "9999-12-31 23:59:59"),
        ("Europe/Berlin", "0001-01-01 00:00:00 +05:00"),
        ("Europe/Berlin", "9999-12-31 23:59:59 -05:00"),
    ],
)
def test_a_time_at_an_end_of_the_calendar_stops_no_file(real_database, zone, odd):
    Firm.the()
    Firm.objects.update(timezone=zone)
    rows = f"Email,Name,Opt-in time,Opt-in source\nlea@x.example,Lea,{odd},till\nkim@x.example,Kim,2024-06-01 09:00:00,till\n"
    done = bring("people.csv", rows)
    assert (done.state, done.accepted) == ("done", 2)
    assert [one.customer.code for one in Consent.objects.all()] == ["kim@x.example"]


def test_hubspot_contacts_keep_their_number_and_a_shared_telephone_merges_nobody(real_database):
    text = HUBSPOT.replace("22 33 44 55 66 77 88 99", "+47 22 33 44 55")
    bring("hubspot.csv", text)
    assert dict(ExternalId.objects.filter(system="hubspot").values_list("value", "customer__name")) == {
        "501": "Ola Nordmann",
        "502": "Kari Nordmann",
    }
    assert ContactPoint.objects.filter(kind="phone").count() == 1
    assert "nordmann as" in Customer.objects.get(name="Kari Nordmann").search_text


SHARED = """Record ID,First Name,Email,Phone Number,Opted out of all email
501,Ola,,+47 22 33 44 55,
502,Kari,,+47 22 33 44 55,yes
"""


@pytest.mark.parametrize(
    "files", [[SHARED], [SHARED[: SHARED.index("502")], SHARED.replace("501,Ola,", "503,Per,")]]
)
def test_contacts_without_an_address_who_share_a_telephone_stay_apart(real_database, files):
    for number, text in enumerate([*files, *files]):
        bring(f"hubspot-{number}.csv", text)
    found = ExternalId.objects.filter(system="hubspot").values_list("value", "customer__name")
    assert dict(found) == {"501": "Ola", "502": "Kari"} | ({"503": "Per"} if len(files) > 1 else {})
    assert Customer.objects.count() == len(found)
    assert [one.name for one in Customer.objects.filter(no_marketing=True)] == ["Kari"]
    assert ContactPoint.objects.get().customer.name == "Ola"


def test_a_telephone_tells_who_somebody_is_where_nothing_else_does(real_database):
    bring("people.csv", "Name,Phone\nOla,+47 22 33 44 55\n")
    bring("more.csv", "Company,Phone\nNordmann AS,+47 22 33 44 55\n")
    assert [(one.name, one.company) for one in Customer.objects.all()] == [("Ola", "Nordmann AS")]


@pytest.mark.parametrize("rows_between", [0, 400])
def test_a_row_with_a_telephone_only_belongs_to_who_has_it_wherever_it_stands(real_database, rows_between):
    more = "".join(f"p{n}@x.example,P{n},\n" for n in range(rows_between))
    text = f"E-mail,Name,Phone\nanna@x.example,Anna,+47 22 33 44 55\n{more},Anna,+47 22 33 44 55\n"
    bring("people.csv", text)
    assert Customer.objects.count() == 1 + rows_between
    assert bring("again.csv", text).added == 0
    assert Customer.objects.get(name="Anna").contact_points.count() == 2


def test_a_telephone_is_read_with_the_country_of_its_row(real_database):
    Firm.the()
    Firm.objects.update(country="DE")
    rows = ["Kari,900 12 345,NO", "Ola,900 12 346,Norwegen", "Jo,030 901820,", "Mia,030 901821,XX"]
    bring("people.csv", "Name,Phone,Country\n" + "\n".join(rows) + "\n")
    found = dict(ContactPoint.objects.values_list("customer__name", "normal"))
    assert found == {
        "Kari": "+4790012345",
        "Ola": "+4790012346",
        "Jo": "+4930901820",
        "Mia": "+4930901821",
    }


def test_a_telephone_that_cannot_be_read_is_left_out_and_said(real_database):
    file = bring("hubspot.csv", HUBSPOT)
    assert (file.accepted, file.set_aside) == (2, 0)
    assert any("Telephone numbers that could not be read" in note["text"] for note in file.reading["notes"])


@pytest.mark.parametrize("code", PLAIN)
def test_a_plain_list_is_understood_and_a_yes_without_proof_is_no_consent(real_database, code):
    file = bring("people.csv", PLAIN[code])
    made = Customer.objects.get()
    assert (made.name, made.code) == ("Jo Doe", "jo@x.example")
    assert ContactPoint.objects.filter(kind="phone", normal="+442079460958").exists()
    assert Consent.objects.count() == 0
    assert file.reading["reasons"] == {"bad_email": 1}
    assert file.accepted + file.set_aside == file.rows_read
    assert any("no consent" in note["text"] for note in file.reading["notes"])


def test_customers_of_orders_get_their_names_by_number_or_address(real_database, write):
    from treue.app.customers.importing.services import import_paths

    import_paths(
        [write("orders.csv", "Customer,Date,Amount\n17,2026-01-01,5\nk@x.example,2026-01-02,5\n")],
        by="command",
    )
    bring("people.csv", "Customer number,Name,E-mail\n17,Seventeen,s@x.example\n,Kay,K@x.example\n")
    assert dict(Customer.objects.values_list("code", "name")) == {"17": "Seventeen", "k@x.example": "Kay"}


def test_a_row_of_two_customers_is_set_aside(real_database):
    bring("one.csv", "Customer number,Name,E-mail\n1,A,a@x.example\n2,B,b@x.example\n")
    file = bring("two.csv", "Customer number,Name,E-mail\n1,A,b@x.example\n")
    assert (file.accepted, file.set_aside, file.reading["reasons"]) == (0, 1, {"two_customers": 1})


@pytest.mark.parametrize(("loser", "winner"), [("1", "2"), ("2", "1")])
def test_a_row_of_two_customers_comes_in_once_their_records_are_merged(real_database, loser, winner):
    bring("one.csv", "Customer number,Name,E-mail\n1,A,a@x.example\n2,B,b@x.example\n3,C,c@x.example\n")
    text = "Customer number,Name,E-mail,Size,Newsletter\n1,A,b@x.example,M,no\n,,b@x.example,L,\n"
    one, two, three = Customer.objects.order_by("code")
    services.merge(three, one, by="command")
    assert bring("two.csv", text).reading["reasons"] == {"two_customers": 1}
    services.merge(Customer.objects.get(code=loser), Customer.objects.get(code=winner), by="command")
    file = bring("three.csv", text)
    assert (file.accepted, file.set_aside) == (2, 0)
    sizes = dict(Customer.objects.values_list("code", "attributes__size"))
    assert sizes == {"1": "M", "2": "L", "3": None}
    assert ContactPoint.objects.get(normal="b@x.example").customer == two
    counts = bring("four.csv", text).reading["counts"]
    assert {name: one["filled"] + one["added"] for name, one in counts.items()} == dict.fromkeys(counts, 0)


PROVED = {
    "plain": (
        "E-Mail;Name;Einwilligung;Einwilligung am;Einwilligungstext;Formular\n"
        "lea@x.example;Lea;ja;01.05.2024 10:00;Ich möchte Neuigkeiten.;a\n"
        "kim@x.example;Kim;ja;;Ich möchte Neuigkeiten.;a\n"
        "jo@x.example;Jo;nein;01.05.2024 10:00;Ich möchte Neuigkeiten.;a\n"
        "per@x.example;Per;ja;05/06/2024;Ich möchte Neuigkeiten.;a\n"
        "ola@x.example;Ola;ja;01.05.2124 10:00;Ich möchte Neuigkeiten.;a\n"
    ),
    "hubspot": (
        "Record ID,First Name,Email,Opt-in time,Opt-in source\n"
        "1,Lea,lea@x.example,2024-05-01 10:00,https://firm.example/news\n"
        "2,Kim,kim@x.example,2024-05-01 10:00,\n"
        "3,Jo,jo@x.example,,https://firm.example/news\n"
    ),
    "ip": "email,name,optin_time,optin_ip\nlea@x.example,Lea,2024-05-01T12:00:00+02:00,198.51.100.7\nkim@x.example,Kim,,198.51.100.7\n",
}


@pytest.mark.parametrize("kind", PROVED)
def test_other_files_prove_consent_by_when_and_in_which_words_or_where(real_database, kind):
    bring("people.csv", PROVED[kind])
    consent = Consent.objects.get()
    assert (consent.customer.name, consent.given, consent.address) == ("Lea", True, "lea@x.example")
    assert consent.at.isoformat() == "2024-05-01T10:00:00+00:00"
    assert len(consent.proof) >= 2
    assert ("Neuigkeiten" in consent.text) == (kind == "plain")
    assert bring("again.csv", PROVED[kind]).added == 0
    assert not Customer.objects.exclude(attributes={}).exists() or kind == "plain"


def test_without_the_columns_of_proof_the_same_rows_give_no_consent(real_database):
    bring(
        "people.csv",
        PROVED["plain"].replace("Einwilligungstext", "Bemerkung A").replace("Einwilligung am", "Tag"),
    )
    bring("hubspot.csv", PROVED["hubspot"].replace("Opt-in source", "Original source"))
    assert Customer.objects.count() == 5
    assert Consent.objects.count() == 0


def test_further_columns_group_and_first_day_are_kept_and_staff_is_not_overwritten(real_database):
    text = "Kundennummer;Name;E-Mail;Gruppe;Kunde seit;Schuhgröße;Straße;Geburtstag\n7;Lea;lea@x.example;A;03.02.2020;42;Weg 1;01.01.1990\n"
    file = bring("people.csv", text)
    lea = Customer.objects.get()
    assert (lea.segment, lea.attributes) == ("A", {"schuhgrösse": "42"})
    assert lea.first_seen_at.date().isoformat() == "2020-02-03"
    assert any("Geburtstag" in note.get("columns", "") for note in file.reading["notes"])
    Customer.objects.update(segment="B", attributes={"schuhgrösse": "43"})
    bring("more.csv", text.replace(";42;", ";41;").replace("Straße", "Farbe"))
    lea.refresh_from_db()
    assert (lea.segment, lea.attributes) == ("B", {"schuhgrösse": "43", "farbe": "Weg 1"})


def test_a_record_that_is_restricted_is_changed_by_no_file(real_database):
    bring("a.csv", "Customer number,Name\n7,Lea\n")
    Customer.objects.update(restricted=True, name="")
    bring("b.csv", "Customer number,Name,E-mail,Size\n7,Lea,lea@x.example,M\n")
    lea = Customer.objects.get()
    assert (lea.name, lea.attributes) == ("", {})
    assert not ContactPoint.objects.exists()


def test_a_new_number_of_who_is_restricted_leads_to_that_record_and_to_no_new_one(real_database):
    bring("a.csv", "Customer number,Name,E-mail\n7,Lea,lea@x.example\n8,Kim,kim@x.example\n")
    Customer.objects.filter(code="7").update(restricted=True)
    bring("b.csv", "Customer number,Name,E-mail\n17,Lea,lea@x.example\n18,Kim,kim@x.example\n")
    assert Customer.objects.count() == 2
    assert sorted(ExternalId.objects.values_list("value", flat=True)) == ["17", "18", "7", "8"]
    bring("c.csv", "Customer number,Name,E-mail\n17,Lea Holm,lea@new.example\n")
    assert Customer.objects.count() == 2
    lea = Customer.objects.get(code="7")
    assert lea.restricted
    assert lea.name == "Lea"
    assert [point.typed for point in lea.contact_points.all()] == ["lea@x.example"]


@pytest.mark.parametrize(
    "row",
    [
        # Quotation marks that are out of place have made one cell of two rows.
        'lea@x.example,Lea,"+4790000001\nkim@x.example,Kim,+4790000002",M\n',
        f"lea@x.example,{'Lea ' * 60},+4790000001\n",
        f"lea@x.example,Lea,+4790000001,{'M' * 2_001}\n",
    ],
)
def test_a_cell_that_would_lose_its_end_sets_its_row_aside_whole(real_database, row):
    file = bring("a.csv", f"E-mail,Name,Phone,Size\nper@x.example,Per,+4790000009,M\n{row}")
    assert (file.accepted, file.set_aside) == (1, 1)
    assert [one.code for one in Customer.objects.all()] == ["per@x.example"]
    assert list(file.reading["reasons"]) == ["broken_cell"]


def test_a_second_number_in_a_cell_of_telephones_costs_the_number_alone(real_database):
    row = 'lea@x.example,Lea,"030 1234567\n0170 1234567",2025-01-02 08:00:00\n'
    file = bring("a.csv", f"Email Address,Name,Phone,UNSUB_TIME\n{row}")
    assert (file.accepted, file.set_aside) == (1, 0)
    lea = Customer.objects.get()
    assert [point.kind for point in lea.contact_points.all()] == ["email"]
    assert lea.no_marketing


@pytest.mark.slow
@pytest.mark.timeout(1_200)
def test_a_hundred_thousand_people_come_in(real_database, tmp_path):
    import resource
    import time

    text = "Customer number,Name,E-mail,Phone,Size\n" + "".join(
        f"{n},Name {n},p{n}@x.example,+4790{n:06d},M\n" for n in range(100_000)
    )
    begun = time.monotonic()
    file = bring("people.csv", text)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    assert (file.accepted, Customer.objects.count(), ContactPoint.objects.count()) == (
        100_000,
        100_000,
        200_000,
    )
    (tmp_path / "took").write_text(f"{time.monotonic() - begun:.0f} s, {peak} MB")
    assert time.monotonic() - begun < 600
