"""What the server has acknowledged is there when it is killed right afterwards, once, with its entry in the log."""

from __future__ import annotations

import random
import sys
import threading
import time

import pytest

from treue.app.core import audit
from treue.app.core.models import AuditEntry
from treue.app.customers.models import Customer, Note

WRITERS = 3


def write_until_killed(server, cookies, customer, name, after_seconds):
    """Send notes from several sides until the server is killed; returns those that were acknowledged."""
    acknowledged, sent = [], []

    def write(side):
        number = 0
        while True:
            text = f"{name} {side} {number}"
            sent.append(text)
            try:
                status = server.post(f"/customers/{customer.pk}/note/", cookies, text=text)
            except OSError:
                return
            except Exception:
                if server.process.poll() is None:
                    raise
                return
            assert status == 302
            acknowledged.append(text)
            number += 1

    sides = [threading.Thread(target=write, args=(side,), daemon=True) for side in range(WRITERS)]
    for side in sides:
        side.start()
    while not acknowledged:
        time.sleep(0.001)
    time.sleep(after_seconds)
    server.end(kill=True)
    for side in sides:
        side.join(60)
    return acknowledged, sent


@pytest.mark.parametrize("kills", [1, pytest.param(20, marks=[pytest.mark.slow, pytest.mark.timeout(3_600)])])
def test_what_a_killed_server_has_acknowledged_is_there_once(real_database, serve, jonas_here, browse, kills):
    lea = Customer.objects.create(code="k-1", name="Lea")
    cookies, chance = browse(jonas_here).cookies, random.Random(3)
    acknowledged, sent = [], []
    for number in range(kills):
        with serve() as server:
            # Every second one is killed right after its first answer.
            pause = 0 if number % 2 == 0 else chance.uniform(0, 0.5)
            told, tried = write_until_killed(server, cookies, lea, f"kill {number}", pause)
            acknowledged += told
            sent += tried
    texts = list(Note.objects.values_list("text", flat=True))
    sys.stdout.write(
        f"{real_database}: {kills} kills, {len(acknowledged)} acknowledged, {len(texts)} there\n"
    )
    assert len(set(texts)) == len(texts)
    assert set(acknowledged) <= set(texts) <= set(sent)
    assert len(acknowledged) >= kills
    assert AuditEntry.objects.filter(action="note.added").count() == len(texts)
    assert audit.verify().first_bad is None
