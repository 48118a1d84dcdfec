"""Files that are brought in and killed: orders, of which each file repeats some of the one before, and people."""

from __future__ import annotations

import itertools
import os
import tempfile
from datetime import datetime
from pathlib import Path

from cases import Case
from django.utils import timezone
from machine import BEGUN

from treue.app.core.models import Job
from treue.app.customers.importing.work import bring_in
from treue.app.customers.models import Consent, ContactPoint, Customer, ExternalId, ImportedFile, Purchase

ROWS, STEP = 150, 100
"""Each file repeats the last 50 rows of the one before."""
WORDS = "Send me your letters"


class Orders(Case):
    """A file of orders."""

    kind = ImportedFile.Kind.HISTORY

    def __init__(self):
        self._folder = Path(tempfile.mkdtemp(prefix="treue-killed-"))
        self._numbers = itertools.count()

    def prepare(self):
        number = next(self._numbers)
        path = self._folder / f"{number}.csv"
        path.write_text("\n".join(self.lines(number * STEP)))
        self.people = Customer.objects.count()
        self.wanted = STEP if number else ROWS
        self.file = ImportedFile.objects.create(
            name=path.name, path=str(path), kind=self.kind, state="running", actor="command"
        )
        self.all = number * STEP + ROWS

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
