"""What no question asks for costs nothing at each import."""

from __future__ import annotations

import pytest
from django.db import connection


def codes_indexed(operators):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename FROM pg_indexes WHERE schemaname = current_schema() "
            "AND tablename LIKE 'customers\\_%%' AND indexdef LIKE %s",
            [f"%(code{operators})%"],
        )
        return {table for (table,) in cursor.fetchall()}


@pytest.mark.parametrize("database", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
def test_numbers_have_one_index_and_none_of_patterns(database):
    assert codes_indexed(" varchar_pattern_ops") == set()
    assert {"customers_purchase", "customers_customer", "customers_return"} <= codes_indexed("")
    with connection.cursor() as cursor:
        # The control: this is how Django makes one.
        cursor.execute("CREATE INDEX tried ON customers_purchase (code varchar_pattern_ops)")
        assert codes_indexed(" varchar_pattern_ops") == {"customers_purchase"}
