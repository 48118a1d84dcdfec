from __future__ import annotations

import re
from datetime import date
from functools import cache
from importlib import resources
from pathlib import Path

import pytest
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract

from treue.kernel.errors import WrongArgument
from treue.kernel.language import LANGUAGES, Language
from treue.kernel.registry import measures

SOURCE = Path(__file__).parents[2] / "src" / "treue"
KEYWORDS = {"gettext": None, "ngettext": (1, 2), "message": None}
TRANSLATED = [code for code in LANGUAGES if code != "en"]


@cache
def used_messages():
    found = {measure.label for measure in measures().values()}
    for path in SOURCE.rglob("*.py"):
        if path.parent.name in {"kernel", "charts", "report"}:
            with path.open("rb") as file:
                found.update(words for _, words, _, _ in extract("python", file, KEYWORDS))
    for path in SOURCE.glob("report/templates/*.j2"):
        with path.open("rb") as file:
            for _, _, words, _ in babel_extract(file, ["_"], [], {}):
                found.add(words if isinstance(words, str) else words[0])
    return found


def catalog(code):
    with resources.files("treue.kernel").joinpath("locale", f"{code}.po").open("rb") as file:
        return [entry for entry in read_po(file, locale=code, abort_invalid=True) if entry.id]


@pytest.mark.parametrize("code", TRANSLATED)
def test_every_message_is_translated(code):
    known = {entry.id for entry in catalog(code)}
    assert sorted(map(str, used_messages() - known)) == []


@pytest.mark.parametrize("code", TRANSLATED)
def test_no_translation_is_left_over_fuzzy_or_empty(code):
    entries = catalog(code)
    assert sorted(str(entry.id) for entry in entries if entry.id not in used_messages()) == []
    assert [entry.id for entry in entries if entry.fuzzy] == []
    for entry in entries:
        forms = entry.string if isinstance(entry.string, tuple) else (entry.string,)
        assert all(forms), entry.id


@pytest.mark.parametrize("code", TRANSLATED)
def test_a_translation_has_the_places_and_marks_of_its_message(code):
    for entry in catalog(code):
        messages = entry.id if isinstance(entry.id, tuple) else (entry.id,)
        forms = entry.string if isinstance(entry.string, tuple) else (entry.string,)
        assert len(messages) == len(forms)
        for words, form in zip(messages, forms, strict=True):
            places = set(re.findall(r"\{\w*\}", words))
            allowed = places | {"{count}"} if len(messages) == 2 else places
            assert places - {"{count}"} <= set(re.findall(r"\{\w*\}", form)) <= allowed, words
            assert words.count("*") == form.count("*"), words
            assert not form.rstrip(".").endswith("!"), words


def test_german_and_norwegian_are_not_english():
    samples = ["Cannot tell yet", "Retention now", "What to do this week", "Customer retention rate"]
    for code in TRANSLATED:
        assert all(Language(code).gettext(sample) != sample for sample in samples)


@pytest.mark.parametrize(
    ("code", "number", "percent", "money", "day"),
    [
        ("en", "1,912.5", "83.2%", "€1,234.50", "21 November 2026"),
        ("de", "1.912,5", "83,2 %", "1.234,50 €", "21. November 2026"),
        ("nb", "1 912,5", "83,2 %", "1 234,50 €", "21. november 2026"),
    ],
)
def test_numbers_money_and_dates_are_local(code, number, percent, money, day):
    language = Language(code)
    shown = [
        language.number(1912.5, 1),
        language.percent(0.832),
        language.money(1234.5, "EUR", digits=2),
        language.date(date(2026, 11, 21)),
    ]
    assert [text.replace("\u00a0", " ") for text in shown] == [number, percent, money, day]


@pytest.mark.parametrize(
    ("currency", "shown"), [("JPY", "JP¥500"), ("NOK", "NOK\u00a0500.00"), ("USD", "US$500.00")]
)
def test_money_has_the_decimals_of_its_currency(currency, shown):
    assert Language("en").money(500, currency) == shown


def test_a_rounded_nothing_has_no_sign():
    assert Language("en").number(-0.0) == "0"
    assert Language("de").signed(-0.04) == "0,0"


@pytest.mark.parametrize(
    ("share", "words"),
    [(0, "0 in 100"), (1, "100 in 100"), (0.996, "996 in 1,000"), (0.99999, "999 in 1,000"), (0.00001, "1 in 1,000"),
     (0.5, "50 in 100"), (0.004, "4 in 1,000")],
)  # fmt: skip
def test_a_share_is_never_said_to_be_all_or_nothing_unless_it_is(share, words):
    assert Language("en").in_hundred(share).replace("\u00a0", " ") == words


@pytest.mark.parametrize(
    ("label", "english", "german"),
    [
        ("2011", "2011", "2011"),
        ("2011-Q3", "Q3 2011", "3. Quartal 2011"),
        ("2011-03", "March 2011", "März 2011"),
        ("2011-03-09", "9 March 2011", "9. März 2011"),
        ("new", "new", "new"),
        ("1234-56-78", "1234-56-78", "1234-56-78"),
    ],
)
def test_periods_are_said_in_words(label, english, german):
    assert Language("en").period(label).replace("\u00a0", " ") == english
    assert Language("de").period(label).replace("\u00a0", " ") == german


def test_a_window_names_its_last_day_and_other_words_stay():
    assert Language("en").window("2011-01-01/2011-02-01").replace("\u00a0", " ") == "1 Jan 2011 – 31 Jan 2011"
    assert Language("en").window("since ever") == "since ever"


@pytest.mark.parametrize("days", [1, 6.4, 20, 21, 60, 181, 182, 365, 1100, 2000])
def test_a_length_of_time_is_said_in_every_language(days):
    for code in LANGUAGES:
        language = Language(code)
        for text in (language.about(days), language.within(days), language.after(days)):
            assert re.search(r"\d", text)
            assert "{" not in text


def test_one_is_singular():
    assert Language("de").days(1) == "1 Tag"
    assert Language("nb").about(7 * 26 * 7) == "3 år"
    assert Language("en").after(1, exact=True) == "after 1 day"


def test_an_unknown_language_is_refused_with_those_there_are():
    with pytest.raises(WrongArgument, match=r"language='fr'.*en, de, nb"):
        Language("fr")
