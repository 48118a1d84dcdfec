"""Customers: find, filter, keep filters, choose columns, export."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from treue.app.core import audit
from treue.app.core.models import Firm
from treue.app.core.wrong import said
from treue.app.customers import conditions, queries, services
from treue.app.customers.export import COLUMNS, amount, csv_lines
from treue.app.customers.merging import is_restricted, top_of
from treue.app.customers.models import Customer, Segment
from treue.app.customers.segment_counts import count_segment
from treue.app.customers.typed_numbers import number_shown
from treue.app.web.asked import number as number_in
from treue.app.web.customer_record import first_addresses
from treue.app.web.customers_form import Filter, in_words, parameters, read_filter
from treue.app.web.person import person_of
from treue.app.web.speech import spoken
from treue.kernel.errors import WrongArgument
from treue.kernel.units import from_minor

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse, QueryDict
    from django.http.response import HttpResponseBase

    from treue.kernel.language import Language

PAGE: Final = 50
EXPORT_LINE: Final = 2_000
CODED: Final = {"rung": conditions.RUNGS, "risk": conditions.RISKS, "expertise": conditions.EXPERTISE}
"""Columns that hold a short code, and its words."""
ADDRESSES: Final = frozenset({"email", "phone"})
"""Columns that stand in a table of their own."""


@dataclass(frozen=True, slots=True)
class Line:
    """One customer of the list: its address, its name, and the other cells, every word written."""

    id: int
    name: str
    code: str
    restricted: bool
    cells: tuple[str, ...]


def today_of(firm: Firm) -> date:
    """Return the day that it is for the firm."""
    return timezone.now().astimezone(ZoneInfo(firm.timezone)).date()


def customers(request: HttpRequest) -> HttpResponse:
    """Show the list."""
    return _show(request, request.GET)


def _show(request: HttpRequest, sent: QueryDict, *, refused: str = "", status: int = 200) -> HttpResponse:
    """Show the list that was asked for, with what could not be kept where something could not."""
    firm, attributes = Firm.the(), queries.known_attributes()
    asked = read_filter(sent, attributes, spoken(request))
    segment = _segment(sent)
    if segment is not None and not asked.active:
        asked.tree = segment.conditions
    page, number, wrong = _shown(request, sent, asked, firm, attributes)
    exact = queries.exact_match(asked.words, firm.country) if asked.words else None
    exact = top_of(exact) if exact is not None else None
    if exact is not None and person_of(request).role != "owner" and is_restricted(exact):
        exact = None
    language = spoken(request)
    context: dict[str, Any] = {
        "asked": asked,
        "wrong": wrong,
        "exact": exact,
        "segment": segment,
        "segments": list(Segment.objects.order_by("name")),
        "refused": refused,
        "count": page.count,
        "more": page.more,
        "lines": _lines(page.rows, asked, firm, language),
        "columns": [COLUMNS[name] for name in asked.columns if name != "name"],
        "all_columns": COLUMNS,
        "fields": conditions.FIELDS,
        "attributes": sorted(attributes),
        "operators": conditions.OPERATORS,
        "field_of": lambda name: conditions.field_of(name, attributes),
        "typed_value": lambda field, one: (
            number_shown(one["value"], language) if conditions.is_number(field, one["op"]) else one["value"]
        ),
        "words_of_filter": "" if wrong else in_words(asked.tree, language, attributes),
        "sorts": queries.SORTS,
        "page": number,
        "pages": max(1, -(-page.count // PAGE)),
        "query": _query(asked),
        "anybody": Customer.objects.exists(),
    }
    template = "customers_list.html.j2" if request.headers.get("HX-Target") == "list" else "customers.html.j2"
    return render(request, template, context, status=status)


def _segment(sent: QueryDict) -> Segment | None:
    number = number_in(sent, "segment", least=1, most=10**15)
    return None if number is None else Segment.objects.filter(id=number).first()


def _options(request: HttpRequest, firm: Firm, attributes: frozenset[str]) -> dict[str, Any]:
    return {
        "run_id": firm.run_id,
        "today": today_of(firm),
        "currency": firm.currency or "EUR",
        "attributes": attributes,
        "with_restricted": person_of(request).role == "owner",
    }


def _shown(
    request: HttpRequest, sent: QueryDict, asked: Filter, firm: Firm, attributes: frozenset[str]
) -> tuple[queries.Page, int, str]:
    """Return a page of the list, its number, and what cannot be of what was asked."""
    options = _options(request, firm, attributes)
    columns = ("id", "name", "company", "code", "restricted", *_paths(asked))
    wish = queries.Wish(words=asked.words, tree=asked.checked, sort=asked.sort)
    number, wrong = number_in(sent, "page", least=1, most=999_999) or 1, asked.wrong
    try:
        page = queries.page_of(wish, columns, number, PAGE, **options)
    except WrongArgument as error:
        wrong = said(error, spoken(request))
        plain = queries.Wish(words=asked.words, tree={"groups": []}, sort="-money")
        page = queries.page_of(plain, columns, number, PAGE, **options)
    return page, max(1, min(number, -(-page.count // PAGE))), wrong


def _paths(asked: Filter) -> list[str]:
    return [COLUMNS[name].path or "id" for name in asked.columns if name != "name"]


def _lines(rows: list[tuple[Any, ...]], asked: Filter, firm: Firm, language: Language) -> list[Line]:
    names = [column for column in asked.columns if column != "name"]
    addresses = _addresses([row[0] for row in rows], names)
    lines = []
    for number, name, company, code, restricted, *values in rows:
        cells = tuple(
            addresses.get((number, column), "")
            if column in ADDRESSES
            else cell_words(column, value, firm, language)
            for column, value in zip(names, values, strict=True)
        )
        lines.append(
            Line(id=number, name=name or company or code, code=code, restricted=restricted, cells=cells)
        )
    return lines


def _addresses(ids: list[int], names: list[str]) -> dict[tuple[int, str], str]:
    """Return the addresses of some customers, where a column of them is asked for: a few questions for all."""
    return first_addresses(queries.all_with_merged(ids)) if ADDRESSES & set(names) else {}


def cell_words(name: str, value: Any, firm: Firm, language: Language) -> str:
    """Return what stands in a cell, in words."""
    if value is None or value == "":
        return ""
    if name in CODED:
        return language.gettext(CODED[name].get(value, value))
    if COLUMNS[name].money:
        currency = firm.currency or "EUR"
        return language.money(from_minor(value, currency), currency, digits=0)
    if name == "return_share":
        return language.chance(value)
    if name.endswith(("_on", "_since")):
        return language.date(value)
    if isinstance(value, bool):
        return language.gettext("yes") if value else language.gettext("no")
    return language.number(value) if isinstance(value, int) else str(value)


def _query(asked: Filter) -> str:
    """Return the address's parameters of what is shown, without the page."""
    found = [("words", asked.words)] if asked.words else []
    found += parameters(asked.tree) if asked.active else []
    found += [("sort", asked.sort)]
    found += [("column", name) for name in asked.columns]
    return urlencode(found)


