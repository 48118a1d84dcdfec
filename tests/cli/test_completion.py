from __future__ import annotations

from pathlib import Path


def test_a_shell_completes_commands_and_options(treue):
    asked = {"_TREUE_COMPLETE": "complete_bash", "COMP_CWORD": "1", "COMP_WORDS": "treue rep"}
    assert treue(env=asked).stdout.split() == ["report"]
    asked |= {"COMP_CWORD": "2", "COMP_WORDS": "treue report --lang"}
    assert treue(env=asked).stdout.split() == ["--language"]


def test_completion_is_documented():
    index = (Path(__file__).parents[2] / "docs" / "index.md").read_text(encoding="utf-8")
    assert "treue --install-completion" in index
