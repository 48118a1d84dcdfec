from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from treue.app.core.models import AuditEntry, Firm
from treue.app.customers.models import Contract, Purchase
from treue.app.web.settings import read_firm
from treue.kernel.language import LANGUAGES, Language

FORM = {
    "name": "Fjord Kaffe AS",
    "timezone": "Europe/Oslo",
    "currency": "nok",
    "language": "nb",
    "country": "NO",
    "window": "days",
    "window_days": "120",
    "margin": "32,5 %",
    "hour": "5",
}


def test_an_owner_changes_the_settings(ines, browse):
    client = browse(ines)
    assert client.post("/settings/", FORM).url == "/settings/?done=1"
    firm = Firm.the()
    assert (firm.name, firm.timezone, firm.currency, firm.language) == (
        "Fjord Kaffe AS",
        "Europe/Oslo",
        "NOK",
        "nb",
    )
    assert (firm.country, firm.window_days, firm.margin_share, firm.cycle_hour) == ("NO", 120, 0.325, 5)
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.detail["window_days"], entry.detail["name"]) == (
        "firm.changed",
        120,
        "changed",
    )
    client.post("/settings/", FORM)
    assert AuditEntry.objects.count() == 1  # the same once more is no change


@pytest.mark.parametrize(("code", "shown"), [("en", "32.5"), ("de", "32,5"), ("nb", "32,5")])
def test_what_is_shown_can_be_sent_back(ines, browse, code, shown):
    browse(ines).post("/settings/", FORM)
    ines.language = code
    ines.save()
    page = browse(ines).get("/settings/").content.decode()
    assert f'value="{shown}"' in page
    browse(ines).post("/settings/", {**FORM, "margin": shown})
    assert Firm.the().margin_share == 0.325


def test_automatic_and_empty_values_are_none(ines, browse):
    browse(ines).post("/settings/", FORM)
    browse(ines).post("/settings/", {**FORM, "window": "found", "margin": "", "currency": "", "country": ""})
    firm = Firm.the()
    assert (firm.window_days, firm.margin_share, firm.currency, firm.country) == (None, None, "", "")


WRONG = [
    ("timezone", "Oslo", "“Oslo” is no time zone; it would be right as Europe/Oslo."),
    ("timezone", "../../etc/passwd", "is no time zone"),
    ("currency", "XQZ", "“XQZ” is no currency"),
    ("currency", "DEM", "“DEM” is no currency"),
    ("country", "XX", "“XX” is no country"),
    ("country", "EZ", "“EZ” is no country"),
    ("language", "fr", "This language is not spoken here"),
    ("window_days", "0", "“0” is no number of days; it would be right as a whole number from 1 to 3,650."),
    ("window_days", "-3", "is no number of days"),
    ("window_days", "9" * 50, "is no number of days"),
    ("window_days", "²", "is no number of days"),
    ("margin", "101", "“101” is no share"),
    ("margin", "-1", "is no share"),
    ("margin", "0", "above 0 and up to 100, for example 35, or empty where it is not known."),
    ("margin", "0,0000 %", "is no share"),
    ("margin", "1e1", "is no share"),
    ("margin", "nan", "is no share"),
    ("hour", "24", "“24” is no hour of the day"),
    ("hour", "", "is no hour of the day"),
]


@pytest.mark.parametrize(("field", "typed", "words"), WRONG)
def test_what_cannot_be_right_is_said_in_one_sentence(ines, browse, field, typed, words):
    answer = browse(ines).post("/settings/", {**FORM, field: typed})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert f'aria-describedby="wrong-{field}"' in page
    assert Firm.the().name == ""


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize(("field", "typed", "_words"), WRONG)
def test_the_sentence_is_in_the_persons_language(database, code, field, typed, _words):
    values, wrong = read_firm({**FORM, field: typed}, Language(code, "treue.app"))
    assert list(wrong) == [field]
    assert wrong[field].endswith(".")
    english = read_firm({**FORM, field: typed}, Language("en"))[1][field]
    assert (wrong[field] == english) == (code == "en")
    assert values["name"] == "Fjord Kaffe AS"


def buy(lea):
    at = datetime(2026, 1, 1, tzinfo=UTC)
    Purchase.objects.create(code="o-1", customer=lea, ordered_at=at, net_amount=100, currency="NOK")


@pytest.mark.parametrize("typed", ["EUR", ""])
def test_the_currency_of_purchases_stays(ines, browse, lea, typed):
    client = browse(ines)
    client.post("/settings/", FORM)
    buy(lea)
    answer = client.post("/settings/", {**FORM, "currency": typed})
    assert answer.status_code == 422
    assert "There are amounts in NOK already" in answer.content.decode()
    assert Firm.the().currency == "NOK"
    assert client.post("/settings/", {**FORM, "hour": "6"}).status_code == 302


def test_the_currency_of_contracts_stays(ines, browse, lea):
    client = browse(ines)
    client.post("/settings/", FORM)
    contract = Contract.objects.create(code="v-1", customer=lea, started_on=date(2026, 1, 1))
    assert client.post("/settings/", {**FORM, "currency": "SEK"}).status_code == 302
    Contract.objects.filter(pk=contract.pk).update(monthly_amount=100, currency="SEK")
    assert "in SEK already" in client.post("/settings/", FORM).content.decode()
    assert Firm.the().currency == "SEK"


def test_the_time_zone_of_purchases_stays(ines, browse, lea):
    client = browse(ines)
    client.post("/settings/", FORM)
    assert client.post("/settings/", {**FORM, "timezone": "Europe/Berlin"}).status_code == 302
    buy(lea)
    answer = client.post("/settings/", FORM)
    assert answer.status_code == 422
    assert "read in the zone Europe/Berlin" in answer.content.decode()
    assert Firm.the().timezone == "Europe/Berlin"
    for code in LANGUAGES:
        wrong = read_firm(FORM, Language(code, "treue.app"))[1]
        assert "Europe/Berlin" in wrong["timezone"]
        assert ("There are purchases" in wrong["timezone"]) == (code == "en")
    assert client.post("/settings/", {**FORM, "timezone": "Europe/Berlin", "hour": "6"}).status_code == 302


def test_a_restored_system_is_released_by_an_owner(people, browse):
    Firm.the()
    Firm.objects.update(held=True)
    assert "Release the system" in browse(people["owner"]).get("/settings/").content.decode()
    manager = browse(people["manager"])
    assert "Release the system" not in manager.get("/settings/").content.decode()
    assert manager.post("/settings/release/").status_code == 403
    assert browse(people["owner"]).get("/settings/release/").status_code == 403
    browse(people["owner"]).post("/settings/release/")
    assert not Firm.the().held
    assert AuditEntry.objects.get().action == "firm.released"


def test_only_countries_and_currencies_of_today_are_offered_and_what_a_firm_has_stays(ines, browse):
    client = browse(ines)
    page = client.get("/settings/").content.decode()
    for words in (
        "Pseudo-Accents",
        "Unknown Region",
        "Eurozone",
        "United Nations",
        "(1946–1965)",
        "German Mark",
    ):
        assert words not in page, words
    for words in (">Norway</option>", ">Kosovo</option>", '<option value="NOK">Norwegian Krone</option>'):
        assert words in page, words
    Firm.objects.update(currency="DEM", country="AQ")
    assert "<option selected>AQ</option>" in client.get("/settings/").content.decode()
    client.post("/settings/", {**FORM, "currency": "DEM", "country": "AQ"})
    firm = Firm.the()
    assert (firm.name, firm.currency, firm.country) == (FORM["name"], "DEM", "AQ")
