"""Every figure that a page prints says which one it is, and is the library's own on the same data, in words too."""

from __future__ import annotations

import math
import re
import shutil
from html import escape
from html.parser import HTMLParser
from itertools import cycle, islice

import pytest

import treue
from treue.app.core.models import User
from treue.app.measuring import queries
from treue.app.measuring.cycle import MORE
from treue.app.measuring.models import Panel, RunFigure
from treue.app.measuring.panels import BESIDE
from treue.charts.cohort_triangle import period_place
from treue.kernel.language import Language
from treue.kernel.status import Status, status_word
from treue.ladder.rungs import CLIENT, CUSTOMER
from treue.report.blocks import so_far
from treue.report.cannot_tell import never_told
from treue.report.care_sentences import care_sentence, stake_sentence
from treue.report.contents import build_report
from treue.report.drawn import MOST_PERIODS, nobody_could_be_lost
from treue.report.how import window_words
from treue.report.no_model import EXPECTED
from treue.report.page import stressed
from treue.report.parts_table import part_words
from treue.report.sections import PURCHASES, window_note
from treue.report.sentences import active_sentence, change_sentence, lead_sentence
from treue.report.values import interval_text, value_parts, value_text

TODAY = {"retention_rate", "active_customers", "repeat_purchase_rate", "expected_revenue"}
FURTHER = {
    ("probability_of_client_within_12_months", CUSTOMER),
    ("probability_of_advocate_within_12_months", CLIENT),
    ("probability_of_advocate", CLIENT),
}
"""What the ladder says of getting further, and from which rung."""
EMPTY = {"meta", "link", "input", "br", "hr", "img"}


class Element:
    def __init__(self, tag, attributes, parent):
        self.tag, self.attributes, self.parent, self.inside = tag, dict(attributes), parent, []

    def __iter__(self):
        for one in self.inside:
            if isinstance(one, Element):
                yield one
                yield from one

    @property
    def text(self):
        return plain("".join(one if isinstance(one, str) else f" {one.text} " for one in self.inside))

    def all(self, tag, name=""):
        return [one for one in self if one.tag == tag and name in one.attributes.get("class", "")]

    def above(self, tag):
        """Return the nearest element of a kind that this one is in, or None."""
        place = self.parent
        while place is not None and place.tag != tag:
            place = place.parent
        return place


class Tree(HTMLParser):
    """Reads a page of the application; what is drawn has no figures of its own and is left out."""

    def __init__(self, page):
        super().__init__()
        self.root = self.here = Element("", {}, None)
        self.feed(re.sub(r"<svg.*?</svg>", "", page, flags=re.DOTALL))

    def handle_starttag(self, tag, attrs):
        made = Element(tag, attrs, self.here)
        self.here.inside.append(made)
        if tag not in EMPTY:
            self.here = made

    def handle_endtag(self, tag):
        assert self.here.tag == tag, (self.here.tag, tag)
        self.here = self.here.parent

    def handle_data(self, data):
        self.here.inside.append(data)


def plain(text):
    return " ".join(text.split())


def place_of(attributes):
    """Return which figure an element says it is: measure, window, period, segment, activity window."""
    names = ("figure", "window", "period", "segment", "silence-days")
    return tuple(attributes.get(f"data-{name}") for name in names)


def numbers_wrong(attributes, figure):
    """Return the numbers of an element that are not those of a figure, given as plain JSON types."""
    names = {"value": "value", "low": "ci_low", "high": "ci_high", "n": "n"}
    told = {name: attributes.get(f"data-{name}") for name in names}
    found = {name: None if one is None else float(one) for name, one in told.items()}
    return [
        f"{name} {found[name]} for {figure[key]}"
        for name, key in names.items()
        if not same(found[name], figure[key])
    ]


def same(told, number):
    if told is None or number is None:
        return told is number
    return math.isclose(told, number, rel_tol=1e-9)


