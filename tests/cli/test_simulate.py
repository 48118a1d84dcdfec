from __future__ import annotations

import json

import pytest

from treue.cli import run


def test_a_firm_is_written_that_the_other_commands_read(treue):
    done = treue("simulate", "firm", "--customers", 300, "--months", 12, "--seed", 5)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Next: treue report firm" in done.stdout
    assert (treue.folder / "firm" / "purchases.parquet").is_file()
    assert json.loads((treue.folder / "firm" / "truth.json").read_text(encoding="utf-8"))
    checked = treue("check", "firm")
    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_the_same_seed_gives_the_same_bytes(tmp_path, form):
    for name in ("a", "b"):
        asked = ["--customers", "100", "--months", "6", "--seed", "3", "--format", form, "--quiet"]
        assert run(["simulate", str(tmp_path / name), *asked]) == 0
    files = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert f"purchases.{form}" in files
    for name in files:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_an_earlier_simulation_is_replaced(tmp_path, capsys):
    for form in ("csv", "parquet"):
        assert (
            run(["simulate", str(tmp_path / "f"), "--customers", "50", "--months", "3", "--format", form])
            == 0
        )
    assert not (tmp_path / "f" / "purchases.csv").exists()
    assert capsys.readouterr().err == ""


def test_a_folder_with_other_files_is_refused(tmp_path, capsys):
    (tmp_path / "purchases.csv").write_text("mine", encoding="utf-8")
    assert run(["simulate", str(tmp_path), "--customers", "50"]) == 2
    printed = capsys.readouterr().err
    assert printed.startswith("treue: ")
    assert printed.count("\n") == 1
    assert "did not expect" not in printed
    assert [path.name for path in tmp_path.iterdir()] == ["purchases.csv"]


def test_a_folder_that_is_a_file_is_refused(tmp_path, capsys):
    (tmp_path / "file").touch()
    assert run(["simulate", str(tmp_path / "file")]) == 2
    printed = capsys.readouterr().err
    assert printed.startswith("treue: ")
    assert "did not expect" not in printed


@pytest.mark.parametrize(
    "arguments", [["--customers", "0"], ["--months", "0"], ["--seed", "-1"], ["--format", "xml"]]
)
def test_a_firm_that_cannot_be_is_refused(tmp_path, capsys, arguments):
    assert run(["simulate", str(tmp_path / "f"), *arguments]) == 2
    printed = capsys.readouterr().err
    assert printed.startswith("treue: ")
    assert arguments[0].removeprefix("--") in printed
    assert printed.count("\n") == 1
    assert not (tmp_path / "f").exists()
