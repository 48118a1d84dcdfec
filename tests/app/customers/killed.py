"""Imports that are killed at random moments, and what is left of them.

Run as a program: ``killed.py FOLDER POINTS SEED HOW`` where HOW is ``treue``, or ``careless`` for a control that
writes row by row. It prints one line of JSON: how often what went wrong. The parent loads everything and forks for
each import, so that a kill costs a fraction of a second.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import django

ROWS, STEP = 150, 100
"""Each file repeats the last 50 orders of the one before."""


def write_file(folder, number):
    path = Path(folder) / f"orders-{number}.csv"
    lines = ["Customer,Order,Date,Total"]
    first = number * STEP
    lines += [
        f"c{order % 37}-{order % 11},{order},2026-0{1 + order % 9}-{10 + order % 19},{order % 400}.25"
        for order in range(first, first + ROWS)
    ]
    path.write_text("\n".join(lines))
    return path


def careless(file, tell):
    """Bring a file in as one would at first: row by row, asking before whether a row is there."""
    from django.utils import timezone

    from treue.app.customers.models import Customer, Purchase

    for number, line in enumerate(Path(file.path).read_text().splitlines()[1:]):
        if number == 0:
            tell("writing", 0.5)
        customer, order, _, amount = line.split(",")
        found, _ = Customer.objects.get_or_create(code=customer)
        if not Purchase.objects.filter(code=order).exists():
            Purchase.objects.create(
                code=order, customer=found, ordered_at=timezone.now(), net_amount=round(float(amount) * 100),
                currency="EUR", file_id=file.pk,
            )  # fmt: skip
    type(file).objects.filter(pk=file.pk).update(state="done", accepted=ROWS)


def start_child(file, how, pipe):
    """Import in a process of its own, which says when it begins to write."""
    from django.db import connections

    connections.close_all()
    child = os.fork()
    if child:
        return child
    try:
        from treue.app.customers.importing.work import bring_in

        def tell(words, share):
            if words == "writing" and pipe is not None and share >= 0.5:
                os.write(pipe, b"w")

        (careless if how == "careless" else bring_in)(file, tell)
        os._exit(0)
    except BaseException:  # noqa: BLE001  (whatever it was, the parent is told)
        import traceback

        traceback.print_exc()
        os._exit(1)


def killed_at(file, how, rng, whole, landing):
    """Kill an import somewhere: half of the times anywhere, half while it writes; True where it was alive."""
    reading, writing = os.pipe()
    child = start_child(file, how, writing)
    os.close(writing)
    if rng.random() < 0.5:
        time.sleep(rng.uniform(0, whole))
    else:
        os.read(reading, 1)
        time.sleep(rng.uniform(0, landing))
    os.close(reading)
    os.kill(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def timed(file, how):
    """Import once without harm; return seconds from the start, and from the beginning of writing, to the end."""
    reading, writing = os.pipe()
    begin = time.monotonic()
    child = start_child(file, how, writing)
    os.close(writing)
    os.read(reading, 1)
    wrote = time.monotonic()
    os.close(reading)
    assert os.waitpid(child, 0)[1] == 0
    end = time.monotonic()
    return end - begin, end - wrote


def state_of(file):
    from treue.app.customers.models import Purchase

    file.refresh_from_db()
    return file.state, Purchase.objects.filter(file_id=file.pk).count()


def whole_database(counted):
    """Return what is wrong with the database as a whole."""
    from django.db import connection

    from treue.app.customers.models import Customer, ExternalId, Purchase

    wrong = []
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA integrity_check")
            if cursor.fetchone()[0] != "ok":
                wrong.append("integrity")
            cursor.execute("PRAGMA foreign_key_check")
            if cursor.fetchone():
                wrong.append("foreign key")
    codes = list(Purchase.objects.values_list("code", flat=True))
    if sorted(map(int, codes)) != list(range(counted)):
        wrong.append("orders")
    if Customer.objects.count() != ExternalId.objects.filter(system="").count():
        wrong.append("people")
    return wrong


def main(folder, points, seed, how):
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "treue.app.settings")
    django.setup()
    from treue.app.core import audit
    from treue.app.core.models import Job
    from treue.app.customers.importing import work  # noqa: F401  (loaded once, before the forks)
    from treue.app.customers.models import Customer, ImportedFile

    rng = random.Random(seed)
    trouble, alive, done_before = {}, 0, 0

    def note(name):
        trouble[name] = trouble.get(name, 0) + 1

    def make(number):
        path = write_file(folder, number)
        return ImportedFile.objects.create(name=path.name, path=str(path), state="running", actor="command")

    whole, landing = timed(make(0), how)
    for number in range(1, points + 1):
        file = make(number)
        people = Customer.objects.count()
        alive += killed_at(file, how, rng, whole, landing)
        state, rows = state_of(file)
        done_before += state == "done"
        if state == "running" and (rows or Customer.objects.count() != people):
            note("half")
        if state == "done" and rows != STEP:
            note("acknowledged and lost")
        child = start_child(file, how, None)
        if os.waitpid(child, 0)[1]:
            note("did not complete")
        state, rows = state_of(file)
        if (state, rows) != ("done", STEP):
            note("not whole")
    for name in whole_database(points * STEP + ROWS):
        note(name)
    left = [name.name for name in (Path(os.environ["TREUE_HOME"]) / "imports").glob("*.staging*")]
    if left:
        note("left over")
    if how == "treue" and audit.verify().first_bad is not None:
        note("audit")
    if how == "treue" and Job.objects.filter(kind="cycle").count() != 1:
        note("cycle")
    found = {"trouble": trouble, "alive": alive, "done_before": done_before, "seconds": [whole, landing]}
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
