from __future__ import annotations

import itertools
import re
from html.parser import HTMLParser

import pytest

from treue.kernel.errors import WrongArgument
from treue.kernel.language import LANGUAGES, Language
from treue.report.drawn import series_table
from treue.report.page import navigation, render_html, stressed

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
EMPTY_SVG = {"path", "line", "rect", "circle"}


class Reader(HTMLParser):
    """Reads a page as strictly as a person would check it by hand."""

    def __init__(self):
        super().__init__()
        self.open = []
        self.faults = []
        self.ids = []
        self.links = []
        self.headings = []
        self.words = []
        self.unnamed = 0
        self.address = []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        if "id" in given:
            self.ids.append(given["id"])
        if tag == "a":
            self.links.append(given.get("href", ""))
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "svg" and not (given.get("role") == "img" and given.get("aria-label")):
            self.unnamed += 1
        self.address += [
            given[name] for name in ("src", "href", "xlink:href", "srcset", "action") if given.get(name)
        ]

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if not self.open or self.open[-1] != tag:
            self.faults.append(f"</{tag}> closes {self.open[-3:]}")
        else:
            self.open.pop()

    def handle_data(self, data):
        if not {"style", "script"} & set(self.open):
            self.words.append((tuple(self.open), data))


def read(page):
    reader = Reader()
    reader.feed(page)
    reader.close()
    return reader


@pytest.fixture(scope="module")
def pages(report):
    return {code: render_html(report, code) for code in LANGUAGES}


def test_its_parts_stand_in_the_order_of_what_matters(pages):
    for page in pages.values():
        found = re.findall(r'<section id="(\w+)"', page)
        assert found == [
            "summary",
            "retention",
            "care",
            "returning",
            "ladder",
            "cohorts",
            "survival",
            "groups",
            "purchases",
            "data",
            "how",
        ]


def test_the_page_is_well_formed(pages, tiny_report, contract_report):
    others = [render_html(report, "nb") for report in (tiny_report, contract_report)]
    for page in [*pages.values(), *others]:
        reader = read(page)
        assert reader.faults == []
        assert reader.open == []
        assert sorted(reader.ids) == sorted(set(reader.ids))


def test_every_way_inside_the_page_leads_somewhere(pages):
    reader = read(pages["en"])
    assert reader.links
    assert {link for link in reader.links if not link.startswith("#")} == set()
    assert {link[1:] for link in reader.links} <= set(reader.ids)


def test_the_page_needs_nothing_from_outside(pages):
    for page in pages.values():
        assert [address for address in read(page).address if not address.startswith("#")] == []
        for pattern in (r"https?://", r"@import", r"url\((?!#)", "<script", "<link", "<iframe", "<img"):
            assert re.search(pattern, page) is None, pattern


def test_a_customer_cannot_bring_markup_into_the_page(report, pages):
    assert any("<script>" in row.customer_id for row in report.care)
    for page in pages.values():
        assert "<script" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_customers_are_named_only_in_the_care_list(report, pages):
    ids = {row.customer_id for row in report.care if row.customer_id.startswith("K")}
    assert ids
    page = pages["en"]
    care = page[page.index('<section id="care"') : page.index('<section id="ladder"')]
    assert all(name in care for name in ids)
    assert not re.search(r"\bK\d{5}\b", page.replace(care, ""))


def test_headings_go_down_one_step_at_a_time(pages, tiny_report):
    for page in (*pages.values(), render_html(tiny_report)):
        levels = read(page).headings
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_every_drawing_has_a_name(pages):
    assert [read(page).unnamed for page in pages.values()] == [0, 0, 0]


def test_the_language_is_said(pages):
    for code, page in pages.items():
        assert f'<html lang="{code}">' in page


@pytest.mark.parametrize("code", ["de", "nb"])
def test_no_english_is_left(pages, code):
    english = {name for _, name in navigation(Language("en"))} - {"Data"}
    english |= {
        "customers",
        "Cannot tell yet",
        "the",
        "with you",
        "Silent",
        "orders",
        "first purchase",
        "days",
    }
    text = " ".join(words for tags, words in read(pages[code]).words if "b" not in tags)
    found = [word for word in sorted(english) if re.search(rf"\b{re.escape(word)}\b", text)]
    assert found == []


def test_numbers_are_local(report, pages):
    figure = report.one("average_order_value")
    assert figure is not None
    assert Language("de").money(figure.value, "EUR") in pages["de"]
    assert Language("nb").money(figure.value, "EUR") in pages["nb"]
    assert Language("en").money(figure.value, "EUR") in pages["en"]
    assert Language("de").money(figure.value, "EUR") not in pages["en"]


def test_what_cannot_be_told_has_the_same_place_and_says_why(tiny_report):
    page = render_html(tiny_report)
    blocks = re.findall(r'<article class="figure( cannot)?".*?</article>', page, flags=re.DOTALL)
    assert " cannot" in blocks
    for block in re.findall(r'<article class="figure cannot".*?</article>', page, flags=re.DOTALL):
        assert ("Cannot be measured" if "early_loss" in block else "Cannot tell yet") in block
        assert 'class="scale"' in block
        assert re.search(r'<p class="why">\S.+?</p>', block)


def test_only_reliable_figures_have_a_value_in_large_type(report):
    page = render_html(report)
    for block in re.findall(r'<article class="figure cannot".*?</article>', page, flags=re.DOTALL):
        value = re.search(r'<p class="value">(.*?)</p>', block, flags=re.DOTALL)
        assert value is not None
        assert not re.search(r"\d", value.group(1))


def test_a_firm_of_contracts_has_the_same_page(contract_report):
    page = render_html(contract_report)
    assert "A customer is whoever has a running contract." in page
    assert contract_report.contract_summary is not None
    assert "within 90 days" in page
    assert "A tick is a day of buying" not in page
    assert "Net revenue retention" in page


def test_every_figure_leads_to_how_it_was_computed(pages):
    page = pages["en"]
    for block in re.findall(r'<article class="figure.*?</article>', page, flags=re.DOTALL):
        target = re.search(r'href="#(how-\w+)"', block)
        assert target is not None
        assert f'id="{target.group(1)}"' in page


def test_nothing_is_written_that_is_no_number(pages, tiny_report, contract_report):
    for page in (*pages.values(), render_html(tiny_report), render_html(contract_report)):
        text = " ".join(words for _, words in read(page).words)
        assert not re.search(r"\b(None|nan|NaN|inf|Undefined|undefined)\b|[{}]", text)


def test_the_same_report_gives_the_same_page(report, pages):
    assert render_html(report, "en") == pages["en"]


def test_stress_never_lets_markup_through():
    assert str(stressed("*<b>* & *x")) == "<em>&lt;b&gt;</em> &amp; x"


def test_an_unknown_language_is_refused(report):
    with pytest.raises(WrongArgument, match="language='sv'"):
        render_html(report, "sv")


def test_the_page_is_small(pages):
    assert max(len(page.encode()) for page in pages.values()) < 400_000


@pytest.mark.parametrize(
    ("days", "words", "interval"), [(150, "not final", True), (200, "nobody could be lost yet", False)]
)
def test_a_period_in_which_nobody_could_be_lost_says_so_without_an_interval(report, days, words, interval):
    """The history begins on 1 January 2023, so under 200 days nobody can lapse in its second quarter."""
    figures = report.of("retention_rate", "quarter")
    rows = {row[0]: row for row in series_table(figures, report, Language("en"), silence_days=days).rows}
    assert rows["Q2 2023"][-1] == words
    assert (rows["Q2 2023"][2] != "–") == interval
    assert rows["Q4 2024"][-1] == "reliable"
