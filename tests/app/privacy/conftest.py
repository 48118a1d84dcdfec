"""A person who stands in every table and file, with words that nobody can mistake."""

from __future__ import annotations

import gzip
import json
import unicodedata
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest
from django.db import connection
from django.test.utils import override_settings

MARK = "kanarienvogel"
NAME = "Zita Kanarienvogel"
SECOND = 'Zoë "Zi" Kanarienvögel'
COMPANY = "Vögel 🐦 a/d Donau"
"""Of the record that was merged into hers: files write them in many ways."""
AT = datetime(2026, 5, 1, 10, tzinfo=UTC)


class Who(NamedTuple):
    """Somebody whom nobody can mistake for another: by the name, the word in every code, the day of everything."""

    name: str
    mark: str
    at: datetime


ZITA = Who(NAME, MARK, AT)
OTTO = Who("Otto Nachtigall", "nachtigall", datetime(1987, 5, 1, 10, tzinfo=UTC))


@pytest.fixture
def home(tmp_path):
    """Give a home folder of its own."""
    from treue.app.customers import suppression

    folder = tmp_path / "home"
    folder.mkdir(mode=0o700, exist_ok=True)
    with override_settings(HOME=folder):
        yield folder
    suppression.forget_key()


def value_for(field, text, at=AT):
    kind = field.get_internal_type()
    if kind in {"CharField", "TextField"}:
        return field.choices[-1][0] if field.choices else f"{text} {field.name}"[: field.max_length or 200]
    return {
        "JSONField": {"words": f"{text} {field.name}", "rows": [[text, 1]], "other": 5, "n": 1},
        "DateTimeField": at,
        "DateField": at.date(),
        "BooleanField": False,
        "FloatField": 0.5,
    }.get(kind, 7)


def make_row(model, names_in=None, who=ZITA, **given):
    """Make a row whose texts name a person: all of them, or those of the columns in `names_in`."""
    values = {}
    for field in model._meta.concrete_fields:
        if field.primary_key and field.get_internal_type() == "BigAutoField":
            continue
        if field.name in given:
            values[field.name] = given[field.name]
        elif field.is_relation:
            continue
        else:
            named = names_in is None or field.name in names_in
            values[field.name] = value_for(field, who.name if named else "system", who.at)
    return model.objects.create(**values)


def may_name(one):
    """Return the columns of a table that may name somebody: all but those that say why they never do."""
    from treue.app.privacy.declared import texts_of

    # Rows of hers go as they are; she may stand in any of their columns.
    return None if one.owners or one.through else texts_of(one.table) - set(one.withheld)


def fill_every_table(customer, who=ZITA):
    """Let a customer stand in every table that may hold customers; returns labels of those tables."""
    from treue.app.customers.models import Contact, OrderLine, Purchase, Return, Visit
    from treue.app.measuring.models import Run
    from treue.app.privacy.declared import declarations, declared_by_model

    run = make_row(Run, may_name(declared_by_model()["measuring.Run"]), who, state="done")
    file = None
    filled = {"measuring.Run"}
    for one in reversed(declarations()):
        if one.model in {"customers.Customer", "measuring.Run"} or not (
            one.owners or one.cut or may_name(one) is None or may_name(one)
        ):
            continue
        given = {"run": run, "file": file, "language": "de", "currency": "EUR"}
        columns = {field.name for field in one.table._meta.concrete_fields}
        for owner in (*one.owners, *one.cut):
            given[owner] = customer
        if one.model == "customers.Merge":
            continue
        if one.model == "core.Job":
            given["state"] = "done"
        if one.model == "customers.ImportedFile":
            given |= {"state": "done", "path": ""}
        if one.model == "customers.ContactStep":
            given["contact"] = Contact.objects.get(customer=customer)
        if one.model == "customers.OrderLine":
            given["purchase_code"] = Purchase.objects.get(customer=customer).code
        given = {column: value for column, value in given.items() if column in columns}
        made = make_row(one.table, may_name(one), who, **given)
        file = made if one.model == "customers.ImportedFile" else file
        filled.add(one.model)
    figures = make_row(run.figures.model, (), run=run, segment=f"{who.mark} group")
    filled.add(figures._meta.label)
    purchase = Purchase.objects.get(customer=customer)
    make_row(Return, who=who, code=f"{who.mark} return", purchase_code=purchase.code)
    visit = Visit.objects.get(customer=customer)
    make_row(Visit, who=who, code=f"{who.mark} visit", anonymous_id=visit.anonymous_id)
    assert OrderLine.objects.exists()
    return filled


