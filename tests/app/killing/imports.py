"""Files that are brought in and killed: orders, people and a folder of tables; each repeats some of the one before.

They go in many small batches, so that kills come between batches too.
"""

from __future__ import annotations

import itertools
import os
import tempfile
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

from cases import Case
from django.utils import timezone
from machine import BEGUN

from treue.app.core import firms
from treue.app.core.models import Job
from treue.app.customers import suppression
from treue.app.customers.importing import contacts_write, history_files, work
from treue.app.customers.importing.work import bring_in
from treue.app.customers.models import (
    Consent,
    Contact,
    ContactPoint,
    Contract,
    Customer,
    ExternalId,
    ImportedFile,
    OrderLine,
    Purchase,
    Return,
)

AT_ONCE = 40
ROWS, STEP = 150, 100
"""Each file repeats the last 50 rows of the one before."""
WORDS = "Send me your letters"


class Orders(Case):
    """A file of orders."""

    kind = ImportedFile.Kind.HISTORY

    def __init__(self):
        self._folder = Path(tempfile.mkdtemp(prefix="treue-killed-"))
        self._numbers = itertools.count()
        contacts_write.BATCH = history_files.BATCH_ROWS = AT_ONCE

    def prepare(self):
        number = next(self._numbers)
        path = self.write(number)
        self.people = Customer.objects.count()
        self.wanted = STEP if number else ROWS
        self.file = ImportedFile.objects.create(
            name=path.name, path=str(path), kind=self.kind, state="running", actor="command"
        )
        self.all = number * STEP + ROWS

    def write(self, number):
        path = self._folder / f"{number}.csv"
        path.write_text("\n".join(self.lines(number * STEP)))
        return path

    def lines(self, first):
        yield "Customer,Order,Date,Total"
        for order in range(first, first + ROWS):
            yield f"c{order % 37}-{order % 11},{order},2026-0{1 + order % 9}-{10 + order % 19},{order % 400}.25"

    def rows(self):
        return Purchase.objects.filter(file_id=self.file.pk).count()

    def work(self, say):
        say(BEGUN)
        self.bring_in(self.file, lambda _words, _share: None)

    bring_in = staticmethod(bring_in)

    def wrong(self, *, acknowledged):
        self.file.refresh_from_db()
        rows, people = self.rows(), Customer.objects.count()
        found = []
        if self.file.state == "running" and (rows or people != self.people):
            found.append("half")
        if self.file.state == "done" and rows != self.wanted:
            found.append("half and called done")
        if acknowledged and self.file.state != "done":
            found.append("acknowledged and lost")
        return found

    def again(self):
        bring_in(self.file, lambda _words, _share: None)
        self.file.refresh_from_db()
        return ["not whole"] * ((self.file.state, self.rows()) != ("done", self.wanted))

    def at_end(self):
        found = super().at_end()
        codes = sorted(map(int, Purchase.objects.values_list("code", flat=True)))
        if codes != list(range(self.all)):
            found.append("lost or twice")
        return found + self.left()

    def left(self):
        home, found = Path(os.environ["TREUE_HOME"]), []
        if Customer.objects.count() != ExternalId.objects.filter(system="").count():
            found.append("people")
        if list((home / "imports").glob("*.staging*")):
            found.append("left over")
        if Job.objects.filter(kind="cycle").count() != 1:
            found.append("cycle")
        return found


TABLES = {
    "customers": (Customer, "customer_id,country,first_seen_at", "c{k},NO,2026-01-{day}T08:00:00Z"),
    "purchases": (
        Purchase, "order_id,customer_id,ordered_at,net_amount,currency", "{k},c{k},2026-02-{day}T09:30:00Z,{k}25,EUR",
    ),
    "order_lines": (OrderLine, "order_id,line_number,product_id,quantity,unit_amount", "{k},1,p{day},2,{k}10"),
    "returns": (
        Return, "return_id,order_id,customer_id,returned_at,amount", "r{k},{k},c{k},2026-03-{day}T10:00:00Z,100",
    ),
    "contracts": (
        Contract, "contract_id,customer_id,started_on,monthly_amount,currency", "v{k},c{k},2026-01-{day},990,EUR",
    ),
    "contacts": (
        Contact, "contact_id,customer_id,channel,opened_at,solved_at", "t{k},c{k},email,2026-04-{day}T08:00:00Z,",
    ),
}  # fmt: skip
"""Each with the model of its rows, its columns and its k-th row."""