class Librarys:
    """The figures of the library, and how it writes them in a language."""

    def __init__(self, report, code):
        self.report, self.language = report, Language(code)
        self.silence_days = None
        self.by_place = {(one.id, one.window, one.period, one.segment, None): one for one in report.figures}
        for choice in report.windows:
            for one in (choice.back, choice.now, *choice.series):
                place = (one.id, one.window, one.period, one.segment, str(choice.window.days))
                self.by_place[place] = one

    def wrong_with(self, element):
        """Return what is wrong with an element of a page that prints a figure."""
        place = place_of(element.attributes)
        figure = self.by_place.get(place)
        if figure is None:
            return ["the library has no such figure"]
        wrong = numbers_wrong(element.attributes, figure.as_dict())
        tell = {"article": self.block, "dl": self.facts, "td": self.cell, "p": self.sentence}[element.tag]
        wrong += [f"{part!r} is not in {texts}" for part, texts in tell(element, figure) if part not in texts]
        if (
            element.tag in {"article", "dl"}
            and figure.segment is None
            and figure is not self.report.one(figure.id)
        ):
            wrong.append("is not how it stands now")
        return wrong

    def worded(self, figure):
        """Return the value and the interval of a figure as the library writes them."""
        unit, currency = self.unit(figure), self.report.data["currency"]
        value = (
            "–" if figure.value is None else value_text(figure.value, figure, unit, self.language, currency)
        )
        return plain(value), plain(interval_text(figure, unit, self.language, currency) or "–")

    def number(self, count):
        return plain(self.language.number(count))

    def unit(self, figure):
        return self.report.measures[figure.id].unit if figure.id in self.report.measures else "share"

    def block(self, element, figure):
        language, unit, currency = self.language, self.unit(figure), self.report.data["currency"]
        shown = [one.text for one in element.all("p", "value")]
        notes = [one.text.removesuffix(" ·") for one in element.all("span")]
        value, interval = self.worded(figure)
        if figure.status is Status.OK:
            number, word = value_parts(figure.value, figure, unit, language, currency)
            yield plain(number if unit == "per_month" else f"{number} {word}"), shown
            if interval != "–":
                yield interval, notes
        else:
            yield language.gettext("Cannot be measured" if never_told(figure) else "Cannot tell yet"), shown
            if figure.value is not None and interval != "–":
                yield plain(language.gettext(so_far(figure), value=value, interval=interval)), notes
        if unit == "share" and figure.numerator is not None and figure.denominator:
            if float(figure.numerator).is_integer() and float(figure.denominator).is_integer():
                yield self.counts(figure), notes
            elif figure.value is not None and figure.n:
                yield plain(language.ngettext("{count} customer", "{count} customers", figure.n)), notes
        elif figure.value is not None and figure.n:
            yield plain(language.ngettext("{count} customer", "{count} customers", figure.n)), notes
        if figure.id in {*TODAY, *BESIDE, *PURCHASES, "churn_incidence"} - {*EXPECTED}:
            yield plain(window_note(figure, language)), notes

    def counts(self, figure):
        language = self.language
        events, whole = language.number(figure.numerator), language.number(figure.denominator)
        return plain(language.gettext("{events} of {whole}", events=events, whole=whole))

    def facts(self, element, figure):
        lines = [one.text for one in element.all("dd")]
        value, interval = self.worded(figure)
        if figure.value is not None:
            yield value if interval == "–" else f"{value} ({interval})", lines[:1]
        yield self.number(figure.n), lines
        yield plain(window_words(figure.window, self.language)), lines

    def cell(self, element, figure):
        """Tell what the cell of a table must say, and the cells beside it."""
        row = [one for one in element.parent.inside if isinstance(one, Element)]
        here, texts = row.index(element), [one.text for one in row]
        section = element.above("section")
        name = section.attributes.get("id", "") if section else ""
        silence = element.attributes.get("data-silence-days")
        self.silence_days = int(silence) if silence else None
        if figure.id == "cohort_retention":
            tell = self.cohort
        elif name == "windows" and element.above("details") is None:
            tell = self.under_a_window
        else:
            tell = {"survival": self.age, "groups": self.group, "ladder": self.rung}.get(name, self.line)
        return tell(figure, here, texts)

    def not_final(self, figure):
        return f" {self.language.gettext('(not final)')}" if figure.status is Status.PROVISIONAL else ""

    def cohort(self, figure, here, texts):
        yield plain(self.language.percent(figure.value, 0)) + self.not_final(figure), texts[here : here + 1]
        yield self.language.period(figure.segment), texts[:1]
        yield period_place(figure.period) - period_place(figure.segment), [here - 1]

    def age(self, figure, here, texts):
        yield plain(self.language.percent(figure.value, 1)), texts[here : here + 1]
        if figure.ci_low is not None:
            between = self.language.percent_range(figure.ci_low, figure.ci_high, 1)
            yield plain(between), texts[here + 1 : here + 2]
        unit, _, count = figure.window.partition(" ")
        if unit == "day":
            yield plain(self.language.days(int(count))), texts[:1]
        else:
            several = {"month": "{count} months", "year": "{count} years"}[unit]
            time = self.language.ngettext(f"{{count}} {unit}", several, int(count))
            yield plain(self.language.gettext("{time}, projected", time=time)), texts[:1]

    def under_a_window(self, figure, here, texts):
        value, interval = self.worded(figure)
        cannot = figure.status is Status.INSUFFICIENT
        shown = self.language.gettext("Cannot tell yet") if cannot else value + self.not_final(figure)
        if figure.id == "retention_rate":
            yield [self.number(figure.n), shown, interval], [texts[here - 1 :]]
        else:
            yield f"{shown} ({interval})", texts[here : here + 1]

    def group(self, figure, here, texts):
        value, interval = self.worded(figure)
        if figure.status is Status.OK:
            yield value, texts[here : here + 1]
        else:
            yield self.language.gettext("Cannot tell yet"), texts[here].split(".")[:1]
        yield f"{interval} {self.counts(figure)}", texts[here:]

    def rung(self, figure, here, texts):
        value, interval = self.worded(figure)
        yield [self.number(figure.numerator), value, interval], [texts[here - 1 : here + 2]]
        yield plain(part_words(figure, self.language)), texts[:1]

    def line(self, figure, here, texts):
        value, interval = self.worded(figure)
        language = self.language
        words = language.period(figure.period) if figure.period else part_words(figure, language)
        certain = nobody_could_be_lost(figure, self.report, self.silence_days)
        told = [
            plain(words),
            value,
            "–" if certain else interval,
            self.number(figure.n),
            language.gettext("nobody could be lost yet") if certain else status_word(figure.status, language),
        ]
        yield told, [texts]

    def sentence(self, element, figure):
        """Tell what a figure inside a sentence must look like."""
        language = self.language
        percent = plain(language.percent(figure.value, 1))
        yield f"{percent} ({self.worded(figure)[1]})", element.text


