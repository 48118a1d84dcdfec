"""The daily cycle of a small firm, killed: the pages must go on showing one run, all of it, as it was.

It writes in many small batches, so that kills come between batches too.
"""

from __future__ import annotations

import os
import tempfile
from copy import copy
from hashlib import sha256
from pathlib import Path

from cases import Case
from django.db import connection
from machine import BEGUN, WRITING

from treue.app.core import audit
from treue.app.core.models import Firm, Job
from treue.app.customers.importing.services import import_paths
from treue.app.measuring import cycle, scores, writing
from treue.app.measuring.models import Panel, Run, RunFigure, Score
from treue.report import contents
from treue.simulate.firm import simulate_firm

CUSTOMERS, MONTHS = 40, 6
AT_ONCE = 10
TABLES = ("customers", "purchases")


def loaded():
    """Load what the cycle loads as it goes, once for all children."""
    from treue.app.measuring import chart_library, extract, people
    from treue.charts import drawing
    from treue.report import at_risk

    return (chart_library, extract, people, drawing, at_risk)


def waiting():
    """Return the names of what waits to be taken over: beside the database, or in it."""
    if connection.vendor == "sqlite":
        return list((Path(os.environ["TREUE_HOME"]) / "cycles").glob("*"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE tablename LIKE 'cycle%'")
        return cursor.fetchall()


def told(run):
    """Return a sum over all that the pages show of a run."""
    rows = sha256()
    for model in (Score, RunFigure, Panel):
        for row in model.objects.filter(run=run).order_by("pk").values_list().iterator():
            rows.update(repr(row).encode())
    return rows.hexdigest()


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
        writing.ROWS_AT_ONCE, writing.BATCH = AT_ONCE, 5 * AT_ONCE
        self.first_run()
        self.run = Firm.objects.get().run_id
        self.panels = Panel.objects.count()
        assert self.panels

    def first_run(self):
        cycle.compute(lambda *_: None, by=audit.COMMAND)

    def prepare(self):
        self.run = Firm.objects.get().run_id
        self.told = told(self.run)

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
        if shown.pk == self.run and told(self.run) != self.told:
            found.append("the run that is shown has changed")
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
        show_too_early()
        super().work(say)


def show_too_early():
    right = cycle.begin

    def too_early():
        run = right()
        Firm.objects.update(run=run)
        return run

    cycle.begin = too_early


class WritingCycle(Cycle):
    """The cycle that has measured already: it knows the report and the scores of its first run, and writes them again.

    Measuring changes nothing and takes nearly all of its time.
    """

    def first_run(self):
        kept = {}

        def keep(module, name, store=lambda result, *_: result, give=lambda result, *_: result):
            right = getattr(module, name)

            def known(*args, **named):
                if name not in kept:
                    result = right(*args, **named)
                    kept[name] = store(result, *args)
                    return result
                return give(kept[name], *args)

            setattr(module, name, known)

        def rows(table, _history, engine, _persons):
            return engine.connection.sql(f"SELECT * FROM {table}").to_arrow_table()

        def table(rows, _history, engine, _persons):
            engine.connection.register("known_scores", rows)
            return "known_scores"

        keep(contents, "build_report")
        keep(scores, "score_table", rows, table)
        panels = writing.panels
        writing.panels = lambda report: list(panels(report))
        keep(writing, "panels")
        super().first_run()

    def careless(self):
        """Return the same, shown when it begins."""
        other = copy(self)
        other.__class__ = CarelessWritingCycle
        return other


class CarelessWritingCycle(WritingCycle):
    """One that shows its run when it begins."""

    def work(self, say):
        show_too_early()
        super().work(say)
