"""Let who is already there be found by plain letters too: “Ødegård” by “Odegard”."""

from __future__ import annotations

import re
import unicodedata
from typing import Any, ClassVar

from django.db import migrations

BATCH = 400
MARKS = re.compile("[\u0300-\u036f]")
PLAIN = str.maketrans(
    {"ø": "o", "æ": "ae", "œ": "oe", "ß": "ss", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ı": "i"}
)


def plainly(word: str) -> str:
    """Return a word in letters that every keyboard has."""
    bare = MARKS.sub("", unicodedata.normalize("NFD", word))
    return unicodedata.normalize("NFC", bare).translate(PLAIN)


def add(apps: Any, _editor: Any) -> None:
    """Add the words in plain letters to what a search looks through."""
    customers = apps.get_model("customers", "Customer").objects
    last = 0
    while rows := list(
        customers.filter(pk__gt=last).order_by("pk").values_list("pk", "search_text")[: 10 * BATCH]
    ):
        last = rows[-1][0]
        changed = []
        for key, text in rows:
            words = () if text.isascii() else text.split()
            more = dict.fromkeys(plain for word in words if (plain := plainly(word)) != word)
            if more:
                changed.append(customers.model(pk=key, search_text=" ".join([text, *more])))
        customers.bulk_update(changed, ["search_text"], batch_size=BATCH)


class Migration(migrations.Migration):
    """Add the words."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("customers", "0013_promise_known")]
    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        migrations.RunPython(add, migrations.RunPython.noop)
    ]
