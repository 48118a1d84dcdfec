"""Write notes and bring files in until the database goes away; run as ``writing.py CUSTOMER ROUND FOLDER``.

What was acknowledged stands in a file, one line each, written after the answer.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import django

ROWS = 40


def orders(name):
    """Return a file of orders whose numbers nobody else has."""
    return "\n".join(
        [
            "Customer,Order,Date,Total",
            *(f"c{k % 7},{name}-{k},2026-03-{1 + k % 27:02},{k}.25" for k in range(ROWS)),
        ]
    )


def main(customer, number, folder):
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "treue.app.settings")
    django.setup()
    from django.db.utils import DatabaseError, InterfaceError

    from treue.app.customers import services
    from treue.app.customers.importing.work import bring_in
    from treue.app.customers.models import Customer, ImportedFile

    acknowledged = os.open(Path(folder) / "acknowledged", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    lea = Customer.objects.get(pk=int(customer))

    def notes(side):
        for k in range(100_000):
            text = f"note {number} {side} {k}"
            services.add_note(lea, text, by="command")
            os.write(acknowledged, f"{text}\n".encode())

    def files(_side):
        for k in range(100_000):
            name = f"f{number}x{k}"
            path = Path(folder) / f"{name}.csv"
            path.write_text(orders(name))
            file = ImportedFile.objects.create(
                name=path.name, path=str(path), kind="history", state="running", actor="command"
            )
            bring_in(file, lambda _words, _share: None)
            os.write(acknowledged, f"{name}.csv\n".encode())

    def until_it_is_away(work, side):
        try:
            work(side)
        except (DatabaseError, InterfaceError):
            return

    sides = [threading.Thread(target=until_it_is_away, args=(notes, side)) for side in range(2)]
    sides.append(threading.Thread(target=until_it_is_away, args=(files, 2)))
    for side in sides:
        side.start()
    for side in sides:
        side.join()
    # What was opened for the engine ends with this process.
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
