"""Why a contract may end, in words: what the probability is of, and an agreed end only where it is near."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import pytest

from treue.app.web.contract_words import contract_told
from treue.kernel.language import LANGUAGES, Language
from treue.report.contract_words import WITHOUT_SIGNS, contract_reason

EN = Language("en")


@pytest.mark.parametrize("code", LANGUAGES)
def test_without_signs_it_is_said_what_the_probability_is_of(code):
    language = Language(code)
    said = {
        key: contract_reason(None, 0.1, [], language, "EUR", used=key[0], unusual=key[1])
        for key in WITHOUT_SIGNS
    }
    assert len(set(said.values())) == len(WITHOUT_SIGNS) == 6
    assert all(said.values())
    assert contract_reason(None, 0.1, [], language, "EUR", used=None, unusual=False) == ""
    assert contract_reason(None, None, [], language, "EUR", used="classifier") == ""


def test_a_model_of_all_is_not_called_a_matter_of_age():
    assert "as long as this one" not in contract_reason(None, 0.1, [], EN, "EUR", used="classifier")
    assert "as long as this one" in contract_reason(None, 0.1, [], EN, "EUR", used="life-table")


def told(**changes):
    score = {
        "yearly_amount": 120_00, "ends_on": date(2028, 1, 1), "loss_share": 0.3, "risk": "leaving", "reasons": None,
        **changes,
    }  # fmt: skip
    found = contract_told(
        SimpleNamespace(**score), 90, "EUR", str, Language("en", "treue.app"), used="classifier"
    )
    return {one.label: one for one in found}


def test_an_end_agreed_on_for_a_far_day_leaves_the_chance_of_an_earlier_one():
    far = told()
    assert far["End of the contract"].value == "1\N{NO-BREAK SPACE}January 2028"
    assert far["Chance that the contract ends within 90 days"].value == "30%"
    assert "no single sign stands out" in far["Chance that the contract ends within 90 days"].why
    near = told(risk="ending", loss_share=1.0)
    assert "Chance that the contract ends within 90 days" not in near
    assert "End of the contract" in near
