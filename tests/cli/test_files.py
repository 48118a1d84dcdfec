from __future__ import annotations

import signal
import stat
import subprocess
import sys

import pytest

from treue.cli.files import NewFile, beside
from treue.cli.set_aside import is_set_aside_file
from treue.kernel.errors import WrongArgument


def test_a_file_appears_only_when_it_is_put(tmp_path):
    path = tmp_path / "page.html"
    path.write_text("old", encoding="utf-8")
    with NewFile(path, "out") as file:
        file.write("new")
        assert path.read_text(encoding="utf-8") == "old"
        file.put()
    assert path.read_text(encoding="utf-8") == "new"
    assert [found.name for found in tmp_path.iterdir()] == ["page.html"]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "page.html"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(RuntimeError), NewFile(path, "out") as file:  # noqa: PT012
        file.write("half")
        raise RuntimeError
    assert path.read_text(encoding="utf-8") == "old"
    assert [found.name for found in tmp_path.iterdir()] == ["page.html"]


def test_a_put_file_has_the_rights_of_any_new_file(tmp_path):
    other = tmp_path / "other"
    other.touch()
    with NewFile(tmp_path / "page.html", "out") as file:
        file.put()
    assert stat.S_IMODE((tmp_path / "page.html").stat().st_mode) == stat.S_IMODE(other.stat().st_mode)


def test_line_ends_are_written_as_they_are(tmp_path):
    with NewFile(tmp_path / "a", "out") as file:
        file.write("one\ntwo\r\n")
        file.put()
    assert (tmp_path / "a").read_bytes() == b"one\ntwo\r\n"


def test_what_a_killed_run_left_is_removed_by_the_next(tmp_path):
    script = (
        "import os, sys; from pathlib import Path; from treue.cli.files import NewFile;"
        "NewFile(Path(sys.argv[1]), 'out').make(); os.kill(os.getpid(), 9)"
    )
    killed = subprocess.run([sys.executable, "-c", script, str(tmp_path / "page.html")], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert len(list(tmp_path.glob(".page.html.*.part"))) == 1
    with NewFile(tmp_path / "page.html", "out") as file:
        assert list(tmp_path.iterdir()) == [file.part]


def test_the_hidden_file_of_a_run_that_lives_and_of_others_stays(tmp_path):
    strange = [
        ".page.html.part",
        ".page.html.0123456g.part",
        ".other.html.01234567.part",
        "page.html.01234567.part",
    ]
    for name in strange:
        (tmp_path / name).touch()
    with NewFile(tmp_path / "page.html", "out") as living, NewFile(tmp_path / "page.html", "out") as other:
        living.write("mine")
        other.put()
        living.put()
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == "mine"
    assert {found.name for found in tmp_path.iterdir()} == {*strange, "page.html"}


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(WrongArgument, match="is a folder; give the name of a file in it"):
        NewFile(tmp_path, "out")


def test_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(WrongArgument, match=r"lies in a folder that does not exist; make .*nowhere' first"):
        NewFile(tmp_path / "nowhere" / "page.html", "out")


def test_a_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(WrongArgument, match="cannot be written"),
        NewFile(tmp_path / "file" / "page.html", "out"),
    ):
        pass


def test_an_input_is_never_written_over(tmp_path):
    path = tmp_path / "orders.csv"
    path.touch()
    (tmp_path / "link.csv").symlink_to(path)
    with pytest.raises(WrongArgument, match="would write over a file that is read"):
        NewFile(tmp_path / "link.csv", "out", [path])


def test_companions_are_named_after_the_page(tmp_path):
    assert beside(tmp_path / "a.b.html", "care.csv").name == "a.b-care.csv"


def test_an_earlier_set_aside_file_is_known(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("path,line,reason,message,row\n", encoding="utf-8")
    assert is_set_aside_file(path)
    path.write_bytes(b"\xff\xfe\x00")
    assert not is_set_aside_file(path)
    path.write_text("something,else\n", encoding="utf-8")
    assert not is_set_aside_file(path)
    assert not is_set_aside_file(tmp_path / "missing")
