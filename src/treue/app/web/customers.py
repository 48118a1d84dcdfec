"""Customers: find, filter, keep filters, choose columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from treue.app.core.models import Firm
from treue.app.core.wrong import said
from treue.app.customers import condition_fields, kept_filters, paging, queries
from treue.app.customers.export import columns_of, paths_of
from treue.app.customers.merging import is_restricted, top_of
from treue.app.customers.models import Customer, Segment
from treue.app.customers.named import NAMED
from treue.app.customers.segment_counts import count_segment
from treue.app.customers.typed_numbers import number_shown
from treue.app.web.access import ROUTES_BY_NAME
from treue.app.web.asked import number as number_in
from treue.app.web.customers_cells import ADDRESSES, addresses_of, cell_words
from treue.app.web.customers_form import Filter, in_words, parameters, read_filter
from treue.app.web.person import person_of
from treue.app.web.speech import spoken
from treue.kernel.errors import WrongArgument

if TYPE_CHECKING:
    from datetime import date

    from django.http import HttpRequest, HttpResponse, QueryDict

    from treue.app.customers.export import Column
    from treue.kernel.language import Language

PAGE: Final = 50


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
    columns = columns_of(attributes)
    shown = [columns[name] for name in asked.columns if name != "name"]
    page, number, wrong = _shown(request, sent, asked, firm, attributes, paths_of(shown))
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
        "lines": _lines(page.rows, shown, firm, language),
        "columns": shown,
        "all_columns": columns,
        "fields": condition_fields.FIELDS,
        "attributes": sorted(attributes),
        "operators": condition_fields.OPERATORS,
        "named": {kind: names(language.code) for kind, names in NAMED.items()},
        "field_of": lambda name: condition_fields.field_of(name, attributes),
        "typed_value": lambda field, one: (
            number_shown(one["value"], language)
            if condition_fields.is_number(field, one["op"])
            else one["value"]
        ),
        "words_of_filter": "" if wrong else in_words(asked.tree, language, attributes),
        "sorts": queries.SORTS,
        "page": number,
        "pages": max(1, -(-page.count // PAGE)),
        "query": query_of(asked),
        "anybody": Customer.objects.exists(),
    }
    template = "customers_list.html.j2" if request.headers.get("HX-Target") == "list" else "customers.html.j2"
    return render(request, template, context, status=status)


def _segment(sent: QueryDict) -> Segment | None:
    number = number_in(sent, "segment", least=1, most=10**15)
    return None if number is None else Segment.objects.filter(id=number).first()


def scope_of(request: HttpRequest, firm: Firm, attributes: frozenset[str]) -> queries.Scope:
    """Return whom a list may show to whoever asks.

    Parameters
    ----------
    request : HttpRequest
        Of whom: owners see who is restricted.
    firm : Firm
        With the run that is shown.
    attributes : frozenset of str
        Further columns that there are.

    Returns
    -------
    Scope
        With the firm's day and currency.
    """
    return queries.Scope(
        run_id=firm.run_id,
        today=today_of(firm),
        currency=firm.currency or "EUR",
        attributes=attributes,
        with_restricted=person_of(request).role == "owner",
    )


def _shown(
    request: HttpRequest,
    sent: QueryDict,
    asked: Filter,
    firm: Firm,
    attributes: frozenset[str],
    paths: list[str],
) -> tuple[paging.Page, int, str]:
    """Return a page of the list, its number, and what cannot be of what was asked."""
    scope = scope_of(request, firm, attributes)
    columns = ("id", "name", "company", "code", "restricted", *paths)
    wish = queries.Wish(words=asked.words, tree=asked.checked, sort=asked.sort)
    number, wrong = number_in(sent, "page", least=1, most=999_999) or 1, asked.wrong
    try:
        page = paging.page_of(wish, scope, columns, number, PAGE)
    except WrongArgument as error:
        wrong = said(error, spoken(request))
        plain = queries.Wish(words=asked.words, tree={"groups": []}, sort="-money")
        page = paging.page_of(plain, scope, columns, number, PAGE)
    return page, max(1, min(number, -(-page.count // PAGE))), wrong


def _lines(rows: list[tuple[Any, ...]], shown: list[Column], firm: Firm, language: Language) -> list[Line]:
    addresses, paths = addresses_of([row[0] for row in rows], shown), paths_of(shown)
    lines = []
    for number, name, company, code, restricted, *values in rows:
        told = dict(zip(paths, values, strict=True))
        cells = tuple(
            addresses.get((number, column.name), "")
            if column.name in ADDRESSES
            else cell_words(column, told[column.path], firm, language)
            for column in shown
        )
        lines.append(
            Line(id=number, name=name or company or code, code=code, restricted=restricted, cells=cells)
        )
    return lines


def query_of(asked: Filter) -> str:
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
    person = person_of(request)
    try:
        made = kept_filters.save_segment(
            request.POST.get("name", ""),
            asked.tree,
            by=person,
            attributes=attributes,
            # Who may not delete a filter of others does not empty it by saving over it.
            of_others=ROUTES_BY_NAME["customers-forget"].allows(person.role, "POST"),
        )
    except WrongArgument as error:
        return _show(request, request.POST, refused=said(error, spoken(request)), status=422)
    firm = Firm.the()
    count_segment(made, firm, today_of(firm))
    return HttpResponseRedirect(f"{reverse('customers')}?segment={made.pk}")


@require_POST
def forget(request: HttpRequest, number: int) -> HttpResponse:
    """Forget a saved filter."""
    kept_filters.delete_segment(get_object_or_404(Segment, pk=number), by=person_of(request))
    return HttpResponseRedirect(reverse("customers"))