@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Keep the filter that is shown under a name."""
    attributes = queries.known_attributes()
    asked = read_filter(request.POST, attributes, spoken(request))
    try:
        made = services.save_segment(
            request.POST.get("name", ""), asked.tree, by=person_of(request), attributes=attributes
        )
    except WrongArgument as error:
        return _show(request, request.POST, refused=said(error, spoken(request)), status=422)
    firm = Firm.the()
    count_segment(made, firm, today_of(firm))
    return HttpResponseRedirect(f"{reverse('customers')}?segment={made.pk}")


@require_POST
def forget(request: HttpRequest, number: int) -> HttpResponse:
    """Forget a saved filter."""
    services.delete_segment(get_object_or_404(Segment, pk=number), by=person_of(request))
    return HttpResponseRedirect(reverse("customers"))


@require_POST
def export(request: HttpRequest) -> HttpResponseBase:
    """Give the customers that are shown as CSV; who took them out stands in the audit log."""
    firm, attributes = Firm.the(), queries.known_attributes()
    asked = read_filter(request.POST, attributes, spoken(request))
    wish = queries.Wish(words=asked.words, tree=asked.checked, sort=asked.sort)
    # Who is restricted leaves the house with no list, whoever asks.
    options = _options(request, firm, attributes) | {"with_restricted": False}
    try:
        found = queries.find_customers(wish, **options)
    except WrongArgument:
        return HttpResponseRedirect(f"{reverse('customers')}?{_query(asked)}")
    if asked.wrong:
        return HttpResponseRedirect(f"{reverse('customers')}?{_query(asked)}")
    spreadsheet = request.POST.get("form") != "machines"
    names = (
        list(COLUMNS)
        if request.POST.get("every")
        else ["customer_id", *[n for n in asked.columns if n != "customer_id"]]
    )
    language = spoken(request)
    heads = [language.gettext(COLUMNS[name].label) if spreadsheet else name for name in names]
    foreign = spreadsheet and language.code != "en"
    lines = csv_lines(
        heads,
        _export_rows(found, names, firm),
        spreadsheet=spreadsheet,
        delimiter=";" if foreign else ",",
        decimal_sign="," if foreign else ".",
    )
    audit.write(
        "customers.exported",
        by=person_of(request),
        detail={
            "columns": names,
            "form": "spreadsheet" if spreadsheet else "machines",
            # Counted to the end, and now: an entry stands before the first byte leaves, and is never changed.
            "rows": found.order_by().count(),
        },
    )
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="customers.csv"'
    return answer


def _export_rows(found: QuerySet[Customer], names: list[str], firm: Firm) -> Iterator[list[Any]]:
    paths = [COLUMNS[name].path or "id" for name in names]
    currency = firm.currency or "EUR"
    chunk: list[tuple[Any, ...]] = []
    for row in found.values_list("id", *paths).iterator(chunk_size=EXPORT_LINE):
        chunk.append(row)
        if len(chunk) == EXPORT_LINE:
            yield from _filled(chunk, names, currency)
            chunk = []
    yield from _filled(chunk, names, currency)


def _filled(chunk: list[tuple[Any, ...]], names: list[str], currency: str) -> Iterator[list[Any]]:
    addresses = _addresses([row[0] for row in chunk], names)
    for number, *cells in chunk:
        yield [
            addresses.get((number, name), "")
            if name in ADDRESSES
            else amount(cell, currency)
            if COLUMNS[name].money
            else cell
            for name, cell in zip(names, cells, strict=True)
        ]
