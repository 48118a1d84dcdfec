"""What is killed: an erasure and a merge; each says what is half, lost or twice after a kill."""

from __future__ import annotations

import itertools
import os
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

from django.utils import timezone
from machine import BEGUN, WRITING

from treue.app.core import audit
from treue.app.core.models import AuditEntry, Job
from treue.app.customers import merging, search, services
from treue.app.customers.models import (
    Blocked,
    ContactPoint,
    Customer,
    ExternalId,
    Merge,
    Note,
    Purchase,
)
from treue.app.customers.queries import one_with_merged
from treue.app.privacy import erasing, stored
from treue.app.privacy.declared import declared_by_model
from treue.app.privacy.whole import Person

NOTES = 40
TABLES = ("customers.Note", "customers.Purchase", "customers.ContactPoint", "customers.ExternalId")


class Case:
    """A piece of work that is killed.

    Half of the kills come anywhere, half while it writes: some works write for a small part of their time.
    """

    marks = (BEGUN, WRITING)
    finds_writing = True
    """Whether the first statement that changes a row says that it writes."""
    prepares_itself = False
    """Whether what it does before it says that it begins may be lost; it is not killed there."""
    again_each = 1
    """After each how manieth kill the work is done again: some works take long, and begin anew in any case."""

    def prepare(self):
        """Make what the next piece of work is about."""

    def work(self, say):
        """Do it in a process of its own, and say when it begins."""

    def wrong(self, *, acknowledged):
        """Return what is wrong after a kill."""
        return []

    def again(self):
        """Do again what was killed; return what is wrong with it then."""
        return []

    def at_end(self):
        """Return what is wrong with all of it."""
        return [] if audit.verify().first_bad is None else ["audit log"]


class Erasure(Case):
    """Somebody with orders, notes, addresses, a merged record and a file of their own."""

    _numbers = itertools.count(1)

    def prepare(self):
        number = next(self._numbers)
        self.mark = f"kanarienvogel{number:05}"
        both = [Customer.objects.create(code=f"{self.mark}-{k}", name=f"Zita {self.mark}") for k in range(2)]
        self.customer, other = both
        Merge.objects.create(loser=other, winner=self.customer, actor="user:1")
        for one in both:
            ExternalId.objects.create(customer=one, value=one.code)
        ContactPoint.objects.create(
            customer=other, kind="email", typed=f"z@{self.mark}.example", normal=f"z@{self.mark}.example"
        )
        now = timezone.now()
        Note.objects.bulk_create(
            Note(customer=self.customer, text=f"{self.mark} {k}", actor="user:1") for k in range(NOTES)
        )
        Purchase.objects.bulk_create(
            Purchase(code=f"{self.mark}-o{k}", customer=other, ordered_at=now, net_amount=k, currency="EUR")
            for k in range(NOTES)
        )
        search.refresh([one.pk for one in both])
        self.ids = [one.pk for one in both]
        self.file = Path(os.environ["TREUE_HOME"]) / "uploads" / f"{number}.csv"
        self.file.write_text(f"customer\n{self.mark}-0\n")
        self.rows = self._rows()
        self.marked = Blocked.objects.count()

    def _rows(self):
        declared = declared_by_model()
        there = Customer.objects.filter(pk__in=self.ids).count()
        return (there, *(declared[label].rows(self.ids).count() for label in TABLES))

    def work(self, say):
        person = Person.of(Customer.objects.get(pk=self.customer.pk))
        say(BEGUN)
        erasing.erase_person(person, by="command")

    def wrong(self, *, acknowledged):
        rows, marks = self._rows(), Blocked.objects.count() - self.marked
        entries = AuditEntry.objects.filter(subject=f"customer:{self.customer.pk}").count()
        gone = not any(rows)
        found = []
        if not gone and (rows != self.rows or marks or entries):
            found.append("half")
        if gone and (not marks or entries != 1 or self.file.exists()):
            found.append("gone without its proof")
        if acknowledged and not gone:
            found.append("acknowledged and lost")
        return found

    def again(self):
        if Customer.objects.filter(pk__in=self.ids).exists():
            left = Customer.objects.filter(pk__in=self.ids).first()
            erasing.erase_person(Person.of(left), by="command")
        rows = self._rows()
        entries = AuditEntry.objects.filter(subject__in=[f"customer:{pk}" for pk in self.ids]).count()
        return ["not erased once and whole"] * (any(rows) or entries != 1 or self.file.exists())

    def at_end(self):
        erasing.after_erasing()
        home = Path(os.environ["TREUE_HOME"])
        listed = set((home / "erased").read_text().split())
        found = super().at_end()
        if listed != set(Blocked.objects.values_list("digest", flat=True)):
            found.append("marks")
        if any(b"kanarienvogel" in path.read_bytes() for path in home.rglob("*") if path.is_file()):
            found.append("bytes")
        if Job.objects.filter(kind="cycle").count() != 1:
            found.append("cycle")
        if stored.undeclared():
            found.append("left over")
        return found


