"""Find customers by the beginnings of words in their names, addresses and ids: by index, however many there are.

Telephone numbers are found by any four of their digits or more that follow one another, however they are typed. A
word with letters that not every keyboard has is found by plain ones too: “Ødegård” by “Odegard”.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from django.db import connection
from django.db.models import Q
from django.db.models.expressions import RawSQL

from treue.app.customers import trigrams
from treue.app.customers.models import ContactPoint, Customer, ExternalId, Merge

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

MOST_WORDS: Final = 6
LONGEST: Final = 100
SHORTEST_BEGINNING: Final = 3
"""Shorter words are looked for whole: so many begin with any two letters that no index helps."""

SHORTEST_NUMBER: Final = 4
"""Digits of a telephone number that are enough to find it."""
WRITTEN: Final = 200
"""How many customers are written at once."""
_MARKS: Final = re.compile("[\u0300-\u036f]")
"""What stands above and below letters of Latin, Greek and Cyrillic; other scripts mean something by theirs."""
_PLAIN: Final = str.maketrans(
    {"ø": "o", "æ": "ae", "œ": "oe", "ß": "ss", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ı": "i"}
)
_NUMBER: Final = re.compile(r"[-+0-9()/.\s]+")

BETWEEN: Final = r"[\s!-/:-@\[-`{-~]+"
WORDS_IN_POSTGRES: Final = (
    f"array_to_tsvector(array_remove(regexp_split_to_array(search_text, E'{BETWEEN}'), ''))".replace(
        "\\", "\\\\"
    )
)
"""The words of a customer on PostgreSQL, as they are indexed: the same on every locale."""

_IN_SQLITE: Final = "SELECT rowid FROM customers_search WHERE customers_search MATCH %s"
_IN_POSTGRES: Final = f"SELECT id FROM customers_customer WHERE {WORDS_IN_POSTGRES} @@ %s::tsquery"


def typed_words(text: str) -> list[tuple[str, bool]]:
    """Return the words of what somebody typed, and of which a beginning is enough.

    Parameters
    ----------
    text : str
        As typed.

    Returns
    -------
    list of tuple of str and bool
        At most six words, without signs. Before a sign, as in an address, a word stands whole.

    Examples
    --------
    >>> typed_words("BRANDT lea@firm.example")
    [('brandt', True), ('lea', False), ('firm', False), ('example', True)]
    """
    found: list[tuple[str, bool]] = []
    for together in text.casefold().split():
        words = [word[:LONGEST] for word in re.split(BETWEEN, together) if word]
        found += [(word, False) for word in words[:-1]]
        found += [(word, len(word) >= SHORTEST_BEGINNING) for word in words[-1:]]
    return found[:MOST_WORDS]


def typed_number(text: str) -> str:
    """Return the digits of what somebody typed where it may be a telephone number.

    Parameters
    ----------
    text : str
        As typed.

    Returns
    -------
    str
        Without the zeros that lead out of a town or a country; empty where it is no number, or too short.

    Examples
    --------
    >>> typed_number("+49 (0)170 / 123 45-67"), typed_number("0047 900 12 345"), typed_number("No. 12345")
    ('491701234567', '4790012345', '')
    """
    if not _NUMBER.fullmatch(text):
        return ""
    digits = re.sub(r"[^0-9]", "", text.replace("(0)", "")).lstrip("0")
    return digits if len(digits) >= SHORTEST_NUMBER else ""


def phone_words(normal: str) -> list[str]:
    """Return what a telephone number is found by: itself, and what of it follows each of its digits.

    Parameters
    ----------
    normal : str
        In the form E.164.

    Returns
    -------
    list of str
        At most twelve.

    Examples
    --------
    >>> phone_words("+4790012")
    ['+4790012', '790012', '90012', '0012']
    """
    digits = normal.removeprefix("+")
    return [normal, *(digits[start:] for start in range(1, len(digits) - SHORTEST_NUMBER + 1))]


def plainly(text: str) -> str:
    """Return a text in letters that every keyboard has, where its own are such letters with something to them.

    Examples
    --------
    >>> plainly("ødegård"), plainly("müller æsop"), plainly("łódź")
    ('odegard', 'muller aesop', 'lodz')
    """
    bare = _MARKS.sub("", unicodedata.normalize("NFD", text))
    return unicodedata.normalize("NFC", bare).translate(_PLAIN)


def spelled(text: str) -> str:
    """Return what a text is found by: its words in small letters, and behind them those in plain letters that differ.

    Examples
    --------
    >>> spelled("Åse Ødegård AS"), spelled("Lea Brandt")
    ('åse ødegård as ase odegard', 'lea brandt')
    """
    small = text.casefold()
    if small.isascii():
        return small
    words = small.split()
    return " ".join([small, *(plain for word in words if (plain := plainly(word)) != word)])


def refresh(customer_ids: Iterable[int]) -> None:
    """Bring what a search looks through up to date for some customers, and for those they were merged into.

    Whoever stayed is found by all that is known of the records merged into it.

    Parameters
    ----------
    customer_ids : iterable of int
        At most some hundreds.
    """
    whole = _with_those_below(_with_those_above(customer_ids))
    parts = _texts({one for ids in whole.values() for one in ids})
    changed = [
        Customer(
            pk=key,
            search_text=" ".join(
                dict.fromkeys(spelled(text) for one in ids for text in parts.get(one, ()) if text)
            ),
        )
        for key, ids in whole.items()
        if key in parts
    ]
    Customer.objects.bulk_update(changed, ["search_text"], batch_size=WRITTEN)


def _with_those_above(customer_ids: Iterable[int]) -> list[int]:
    """Return some customers, and the records under which they are shown."""
    found = dict.fromkeys(customer_ids)
    fresh = list(found)
    while fresh:
        above = Merge.objects.filter(loser_id__in=fresh, undone_at=None).values_list("winner_id", flat=True)
        fresh = [one for one in above if one not in found]
        found |= dict.fromkeys(fresh)
    return list(found)


def _with_those_below(ids: Sequence[int]) -> dict[int, list[int]]:
    """Return each of some customers with all records merged into it; one may stand under another of them."""
    below: dict[int, list[int]] = {one: [] for one in ids}
    fresh = list(ids)
    while fresh:
        pairs = list(
            Merge.objects.filter(winner_id__in=fresh, undone_at=None).values_list("winner_id", "loser_id")
        )
        fresh = [loser for _, loser in pairs if loser not in below]
        below |= {loser: [] for loser in fresh}
        for winner, loser in pairs:
            below[winner].append(loser)
    whole = {}
    for one in ids:
        mine = dict.fromkeys([one])
        todo = [one]
        while todo:
            more = [loser for loser in below[todo.pop()] if loser not in mine]
            mine |= dict.fromkeys(more)
            todo += more
        whole[one] = list(mine)
    return whole


def _texts(ids: Collection[int]) -> dict[int, list[str]]:
    """Return what each record is found by."""
    parts = {
        key: [code, name, company]
        for key, code, name, company in Customer.objects.filter(pk__in=ids).values_list(
            "pk", "code", "name", "company"
        )
    }
    known = ExternalId.objects.filter(customer__in=ids).order_by("pk").values_list("customer_id", "value")
    for key, value in known:
        parts[key].append(value)
    points = ContactPoint.objects.filter(customer__in=ids).order_by("pk")
    for key, kind, normal in points.values_list("customer_id", "kind", "normal"):
        parts[key] += phone_words(normal) if kind == ContactPoint.Kind.PHONE else [normal]
    return parts


def matching(text: str) -> Q:
    """Return the condition that all words somebody typed begin words of a customer.

    Parameters
    ----------
    text : str
        As typed; signs between words do not matter, nor what stands above letters. A telephone number may be
        typed in any of its forms.

    Returns
    -------
    Q
        For customers. It holds for nobody where nothing but signs was typed.
    """
    words = typed_words(text)
    if not any(letter.isalnum() for word, _ in words for letter in word):
        return Q(pk__in=[])
    lite = connection.vendor == "sqlite"
    sql, both, either, quote, ahead = (
        (_IN_SQLITE, " AND ", " OR ", '"', "*") if lite else (_IN_POSTGRES, " & ", " | ", "'", ":*")
    )
    parts = []
    for word, beginning in words:
        # As typed, or in plain letters: whoever is written “Odegard” is found by “Ødegård” too.
        forms = [
            f"{quote}{form.replace(chr(0), '')}{quote}{ahead if beginning else ''}"
            for form in dict.fromkeys([word, plainly(word) or word])
        ]
        parts.append(f"({either.join(forms)})")
    asked = both.join(parts)
    number = typed_number(text)
    if number:
        asked = f"({asked}){either}{quote}{number}{quote}{ahead}"
    # Only quoted words are in the parameter, and the statement is fixed.
    return Q(pk__in=RawSQL(sql, [asked]))  # noqa: S611


def forget() -> None:
    """Make what deleted customers left in the indexes of words and trigrams disappear from the file.

    SQLite's index marks what is deleted and keeps it until its parts are merged.
    """
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for index in ("customers_search", *(trigrams.index_of(model) for model in trigrams.INDEXED)):
                cursor.execute(f"INSERT INTO {index}({index}) VALUES ('optimize')")
