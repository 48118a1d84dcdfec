from __future__ import annotations

from dataclasses import replace

from django.apps import apps
from django.core.checks import run_checks

from treue.app.privacy.declared import declarations, faults
from treue.app.privacy.retention import RULES_BY_NAME

MODELS = apps.get_models(include_auto_created=True)
RULES = list(RULES_BY_NAME)


def without(label, **changed):
    return [replace(one, **changed) if one.model == label else one for one in declarations()]


def test_every_table_says_how_it_is_given_out_erased_and_kept():
    assert list(faults(MODELS, declarations(), RULES)) == []
    assert [one for one in run_checks() if one.id == "privacy.E001"] == []


def test_a_table_or_column_that_says_nothing_is_named():
    silent = [one for one in declarations() if one.model != "customers.Note"]
    assert next(faults(MODELS, silent, RULES)).startswith("customers.Note does not say how")
    given = {"text": "Text"}
    assert list(faults(MODELS, without("customers.Note", given=given), RULES)) == [
        "customers.Note.written_at is neither given in a copy nor withheld with a reason"
    ]
    assert list(faults(MODELS, without("customers.Referral", cut=()), RULES)) == [
        "customers.Referral.referred points at a customer, but is neither in owners nor in cut"
    ]
    assert list(faults(MODELS, without("core.Job", kept="never"), RULES)) == [
        "core.Job: kept='never' is no rule of retention"
    ]
    assert list(faults(MODELS, without("measuring.Panel", searched=(), found=""), RULES)) == [
        "measuring.Panel.content may hold anything, but is neither given, withheld nor searched"
    ]
    assert "customers.Note.colour is declared, but there is no such column" in faults(
        MODELS,
        without("customers.Note", withheld={"colour": "?", "id": "-", "customer": "-", "actor": "-"}),
        RULES,
    )
    extra = [*declarations(), replace(declarations()[0], model="customers.Gone")]
    assert next(faults(MODELS, extra, RULES)) == "customers.Gone is declared, but there is no such model"


def test_what_belongs_to_customers_is_never_kept_for_ever():
    found = list(faults(MODELS, without("customers.Note", kept="stays"), RULES))
    assert found == ["customers.Note belongs to customers, so it cannot stay for ever"]


def test_those_that_depend_on_others_are_deleted_first():
    order = [one.model for one in declarations()]
    assert order.index("customers.OrderLine") < order.index("customers.Purchase")
    assert order.index("customers.Return") < order.index("customers.Purchase")
    assert all(
        order.index(one.model) <= order.index("customers.Customer")
        for one in declarations()
        if one.owners and one.model.startswith("customers.")
    )
