from __future__ import annotations

import subprocess
import sys
import time

import pytest

from treue import __version__
from treue.cli import run

COMMANDS = ("report", "measure", "check", "simulate", "demo")


def test_version(treue):
    done = treue("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"treue {__version__}\n", "")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(capsys, command):
    assert run([command, "--help"]) == 0
    assert f"Usage: treue {command}" in capsys.readouterr().out


def test_without_arguments_the_commands_are_listed(capsys):
    assert run([]) == 0
    printed = capsys.readouterr().out
    assert all(f"\n  {command} " in printed for command in COMMANDS)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            ["repot"],
            "treue: no such command 'repot'. Did you mean 'report'; `treue --help` shows what there is\n",
        ),
        (["report"], "treue: missing argument 'FILE_OR_FOLDER'; `treue report --help` shows what there is\n"),
        (
            ["report", "x.csv", "--langauge", "de"],
            (
                "treue: no such option: --langauge (Possible options: --language); `treue report --help` shows what "
                "there is\n"
            ),
        ),
        (
            ["report", "x.csv", "--language", "fr"],
            (
                "treue: invalid value for '--language': 'fr' is not one of 'en', 'de', 'nb'; `treue report --help` shows "
                "what there is\n"
            ),
        ),
    ],
)
def test_a_slip_of_the_fingers_is_one_line(capsys, arguments, line):
    assert run(arguments) == 2
    assert capsys.readouterr() == ("", line)


@pytest.mark.parametrize(
    ("option", "value", "line"),
    [
        (
            "--as-of",
            "30.06.2026",
            "treue: as-of='30.06.2026' is not a date; write year-month-day, as 2026-06-30\n",
        ),
        ("--window", "3m", "treue: window='3m' is not a length; write days as 90d or weeks as 12w\n"),
        (
            "--timezone",
            "Oslo",
            "treue: timezone='Oslo' is not a time zone; give an IANA name such as Europe/Berlin or Europe/Oslo\n",
        ),
        (
            "--currency",
            "EURO",
            "treue: currency='EURO' is not a currency; give a code such as EUR, NOK or USD\n",
        ),
        ("--margin", "40", "treue: margin=40.0 is not a share; give more than 0 and at most 1, as 0.4\n"),
        (
            "--memory-limit",
            "lots",
            "treue: memory_limit='lots' is not understood; write for example 4GB or 500MB\n",
        ),
        ("--map", "customer", "treue: map='customer' is not name=value"),
        ("--rates", "USD=0", "treue: rates=USD='0' is not a rate"),
    ],
)
def test_a_value_that_cannot_be_right_is_one_line(capsys, orders, option, value, line):
    assert (
        run(
            ["check", str(orders), option, value]
            if option not in {"--window", "--margin"}
            else ["measure", "retention_rate", str(orders), option, value]
        )
        == 2
    )
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(line)
    assert printed.err.count("\n") == 1


def test_the_start_imports_nothing_heavy():
    heavy = "numpy", "scipy", "duckdb", "pyarrow", "sqlframe", "rich", "babel", "jinja2"
    code = f"import sys, treue.cli; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_help_costs_little_more_than_what_prints_it():
    def seconds(*arguments):
        begin = time.perf_counter()
        subprocess.run([sys.executable, *arguments], capture_output=True, check=True)
        return time.perf_counter() - begin

    # In pairs, and the best pair: how fast the machine is, and what else it does, is not what is asked here.
    pairs = [(seconds("-m", "treue.cli", "--help"), seconds("-c", "import typer.main")) for _ in range(5)]
    assert min(ours / typers for ours, typers in pairs) < 2.5


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_is_helped_to_complete(treue, shell):
    done = treue(env={"_TREUE_COMPLETE": f"source_{shell}"})
    assert done.returncode == 0
    assert "treue" in done.stdout
