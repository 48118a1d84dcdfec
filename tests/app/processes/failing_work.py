"""Work that fails and whose error names somebody; a test runs it in a process of its own."""

from __future__ import annotations

import os


def twice(_working):
    """Write an address down that another has already: the database says in its error which."""
    from treue.app.customers.models import ContactPoint, Customer

    other = Customer.objects.create(code="other")
    point = ContactPoint.objects.get()
    ContactPoint.objects.create(customer=other, kind=point.kind, typed=point.typed, normal=point.normal)


def cell(_working):
    """Let the engine of imports meet a cell that is no number."""
    import duckdb

    duckdb.execute("SELECT CAST(? AS INTEGER)", [os.environ["TEST_CANARY"]])


def missing(_working):
    """Ask for a file whose name names somebody."""
    open(os.environ["TEST_CANARY"])  # noqa: PTH123, SIM115


def thread(_working):
    """Fail in a thread, of which nobody hears."""
    import threading

    def fail():
        raise ValueError(os.environ["TEST_CANARY"])

    one = threading.Thread(target=fail)
    one.start()
    one.join()
