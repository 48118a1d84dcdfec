"""What is installed by `make` fits what the package says it needs."""

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = Path(__file__).parents[2]
PACKAGE = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def pins(name):
    lines = (PROJECT / "requirements" / name).read_text(encoding="utf-8").splitlines()
    found = [
        re.match(r"([\w.-]+)==([\w.+!-]+)", line)
        for line in lines
        if line and not line.startswith((" ", "#"))
    ]
    return {canonicalize_name(pin[1]): pin[2] for pin in found}


def test_each_need_of_the_package_is_pinned_within_its_range():
    run = pins("run.txt")
    for text in PACKAGE["dependencies"]:
        need = Requirement(text)
        assert need.specifier.contains(run[canonicalize_name(need.name)]), text


def test_the_extras_are_tested_with_versions_within_their_range():
    dev = pins("dev.txt")
    for extra in ("postgres", "spark"):
        for text in PACKAGE["optional-dependencies"][extra]:
            need = Requirement(text)
            assert need.specifier.contains(dev[canonicalize_name(need.name)]), text


def test_tests_run_on_the_versions_that_users_get():
    run, dev = pins("run.txt"), pins("dev.txt")
    assert {name: dev.get(name) for name in run} == run


def test_the_version_is_said_once():
    import treue

    assert treue.__version__ == PACKAGE["version"]
    assert f"## {PACKAGE['version']}" in (PROJECT / "CHANGELOG.md").read_text(encoding="utf-8").replace(
        "[", ""
    ).replace("]", "")