class Tables(Orders):
    """A folder of canonical tables, each with as many rows."""

    def write(self, number):
        folder = self._folder / str(number)
        folder.mkdir()
        for name, (_, columns, row) in TABLES.items():
            rows = (
                row.format(k=k, day=f"{1 + k % 28:02}") for k in range(number * STEP, number * STEP + ROWS)
            )
            (folder / f"{name}.csv").write_text("\n".join([columns, *rows]))
        return folder

    def rows(self):
        """Return how many rows are new in every table, or in which tables how many are where they differ."""
        before = self.all - self.wanted
        new = {name: model.objects.count() - before for name, (model, *_) in TABLES.items()}
        return new["purchases"] if len({*new.values()}) == 1 else new

    def at_end(self):
        found = super().at_end()
        lines = sorted(map(int, OrderLine.objects.values_list("purchase_code", flat=True)))
        if lines != list(range(self.all)):
            found.append("lines lost or twice")
        for name, letter in (("returns", "r"), ("contracts", "v"), ("contacts", "t")):
            codes = sorted(TABLES[name][0].objects.values_list("code", "customer__code"))
            if codes != sorted((f"{letter}{k}", f"c{k}") for k in range(self.all)):
                found.append(f"{name} lost or twice")
        return found


class People(Orders):
    """A file of people with addresses and consents, which say when and to which words."""

    kind = ImportedFile.Kind.CONTACTS

    def lines(self, first):
        yield "Email,Name,Phone,Newsletter,Consent time,Consent text"
        for one in range(first, first + ROWS):
            yield f"p{one}@firm.example,Person {one},+47 400 {one:05},yes,2026-05-{1 + one % 28:02} 10:00,{WORDS}"

    def rows(self):
        """Return how many people have all that their rows say and that were not there before."""
        new = ContactPoint.objects.filter(kind="email").count() - (self.all - self.wanted)
        others = ContactPoint.objects.filter(kind="phone").count(), Consent.objects.filter(text=WORDS).count()
        return new if others == (self.all, self.all) else -new

    def at_end(self):
        found = super(Orders, self).at_end()
        emails = sorted(ContactPoint.objects.filter(kind="email").values_list("normal", flat=True))
        if emails != sorted(f"p{one}@firm.example" for one in range(self.all)):
            found.append("lost or twice")
        if Customer.objects.count() != self.all:
            found.append("people twice")
        consents = Consent.objects.filter(given=True, channel="email").values_list("customer", flat=True)
        if sorted(consents) != sorted(Customer.objects.values_list("pk", flat=True)):
            found.append("consents lost or twice")
        return found + [name for name in self.left() if name != "people"]


class CarelessOrders(Orders):
    """Brought in as one would at first: row by row, asking before whether a row is there."""

    def at_end(self):
        return []

    def bring_in(self, file, _tell):
        for line in Path(file.path).read_text().splitlines()[1:]:
            customer, order, _, amount = line.split(",")
            found, _ = Customer.objects.get_or_create(code=customer)
            if not Purchase.objects.filter(code=order).exists():
                Purchase.objects.create(
                    code=order, customer=found, ordered_at=timezone.now(), net_amount=round(float(amount) * 100),
                    currency="EUR", file_id=file.pk,
                )  # fmt: skip
        type(file).objects.filter(pk=file.pk).update(state="done", accepted=ROWS)


class CarelessPeople(People):
    """The same with people."""

    def at_end(self):
        return []

    def bring_in(self, file, _tell):
        for line in Path(file.path).read_text().splitlines()[1:]:
            email, name, phone, _, at, words = line.split(",")
            if not ContactPoint.objects.filter(normal=email).exists():
                made = Customer.objects.create(code=email, name=name)
                ContactPoint.objects.create(customer=made, kind="email", typed=email, normal=email)
                number = phone.replace(" ", "")
                ContactPoint.objects.create(customer=made, kind="phone", typed=phone, normal=number)
                at = datetime.fromisoformat(f"{at}+00:00")
                Consent.objects.create(customer=made, channel="email", given=True, at=at, text=words)
        type(file).objects.filter(pk=file.pk).update(state="done", accepted=ROWS)


class CarelessTables(Tables):
    """Each table a transaction of its own."""

    def at_end(self):
        return []

    def bring_in(self, file, tell):
        work.transaction = SimpleNamespace(atomic=nullcontext)
        # Locks that PostgreSQL gives to transactions only.
        suppression.wait_for_erasures = firms.hold = lambda: None
        bring_in(file, tell)
