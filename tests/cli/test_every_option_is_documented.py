from __future__ import annotations

from pathlib import Path

import pytest
import typer.main

from treue.cli import app

PAGES = Path(__file__).parents[2] / "docs" / "commands"
COMMANDS = typer.main.get_command(app).commands


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_page(name):
    assert (PAGES / f"{name}.md").read_text(encoding="utf-8").startswith(f"# treue {name}\n")


@pytest.mark.parametrize(
    ("name", "option"),
    [
        (name, option)
        for name, command in COMMANDS.items()
        for one in command.params
        for option in one.opts
        if option.startswith("-")
    ],
)
def test_every_option_is_on_the_page(name, option):
    page = (PAGES / f"{name}.md").read_text(encoding="utf-8")
    assert f"`{option}`" in page or f"`{option} " in page


def test_every_page_has_a_command():
    assert {page.stem for page in PAGES.glob("*.md")} == set(COMMANDS)
