from __future__ import annotations

from dataclasses import replace

from django.apps import apps
from django.core.checks import run_checks
from django.db import models
from django.test.utils import isolate_apps

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
    assert list(faults(MODELS, without("core.Job", withheld={"subject": "codes"}), RULES)) == [
        "core.Job.kind may hold anything, but is neither given, withheld nor searched"
    ]
    assert list(faults(MODELS, without("core.Job", withheld={"kind": "", "subject": "codes"}), RULES)) == [
        "core.Job.kind is withheld without a reason"
    ]
    assert "customers.Note.colour is declared, but there is no such column" in faults(
        MODELS,
        without("customers.Note", withheld={"colour": "?", "id": "-", "customer": "-", "actor": "-"}),
        RULES,
    )
    extra = [*declarations(), replace(declarations()[0], model="customers.Gone")]
    assert next(faults(MODELS, extra, RULES)) == "customers.Gone is declared, but there is no such model"


@isolate_apps("treue.app.core")
def test_a_new_column_of_text_in_a_table_of_nobody_is_a_fault_until_it_is_declared():
    class Extra(models.Model):
        remark = models.TextField()
        short = models.CharField(max_length=9)
        link = models.SlugField()
        raw = models.BinaryField()
        more = models.JSONField()
        state = models.CharField(max_length=9, choices=[("a", "A")])
        count = models.IntegerField()

        class Meta:
            app_label = "core"

        def __str__(self):
            return self.remark

    said = replace(declarations()[0], model="core.Extra", through=None, given={}, withheld={}, kept="stays")

    def told(**more):
        found = faults([*MODELS, Extra], [*declarations(), replace(said, **more)], RULES)
        return [one.partition(" ")[0] for one in found]

    texts = ["link", "more", "raw", "remark", "short"]
    assert told() == [f"core.Extra.{name}" for name in texts]
    assert told(searched=("remark",), found="blank", withheld={"link": "says nothing of anybody"}) == [
        "core.Extra.more",
        "core.Extra.raw",
        "core.Extra.short",
    ]
    assert told(withheld=dict.fromkeys(texts, "says nothing of anybody")) == []


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
