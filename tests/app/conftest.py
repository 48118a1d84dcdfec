"""The application on both databases, and the cast: Ines owns it, Jonas serves in it, Kim is a stranger, Lea a customer."""

from __future__ import annotations

import os
import shutil
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from urllib.parse import urlsplit

import psycopg
import pytest
from django.contrib.auth.hashers import make_password
from django.core.management import call_command
from django.db import connections, transaction
from django.test import Client
from django.test.utils import override_settings, setup_test_environment, teardown_test_environment

from treue.app import environment

# Playwright runs a loop of its own in the thread of the tests, in which Django would speak to no database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
BOTH = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
PASSWORD = "correct horse battery staple"  # noqa: S105
NOW = datetime(2026, 6, 30, 9, tzinfo=UTC)


# Playwright runs a loop of its own in the thread of the tests, in which Django would speak to no database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


@pytest.fixture(scope="session", autouse=True)
def django_for_tests():
    setup_test_environment()
    yield
    teardown_test_environment()


def point_at(config):
    """Let Django speak to another database from now on."""
    connections["default"].close()
    connections.settings["default"] = connections.configure_settings({"default": dict(config)})["default"]
    del connections["default"]


@contextmanager
def pointed_at(config):
    before = connections.settings["default"]
    point_at(config)
    try:
        yield
    finally:
        connections["default"].close()
        connections.settings["default"] = before
        del connections["default"]


def postgres_config(uri, name):
    os.environ["TREUE_DATABASE_URL"] = with_name(uri, name)
    try:
        return {**environment.database(None), "CONN_MAX_AGE": 0}
    finally:
        del os.environ["TREUE_DATABASE_URL"]


def with_name(uri, name):
    parts = urlsplit(uri)
    return parts._replace(path=f"/{name}").geturl()


def run_on(uri, statement):
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute(statement)


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory):
    config = environment.sqlite(tmp_path_factory.mktemp("database") / "migrated.sqlite3")
    with pointed_at(config):
        call_command("migrate", verbosity=0)
        with connections["default"].cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return config


@pytest.fixture(scope="session")
def migrated_postgres(postgres_uri, worker_id):
    name = f"treue_migrated_{worker_id}"
    run_on(postgres_uri, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    run_on(postgres_uri, f"CREATE DATABASE {name}")
    config = postgres_config(postgres_uri, name)
    with pointed_at(config):
        call_command("migrate", verbosity=0)
    yield config
    run_on(postgres_uri, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture(params=BOTH)
def database(request):
    """Give an empty, migrated database, SQLite and PostgreSQL in turn; everything written is taken back."""
    config = request.getfixturevalue(f"migrated_{request.param}")
    with pointed_at(config):
        block = transaction.atomic()
        block.__enter__()
        try:
            yield request.param
        finally:
            transaction.set_rollback(True)
            block.__exit__(None, None, None)


@pytest.fixture(params=BOTH)
def real_database(request, tmp_path, monkeypatch):
    """Give a database of its own whose writes stay, for what needs several connections or processes.

    ``TREUE_HOME`` and ``TREUE_DATABASE_URL`` name it for programs that a test starts.
    """
    monkeypatch.setenv("TREUE_HOME", str(tmp_path / "home"))
    if request.param == "sqlite":
        source = request.getfixturevalue("migrated_sqlite")["NAME"]
        (tmp_path / "home").mkdir(mode=0o700)
        file = tmp_path / "home" / "treue.sqlite3"
        shutil.copy(source, file)
        with pointed_at(environment.sqlite(file)):
            yield "sqlite"
        return
    uri = request.getfixturevalue("postgres_uri")
    source = request.getfixturevalue("migrated_postgres")["NAME"]
    name = f"{source}_own"
    run_on(uri, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    run_on(uri, f"CREATE DATABASE {name} TEMPLATE {source}")
    config = postgres_config(uri, name)
    monkeypatch.setenv("TREUE_DATABASE_URL", with_name(uri, name))
    with pointed_at(config):
        yield "postgres"
    run_on(uri, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture
def empty_database(request, tmp_path, monkeypatch):
    """Give a function that points Django and programs at an empty database of a kind, with a new home folder."""
    made = []

    @contextmanager
    def make(kind, name="other"):
        home = tmp_path / f"home-{name}"
        home.mkdir(mode=0o700)
        with monkeypatch.context() as patch, override_settings(HOME=home):
            patch.setenv("TREUE_HOME", str(home))
            patch.delenv("TREUE_DATABASE_URL", raising=False)
            if kind == "sqlite":
                with pointed_at(environment.sqlite(home / "treue.sqlite3")):
                    yield home
                return
            uri = request.getfixturevalue("postgres_uri")
            database = f"treue_{name}_{request.getfixturevalue('worker_id')}"
            made.append((uri, database))
            run_on(uri, f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
            run_on(uri, f"CREATE DATABASE {database}")
            patch.setenv("TREUE_DATABASE_URL", with_name(uri, database))
            with pointed_at(postgres_config(uri, database)):
                patch.setenv("TREUE_DATABASE_URL", with_name(uri, database))
                yield home

    yield make
    for uri, database in made:
        run_on(uri, f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")


@cache
def hashed(password):
    """Hash a password once: Argon2 is slow on purpose, and most tests only need somebody to be there."""
    return make_password(password)


def person(role, name):
    from treue.app.core.models import User

    email = f"{name.lower()}@firm.example"
    return User.objects.create(email=email, password=hashed(PASSWORD), name=name, role=role)


@pytest.fixture
def ines(database):
    return person("owner", "Ines")


@pytest.fixture
def jonas(database):
    return person("service", "Jonas")


@pytest.fixture
def people(database):
    """Give one person of each role, by role."""
    return {
        role: person(role, role.title()) for role in ("owner", "manager", "service", "analyst", "auditor")
    }


@pytest.fixture
def browse():
    """Give a client that is logged in as a person, or as nobody."""

    def make(user=None, **extra):
        client = Client(**{"HTTP_ACCEPT_LANGUAGE": "en", **extra})
        if user is not None:
            client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return make


@pytest.fixture
def kim(browse):
    return browse()


@pytest.fixture
def lea(database):
    from treue.app.customers.models import Customer, ExternalId

    made = Customer.objects.create(code="k-1", name="Lea Brandt", search_text="k-1 lea brandt")
    ExternalId.objects.create(customer=made, value="k-1")
    return made


@pytest.fixture
def site(real_database):
    """Serve the application on a free port of this machine, as `treue serve` does; gives its address."""
    from waitress.server import create_server

    from treue.app.wsgi import application

    def answer(environ, start):
        made = application(environ, start)
        try:
            yield from made
        finally:
            made.close()
            connections.close_all()

    server = create_server(answer, host="127.0.0.1", port=0, threads=4, ident=None)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://localhost:{server.effective_port}"
    server.close()
    thread.join(10)


@pytest.fixture
def visit(site, browser, browse):
    """Give a page of Chromium in which a person is logged in, or nobody; its address is the site's."""
    opened = []

    def make(user=None, **wishes):
        context = browser.new_context(base_url=site, **{"locale": "en-GB", **wishes})
        opened.append(context)
        if user is not None:
            cookies = browse(user).cookies
            context.add_cookies(
                [{"name": name, "value": cookie.value, "url": site} for name, cookie in cookies.items()]
            )
        page = context.new_page()
        page.set_default_timeout(20_000)
        return page

    yield make
    for context in opened:
        context.close()
