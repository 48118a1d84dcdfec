"""Files of contracts and of customers are known by their headers."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from treue.kernel.errors import WrongTable

CONTRACTS = (
    "contract_id,customer_id,start date,end date,MRR,plan\n"
    "k1,a,2024-01-01,,49.90,pro\nk2,b,2024-02-01,2024-06-30,10,basic\nk3,c,2024-02-01,2024-01-30,10,basic\n"
    "k4,d,,,10,basic\nk5,e,2024-02-01,soon,10,basic\nk6,f,2024-02-01,,dear,basic\nk1,a,2024-01-01,,49.90,pro\n"
)


def test_reads_contracts(read):
    result = read(CONTRACTS)
    columns = "contract_id, customer_id, started_on, ended_on, monthly_amount, currency, plan"
    assert result.rows("contracts", columns) == [
        ("k1", "a", date(2024, 1, 1), None, 4990, "EUR", "pro"),
        ("k2", "b", date(2024, 2, 1), date(2024, 6, 30), 1000, "EUR", "basic"),
    ]
    assert result.aside == [
        (4, "bad_period"),
        (5, "no_time"),
        (6, "bad_time"),
        (7, "bad_amount"),
        (8, "duplicate"),
    ]
    assert result.reading.files[0].tables == ("contracts",)


@pytest.mark.parametrize(
    "header",
    [
        "Vertragsnummer;Kundennummer;Vertragsbeginn;Vertragsende;Monatsbetrag",
        "Contract;Customer;Started;Ended;MRR",
        "Avtalenr;Kundenr;Startdato;Sluttdato;Månedspris",
    ],
)
def test_reads_contracts_under_other_names(read, header):
    result = read(header + "\nk1;a;01.02.2024;30.06.2024;1.049,90\n", timezone="Europe/Oslo")
    assert result.rows("contracts", "customer_id, started_on, ended_on, monthly_amount") == [
        ("a", date(2024, 2, 1), date(2024, 6, 30), 104990)
    ]


def test_reads_customers_beside_orders(read, tmp_path):
    (tmp_path / "orders.csv").write_text("customer_id,date,amount\na,2024-01-01,5\n")
    (tmp_path / "people.csv").write_text(
        "customer_id,signup date,country,segment,email\na,2023-12-01,NO,gold,a@x.org\nb,,DE,blue,b@x.org\na,2023-12-02,NO,gold,\n"
    )
    result = read([tmp_path / "orders.csv", tmp_path / "people.csv"])
    assert result.rows("customers", "customer_id, first_seen_at, country, segment") == [
        ("a", datetime(2023, 12, 1), "NO", "gold"), ("b", None, "DE", "blue"),
    ]  # fmt: skip
    assert result.aside == [(4, "duplicate")]
    assert "email" not in result.engine.columns(result.tables["customers"])


def test_contracts_without_number_or_monthly_name_are_read_too(read):
    text = "email,start,end,amount,currency,reason,phone\nA@x.org,2024-01-01,,12.50,nok,,123\n"
    result = read(text, "k.csv")
    columns = "contract_id, customer_id, monthly_amount, currency, end_reason"
    assert result.rows("contracts", columns) == [("k:2", "a@x.org", 1250, "NOK", None)]
    assert "phone" in result.notes


def test_the_currency_of_contracts_may_stand_in_the_amount(read):
    result = read("customer;contract;start;mrr\na;k;2024-01-01;£ 12,50\n")
    assert result.settings.currency == "GBP"
    assert result.rows("contracts", "monthly_amount, ended_on") == [(1250, None)]


def test_contracts_without_an_amount_have_none(read):
    result = read("customer,start,end\na,2024-01-01,2024-02-01\n")
    assert result.rows("contracts", "monthly_amount") == [(None,)]


def test_contracts_of_nobody_are_refused(read):
    with pytest.raises(WrongTable, match="recognised for: customer"):
        read("contract,start,end\na,2024-01-01,2024-02-01\n")


def test_customers_keep_further_columns_but_no_personal_ones(read):
    text = "customer_id,country,plan,phone\na,NO,pro,123\n"
    result = read(text)
    assert result.reading.files[0].attributes == ("plan",)
    assert result.rows("customers", "country, plan, first_seen_at") == [("NO", "pro", None)]
