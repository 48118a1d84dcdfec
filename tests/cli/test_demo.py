from __future__ import annotations

import pytest


def test_the_demo_ends_with_the_report(treue):
    done = treue("demo", "--report-only")
    assert (done.returncode, done.stderr) == (0, "")
    page = treue.folder / "demo" / "report.html"
    assert page.is_file()
    assert (treue.folder / "demo" / "report-care.csv").is_file()
    assert (treue.folder / "demo" / "data" / "truth.json").is_file()
    lines = done.stdout.splitlines()
    assert lines[-1].strip() == page.resolve().as_uri()
    assert lines[-2].split(maxsplit=1) == ["Report", "demo/report.html"]
    sentences = done.stdout.split("\n\n")[1].splitlines()
    assert len(sentences) == 3


@pytest.mark.slow
def test_the_demo_can_be_repeated_elsewhere_and_in_norwegian(treue):
    for _ in range(2):
        done = treue("demo", "prøve", "--language", "nb", "--quiet", "--report-only")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert 'lang="nb' in (treue.folder / "prøve" / "report.html").read_text(encoding="utf-8")


def test_the_demo_makes_the_application_ready_and_says_how_to_start_it(treue):
    first = treue("demo")
    assert (first.returncode, first.stderr) == (0, "")
    home = treue.folder / "demo" / "home"
    assert (home / "treue.sqlite3").is_file()
    lines = [line.strip() for line in first.stdout.splitlines()]
    assert lines[-2].endswith("serve --home demo/home --port 8000")
    assert lines[-1].startswith("Log in as ines@fjordkaffe.example with the password ")
    # What was looked at stays; only the password is new.
    size = (home / "treue.sqlite3").stat().st_size
    again = treue("demo")
    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout.splitlines()[-1] != first.stdout.splitlines()[-1]
    assert (home / "treue.sqlite3").stat().st_size == size
