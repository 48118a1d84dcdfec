"""The daily cycle of a small firm, killed: the pages must go on showing one run, all of it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from cases import Case
from django.db import connection
from machine import BEGUN, WRITING

from treue.app.core import audit
from treue.app.core.models import Firm, Job
from treue.app.customers.importing.services import import_paths
from treue.app.measuring import cycle
from treue.app.measuring.models import Panel, Run, RunFigure, Score
from treue.simulate.firm import simulate_firm

CUSTOMERS, MONTHS = 40, 6
TABLES = ("customers", "purchases")


def loaded():
    """Load what the cycle loads as it goes, once for all children."""
    from treue.app.measuring import chart_library, extract, people, scores, writing
    from treue.charts import drawing
    from treue.report import at_risk, contents

    return (chart_library, extract, people, scores, writing, drawing, at_risk, contents)


def waiting():
    """Return the names of what waits to be taken over: beside the database, or in it."""
    if connection.vendor == "sqlite":
        return list((Path(os.environ["TREUE_HOME"]) / "cycles").glob("*"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE tablename LIKE 'cycle%'")
        return cursor.fetchall()


class Cycle(Case):
    """The cycle; it says that it has begun when the row of its run is there.

    Most of its time it measures; to come to where it writes takes all of that.
    """

    marks = (BEGUN, BEGUN, BEGUN, WRITING)
    finds_writing = False

    def __init__(self):
        Firm.the()
        Firm.objects.update(name="Fjordkaffe", margin_share=0.4)
        with tempfile.TemporaryDirectory() as folder:
            simulate_firm(Path(folder) / "firm", customers=CUSTOMERS, months=MONTHS, tables=TABLES)
            (Path(folder) / "firm" / "truth.json").unlink()
            import_paths([Path(folder) / "firm"], by=audit.SYSTEM)
        Job.objects.all().delete()
        loaded()
        self.run = cycle.compute(lambda *_: None, by=audit.COMMAND).pk
        self.panels = Panel.objects.count()
        assert self.panels
        self.done = 1

    def prepare(self):
        self.run = Firm.objects.get().run_id

    def work(self, say):
        begun = []

        def tell(words, _share):
            if not begun:
                say(BEGUN)
                begun.append(words)
            if words == "writing scores":
                say(WRITING)

        cycle.compute(tell, by=audit.COMMAND)

    def wrong(self, *, acknowledged):
        shown = Firm.objects.get().run
        found = []
        if shown.state != Run.State.DONE:
            return ["the run that is shown is not done"]
        if Score.objects.filter(run=shown).count() != shown.data["scores"]:
            found.append("scores are missing")
        if RunFigure.objects.filter(run=shown).count() < shown.data["figures"]:
            found.append("figures are missing")
        if Panel.objects.filter(run=shown).count() != self.panels:
            found.append("pages are missing")
        if acknowledged and shown.pk == self.run:
            found.append("acknowledged and lost")
        return found

    def at_end(self):
        cycle.compute(lambda *_: None, by=audit.COMMAND)
        found = [*self.wrong(acknowledged=False), *super().at_end()]
        shown = Firm.objects.get().run_id
        if Run.objects.filter(state=Run.State.RUNNING).exists():
            found.append("still running")
        if {
            *Score.objects.values_list("run_id", flat=True),
            *Panel.objects.values_list("run_id", flat=True),
        } != {shown}:
            found.append("rows of other runs are left")
        if waiting():
            found.append("left over")
        return found


class CarelessCycle(Cycle):
    """One that shows its run when it begins."""

    def work(self, say):
        right = cycle.begin

        def too_early():
            run = right()
            Firm.objects.update(run=run)
            return run

        cycle.begin = too_early
        super().work(say)
