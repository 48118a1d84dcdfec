"""A person's words in the records of others: in notes and other free texts, and in filters made to find the person."""

from __future__ import annotations

import re
import unicodedata
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Final

from treue.app.customers import conditions
from treue.app.customers.folded import compared
from treue.app.customers.models import Customer, Segment
from treue.app.privacy.declared import declarations
from treue.app.privacy.whole import Words
from treue.app.privacy.written import fold
from treue.kernel.errors import WrongArgument

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date
    from typing import Any

MASK: Final = "[…]"
"""What stands in a text of others where the words stood."""
LEAST_DIGITS: Final = 7
"""A shorter number says too many other things: a year, a price, a house."""
LEAST_PART: Final = 3
FINDING: Final = frozenset({"is", "contains", "starts"})
OF_PERSONS: Final = frozenset({"name", "company", "email", "phone", "code"})
_RUN: Final = re.compile(r"[a-hjl-z0-9]{3,}")


def telling(words: Words) -> Words:
    """Return those of a person's words that mean nobody else wherever they stand.

    Parameters
    ----------
    words : Words
        All of them.

    Returns
    -------
    Words
        Names of at least two words, addresses, long numbers, ids of letters and digits. A name of one word is
        also a word of its own, as Rose.

    Examples
    --------
    >>> telling(Words.of([], ["Zita Vogel", "Rose", "z@firm.example", "1001", "K-1001", "+49 17 654321"])).phrases
    ('+49 17 654321', 'k-1001', 'z@firm.example', 'zita vogel')
    """
    return Words(frozenset(), tuple(one for one in words.phrases if _tells(one)))


def _tells(phrase: str) -> bool:
    digits = sum(letter.isdigit() for letter in phrase)
    letters = any(letter.isalpha() for letter in phrase)
    return "@" in phrase or digits >= LEAST_DIGITS or (letters and (digits > 0 or " " in phrase.strip()))


def masked(text: str, words: Words) -> str:
    """Return a text of somebody else without a person's words.

    Parameters
    ----------
    text : str
        Of a note, a contact, a promise.
    words : Words
        From :func:`telling`.

    Returns
    -------
    str
        With :data:`MASK` in their places; the mask alone where they stand in it in a way that has no place.

    Examples
    --------
    >>> words = telling(Words.of([], ["Åse Vogel", "aase@firm.example"]))
    >>> masked("Her sister ÅSE VOGEL, aase@firm.example, is Åse Vogels friend", words)
    'Her sister […], […], is Åse Vogels friend'
    """
    if not words.named_in(text):
        return text
    for form in (text, unicodedata.normalize("NFKC", text)):
        for phrase in sorted(words.phrases, key=len, reverse=True):
            words_of_it = r"\s+".join(map(re.escape, phrase.split()))
            form = re.sub(rf"(?<!\w){words_of_it}(?!\w)", MASK, form, flags=re.IGNORECASE)  # noqa: PLW2901
        if not words.named_in(form):
            return form
    return MASK


def mask_in_texts(words: Words) -> dict[str, int]:
    """Take a person's words out of the free texts on everybody else.

    Parameters
    ----------
    words : Words
        All of the person's; the person's own rows are gone already.

    Returns
    -------
    dict of str to int
        Label of a model to how many rows were changed.
    """
    found, changed = telling(words), dict[str, int]()
    runs = {_run(phrase) for phrase in found.phrases}
    for one in declarations() if runs else ():
        for column in one.prose:
            near = reduce(or_, (compared(column, "contains", run) for run in runs))
            rows = one.everything.filter(near).values_list("pk", column).iterator(chunk_size=200)
            # All of them are read before any is changed; whatever names nobody is not kept meanwhile.
            without = {pk: new for pk, text in rows if (new := masked(text, found)) != text}
            for pk, text in without.items():
                one.everything.filter(pk=pk).update(**{column: text})
            if without:
                changed[one.model] = changed.get(one.model, 0) + len(without)
    return changed


def _run(phrase: str) -> str:
    """Return the letters by which the database finds a phrase: the longest that stand alike in all its ways of writing.

    Two s may be ß in a text, i and k have forms beyond English. Empty where there are none: every text is read.

    Examples
    --------
    >>> _run("petra strasser"), _run("weiss gross"), _run("åse ødegård"), _run("жук")
    ('petra', 'gro', 'deg', '')
    """
    return max(_RUN.findall(phrase.replace("ss", " ")), key=len, default="")


def delete_filters(words: Words, today: date) -> int:
    """Delete filters that ask for a part of a person's name, company, address or number and find nobody any more.

    Parameters
    ----------
    words : Words
        The person's, who is gone already.
    today : datetime.date
        For the conditions.

    Returns
    -------
    int
        How many. What others have in their names too stays: it is no more about this person than about them.
    """
    gone = [
        one.pk
        for one in Segment.objects.all()
        if any(_was_about(condition, words, today) for condition in _conditions(one.conditions))
    ]
    return Segment.objects.filter(pk__in=gone).delete()[0]


def _conditions(tree: Any) -> Iterator[Mapping[str, Any]]:
    groups = tree.get("groups", []) if isinstance(tree, dict) else []
    for group in groups:
        yield from group.get("conditions", [])


def _was_about(condition: Mapping[str, Any], words: Words, today: date) -> bool:
    if condition.get("field") not in OF_PERSONS or condition.get("op") not in FINDING:
        return False
    part = fold(str(condition.get("value", ""))).strip()
    if len(part) < LEAST_PART or not any(part in one for one in (*words.phrases, *words.cells)):
        return False
    tree = {"groups": [{"conditions": [dict(condition)]}]}
    # Neither scores nor amounts are asked for.
    try:
        fits = conditions.compile_tree(tree, today=today, currency="EUR", few=True)
    except WrongArgument:
        # Kept by an earlier version: it finds nobody, and an erasure does not stop at it.
        return True
    return not Customer.objects.filter(fits).exists()