def choices(report):
    """Return lengths of periods, activity windows and columns, each at least once."""
    grains = [by for by in ("month", "quarter", "year") if is_drawn(report.of("retention_rate", by))]
    days = [str(one.window.days) for one in report.windows if not one.in_force]
    columns = [one.column for one in report.divisions]
    assert min(len(grains), len(days), len(columns)) > 1
    most = max(len(grains), len(days), len(columns))
    return list(zip(*(islice(cycle(some), most) for some in (grains, days, columns)), strict=True))


def is_drawn(figures):
    return sum(figure.value is not None for figure in figures) > 1


def addresses(report, code):
    """Return the pages that print figures; in languages but the first those that look alike are left out."""
    first = ["/", "/retention/", "/ladder/", "/help/"]
    if code != "en":
        return [*first, "/help/ladder_occupancy/", "/help/retention_rate/"]
    chosen = [f"/retention/?by={by}&window={days}&divide={column}" for by, days, column in choices(report)]
    return [*first, *chosen, *(f"/help/{name}/" for name in report.measures)]


def printed_on(client, paths):
    """Return the elements that print figures on each page."""
    found = {}
    for path in paths:
        answer = client.get(path)
        assert answer.status_code == 200, path
        root = Tree(answer.content.decode()).root
        found[path] = [one for one in root if "data-figure" in one.attributes]
        assert set(root.all("article", "figure")) <= set(found[path]), path
    return found


