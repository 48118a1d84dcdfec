from __future__ import annotations

import csv
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from treue.app.customers import paging, queries, search, services
from treue.app.customers.models import Customer, ExternalId, Merge

COLUMNS = "column=name&column=email&column=phone"


@pytest.fixture
def two(lea, ines):
    """Give who stays and who is merged into it, through one more record between them."""
    Customer.objects.filter(pk=lea.pk).update(boundaries="Only in writing")
    lea.refresh_from_db()
    middle = services.add_customer("L. Brandt-Holm", by="system")
    last = services.add_customer(
        "Magdalena Holm", email="mag@old.example", phone="+47 22 33 44 55", by="system"
    )
    Customer.objects.filter(pk=last.pk).update(boundaries="Never by telephone", attributes={"shop": "Oslo"})
    ExternalId.objects.create(customer=last, system="crm", value="crm-77")
    services.merge(last, middle, by=ines)
    made = services.merge(middle, lea, by=ines)
    return lea, last, made


def found(words):
    wish = queries.Wish(words=words, tree={"groups": []}, sort="name")
    page = paging.page_of(wish, queries.Scope(run_id=None, today=None, currency="EUR"), ("id",), 1, 50)
    return [row[0] for row in page.rows]


def test_the_page_of_who_stayed_shows_what_the_merged_records_hold(two, jonas, browse):
    lea, last, made = two
    page = browse(jonas).get(f"/customers/{lea.pk}/").content.decode()
    for words in (
        "mag@old.example",
        "+47 22 33 44 55",
        "crm-77",
        "Oslo",
        "Only in writing",
        "Never by telephone",
        "From the merged record Magdalena Holm.",
        f'<a href="/customers/{last.pk}/">Magdalena Holm</a>',
    ):
        assert words in page, words
    services.undo_merge(made, by=jonas)
    page = browse(jonas).get(f"/customers/{lea.pk}/").content.decode()
    assert "Only in writing" in page
    assert "Never by telephone" not in page
    assert "mag@old.example" not in page


def test_who_stayed_is_found_by_the_merged_records_until_they_are_parted(two, jonas):
    lea, last, made = two
    for words in ("Magda", "mag@old.example", "3344", "brandt magdalena"):
        assert found(words) == [lea.pk], words
    services.undo_merge(made, by=jonas)
    assert lea.pk not in found("Magda") + found("3344")
    assert found("Magda") == [Merge.objects.get(loser=last, undone_at=None).winner_id]
    assert found("lea") == [lea.pk]


def test_a_later_change_of_a_merged_record_is_found_too(two, jonas):
    lea, last, _made = two
    services.change_record(last, {"name": "Wilhelmina Holm"}, by=jonas)
    services.add_contact_point(last, "email", "mina@new.example", by=jonas)
    assert found("Wilhel") == found("mina@new.example") == [lea.pk]
    assert found("Magda") == []


def test_a_search_that_forgets_the_merged_records_finds_nobody(two):
    lea, _last, _made = two
    Customer.objects.filter(pk=lea.pk).update(search_text="k-1 lea brandt")
    assert found("Magda") == []
    search.refresh([lea.pk])
    assert found("Magda") == [lea.pk]


def test_lists_and_exports_show_an_address_of_the_merged_record_where_there_is_no_own(two, ines, browse):
    lea, _last, _made = two
    client = browse(ines)
    assert "mag@old.example" in client.get(f"/customers/?{COLUMNS}").content.decode()
    answer = client.post("/customers/export/", {"form": "machines", "column": ["name", "email", "phone"]})
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert [(row["name"], row["email"], row["phone"]) for row in rows] == [
        ("Lea Brandt", "mag@old.example", "+47 22 33 44 55")
    ]
    services.add_contact_point(lea, "email", "lea@own.example", by=ines)
    page = client.get(f"/customers/?{COLUMNS}").content.decode()
    assert "lea@own.example" in page
    assert "mag@old.example" not in page


def test_columns_of_addresses_ask_no_more_for_many_customers_than_for_one(two, ines, browse):
    client, address = browse(ines), f"/customers/?{COLUMNS}"
    client.get(address)
    with CaptureQueriesContext(connection) as one:
        client.get(address)
    for number in range(12):
        services.add_customer(f"Bo {number}", email=f"bo{number}@x.example", by="system")
    with CaptureQueriesContext(connection) as many:
        assert "bo11@x.example" in client.get(address).content.decode()
    assert len(many) <= len(one)


def test_a_whole_address_of_a_merged_record_leads_to_who_stayed(two, ines, browse):
    lea, last, _made = two
    page = browse(ines).get("/customers/?words=mag@old.example").content.decode()
    assert f'<p class="finding"><a href="/customers/{lea.pk}/">' in page
    other = services.add_customer("Lea again", by="system")
    browse(ines).post(f"/customers/{other.pk}/merge/", {"other": "mag@old.example"})
    assert Merge.objects.get(winner=other).loser_id == lea.pk
    assert queries.one_with_merged(other)[-1] == last.pk


def test_an_address_of_a_merged_record_is_removed_on_the_page_that_shows_it(two, jonas, browse):
    lea, last, _made = two
    point = last.contact_points.get(kind="email")
    assert browse(jonas).post(f"/customers/{lea.pk}/address/{point.pk}/remove/").status_code == 302
    assert found("mag@old.example") == []
