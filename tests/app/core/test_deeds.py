from __future__ import annotations

import re
from pathlib import Path

import pytest

import treue
from treue.app.core.deeds import DEEDS, deed_words
from treue.app.customers.models import CareStep
from treue.kernel.language import Language

WRITTEN = re.compile(r"""(?:audit|log)\.write\(\s*"([^"]+)"|write\(\s*"([a-z_]+\.[a-z_]+)\"""")


def kinds_in(source):
    return {first or second for first, second in WRITTEN.findall(source)}


def test_every_entry_that_the_source_writes_has_words():
    files = Path(treue.__file__).parent.rglob("*.py")
    found = set().union(*(kinds_in(file.read_text(encoding="utf-8")) for file in files))
    found |= {f"care.{kind}" for kind in CareStep.Kind.values}
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