def wrong_on(printed, librarys):
    return {
        (path, place_of(one.attributes)): wrong
        for path, elements in printed.items()
        for one in elements
        if (wrong := librarys.wrong_with(one))
    }


@pytest.mark.parametrize("code", ["en", "de", "nb"])
def test_every_printed_figure_is_the_librarys_own(measured_people, browse, library_report, code):
    report = library_report
    client = browse(measured_people["owner"], HTTP_ACCEPT_LANGUAGE=code)
    printed = printed_on(client, addresses(report, code))
    assert wrong_on(printed, Librarys(report, code)) == {}
    ids = {path: {one.attributes["data-figure"] for one in elements} for path, elements in printed.items()}
    assert ids["/"] == TODAY
    assert len(ids["/retention/"]) >= 20
    assert ids["/ladder/"] == {"ladder_occupancy", "ladder_transition", *(name for name, _ in FURTHER)}
    further = [place_of(one.attributes) for one in printed["/ladder/"] if one.tag == "article"]
    assert {(name, segment) for name, _, _, segment, _ in further} == FURTHER
    alone = {name for name in report.measures if len(report.of(name)) == 1}
    assert ids["/help/"] == alone
    if code == "en":
        series_are_whole(printed, report)
        for name in report.measures:
            several = len(report.of(name)) > 1 and name != "cohort_retention"
            assert ids[f"/help/{name}/"] == ({name} if name in alone or several else set()), name
        with_value = {one.id for one in report.figures if one.value is not None}
        assert with_value <= set().union(*ids.values())
        assert len(with_value) > 30


def series_are_whole(printed, report):
    """Check that each choice shows every period of the series that it names, and the groups of its column."""
    windows = {str(one.window.days): one.series for one in report.windows}
    chosen = [elements for path, elements in printed.items() if "?" in path]
    for (by, days, column), elements in zip(choices(report), chosen, strict=True):
        series = [place_of(one.attributes) for one in elements if one.above("details")]
        for silence, figures in ((None, report.of("retention_rate", by)), (days, windows[days])):
            told = [place[2] for place in series if place[0] == "retention_rate" and place[4] == silence]
            assert is_drawn(figures)
            assert told == [one.period for one in figures][::-1][:MOST_PERIODS]
        rows = [one for one in elements if (table := one.above("table")) and table.attributes.get("class")]
        groups = next(one.retention for one in report.divisions if one.column == column)
        assert [one.attributes.get("data-segment") for one in rows] == [
            *(one.segment for one in groups),
            None,
        ]


@pytest.mark.parametrize("code", ["en", "de", "nb"])
def test_sentences_with_figures_are_the_librarys_own(measured_people, browse, library_report, code):
    language = Language(code)
    client = browse(measured_people["owner"], HTTP_ACCEPT_LANGUAGE=code)
    pages = {path: client.get(path).content.decode() for path in ("/", "/retention/")}
    for say in (lead_sentence, change_sentence, care_sentence):
        assert stressed(say(library_report, language)) in pages["/"], say
    assert escape(stake_sentence(library_report, language)) in pages["/"]
    assert escape(active_sentence(library_report, language)) in pages["/retention/"]


@pytest.fixture(scope="module")
def contracts_alone(simulated, tmp_path_factory):
    """Give the files of the simulated firm without whatever was bought."""
    folder = tmp_path_factory.mktemp("contracts") / "files"
    bought = shutil.ignore_patterns("purchases.*", "order_lines.*", "returns.*", "assignments.*")
    return shutil.copytree(simulated, folder, ignore=bought)


