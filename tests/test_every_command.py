"""Each command and each of its options is described where a reader looks for it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer

from treue import cli

PAGES = Path(__file__).parents[1] / "docs" / "commands"
ROOT = typer.main.get_command(cli.app)
COMMANDS = {name: command for name, command in ROOT.commands.items() if not command.hidden}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_a_page_with_every_option(name):
    page = PAGES / f"{name}.md"
    assert page.is_file(), f"docs/commands/{name}.md is missing"
    text = page.read_text(encoding="utf-8")
    assert f"treue {name}" in text
    options = [parameter for parameter in COMMANDS[name].params if parameter.opts[0].startswith("-")]
    missing = [
        option.opts[0]
        for option in options
        if not getattr(option, "hidden", False)
        and not any(re.search(rf"(?<![\w-]){re.escape(spelling)}(?![\w-])", text) for spelling in option.opts)
    ]
    assert not missing, f"docs/commands/{name}.md does not mention {', '.join(missing)}"


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_explains_itself(name):
    command = COMMANDS[name]
    assert command.help
    silent = [
        parameter.opts[0]
        for parameter in command.params
        if parameter.name != "help" and not getattr(parameter, "help", None)
    ]
    assert not silent, f"treue {name} --help says nothing about {', '.join(silent)}"


def test_no_page_describes_a_command_or_option_that_is_gone():
    pages = {page.stem for page in PAGES.glob("*.md")} - {"index", "README"}
    assert pages - set(COMMANDS) == set()
    for name in sorted(pages):
        known = {
            spelling
            for parameter in COMMANDS[name].params
            for spelling in (*parameter.opts, *parameter.secondary_opts)
        }
        known |= {spelling for parameter in ROOT.params for spelling in parameter.opts} | {"--help"}
        # options shown in the examples of this command
        for line in re.findall(rf"treue {name}\b[^\n`]*", (PAGES / f"{name}.md").read_text(encoding="utf-8")):
            used = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", line))
            assert used <= known, f"docs/commands/{name}.md shows {used - known}"


def test_the_commands_are_the_ones_that_readers_are_told_of():
    readme = (PAGES.parents[1] / "README.md").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f"`treue {name}" not in readme] == []
