from __future__ import annotations

import re
from pathlib import Path

import pytest

import treue
from treue.app.core.deeds import DEEDS, deed_words
from treue.app.customers import taking_back
from treue.app.customers.models import CareStep, ContactStep
from treue.kernel.language import Language

WRITTEN = re.compile(r"""(?:audit|log)\.write\(\s*"([^"]+)"|write\(\s*"([a-z_]+\.[a-z_]+)\"""")
MADE = re.compile(r"""(?:audit|log)\.write\(\s*f"([^"]+)\"""")


def kinds_in(source):
    return {first or second for first, second in WRITTEN.findall(source)}


def test_every_entry_that_the_source_writes_has_words():
    texts = [file.read_text(encoding="utf-8") for file in Path(treue.__file__).parent.rglob("*.py")]
    found = set().union(*map(kinds_in, texts))
    made = {
        "care.{kind}": CareStep.Kind.values,
        "contact.{kind}": ContactStep.Kind.values,
        "{kind}.taken_back": taking_back.ENTRIES,
    }
    assert {kind for text in texts for kind in MADE.findall(text)} == set(made)
    found |= {name.format(kind=kind) for name, kinds in made.items() for kind in kinds}
    assert found == set(DEEDS)
    # What looks for them finds one that has none.
    assert kinds_in('audit.write(\n    "customer.hugged", by=by)') - set(DEEDS) == {"customer.hugged"}


@pytest.mark.parametrize(
    ("code", "words"), [("de", "Einträge zusammengeführt"), ("nb", "Oppføringer slått sammen")]
)
def test_a_deed_is_said_in_the_language(code, words):
    language = Language(code, "treue.app")
    assert deed_words("customer.merged", language) == words
    assert deed_words("customer.hugged", language) == "customer.hugged"