@pytest.mark.slow_on_postgres
def test_a_firm_of_contracts_alone_prints_the_librarys_own(
    real_database, contracts_alone, measure_files, browse
):
    with treue.read(contracts_alone, timezone="Europe/Oslo", margin_share=0.4, currency="EUR") as found:
        report = build_report(found, more=MORE, choices=True)
    measure_files(contracts_alone)
    ines = User.objects.create(email="ines@firm.example", name="Ines", role="owner")
    grains = [by for by in ("month", "quarter", "year") if is_drawn(report.of("retention_rate", by))]
    assert len(grains) > 1
    first = ["/", "/retention/", "/ladder/", "/help/", *(f"/retention/?by={by}" for by in grains)]
    seen = set()
    for code in ("en", "de", "nb"):
        helps = list(report.measures) if code == "en" else ["mrr_movement", "retention_rate"]
        paths = [*first, *(f"/help/{name}/" for name in helps)]
        printed = printed_on(browse(ines, HTTP_ACCEPT_LANGUAGE=code), paths)
        assert wrong_on(printed, Librarys(report, code)) == {}
        ids = {
            path: {one.attributes["data-figure"] for one in elements} for path, elements in printed.items()
        }
        assert ids["/"] == {"retention_rate", "active_customers"}
        assert {"retention_rate", "attrition_rate", "mrr_movement", "survival"} <= ids["/retention/"]
        seen = seen.union(*ids.values())
    assert {one.id for one in report.figures if one.value is not None} <= seen


def test_a_wrong_number_a_wrong_word_and_a_wrong_time_are_found(measured_people, browse, library_report):
    contents = {
        one.name: one
        for one in Panel.objects.filter(run=queries.shown_run(), language="en").exclude(content={})
    }
    attrition = contents["retention"].content["beside"][0]
    attrition["mark"]["data-low"] *= 1.00001
    orders = contents["purchases"].content["purchases"]["blocks"][0]
    orders["value"] = orders["value"][:-1] + str((int(orders["value"][-1]) + 1) % 10)
    earlier = contents["trend-quarter"].content["trend"]["table"]["marks"][2][1]
    contents["retention"].content["retention"]["blocks"][0]["mark"] = earlier
    for name in ("retention", "purchases"):
        contents[name].save()
    found = wrong_on(
        printed_on(browse(measured_people["owner"]), ["/retention/"]), Librarys(library_report, "en")
    )
    told = {place: wrong for (_, place), wrong in found.items()}
    names = {place[0]: wrong for place, wrong in told.items()}
    assert len(told) == 3
    assert names.keys() == {"attrition_rate", "repeat_purchase_rate", "retention_rate"}
    assert [one.partition(" ")[0] for one in names["attrition_rate"]] == ["low"]
    assert len(names["repeat_purchase_rate"]) == 1
    assert f"is not in ['{orders['value']} %']" in names["repeat_purchase_rate"][0]
    assert "is not how it stands now" in names["retention_rate"]


@pytest.mark.slow_on_postgres
def test_after_another_cycle_pages_print_its_figures_alone(measured_twice, browse):
    ines = User.objects.create(email="ines@firm.example", name="Ines", role="owner")
    printed = printed_on(browse(ines), ["/", "/retention/", "/ladder/", "/help/"])
    elements = [one.attributes for found in printed.values() for one in found]
    here = [one for one in elements if "data-silence-days" not in one]
    assert len({place_of(one)[0] for one in here}) > 25

    def wrong_for(run):
        rows = RunFigure.objects.filter(run=run)
        kept = {(row.name, row.window, row.period, row.segment, None): row.figure for row in rows}
        return [one for one in here if place_of(one) not in kept or numbers_wrong(one, kept[place_of(one)])]

    assert wrong_for(measured_twice["second"]) == []
    assert len(wrong_for(measured_twice["first"])) > 20
