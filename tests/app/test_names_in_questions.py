"""What a column is called never comes from a request: every name that is put together stands in a list of ours."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path

import pytest

APP = Path(__file__).parents[2] / "src/treue/app"
WITH_VALUES = {
    "filter", "exclude", "get", "Q", "When", "create", "get_or_create", "update_or_create", "update", "annotate",
    "alias", "aggregate", "FilteredRelation",
}  # fmt: skip
"""What takes names as keywords."""
WITH_NAMES = {
    "order_by", "values", "values_list", "only", "defer", "F", "OuterRef", "select_related", "prefetch_related",
    "dates", "datetimes", "earliest", "latest", "distinct", "Prefetch",
}  # fmt: skip
"""What takes names as words."""
RAW = {"raw", "extra", "RawSQL"}
"""What takes SQL."""

DECLARED = {
    "core/audit.py verify": "treue.app.core.models:AuditEntry",
    "core/firms.py change_firm": "treue.app.core.firms:CHANGEABLE",
    "core/jobs.py finish": "treue.app.core.models:Job",
    "customers/conditions.py _compiled": "treue.app.customers.condition_fields:FIELDS",
    "customers/conditions.py _day": "treue.app.customers.condition_fields:FIELDS",
    "customers/conditions.py _named": "treue.app.customers.condition_fields:FIELDS",
    "customers/conditions.py _one": "treue.app.customers.condition_fields:FIELDS",
    "customers/conditions.py _text": "treue.app.customers.condition_fields:FIELDS",
    "customers/few.py _by_customers": "treue.app.customers.condition_fields:FIELDS",
    "customers/few.py _lead": "treue.app.customers.alternatives:LOOKED_UP",
    "customers/few.py in_order": "treue.app.customers.queries:SORTS",
    "customers/few.py among": "treue.app.customers.alternatives:LOOKED_UP",
    "customers/few.py of_scores": "treue.app.customers.condition_fields:FIELDS",
    "customers/folded.py compared": "treue.app.customers.condition_fields:FIELDS",
    "customers/importing/contacts_write.py _fill": "treue.app.customers.models:Customer",
    "customers/merging.py spread": "treue.app.customers.merging:SWITCHES",
    "customers/merging.py spread_everywhere": "treue.app.customers.merging:SWITCHES",
    "customers/paging.py _page_of_many": "treue.app.customers.queries:SORTS",
    "customers/paging.py _scored": "treue.app.customers.queries:SORTS",
    "customers/paging.py _told": "treue.app.customers.export:COLUMNS",
    "customers/queries.py fitting": "treue.app.customers.queries:SORTS",
    "customers/queries.py order_of": "treue.app.customers.queries:SORTS",
    "customers/search.py matching": "treue.app.customers.search:WORDS_IN_POSTGRES",
    "customers/timeline.py _behind": "treue.app.customers.timeline:SOURCES",
    "customers/timeline.py _newest": "treue.app.customers.timeline:SOURCES",
    "customers/trigrams.py _on_sqlite": "treue.app.customers.trigrams:INDEXED",
    "customers/unindexed.py renamed": "treue.app.customers.condition_fields:FIELDS",
    "measuring/models/score.py Meta": "treue.app.measuring.models:Score",
    "measuring/writing.py remove_residue": "treue.app.customers.merging:SWITCHES",
    "privacy/copying.py gather": "treue.app.privacy.declared:declarations",
    "privacy/declared.py _through": "treue.app.privacy.declared:declarations",
    "privacy/declared.py rows": "treue.app.privacy.declared:declarations",
    "privacy/declared.py rows_owned": "treue.app.privacy.declared:declarations",
    "privacy/declared.py rows_pointing": "treue.app.privacy.declared:declarations",
    "privacy/elsewhere.py mask_in_texts": "treue.app.privacy.declared:declarations",
    "privacy/erasing.py _clear_words": "treue.app.privacy.declared:declarations",
    "privacy/erasing.py _delete_rows": "treue.app.privacy.declared:declarations",
    "privacy/retention.py rows": "treue.app.privacy.retention:RULES",
    "privacy/services.py set_switch": "treue.app.customers.merging:SWITCHES",
    "privacy/silence.py _events": "treue.app.privacy.silence:EVENTS",
    "privacy/silence.py _quiet": "treue.app.privacy.silence:EVENTS",
    "web/audit.py _lines": "treue.app.web.audit:COLUMNS",
    "web/customers_export.py _rows": "treue.app.customers.export:COLUMNS",
}
"""Where a name is put together, and the list of ours from which it comes."""


def called(call):
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def put_together(call):
    """Return what of a call names columns, or is SQL, and is not written out."""
    name, found = called(call), []
    if name in WITH_VALUES | WITH_NAMES:
        found += [f"**{ast.unparse(one.value)}" for one in call.keywords if one.arg is None]
        found += [ast.unparse(one) for one in call.args if isinstance(one, ast.Starred)]
    if name in WITH_NAMES:
        found += [ast.unparse(one) for one in call.args if not isinstance(one, ast.Constant | ast.Starred)]
    return found + [ast.unparse(call)] * (name in RAW)


def names_in(tree, inside=""):
    """Give each function in which a name is put together, and how."""
    for child in ast.iter_child_nodes(tree):
        within = child.name if isinstance(child, ast.FunctionDef | ast.ClassDef) else inside
        if isinstance(child, ast.Call):
            yield from ((within, one) for one in put_together(child))
        yield from names_in(child, within)


def found_in_the_application():
    found = {}
    for file in sorted(APP.rglob("*.py")):
        if "migrations" not in file.parts:
            for function, how in names_in(ast.parse(file.read_text(encoding="utf-8"))):
                found.setdefault(f"{file.relative_to(APP)} {function}", []).append(how)
    return found


def test_every_name_that_is_put_together_comes_from_a_list_of_ours():
    """Whoever writes a new one states here from which list it comes, and checks it against that list."""
    assert sorted(found_in_the_application()) == sorted(DECLARED)


def test_nothing_that_was_sent_is_among_them():
    for place, hows in found_in_the_application().items():
        for how in hows:
            words = {node.id for node in ast.walk(ast.parse(how.lstrip("*"))) if isinstance(node, ast.Name)}
            attributes = {
                node.attr for node in ast.walk(ast.parse(how.lstrip("*"))) if isinstance(node, ast.Attribute)
            }
            sent = {"request", "sent", "typed", "data", "given", "POST", "GET", "body", "headers", "COOKIES"}
            assert not (words | (attributes - {"given"})) & sent or how == "*one.given", (place, how)


@pytest.mark.parametrize("where", sorted(set(DECLARED.values())))
def test_the_lists_are_there(where):
    module, _, name = where.partition(":")
    assert getattr(import_module(module), name)


@pytest.mark.parametrize(
    "wrong",
    [
        "Customer.objects.filter(**request.GET.dict())",
        "Customer.objects.exclude(**asked)",
        "Customer.objects.filter(Q(**{name: value}))",
        "Customer.objects.order_by(request.GET['sort'])",
        "Customer.objects.order_by(*wishes)",
        "Customer.objects.order_by('-' + sort)",
        "Customer.objects.order_by(F(sort).desc())",
        "Customer.objects.annotate(**{alias: F('name')})",
        "Customer.objects.alias(**given)",
        "Customer.objects.values(*request.GET.getlist('column'))",
        "Customer.objects.values_list(column, flat=True)",
        "Customer.objects.distinct(column)",
        "Customer.objects.extra(order_by=[sort])",
        "Customer.objects.raw('SELECT 1')",
        "Customer.objects.update(**changes)",
    ],
)
def test_a_view_that_hands_a_name_on_is_seen(wrong):
    view = f"def view(request):\n    return {wrong}\n"
    assert [function for function, _ in names_in(ast.parse(view))][:1] == ["view"]


def test_what_is_written_out_is_no_fault():
    view = "def view(request):\n    return Customer.objects.filter(name=request.GET['q']).order_by('-id', 'name')\n"
    assert not list(names_in(ast.parse(view)))
