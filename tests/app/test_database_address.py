"""What the address of the database says holds for every connection, or is refused."""

from __future__ import annotations

import os

import pytest
from django.db import connection

from treue.app import environment
from treue.app.core.backups.dump import snapshot
from treue.app.measuring.reading import reading
from treue.kernel.errors import WrongArgument

ADDRESS = "postgresql://ines:p%40ss@db.firm.example:5433/treue"


def described(monkeypatch, url):
    monkeypatch.setenv("TREUE_DATABASE_URL", url)
    return environment.database(None)


def test_parameters_of_the_address_are_kept(monkeypatch):
    found = described(
        monkeypatch, f"{ADDRESS}?sslmode=verify-full&sslrootcert=/etc/my%20ca.pem&connect_timeout=5"
    )
    assert found["OPTIONS"] == {
        "sslmode": "verify-full",
        "sslrootcert": "/etc/my ca.pem",
        "connect_timeout": "5",
    }
    assert (found["HOST"], found["PORT"]) == ("db.firm.example", "5433")
    found = described(monkeypatch, "postgresql:///treue?host=/run/my%20pg&port=5434")
    assert (found["HOST"], found["PORT"], found["OPTIONS"]) == ("/run/my pg", "5434", {})


@pytest.mark.parametrize(
    "query", ["sslmod=verify-full", "password=geheim", "sslmode", "sslmode=", "passfile=/x&sslmode=require"]
)
def test_what_no_connection_would_keep_to_is_refused_in_a_sentence(monkeypatch, query):
    with pytest.raises(
        WrongArgument, match=r"is not understood; behind the \? may stand host, port, sslmode, "
    ) as told:
        described(monkeypatch, f"{ADDRESS}?{query}")
    assert "geheim" not in str(told.value)
    assert "p%40ss" not in str(told.value)


ON_POSTGRES = [pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.mark.parametrize("real_database", ON_POSTGRES, indirect=True)
def test_every_connection_keeps_to_the_address(monkeypatch, real_database):
    url = os.environ["TREUE_DATABASE_URL"]
    config = described(monkeypatch, f"{url}{'&' if '?' in url else '?'}application_name=treue%20of%20ines")
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", config["OPTIONS"])
    asked = "SELECT current_setting('application_name') AS name"
    with connection.cursor() as cursor:
        cursor.execute(asked)
        pages = cursor.fetchone()[0]
    with snapshot() as snap:
        backup = snap._raw.execute(asked).fetchone()[0]
    with reading() as answer:
        cycle = answer(asked).read_all()["name"][0].as_py()
    assert (pages, backup, cycle) == ("treue of ines",) * 3
