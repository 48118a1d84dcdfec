"""Credit notes, cancellations and refunds become returns of their orders."""

from __future__ import annotations

import pytest

UCI = (
    "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
    "536365,85123A,HOLDER,6,12/1/2010 8:26,2.55,17850,United Kingdom\n"
    "536365,71053,LANTERN,6,12/1/2010 8:26,3.39,17850,United Kingdom\n"
    "536366,22633,WARMER,6,12/1/2010 8:28,1.85,17850,United Kingdom\n"
    "C536379,22633,WARMER,-2,12/13/2010 9:41,1.85,17850,United Kingdom\n"
    "C536380,D,Discount,-1,12/13/2010 9:49,27.50,14527,United Kingdom\n"
    "536400,22633,WARMER,1,12/14/2010 9:49,1.85,,United Kingdom\n"
)


def test_cancelled_invoices_find_the_order_of_their_product(read):
    result = read(UCI)
    assert sorted(row[2] for row in result.purchases) == [1110, 3564]
    assert result.returns == [("536366", "17850", "2010-12-13", 370), (None, "14527", "2010-12-13", 2750)]
    assert result.aside == [(7, "no_customer")]
    assert "1 of 2 returns belong to no order" in result.notes


def test_a_negative_row_of_the_same_order_is_its_return(read):
    result = read(
        "order_id,customer,date,amount\n1,c,2024-01-01,50\n1,c,2024-01-09,-20\n1,c,2024-01-10,-30\n"
    )
    assert result.purchases == [("c", "2024-01-01 00:00:00", 5000)]
    assert sum(row[3] for row in result.returns) == 5000
    assert {row[0] for row in result.returns} == {"1"}


@pytest.mark.parametrize("number", ["C1001", "CN-1001", "1001-R", "1001 RET"])
def test_a_letter_around_the_number_names_the_order(read, number):
    result = read(f"order_id,customer,date,amount\n1001,c,2024-01-01,50\n{number},c,2024-01-09,-20\n")
    assert result.returns == [("1001", "c", "2024-01-09", 2000)]


def test_a_column_can_name_the_order_that_a_credit_belongs_to(read):
    text = "order_id,customer,date,amount,original order\n1,c,2024-01-01,50,\n2,c,2024-01-02,50,\n9,c,2024-01-09,-20,1\n"
    assert read(text).returns == [("1", "c", "2024-01-09", 2000)]


def test_without_order_numbers_the_latest_earlier_order_of_the_amount_is_returned(read):
    text = "customer,date,amount\nc,2024-01-01,50\nc,2024-01-03,50\nc,2024-02-01,50\nd,2024-01-02,50\nc,2024-01-09,-50\n"
    result = read(text)
    assert result.returns == [("orders:3", "c", "2024-01-09", 5000)]


def test_more_cannot_be_returned_than_was_bought(read):
    text = "customer,date,amount\nc,2024-01-01,50\nc,2024-01-09,-50\nc,2024-01-10,-50\n"
    result = read(text)
    assert result.returns == [("orders:2", "c", "2024-01-09", 5000), (None, "c", "2024-01-10", 5000)]


@pytest.mark.parametrize("word", ["cancelled", "Storniert", "kansellert", "Refunded", "erstattet"])
def test_a_cancelled_order_is_a_purchase_that_was_returned(read, word):
    text = f"order_id,customer,date,amount,status\n1,c,2024-01-01,50,completed\n2,c,2024-01-02,20,{word}\n"
    result = read(text)
    assert len(result.purchases) == 2
    assert result.returns == [("2", "c", "2024-01-02", 2000)]


def test_a_credit_note_may_have_a_positive_amount(read):
    text = "invoice,customer,date,amount,type\n1,c,2024-01-01,50,Rechnung\n2,c,2024-01-09,50,Gutschrift\n"
    assert read(text).returns == [("1", "c", "2024-01-09", 5000)]


def test_an_unpaid_order_is_set_aside(read):
    text = "order_id,customer,date,amount,status\n1,c,2024-01-01,50,paid\n2,c,2024-01-02,20,failed\n"
    assert read(text).aside == [(3, "not_paid")]


def test_a_partial_refund_is_a_return_of_its_order(read):
    text = "order_id,customer,date,amount,refunded amount,refund date\n1,c,2024-01-01,50,10,2024-01-05\n2,c,2024-01-01,5,9,\n"
    assert read(text).returns == [("1", "c", "2024-01-05", 1000), ("2", "c", "2024-01-01", 500)]


def test_a_discount_line_lowers_the_order_and_is_no_return(read):
    text = "order_id,customer,date,sku,quantity,price\n1,c,2024-01-01,A,2,10\n1,c,2024-01-01,RABATT,1,-5\n"
    result = read(text)
    assert result.purchases[0][2] == 1500
    assert not result.tables.get("returns") or result.returns == []