class CarelessErasure(Erasure):
    """The same, each step a transaction of its own."""

    def work(self, say):
        erasing.transaction = SimpleNamespace(atomic=nullcontext, on_commit=lambda later: later())
        super().work(say)


class Merging(Case):
    """Two records of which one forbids something become one."""

    def __init__(self):
        self._made = 0

    def prepare(self):
        self._made += 1
        self.loser, self.winner = (
            Customer.objects.create(
                code=f"k-{self._made}-{k}", name="Lea", no_marketing=k == 0, no_profiling=k == 0
            )
            for k in range(2)
        )

    def _merge(self, loser, winner):
        services.merge(loser, winner, by="command")

    def work(self, say):
        loser, winner = (Customer.objects.get(pk=one.pk) for one in (self.loser, self.winner))
        say(BEGUN)
        self._merge(loser, winner)

    def _state(self):
        self.winner.refresh_from_db()
        return (
            Merge.objects.filter(loser=self.loser, winner=self.winner, undone_at=None).count(),
            int(self.winner.no_marketing),
            int(self.winner.no_profiling),
            AuditEntry.objects.filter(action="customer.merged", subject=f"customer:{self.winner.pk}").count(),
        )

    def wrong(self, *, acknowledged):
        state = self._state()
        found = ["half"] * (state not in {(0,) * len(state), (1,) * len(state)})
        return found + ["acknowledged and lost"] * (acknowledged and not all(state))

    def _do_again(self):
        services.merge(self.loser, self.winner, by="command")

    def again(self):
        if self._state()[0] == 0:
            self._do_again()
        return ["not done once and whole"] * (set(self._state()) != {1})

    def at_end(self):
        twice = Merge.objects.count() != self._made
        return super().at_end() + ["twice"] * twice


class CarelessMerging(Merging):
    """The same, each statement a transaction of its own."""

    def _merge(self, loser, winner):
        Merge.objects.create(loser=loser, winner=winner, actor="command")
        turned = merging.spread(one_with_merged(winner))
        audit.write(
            "customer.merged", by="command", subject=f"customer:{winner.pk}", detail={"switched": turned}
        )


class Parting(Merging):
    """Two records that are one are parted again."""

    def prepare(self):
        super().prepare()
        self.merge = services.merge(self.loser, self.winner, by="command")

    def _part(self):
        services.undo_merge(self.merge, by="command")

    def work(self, say):
        say(BEGUN)
        self._part()

    def _state(self):
        self.winner.refresh_from_db()
        return (
            Merge.objects.filter(pk=self.merge.pk).exclude(undone_at=None).count(),
            int(self.loser.code not in self.winner.search_text),
            AuditEntry.objects.filter(
                action="customer.merge_undone", subject=f"customer:{self.winner.pk}"
            ).count(),
        )

    def _do_again(self):
        services.undo_merge(self.merge, by="command")


class CarelessParting(Parting):
    """The same, each statement a transaction of its own."""

    def _part(self):
        Merge.objects.filter(pk=self.merge.pk).update(undone_at=timezone.now())
        search.refresh([self.winner.pk, self.loser.pk])
        audit.write("customer.merge_undone", by="command", subject=f"customer:{self.winner.pk}")
