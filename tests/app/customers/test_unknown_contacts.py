"""What a file of contacts does not tell is unknown: neither open for ever nor waiting, until somebody says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from treue.app.core.models import Firm
from treue.app.customers import contact_desk
from treue.app.customers.desk_queries import contacts_open, open_faults
from treue.app.customers.importing.places import set_aside_file
from treue.app.customers.importing.services import import_paths
from treue.app.customers.importing.set_aside_lines import lines_of
from treue.app.customers.models import Contact
from treue.app.measuring.extract import load_tables
from treue.app.measuring.people import Persons
from treue.engine.duckdb import DuckDBEngine
from treue.kernel.language import Language

BARE = "contact_id,customer_id,direction,opened_at,own_fault"
FULL = f"{BARE},first_reply_at,solved_at"
AT = datetime(2026, 5, 1, 10, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path):
    def make(name, head, *rows):
        place = tmp_path / "files" / name
        place.mkdir(parents=True)
        (place / "contacts.csv").write_text("\n".join([head, *rows, ""]))
        return place

    return make


def row(number, *more):
    return ",".join([f"k-{number}", f"c-{number}", "in", "2026-05-01T10:00:00Z", "true", *more])


def known():
    return list(Contact.objects.order_by("code").values_list("reply_known", "solution_known"))


def listed(*, waiting=False):
    return sorted(contacts_open(waiting=waiting).values_list("code", flat=True))


def faults():
    return sorted(
        one.code
        for one in open_faults({one.customer_id: [one.customer_id] for one in Contact.objects.all()}).values()
    )


def test_a_file_without_the_columns_leaves_nothing_open_until_one_brings_them(real_database, folder):
    import_paths([folder("bare", BARE, row(1), row(2), row(3))], by="command")
    assert known() == [(False, False)] * 3
    assert (listed(), listed(waiting=True), faults()) == ([], [], [])
    day = "2026-05-02T10:00:00Z"
    file = import_paths([folder("full", FULL, row(1, day, day), row(2, "", ""))], by="command")
    assert file.reading["counts"]["contacts"] == {"added": 0, "filled": 2}
    assert known() == [(True, True), (True, True), (False, False)]
    # An empty cell says that it has not happened; the third is still told of by nobody.
    assert (listed(), listed(waiting=True), faults()) == (["k-2"], ["k-2"], ["k-2"])
    # Whoever knows forgets it through no later file.
    file = import_paths([folder("again", BARE, row(1), row(2), row(3), row(4))], by="command")
    assert file.reading["counts"]["contacts"] == {"added": 1, "filled": 0}
    assert known() == [(True, True), (True, True), (False, False), (False, False)]


def test_of_two_files_at_once_each_speaks_for_its_own_rows(real_database, folder):
    silent = folder("silent", BARE, row(1))
    half = folder("half", f"{BARE},solved_at", row(2, ""), row(3, "2026-05-02T10:00:00Z"))
    import_paths([silent, half], by="command")
    assert known() == [(False, False), (False, True), (False, True)]
    assert (listed(), listed(waiting=True)) == (["k-2"], [])
    with DuckDBEngine() as engine:
        table = load_tables(engine, Persons.now())["contacts"]
        asked = engine.connection.execute(
            f"SELECT reply_known, solution_known FROM {table} ORDER BY contact_id"
        )
        assert asked.fetchall() == known()


def test_a_row_set_aside_is_shown_without_what_its_file_does_not_tell(real_database, folder):
    first = folder("first", BARE, row(1))
    other = folder("other", BARE, row(1).replace("c-1", "c-9"))
    import_paths([first], by="command")
    file = import_paths([other], by="command")
    assert file.reading["reasons"] == {"number_conflict": 1}
    text = "".join(lines_of(set_aside_file(file), Language("en", "treue.app")))
    assert "k-1, c-9, in" in text
    assert "false" not in text


@pytest.fixture
def unknown(lea):
    return Contact.objects.create(
        code="k-1", customer=lea, direction="in", opened_at=AT, reply_known=False, solution_known=False
    )


@pytest.mark.parametrize(
    ("kind", "reply", "solution", "is_open", "is_waiting"),
    [
        # Nobody was told when it was answered: perhaps long before it was solved.
        ("solved", (None, False), (AT + timedelta(days=9), True), False, False),
        ("answered", (AT + timedelta(days=9), True), (None, True), True, False),
        ("reopened", (None, False), (None, True), True, False),
    ],
)
def test_what_staff_say_is_known(unknown, jonas, kind, reply, solution, is_open, is_waiting):
    assert Firm.the()
    assert all(contact_desk.allowed(unknown, one) for one in ("answered", "solved", "reopened"))
    assert contact_desk.take_step(unknown, kind, at=AT + timedelta(days=9), by=jonas)
    unknown.refresh_from_db()
    assert (unknown.first_reply_at, unknown.reply_known) == reply
    assert (unknown.solved_at, unknown.solution_known) == solution
    assert (bool(listed()), bool(listed(waiting=True))) == (is_open, is_waiting)
    assert contact_desk.allowed(unknown, "solved") == is_open
