"""The seam to DuckDB, PostgreSQL and Spark."""
