"""The promise of the seam, kept by DuckDB, PostgreSQL and Spark alike."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from treue.engine.days import local_day
from treue.engine.duckdb import DuckDBEngine
from treue.engine.seam import fresh_name
from treue.kernel.errors import WrongArgument, WrongTable
from treue.kernel.units import day_number

ORDERS = pa.table(
    {
        "customer_id": ["a", "a", "b", "c"],
        "day": pa.array([10, 3, 7, 8], pa.int32()),
        "net_amount": pa.array([1000, 250, 9_000_000_000, None], pa.int64()),
        "share": pa.array([0.25, 0.5, None, 1.0], pa.float64()),
        "kept": pa.array([True, False, None, True]),
        "started_on": pa.array([date(2026, 1, 1), None, date(1969, 12, 31), date(2026, 3, 29)]),
        "ordered_at": pa.array([datetime(2026, 1, 1, 23, 30, 0, 5), None, *[datetime(2026, 3, 29, 1)] * 2]),
    }
)


def rows(table):
    return sorted(table.to_pylist(), key=str)


def test_what_is_loaded_comes_back_unchanged(engine):
    table = engine.load(ORDERS, "orders")
    back = engine.arrow(engine.frame(table))
    assert back.column_names == ORDERS.column_names
    # Spark gives its instants a zone, which is UTC
    assert rows(back.cast(ORDERS.schema)) == rows(ORDERS)


def test_an_empty_table_keeps_its_columns(engine):
    table = engine.load(ORDERS.slice(0, 0), "orders")
    back = engine.arrow(engine.frame(table))
    assert (back.num_rows, back.column_names) == (0, ORDERS.column_names)


def test_columns_are_named_with_spark_types(engine):
    assert engine.columns(engine.load(ORDERS, "orders")) == {
        "customer_id": "string",
        "day": "int",
        "net_amount": "bigint",
        "share": "double",
        "kept": "boolean",
        "started_on": "date",
        "ordered_at": "timestamp",
    }


def test_a_persisted_frame_is_a_table_that_frames_can_stand_on(engine):
    F = engine.F
    orders = engine.frame(engine.load(ORDERS, "orders"))
    totals = orders.groupBy("customer_id").agg(F.sum("net_amount").cast("bigint").alias("spent"))
    table = engine.persist(totals, "totals")
    assert engine.columns(table) == {"customer_id": "string", "spent": "bigint"}
    found = engine.arrow(engine.frame(table).filter(F.col("spent") > 2000))
    assert found.to_pylist() == [{"customer_id": "b", "spent": 9_000_000_000}]


def test_sums_and_floors_that_are_cast_are_whole_numbers_on_every_engine(engine):
    F = engine.F
    frame = engine.frame(engine.load(ORDERS, "orders")).agg(
        F.sum("net_amount").cast("bigint").alias("spent"),
        F.count(F.lit(1)).cast("bigint").alias("orders"),
        F.max(F.floor(F.col("day") / F.lit(7)).cast("int")).alias("week"),
    )
    back = engine.arrow(frame)
    assert back.to_pylist() == [{"spent": 9_000_001_250, "orders": 4, "week": 1}]
    assert [field.type for field in back.schema] == [pa.int64(), pa.int64(), pa.int32()]


def test_first_by_takes_the_value_of_the_least_key(engine):
    frame = engine.frame(engine.load(ORDERS, "orders"))
    first = frame.groupBy("customer_id").agg(engine.first_by("net_amount", "day").alias("first_amount"))
    assert rows(engine.arrow(first)) == [
        {"customer_id": "a", "first_amount": 250},
        {"customer_id": "b", "first_amount": 9_000_000_000},
        {"customer_id": "c", "first_amount": None},
    ]


def test_days_in_order_come_once_each_however_often_they_are_told(engine):
    told = [("a", 9), ("b", 7), ("a", 3), ("a", 9), ("a", 3), ("a", 4), ("b", 7), ("c", 1)]
    table = pa.table(
        {
            "customer_id": [customer for customer, _ in told],
            "day": pa.array([day for _, day in told], pa.int32()),
        }
    )
    found = rows(engine.arrow(engine.days_in_order(engine.frame(engine.load(table, "told")))))
    names = ("customer_id", "day", "previous_day", "first_day", "last_day")
    assert sorted([tuple(row[name] for name in names) for row in found], key=str) == [
        ("a", 3, None, 3, 9),
        ("a", 4, 3, 3, 9),
        ("a", 9, 4, 3, 9),
        ("b", 7, None, 7, 7),
        ("c", 1, None, 1, 1),
    ]


def test_different_values_are_counted_without_nulls(engine):
    table = pa.table({"customer_id": list("aaaabb"), "day": pa.array([3, 3, None, 4, None, 5], pa.int32())})
    F = engine.F
    frame = engine.frame(engine.load(table, "told"))
    counted = frame.groupBy("customer_id").agg(
        engine.count_different(F.col("day")).cast("int").alias("days_count")
    )
    assert rows(engine.arrow(counted)) == [
        {"customer_id": "a", "days_count": 2},
        {"customer_id": "b", "days_count": 1},
    ]


def test_a_staged_frame_gives_the_same_rows_in_shorter_words(engine):
    F = engine.F
    frame = engine.frame(engine.load(ORDERS, "orders"))
    for number in range(4):
        frame = frame.withColumn(f"more_{number}", F.col("day") + F.lit(number))
    staged = engine.staged(frame, "more")
    assert staged.columns == frame.columns
    assert rows(engine.arrow(staged)) == rows(engine.arrow(frame))
    if hasattr(engine, "sql"):
        assert len(engine.sql(staged)) < len(engine.sql(frame)) / 2


def test_a_step_that_several_branches_read_is_written_once(engine):
    F = engine.F
    orders = engine.frame(engine.load(ORDERS, "orders"))
    sums = orders.groupBy("customer_id").agg(F.sum("net_amount").cast("bigint").alias("spent"))
    spent = sums.select("customer_id", "spent")
    much = spent.where(F.col("spent") > 2000).select("customer_id", F.col("spent").alias("much"))
    again = much.select("customer_id", F.col("much").alias("spent"), "much")
    both = spent.join(much, on="customer_id", how="left").unionAll(again)
    found = [tuple(row.values()) for row in rows(engine.arrow(both))]
    b = 9_000_000_000
    assert found == [("a", 1250, None), ("b", b, b), ("b", b, b), ("c", None, None)]
    if hasattr(engine, "sql"):
        assert engine.sql(both).count("SUM(") == 1


def test_a_frame_can_be_joined_with_itself(engine):
    F = engine.F
    orders = engine.frame(engine.load(ORDERS, "orders")).select("customer_id", "day")
    later = orders.select("customer_id", F.col("day").alias("later"))
    pairs = orders.join(later, on="customer_id").where(F.col("later") > F.col("day"))
    assert engine.arrow(pairs).to_pylist() == [{"customer_id": "a", "day": 3, "later": 10}]
    twice = orders.join(orders, on="customer_id", how="left_semi")
    assert rows(engine.arrow(twice)) == rows(engine.arrow(orders))


def test_texts_come_in_the_order_of_their_bytes(engine):
    ids = ["b", "a10", "a9", "Z", "ä", "_", "a-1", "a 1"]
    frame = engine.frame(engine.load(pa.table({"customer_id": ids, "n": range(8)}), "ids"))
    found = engine.arrow_in_order(frame, "customer_id")
    assert found["customer_id"].to_pylist() == sorted(ids, key=str.encode)
    assert [ids[n] for n in found["n"].to_pylist()] == found["customer_id"].to_pylist()


def test_a_window_looks_back_within_a_customer(engine):
    F = engine.F
    by_customer = engine.Window.partitionBy("customer_id").orderBy("day")
    frame = engine.frame(engine.load(ORDERS, "orders"))
    gaps = frame.select(
        "customer_id", (F.col("day") - F.lag("day").over(by_customer)).cast("int").alias("gap_days")
    )
    assert {(row["customer_id"], row["gap_days"]) for row in engine.arrow(gaps).to_pylist()} == {
        ("a", None),
        ("a", 7),
        ("b", None),
        ("c", None),
    }


INSTANTS = [
    datetime(2025, 12, 31, 22, 59, 59),
    datetime(2025, 12, 31, 23, 0),
    datetime(2026, 3, 28, 22, 59, 59),
    datetime(2026, 3, 28, 23, 30),  # already the 29th in Oslo
    datetime(2026, 3, 29, 0, 59, 59),  # the last second of winter time
    datetime(2026, 3, 29, 1, 0),
    datetime(2026, 3, 29, 21, 59, 59),  # this local day lasts 23 hours
    datetime(2026, 3, 29, 22, 0),
    datetime(2026, 10, 24, 21, 59, 59),
    datetime(2026, 10, 24, 22, 0),  # this local day lasts 25 hours
    datetime(2026, 10, 25, 22, 59, 59),
    datetime(2026, 10, 25, 23, 0),
]


@pytest.mark.parametrize("zone", ["UTC", "Europe/Oslo", "America/New_York", "Australia/Lord_Howe"])
def test_local_days_follow_the_zone_over_its_change_overs(engine, zone):
    table = engine.load(pa.table({"at": pa.array(INSTANTS, pa.timestamp("us"))}), "instants")
    day = local_day(engine, "at", zone, date(2025, 12, 31), date(2026, 10, 26))
    back = engine.arrow(engine.frame(table).select("at", day.alias("day")))
    assert back.schema.field("day").type == pa.int32()
    assert {row["at"].replace(tzinfo=None): row["day"] for row in back.to_pylist()} == {
        at: day_number(at.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()) for at in INSTANTS
    }


def test_local_days_before_1970_round_down(engine):
    table = engine.load(pa.table({"at": pa.array([datetime(1969, 12, 31, 20)], pa.timestamp("us"))}), "old")
    day = local_day(engine, "at", "Europe/Berlin", date(1969, 12, 1), date(1970, 1, 2))
    assert engine.arrow(engine.frame(table).select(day.alias("day"))).to_pylist() == [{"day": -1}]


def test_a_dropped_table_is_gone(engine):
    table = engine.load(ORDERS, "orders")
    engine.drop(table)
    with pytest.raises(WrongTable, match=f"table='{table}' is not there; it was dropped"):
        engine.columns(table)


def test_table_names_are_never_used_twice():
    names = {fresh_name("orders") for _ in range(100)}
    assert len(names) == 100


def test_engines_side_by_side_do_not_see_one_another(duckdb_engine, postgres_engine):
    with DuckDBEngine() as other:
        table = other.load(pa.table({"n": [1]}), "one")
        here = duckdb_engine.load(pa.table({"n": [2]}), "two")
        there = postgres_engine.load(pa.table({"n": [3]}), "three")
        # built in turns, computed in another order
        frames = [other.frame(table), duckdb_engine.frame(here), postgres_engine.frame(there)]
        found = [
            place.arrow(frame.select((place.F.col("n") * 10).cast("int").alias("n"))).to_pylist()
            for place, frame in zip((other, duckdb_engine, postgres_engine), frames, strict=True)
        ]
    assert found == [[{"n": 10}], [{"n": 20}], [{"n": 30}]]


def test_postgres_leaves_nothing_behind(postgres_uri):
    from treue.engine.postgres import PostgresEngine

    with PostgresEngine(postgres_uri) as engine:
        table = engine.load(ORDERS, "orders")
    with (
        PostgresEngine(postgres_uri) as engine,
        pytest.raises(WrongTable, match=f"table='{table}' is not there"),
    ):
        engine.columns(table)


def test_a_memory_limit_that_makes_no_sense_is_refused():
    with pytest.raises(WrongArgument, match="memory_limit='lots' is not understood; write for example 4GB"):
        DuckDBEngine(memory_limit="lots")


def test_duckdb_spills_beyond_its_memory_limit(tmp_path):
    with DuckDBEngine(memory_limit="60MB", threads=1, spill_folder=str(tmp_path)) as engine:
        big = engine.view(
            "SELECT (i * 7919) % 3000017 AS id, 'customer ' || i AS name FROM range(3000000) t(i)", "big"
        )
        frame = engine.frame(big).groupBy("id").agg(engine.F.max("name").alias("name"))
        assert engine.arrow(engine.frame(engine.persist(frame, "kept")).agg(engine.F.count("id").alias("n")))[
            "n"
        ].to_pylist() == [3000000]


def test_a_view_reads_files_where_they_lie(duckdb_engine, tmp_path):
    import pyarrow.parquet as pq

    pq.write_table(ORDERS, tmp_path / "orders.parquet")
    view = duckdb_engine.view(f"SELECT * FROM read_parquet('{tmp_path}/orders.parquet')", "file")
    assert rows(duckdb_engine.arrow(duckdb_engine.frame(view))) == rows(ORDERS)