def fill_home(folder):
    """Put the person into every kind of file; returns them, and one that names somebody else."""
    texts = {
        "imports/1/orders.csv": f"customer,date,amount\n{MARK}-1,2026-01-01,5\n".encode(),
        "imports/1/set-aside.csv": f"path,line,reason,message,row\nx,2,y,z,'{NAME}\n".encode("utf-8-sig"),
        "imports/2/people.csv": f"name;mail\n{NAME.upper()};z@{MARK}.example\n".encode("cp1252"),
        "imports/3/wide.csv": f"name\n{NAME}\n".encode("utf-16"),
        "imports/4/lines.csv": b"order,product\no-7710,tea\n",
        "uploads/part.upload": f"{MARK}-1".encode(),
        "incoming/drop.jsonl": json.dumps({"customer_id": f"{MARK}-1"}).encode(),
        "incoming/escaped.jsonl": json.dumps({"name": SECOND}).encode(),
        "incoming/slashed.json": json.dumps([{"company": COMPANY}]).replace("/", "\\/").encode(),
        "incoming/quoted.csv": 'name,since\n"Zoë ""Zi"" Kanarienvögel",2026\n'.encode(),
        "incoming/apart.csv": unicodedata.normalize("NFD", "company\nVögel 🐦 a/d Donau\n").encode(),
        "incoming/wide.csv": f"name\n{SECOND}\n".encode("utf-16-be"),
        "incoming/packed.csv.gz": gzip.compress(f"name\n{SECOND}\n".encode()),
        "imports/5/other.csv": b"customer,date,amount\nk-9,2026-01-01,5\n",
    }
    for name, content in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return [folder / name for name in texts][:-1], folder / "imports/5/other.csv"


def make_zita():
    """Return the person, with a merged record, in every table."""
    from treue.app.customers.models import ContactPoint, Customer, ExternalId, Merge, Purchase

    made = Customer.objects.create(
        code=f"{MARK}-1",
        name=NAME,
        company=f"{MARK} AG",
        boundaries=f"{MARK} boundaries",
        attributes={"size": MARK},
        search_text=f"{MARK}-1 {NAME.casefold()}",
    )
    other = Customer.objects.create(
        code=f"old-{MARK}", name=SECOND, company=COMPANY, search_text=f"old-{MARK}"
    )
    Merge.objects.create(loser=other, winner=made, actor="user:1")
    ExternalId.objects.create(customer=other, value=f"old-{MARK}")
    ContactPoint.objects.create(
        customer=other, kind="email", typed=f"Z@{MARK}.example", normal=f"z@{MARK}.example"
    )
    Purchase.objects.create(code="o-7710", customer=other, ordered_at=AT, net_amount=500, currency="EUR")
    Purchase.objects.all().delete()
    made.filled = None
    made.filled = fill_every_table(made)
    Purchase.objects.create(code="o-7710", customer=other, ordered_at=AT, net_amount=500, currency="EUR")
    return made


@pytest.fixture
def zita(real_database, home):
    return make_zita()


def tables_naming(mark):
    """Return the tables in whose rows a word stands, read as text past all models."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if connection.vendor == "postgresql":
                cursor.execute(f'SELECT t::text FROM "{table}" t')
                rows = [row[0] for row in cursor.fetchall()]
            elif table.endswith("_trigrams"):
                # An index without contents of its own: its words and its parts are among the tables.
                continue
            else:
                cursor.execute(f'SELECT * FROM "{table}"')
                rows = [" ".join(map(str, row)) for row in cursor.fetchall()]
            count = sum(mark in row.casefold() for row in rows)
            if count:
                found[table] = count
    return found


def files_naming(folder, mark):
    """Return the files in whose bytes a word stands, in any way in which it could be written."""
    needles = [mark.encode(code) for code in ("utf-8", "utf-16-le", "utf-16-be")]
    return sorted(
        str(path.relative_to(folder))
        for path in Path(folder).rglob("*")
        if path.is_file() and any(needle in path.read_bytes().lower() for needle in needles)
    )


@pytest.fixture
def neighbours(database, home):
    """Give the person, and another who stands in every table too."""
    from treue.app.customers.models import Customer, Merge

    zita = make_zita()
    otto, before = (
        Customer.objects.create(
            code=f"{start}{OTTO.mark}", name=OTTO.name, company=f"{OTTO.mark} AG", search_text=OTTO.mark
        )
        for start in ("", "old-")
    )
    Merge.objects.create(loser=before, winner=otto, actor="user:1")
    Merge.objects.filter(winner=otto).update(merged_at=OTTO.at)
    otto.filled = fill_every_table(otto, OTTO)
    return zita, otto


@pytest.fixture
def search():
    class Search:
        tables = staticmethod(tables_naming)
        files = staticmethod(files_naming)
        fill_home = staticmethod(fill_home)
        mark = MARK
        second = SECOND
        other = OTTO

    return Search
