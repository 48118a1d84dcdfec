"""`import treue` costs next to nothing: what is heavy is loaded when it is used."""

import json
import subprocess
import sys

import pytest

HEAVY = [
    "adbc_driver_postgresql",
    "altair",
    "babel",
    "django",
    "duckdb",
    "jinja2",
    "numpy",
    "pandas",
    "pyarrow",
    "pyspark",
    "python_calamine",
    "rich",
    "scipy",
    "sklearn",
    "sqlframe",
    "sqlglot",
    "typer",
    "vl_convert",
]


def loaded_by(statement):
    """Return the names of the modules that a fresh Python has after a statement, beyond those it starts with."""
    code = f"import sys, json; before = set(sys.modules); {statement}; print(json.dumps(sorted(set(sys.modules) - before)))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def test_importing_treue_loads_nothing_heavy():
    found = {name.partition(".")[0] for name in loaded_by("import treue")}
    assert "treue" in found
    assert found & set(HEAVY) == set()


def test_importing_treue_loads_few_modules():
    assert len(loaded_by("import treue")) < 60


@pytest.mark.parametrize("statement", ["import treue.cli", "import treue.kernel.registry as r; r.measures()"])
def test_neither_commands_nor_measures_need_a_server_or_the_extras(statement):
    found = {name.partition(".")[0] for name in loaded_by(statement)}
    assert (
        found & {"django", "pyspark", "altair", "pandas", "matplotlib", "adbc_driver_postgresql", "pytest"}
        == set()
    )


def test_the_smallest_command_loads_no_statistics():
    """`treue --help` and shell completion should not wait for scipy and DuckDB."""
    found = {name.partition(".")[0] for name in loaded_by("import treue.cli")}
    assert found & {"scipy", "sklearn", "duckdb", "sqlframe", "sqlglot", "vl_convert"} == set()
