"""Nothing that belongs to one machine or one person is part of the project."""

import re
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
# the brackets round single letters keep these lines from finding themselves
FORBIDDEN = {
    "the address of a package registry": r"--(extra-)?index-ur[l]|--find-link[s]\s|pypi\.org/simpl[e]",
    "a path of one machine": r"(?<![\w.])/(home|Users|root|work|opt)/[a-z]",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    "an access token": r"\b(AKIA[0-9A-Z]{16}|gh[pousr]_[0-9A-Za-z]{36}|xox[bap]-[0-9A-Za-z-]{20,})\b",
}


def files():
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [PROJECT / name for name in listed.stdout.splitlines() if (PROJECT / name).is_file()]


def text_of(path):
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_holds(what):
    found = [
        f"{path.relative_to(PROJECT)}:{number}: {line.strip()[:120]}"
        for path in files()
        for number, line in enumerate(text_of(path).splitlines(), 1)
        if re.search(FORBIDDEN[what], line)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("what", "pieces"),
    [
        ("the address of a package registry", ("--extra-index", "-url https://example.org")),
        ("a path of one machine", ("open('/home", "/ines/orders.csv')")),
        ("a private key", ("-----BEGIN RSA PRIVATE", " KEY-----")),
        ("an access token", ("AKIA", "A" * 16)),
    ],
)
def test_the_look_would_find_it(what, pieces):
    assert re.search(FORBIDDEN[what], "".join(pieces))


def test_no_file_is_larger_than_a_picture():
    found = [str(path.relative_to(PROJECT)) for path in files() if path.stat().st_size > 1_500_000]
    assert not found
