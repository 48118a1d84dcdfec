from __future__ import annotations

import time

import pytest

from treue.cli import output


class Terminal:
    """An error stream or output that says it is a terminal and keeps what it is told."""

    encoding = "utf-8"

    def __init__(self):
        self.text = ""

    def write(self, text):
        self.text += text
        return len(text)

    def flush(self):
        return None

    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return Terminal()


def test_a_table_in_a_pipe_has_no_colours_and_is_not_cut(capsys):
    output.write_table(("Name", "Value"), [("a" * 300, "1"), ("[b]", "22")], right=("Value",), title="Both")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Both"
    assert lines[3] == "a" * 300 + "       1"
    assert lines[4].split() == ["[b]", "22"]
    assert not any("\x1b" in line or line != line.rstrip() for line in lines)


def test_a_table_on_a_terminal_has_styles(monkeypatch, terminal):
    monkeypatch.setattr("sys.stdout", terminal)
    output.write_table(("Name",), [("x",)], title="Both")
    assert "\x1b[1m" in terminal.text


def test_no_color_is_honoured(monkeypatch, terminal):
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr("sys.stdout", terminal)
    from rich.text import Text

    output.show(Text("warm", style="red"))
    assert "\x1b[31m" not in terminal.text
    assert "warm" in terminal.text


def test_quick_work_shows_no_progress(monkeypatch, terminal):
    monkeypatch.setattr("sys.stderr", terminal)
    with output.progress(quiet=False) as tell:
        tell("Reading", 0.5)
    assert terminal.text == ""


def test_long_work_shows_progress_on_a_terminal(monkeypatch, terminal):
    monkeypatch.setattr("sys.stderr", terminal)
    with output.progress(quiet=False, patience_seconds=0.05) as tell:
        tell("Reading", 0.25)
        time.sleep(0.3)
        tell("Counting", 0.75)
        time.sleep(0.3)
    assert "Reading" in terminal.text
    assert "25%" in terminal.text
    assert "Counting" in terminal.text


def test_quiet_work_shows_nothing(monkeypatch, terminal):
    monkeypatch.setattr("sys.stderr", terminal)
    with output.progress(quiet=True, patience_seconds=0.01) as tell:
        tell("Reading", 0.5)
        time.sleep(0.1)
    assert terminal.text == ""


def test_work_without_a_terminal_shows_nothing(capsys):
    with output.progress(quiet=False, patience_seconds=0.05) as tell:
        tell("Reading", 0.5)
        time.sleep(0.1)
    assert capsys.readouterr().err == ""


def test_json_refuses_what_is_no_number():
    with pytest.raises(ValueError, match="not JSON compliant"):
        output.write_json({"value": float("nan")})


def test_csv_leaves_nothing_for_null(capsys):
    output.write_csv(("a", "b", "c"), [{"a": None, "b": "x,y"}])
    assert capsys.readouterr().out == 'a,b,c\n,"x,y",\n'
