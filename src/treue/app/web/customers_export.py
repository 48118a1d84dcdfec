"""Take the list of customers along as CSV, in two forms."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from django.http import HttpResponseRedirect, StreamingHttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from treue.app.core import audit
from treue.app.core.models import Firm
from treue.app.customers import queries
from treue.app.customers.export import columns_of, csv_lines, paths_of
from treue.app.customers.few import whole_list
from treue.app.web.customers import query_of, scope_of
from treue.app.web.customers_cells import ADDRESSES, addresses_of, cell_taken
from treue.app.web.customers_form import read_filter
from treue.app.web.person import person_of
from treue.app.web.speech import spoken
from treue.kernel.errors import WrongArgument

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from treue.app.customers.export import Column
    from treue.app.customers.models import Customer
    from treue.kernel.language import Language

EXPORT_LINE: Final = 2_000


@require_POST
def export(request: HttpRequest) -> HttpResponseBase:
    """Give the customers that are shown as CSV; who took them out stands in the audit log."""
    firm, attributes, language = Firm.the(), queries.known_attributes(), spoken(request)
    asked = read_filter(request.POST, attributes, language)
    wish = queries.Wish(words=asked.words, tree=asked.checked, sort=asked.sort)
    # Who is restricted leaves the house with no list, whoever asks.
    scope = replace(scope_of(request, firm, attributes), with_restricted=False)
    back = HttpResponseRedirect(f"{reverse('customers')}?{query_of(asked)}")
    if asked.wrong:
        return back
    try:
        found, count = whole_list(wish, scope)
    except WrongArgument:
        return back
    spreadsheet = request.POST.get("form") != "machines"
    known = columns_of(attributes)
    names = known if request.POST.get("every") else dict.fromkeys(["customer_id", *asked.columns])
    columns = [known[name] for name in names]
    foreign = spreadsheet and language.code != "en"
    lines = csv_lines(
        _heads(columns, language if spreadsheet else None),
        _rows(found, columns, firm.currency or "EUR", language if spreadsheet else None),
        spreadsheet=spreadsheet,
        delimiter=";" if foreign else ",",
        decimal_sign="," if foreign else ".",
    )
    audit.write(
        "customers.exported",
        by=person_of(request),
        detail={
            # What a further column is called came with a file, whose first row may have been a person's.
            "columns": [column.name for column in columns if not column.own],
            "further_columns": sum(column.own for column in columns),
            "form": "spreadsheet" if spreadsheet else "machines",
            # Counted to the end, and now: an entry stands before the first byte leaves, and is never changed.
            "rows": count,
        },
    )
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="customers.csv"'
    return answer


def _heads(columns: Iterable[Column], language: Language | None) -> list[str]:
    """Return the heads of a list; a further column that is called like one of ours says what it is."""
    heads: list[str] = []
    for column in columns:
        head = column.head(language) if language else column.label if column.own else column.name
        heads.append(column.name if column.own and head in heads else head)
    return heads


def _rows(
    found: QuerySet[Customer], columns: list[Column], currency: str, language: Language | None
) -> Iterator[list[Any]]:
    chunk: list[tuple[Any, ...]] = []
    for row in found.values_list("id", *paths_of(columns)).iterator(chunk_size=EXPORT_LINE):
        chunk.append(row)
        if len(chunk) == EXPORT_LINE:
            yield from _filled(chunk, columns, currency, language)
            chunk = []
    yield from _filled(chunk, columns, currency, language)


def _filled(
    chunk: list[tuple[Any, ...]], columns: list[Column], currency: str, language: Language | None
) -> Iterator[list[Any]]:
    addresses, paths = addresses_of([row[0] for row in chunk], columns), paths_of(columns)
    for number, *values in chunk:
        told = dict(zip(paths, values, strict=True))
        yield [
            addresses.get((number, column.name), "")
            if column.name in ADDRESSES
            else cell_taken(column, told[column.path], currency, language)
            for column in columns
        ]
