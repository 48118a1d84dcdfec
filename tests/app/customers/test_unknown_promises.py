"""Where a file does not tell whether promises were kept, none is overdue for ever; it is unknown until somebody says so."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from treue.app.customers import services
from treue.app.customers.desk_queries import promises_open
from treue.app.customers.importing.places import set_aside_file
from treue.app.customers.importing.services import import_paths
from treue.app.customers.importing.set_aside_lines import lines_of
from treue.app.customers.models import Promise
from treue.kernel.language import Language

BARE = "promise_id,customer_id,made_at,due_at"
FULL = f"{BARE},kept_at"
DUE = datetime(2026, 5, 3, 10, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path):
    def make(name, head, *rows):
        place = tmp_path / "files" / name
        place.mkdir(parents=True)
        (place / "promises.csv").write_text("\n".join([head, *rows, ""]))
        return place

    return make


def row(number, *more):
    return ",".join([f"p-{number}", f"c-{number}", "2026-05-01T10:00:00Z", "2026-05-03T10:00:00Z", *more])


def known():
    return list(Promise.objects.order_by("code").values_list("kept_known", flat=True))


def listed():
    return sorted(promises_open().values_list("code", flat=True))


def test_a_file_without_the_column_leaves_nothing_overdue_until_one_brings_it(real_database, folder):
    import_paths([folder("bare", BARE, row(1), row(2), row(3))], by="command")
    assert (known(), listed()) == ([False] * 3, [])
    file = import_paths([folder("full", FULL, row(1, "2026-05-02T10:00:00Z"), row(2, ""))], by="command")
    assert file.reading["counts"]["promises"] == {"added": 0, "filled": 2}
    # An empty cell says that it has not happened; the third is still told of by nobody.
    assert (known(), listed()) == ([True, True, False], ["p-2"])
    # Whoever knows forgets it through no later file.
    file = import_paths([folder("again", BARE, row(1), row(2), row(3), row(4))], by="command")
    assert file.reading["counts"]["promises"] == {"added": 1, "filled": 0}
    assert (known(), listed()) == ([True, True, False, False], ["p-2"])


def test_of_two_files_at_once_each_speaks_for_its_own_rows(real_database, folder):
    silent = folder("silent", BARE, row(1))
    telling = folder("telling", FULL, row(2, ""), row(3, "2026-05-02T10:00:00Z"))
    import_paths([silent, telling], by="command")
    assert (known(), listed()) == ([False, True, True], ["p-2"])


def test_a_row_set_aside_is_shown_without_what_its_file_does_not_tell(real_database, folder):
    import_paths([folder("first", BARE, row(1))], by="command")
    file = import_paths([folder("other", BARE, row(1).replace("c-1", "c-9"))], by="command")
    assert file.reading["reasons"] == {"number_conflict": 1}
    text = "".join(lines_of(set_aside_file(file), Language("en", "treue.app")))
    assert "p-1, c-9, 2026" in text
    assert "false" not in text


def test_what_staff_say_is_known(lea, jonas):
    unknown = Promise.objects.create(code="p-1", customer=lea, due_at=DUE, kept_known=False)
    assert services.keep_promise(unknown, by=jonas)
    unknown.refresh_from_db()
    assert unknown.kept_known
    assert unknown.kept_at is not None
    assert not services.keep_promise(unknown, by=jonas)
