from __future__ import annotations

import os
import signal

import duckdb
import pytest
import typer

from treue.cli.failure import NOBODY_READS, REFUSED, STOPPED, PipeClosedError, one_line, run_guarded, sentence
from treue.kernel.errors import TreueError, WrongArgument


def raising(error):
    def work():
        raise error

    return work


def test_the_status_of_the_work_is_returned():
    assert run_guarded(lambda: 1, debug=False) == 1


def test_a_refusal_is_one_line(capsys):
    assert (
        run_guarded(raising(WrongArgument("window='x' is no\nlength;\x1b[31m write 90d")), debug=False)
        == REFUSED
    )
    assert capsys.readouterr().err == "treue: window='x' is no length; [31m write 90d\n"


@pytest.mark.parametrize(
    "error", [TreueError("no"), ValueError("no"), OSError(28, "No space left on device"), KeyError("a")]
)
def test_a_traceback_is_shown_only_when_asked_for(capsys, error):
    assert run_guarded(raising(error), debug=False) == REFUSED
    quiet = capsys.readouterr().err
    assert "Traceback" not in quiet
    assert quiet.count("\n") == 1
    assert run_guarded(raising(error), debug=True) == REFUSED
    loud = capsys.readouterr().err
    assert loud.startswith("Traceback")
    assert loud.endswith(quiet)


def test_the_unexpected_says_what_to_do():
    assert sentence(ValueError("odd")) == (
        "something went wrong that Treue did not expect (ValueError: odd); run the same command with --debug and "
        "report what it prints"
    )


@pytest.mark.parametrize("error", [MemoryError(), duckdb.OutOfMemoryException("x")])
def test_too_little_memory_names_the_option(error):
    assert "--memory-limit" in sentence(error)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            FileNotFoundError(2, "No such file or directory", "a.csv"),
            "a.csv: no such file or directory; check the spelling",
        ),
        (PermissionError(13, "Permission denied", "a.csv"), "a.csv: permission denied; ask for the right"),
        (OSError(28, "No space left on device"), "no space left on device; check the disk"),
    ],
)
def test_the_systems_errors_are_worded(error, words):
    assert sentence(error).startswith(words)


@pytest.mark.parametrize(
    "error",
    [KeyboardInterrupt(), typer.Abort(), duckdb.InterruptException("x"), RuntimeError("Query interrupted")],
)
def test_ctrl_c_is_said_plainly(capsys, error):
    assert run_guarded(raising(error), debug=False) == STOPPED
    assert capsys.readouterr().err == "treue: stopped; files that were there before are as they were\n"


def test_nobody_is_told_when_nobody_reads(capsys):
    assert run_guarded(raising(PipeClosedError()), debug=False) == NOBODY_READS
    assert run_guarded(raising(BrokenPipeError()), debug=False) == NOBODY_READS
    assert capsys.readouterr().err == ""


def test_the_end_by_a_signal_unwinds_and_the_old_handler_returns():
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit) as stopped:
        run_guarded(lambda: os.kill(os.getpid(), signal.SIGTERM) or signal.pause() or 0, debug=False)
    assert stopped.value.code == 143
    assert signal.getsignal(signal.SIGTERM) is before


def test_one_line_keeps_letters_of_every_script():
    assert one_line("Grüße\r\n\tæøå 客户") == "Grüße æøå 客户"
